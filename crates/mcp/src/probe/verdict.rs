//! The verdict table: what one answer means. Pure, so that every row is a test.

use http::StatusCode;
use model::{Era, Identity};
use serde_json::Value;

use super::exchange::{Answer, End};
use super::question::MODERN;
use super::words::tame;
use crate::frame::Frame;
use crate::words;

/// What the answer to `server/discover` means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Discovered {
    /// MCP of the modern era, with its discovery.
    Modern(Value),
    /// MCP of the modern era that speaks only these revisions.
    OtherVersions(Vec<String>),
    /// MCP of the modern era that wants other headers or capabilities than a probe has (-32020, -32021).
    Modest,
    /// It speaks JSON-RPC and does not know the method: a list of tools decides.
    ConfirmByList,
    /// It may be MCP of the legacy era: `initialize` decides.
    MaybeLegacy,
    /// Something that is not about this path.
    Other(Other),
}

/// What any answer may mean, whatever was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Other {
    /// An MCP server that asks who we are, and how it said so.
    NeedsSignIn(String),
    /// A 401 with a Bearer challenge: a protected-resource document decides.
    MaybeSignIn,
    /// An MCP SDK that refuses our Host or Origin.
    HostRefused(String),
    /// It speaks JSON-RPC and wants credentials: it may be an MCP server.
    Guarded(String),
    /// It points somewhere else.
    Redirect(String),
    /// It wants TLS.
    WantsTls,
    /// There is no MCP at this path; 404, 405 or 400 without JSON-RPC, so an event stream is possible.
    NotPosted(String),
    /// There is no MCP at this path.
    NotHere(String),
}

/// Judges the answer to `server/discover`.
pub(crate) fn discovered(answer: &Answer) -> Discovered {
    if let Some(other) = before_the_body(answer) {
        return Discovered::Other(other);
    }
    match &answer.frame {
        Some(Frame::Result { result, .. }) if has_versions(result) => Discovered::Modern(result.clone()),
        Some(Frame::Error { code, data, .. }) if answer.status == StatusCode::BAD_REQUEST => match code {
            -32022 => Discovered::OtherVersions(versions(data.get("supported"))),
            -32020 | -32021 => Discovered::Modest,
            _ => Discovered::MaybeLegacy,
        },
        Some(Frame::Error { code: -32601, .. }) if answer.status == StatusCode::NOT_FOUND => {
            Discovered::ConfirmByList
        }
        Some(Frame::Result { .. } | Frame::Error { .. }) => Discovered::MaybeLegacy,
        _ if answer.header("mcp-session-id").is_some() => Discovered::MaybeLegacy,
        _ if refuses_the_request(answer) => Discovered::MaybeLegacy,
        _ => Discovered::Other(not_here(answer)),
    }
}

/// What the answer to `initialize` means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Initialized {
    /// MCP of the legacy era.
    Legacy(Identity),
    /// It offers other revisions.
    OtherVersions(Vec<String>),
    /// Anything else.
    Other(Other),
}

/// Judges the answer to `initialize`.
pub(crate) fn initialized(answer: &Answer) -> Initialized {
    if let Some(other) = before_the_body(answer) {
        return Initialized::Other(other);
    }
    match &answer.frame {
        Some(frame) => initialized_frame(frame),
        None => Initialized::Other(not_here(answer)),
    }
}

/// Judges the message that answers `initialize`, however it came.
pub(crate) fn initialized_frame(frame: &Frame) -> Initialized {
    match frame {
        Frame::Result { result, .. } => match legacy_identity(result) {
            Some(identity) => Initialized::Legacy(identity),
            None => Initialized::Other(Other::NotHere(
                "it speaks JSON-RPC, but its answer to `initialize` is not MCP's".to_owned(),
            )),
        },
        Frame::Error { code: -32602 | -32022, data, .. } if !versions(data.get("supported")).is_empty() => {
            Initialized::OtherVersions(versions(data.get("supported")))
        }
        Frame::Error { code, message, .. } => Initialized::Other(Other::NotHere(format!(
            "it speaks JSON-RPC, but refuses MCP's `initialize` with error {code}: {}",
            tame(message)
        ))),
        Frame::Call { .. } => {
            Initialized::Other(Other::NotHere("it sends requests where an answer is due".to_owned()))
        }
    }
}

/// How many tools a `tools/list` answer names, and the cursor of the next page; `None` when it is no such
/// answer.
pub(crate) fn tools(frame: Option<&Frame>) -> Option<(u32, Option<String>)> {
    let Some(Frame::Result { result, .. }) = frame else { return None };
    let tools = result.get("tools")?.as_array()?;
    if !tools.iter().all(|tool| tool.get("name").is_some_and(Value::is_string)) {
        return None;
    }
    let next = result.get("nextCursor").and_then(Value::as_str).filter(|cursor| !cursor.is_empty());
    Some((u32::try_from(tools.len()).unwrap_or(u32::MAX), next.map(str::to_owned)))
}

/// What a modern server says of itself (`_meta` of any result).
pub(crate) fn modern_identity(result: &Value, version: &str) -> Option<Identity> {
    let info = result.get("_meta")?.get("io.modelcontextprotocol/serverInfo")?;
    identity(info, version, Era::Modern, result.get("instructions"))
}

/// The best revision of a discovery that we speak, else its first.
pub(crate) fn best_version(result: &Value) -> String {
    let offered = versions(result.get("supportedVersions"));
    let ours = offered.iter().find(|version| *version == MODERN);
    ours.or_else(|| offered.first()).cloned().unwrap_or_else(|| MODERN.to_owned())
}

/// The identity in an `initialize` result; `None` when it is not MCP's.
fn legacy_identity(result: &Value) -> Option<Identity> {
    let version = result.get("protocolVersion")?.as_str().filter(|version| is_revision(version))?;
    result.get("capabilities")?.as_object()?;
    identity(result.get("serverInfo")?, version, Era::Legacy, result.get("instructions"))
}

fn identity(info: &Value, version: &str, era: Era, instructions: Option<&Value>) -> Option<Identity> {
    let text = |key: &str| info.get(key).and_then(Value::as_str).map(words::name);
    Some(Identity {
        name: text("name")?,
        title: text("title"),
        version: text("version").filter(|version| !version.is_empty()),
        protocol_version: version.to_owned(),
        era,
        instructions: instructions.and_then(Value::as_str).map(str::to_owned),
    })
}

/// Revisions are dates: `2025-11-25`.
fn is_revision(text: &str) -> bool {
    let digits = |byte: u8| byte.is_ascii_digit();
    let shape = |(place, byte): (usize, u8)| if matches!(place, 4 | 7) { byte == b'-' } else { digits(byte) };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

fn has_versions(result: &Value) -> bool {
    !versions(result.get("supportedVersions")).is_empty()
}

fn versions(value: Option<&Value>) -> Vec<String> {
    let texts = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    texts.filter(|text| is_revision(text)).map(str::to_owned).take(32).collect()
}

/// Challenges, refusals and pointers, which hold whatever was asked.
fn before_the_body(answer: &Answer) -> Option<Other> {
    match answer.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => refused(answer),
        StatusCode::MISDIRECTED_REQUEST => host_refused(answer),
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {
            answer.header("location").map(|location| Other::Redirect(location.to_owned()))
        }
        StatusCode::BAD_REQUEST if wants_tls(&answer.text()) => Some(Other::WantsTls),
        _ => None,
    }
}

fn refused(answer: &Answer) -> Option<Other> {
    let challenges = answer.headers.get_all("www-authenticate");
    let challenges: Vec<String> = challenges
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
        .collect();
    if challenges.iter().any(|challenge| challenge.contains("resource_metadata=")) {
        let status = answer.status.as_u16();
        return Some(Other::NeedsSignIn(format!(
            "it asks for sign-in (HTTP {status} with an MCP challenge)"
        )));
    }
    let bearer = |challenge: &String| challenge.split([' ', ',']).any(|word| word == "bearer");
    if answer.status == StatusCode::UNAUTHORIZED && challenges.iter().any(bearer) {
        return Some(Other::MaybeSignIn);
    }
    if let Some(refusal) = host_refused(answer) {
        return Some(refusal);
    }
    if answer.status != StatusCode::UNAUTHORIZED {
        return None;
    }
    Some(if matches!(Frame::parse(&answer.body), Some(Frame::Error { .. })) {
        Other::Guarded("it speaks JSON-RPC and asks for credentials: it may be an MCP server".to_owned())
    } else {
        Other::NotHere("it asks for credentials, with nothing that says MCP".to_owned())
    })
}

/// The words of MCP's SDKs.
fn host_refused(answer: &Answer) -> Option<Other> {
    let text = answer.text();
    let lower = text.to_ascii_lowercase();
    (lower.contains("invalid host") || lower.contains("invalid origin"))
        .then(|| Other::HostRefused(tame(&text)))
}

fn wants_tls(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    // nginx, Go, Apache and Node say it in these words.
    text.contains("plain http request was sent to https port")
        || text.contains("http request to an https server")
        || text.contains("speaking plain http to an ssl-enabled server")
        || text.contains("http request to an https port")
}

/// A server of the legacy era may refuse an unknown request without JSON-RPC; a page that is not found is no
/// such sign.
fn refuses_the_request(answer: &Answer) -> bool {
    let refusal = matches!(answer.status.as_u16(), 400 | 406 | 409 | 415 | 422);
    refusal && answer.media_type() != "text/html"
}

fn not_here(answer: &Answer) -> Other {
    let status = answer.status.as_u16();
    let why = match (status, answer.media_type().as_str()) {
        _ if answer.end == End::TooLarge => "its answer has no end".to_owned(),
        _ if answer.end == End::Slow => "its answer came too slowly".to_owned(),
        _ if answer.end == End::Broken => "the connection broke in the middle of its answer".to_owned(),
        (200..=299, "text/html") => "it is a web page".to_owned(),
        (200..=299, "application/json") => "it answers JSON that is not MCP's".to_owned(),
        (200..=299, "text/event-stream") => "its event stream has no MCP answer".to_owned(),
        (300..=399, _) => format!("it redirects (HTTP {status})"),
        _ => format!("it answers HTTP {status}"),
    };
    match status {
        400 | 404 | 405 if answer.frame.is_none() => Other::NotPosted(why),
        _ => Other::NotHere(why),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            frame: Frame::parse(body.as_bytes()).filter(|frame| frame.answers(1)),
            body: body.as_bytes().to_vec(),
            end: End::Complete,
        }
    }

    fn error(code: i64) -> String {
        let data = json!({ "supported": ["2026-07-28", "nonsense"] });
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": "no", "data": data } })
            .to_string()
    }

    #[test]
    fn supported_versions_mean_modern() {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "result": { "supportedVersions": ["2026-07-28"] } });
        assert!(matches!(discovered(&answer(200, &[], &body.to_string())), Discovered::Modern(_)));
    }

    #[test]
    fn modern_refusals_mean_modern_only_with_status_400() {
        assert_eq!(discovered(&answer(400, &[], &error(-32020))), Discovered::Modest);
        assert_eq!(discovered(&answer(400, &[], &error(-32021))), Discovered::Modest);
        let other = Discovered::OtherVersions(vec!["2026-07-28".to_owned()]);
        assert_eq!(discovered(&answer(400, &[], &error(-32022))), other);
        assert_eq!(discovered(&answer(200, &[], &error(-32020))), Discovered::MaybeLegacy);
    }

    #[test]
    fn an_unknown_method_with_404_is_confirmed_by_a_list() {
        assert_eq!(discovered(&answer(404, &[], &error(-32601))), Discovered::ConfirmByList);
    }

    #[test]
    fn a_refusal_in_json_rpc_or_a_session_may_be_legacy() {
        assert_eq!(discovered(&answer(400, &[], &error(-32000))), Discovered::MaybeLegacy);
        assert_eq!(discovered(&answer(200, &[], &error(-32601))), Discovered::MaybeLegacy);
        assert_eq!(discovered(&answer(200, &[("mcp-session-id", "x")], "")), Discovered::MaybeLegacy);
        assert_eq!(discovered(&answer(406, &[], "Not Acceptable")), Discovered::MaybeLegacy);
    }

    #[test]
    fn a_challenge_with_metadata_is_sign_in_and_a_bare_one_is_not() {
        let metadata = r#"Bearer resource_metadata="http://x/.well-known/oauth-protected-resource""#;
        for status in [401, 403] {
            let judged = discovered(&answer(status, &[("www-authenticate", metadata)], ""));
            assert!(matches!(judged, Discovered::Other(Other::NeedsSignIn(_))), "{status}");
        }
        let bearer = discovered(&answer(401, &[("www-authenticate", "Bearer")], ""));
        assert_eq!(bearer, Discovered::Other(Other::MaybeSignIn));
        for headers in [&[][..], &[("www-authenticate", "Basic realm=\"x\"")][..]] {
            assert!(matches!(discovered(&answer(401, headers, "")), Discovered::Other(Other::NotHere(_))));
        }
    }

    #[test]
    fn a_refused_host_is_told_apart_from_a_legacy_answer() {
        let typescript =
            r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid Host: 10.0.0.1"},"id":null}"#;
        for judged in [
            discovered(&answer(421, &[], "Invalid Host header")),
            discovered(&answer(403, &[], typescript)),
            discovered(&answer(403, &[], "Invalid Origin header")),
        ] {
            assert!(matches!(judged, Discovered::Other(Other::HostRefused(_))), "{judged:?}");
        }
    }

    #[test]
    fn other_misdirected_requests_are_no_sign() {
        let judged =
            discovered(&answer(421, &[("content-type", "text/html")], "<h1>Misdirected Request</h1>"));
        assert!(matches!(judged, Discovered::Other(Other::NotHere(_))), "{judged:?}");
    }

    #[test]
    fn json_rpc_behind_a_401_may_be_mcp() {
        let body = r#"{"jsonrpc":"2.0","error":{"code":-32001,"message":"Unauthorized"},"id":null}"#;
        for judged in [discovered(&answer(401, &[], body)), discovered(&answer(401, &[], &error(-32001)))] {
            assert!(matches!(judged, Discovered::Other(Other::Guarded(_))), "{judged:?}");
        }
    }

    #[test]
    fn only_body_preserving_redirects_are_pointers() {
        let to = [("location", "/mcp/")];
        for status in [307, 308] {
            let expected = Discovered::Other(Other::Redirect("/mcp/".to_owned()));
            assert_eq!(discovered(&answer(status, &to, "")), expected);
        }
        assert!(matches!(discovered(&answer(302, &to, "")), Discovered::Other(Other::NotHere(_))));
    }

    #[test]
    fn what_is_not_mcp_is_not_mcp() {
        let html = [("content-type", "text/html; charset=utf-8")];
        let json = [("content-type", "application/json")];
        for judged in [
            discovered(&answer(200, &html, "<html>")),
            discovered(&answer(200, &json, r#"{"ok":true}"#)),
            discovered(&answer(501, &html, "")),
            discovered(&answer(503, &[], "")),
        ] {
            assert!(matches!(judged, Discovered::Other(Other::NotHere(_))), "{judged:?}");
        }
        assert!(matches!(discovered(&answer(404, &[], "")), Discovered::Other(Other::NotPosted(_))));
        assert!(matches!(discovered(&answer(405, &[], "")), Discovered::Other(Other::NotPosted(_))));
    }

    #[test]
    fn a_web_server_that_wants_tls_is_heard() {
        for text in [
            "The plain HTTP request was sent to HTTPS port",
            "Client sent an HTTP request to an HTTPS server.\n",
            "You're speaking plain HTTP to an SSL-enabled server port.",
        ] {
            assert_eq!(discovered(&answer(400, &[], text)), Discovered::Other(Other::WantsTls), "{text}");
        }
    }

    #[test]
    fn initialize_needs_all_that_mcp_requires() {
        let whole = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": { "name": "a", "version": "" } });
        let judge = |result: Value| {
            let body = json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string();
            initialized(&answer(200, &[], &body))
        };
        let Initialized::Legacy(identity) = judge(whole.clone()) else { panic!("a whole answer is MCP's") };
        assert_eq!((identity.name.as_str(), identity.version, identity.era), ("a", None, Era::Legacy));
        for key in ["protocolVersion", "capabilities", "serverInfo"] {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(key);
            assert!(matches!(judge(part), Initialized::Other(Other::NotHere(_))), "without {key}");
        }
    }

    #[test]
    fn tools_are_counted_only_in_a_list_of_tools() {
        let frame = |result: Value| Frame::Result { id: json!(1), result };
        let two = frame(json!({ "tools": [{ "name": "a" }, { "name": "b" }], "nextCursor": "2" }));
        assert_eq!(tools(Some(&two)), Some((2, Some("2".to_owned()))));
        assert_eq!(tools(Some(&frame(json!({ "tools": [1] })))), None);
        assert_eq!(tools(Some(&frame(json!({})))), None);
    }
}
