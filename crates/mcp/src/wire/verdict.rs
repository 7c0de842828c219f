//! The table of verdicts: what one answer means. Pure, so that every row is a test, and shared by scans, checks and
//! sessions, so that there is one verdict for one server.

use std::borrow::Cow;

use http::StatusCode;
use model::{Era, Identity};
use serde_json::value::RawValue;

use super::answer::{Answer, BodyEnd};
use super::message::{Reply, RpcError};
use super::raw::{self, is_object, members};
use super::refusal::{Refusal, refusal};
use super::terms::MODERN;
use crate::words::{self, tame};

/// What the answer to `server/discover` means.
#[derive(Debug, Clone)]
pub(crate) enum Discovered {
    /// MCP of the modern era, with its discovery.
    Modern(Box<RawValue>),
    /// MCP of the modern era that supports only these revisions.
    OtherVersions(Vec<String>),
    /// MCP of the modern era that requires other headers or capabilities than we sent (-32020, -32021).
    Modest,
    /// It speaks JSON-RPC, does not know the method, and says so as the modern era does: a list of tools may decide.
    NoSuchMethod,
    /// It may be MCP of the legacy era: `initialize` decides.
    MaybeLegacy,
    /// Something that does not depend on this path.
    Other(Other),
}

/// What any answer may mean, whatever the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Other {
    /// It refuses us.
    Refused(Refusal),
    /// It redirects.
    Redirect(String),
    /// It requires TLS.
    WantsTls,
    /// There is no MCP at this path; 404, 405 or 400 without JSON-RPC, so an event stream is possible.
    NotPosted(String),
    /// There is no MCP at this path.
    NotHere(String),
    /// It speaks JSON-RPC, but this part of its answer is not MCP.
    NotMcp {
        /// The part.
        field: Cow<'static, str>,
        /// What is wrong with it.
        why: String,
    },
}

/// Judges the answer to `server/discover`.
pub(crate) fn discovered(answer: &Answer) -> Discovered {
    if let Some(other) = before_the_body(answer) {
        return Discovered::Other(other);
    }
    match &answer.reply {
        Some(Reply::Result(result)) if has_versions(result) => Discovered::Modern(result.clone()),
        // Only the modern era has these codes.
        Some(Reply::Error(error)) if error.code == -32022 => Discovered::OtherVersions(supported(error)),
        Some(Reply::Error(RpcError { code: -32020 | -32021, .. })) => Discovered::Modest,
        Some(Reply::Error(RpcError { code: -32601, .. })) if answer.status == StatusCode::NOT_FOUND => {
            Discovered::NoSuchMethod
        }
        Some(_) => Discovered::MaybeLegacy,
        _ if answer.header("mcp-session-id").is_some() => Discovered::MaybeLegacy,
        _ if refuses_the_request(answer) => Discovered::MaybeLegacy,
        _ => Discovered::Other(not_here(answer)),
    }
}

/// What the answer to `initialize` means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Initialized {
    /// MCP of the legacy era.
    Legacy(Introduction),
    /// It offers other revisions.
    OtherVersions(Vec<String>),
    /// It refuses the method, in JSON-RPC.
    Error {
        /// JSON-RPC's or MCP's.
        code: i64,
        /// The server's message.
        message: String,
    },
    /// Anything else.
    Other(Other),
}

/// What a server reports about itself before other requests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Introduction {
    pub(crate) identity: Identity,
    pub(crate) offers: DeclaredLists,
    /// What of it is not kept.
    pub(crate) left_out: Option<String>,
}

/// How much of a server's instructions is kept, in bytes.
const MOST_INSTRUCTIONS: usize = 512 * 1024;

/// Which lists a server declares. Tools are requested in any case: some servers forget to declare them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DeclaredLists {
    pub(crate) resources: bool,
    pub(crate) prompts: bool,
}

/// Judges the answer to `initialize`.
pub(crate) fn initialized(answer: &Answer) -> Initialized {
    if let Some(other) = before_the_body(answer) {
        return Initialized::Other(other);
    }
    match &answer.reply {
        Some(Reply::Result(result)) => match legacy(result) {
            Ok(introduction) => Initialized::Legacy(introduction),
            Err(other) => Initialized::Other(other),
        },
        Some(Reply::Error(error)) => match refused_version(error) {
            versions if versions.is_empty() => {
                Initialized::Error { code: error.code, message: tame(&error.message) }
            }
            versions => Initialized::OtherVersions(versions),
        },
        None => Initialized::Other(not_here(answer)),
    }
}

/// The revisions that a refusal names: in MCP's field for them, or in its message.
fn refused_version(error: &RpcError) -> Vec<String> {
    let named = supported(error);
    if !named.is_empty() || !matches!(error.code, -32602 | -32600 | -32000 | -32022) {
        return named;
    }
    let words = error.message.split(|c: char| !c.is_ascii_digit() && c != '-');
    words.filter(|word| is_revision(word)).map(str::to_owned).take(32).collect()
}

/// What a modern server reports about itself: in `_meta` of any result, some in the result itself.
pub(crate) fn modern(result: &RawValue, version: &str) -> Introduction {
    let said = members(result);
    let get = |key: &str| said.as_ref().and_then(|said| said.get(key));
    let info = get("_meta").and_then(|meta| raw::member(meta, "io.modelcontextprotocol/serverInfo"));
    let identity = identity(info.or(get("serverInfo")), version, Era::Modern, get("instructions"));
    introduced(identity, offers(get("capabilities")))
}

/// A server of which only the terms are known.
pub(crate) fn nameless(version: &str, era: Era) -> Introduction {
    introduced(identity(None, version, era, None), DeclaredLists::default())
}

fn introduced(mut identity: Identity, offers: DeclaredLists) -> Introduction {
    let mut left_out = None;
    if let Some(instructions) = identity.instructions.as_mut().filter(|text| text.len() > MOST_INSTRUCTIONS) {
        left_out = Some(format!("its instructions of {} bytes are cut", instructions.len()));
        let end = instructions.floor_char_boundary(MOST_INSTRUCTIONS);
        instructions.truncate(end);
        instructions.push('…');
    }
    Introduction { identity, offers, left_out }
}

/// The best revision of a discovery that is supported here, else its first.
pub(crate) fn best_version(result: &RawValue) -> String {
    let offered = versions(raw::member(result, "supportedVersions"));
    let ours = offered.iter().find(|version| *version == MODERN);
    ours.or_else(|| offered.first()).cloned().unwrap_or_else(|| MODERN.to_owned())
}

/// An `initialize` result has a revision, and says what the server can do or what it is. All else may be missing or of the
/// wrong kind.
fn legacy(result: &RawValue) -> Result<Introduction, Other> {
    let not_mcp =
        |field: &'static str, why: &str| Err(Other::NotMcp { field: field.into(), why: why.to_owned() });
    let Some(said) = members(result) else { return not_mcp("result", "it is not an object") };
    let Some(version) = said.text("protocolVersion").filter(|version| !version.trim().is_empty()) else {
        return not_mcp("protocolVersion", "it names no revision");
    };
    let info = said.get("serverInfo").filter(|info| is_object(info));
    if !said.has("capabilities") && info.is_none() {
        return not_mcp("capabilities", "it says neither what it is nor what it can do");
    }
    // What was spoken is the handshake, whatever revision it names.
    let identity = identity(info, &words::name(&version), Era::Legacy, said.get("instructions"));
    Ok(introduced(identity, offers(said.get("capabilities"))))
}

fn identity(info: Option<&RawValue>, version: &str, era: Era, instructions: Option<&RawValue>) -> Identity {
    let info = info.and_then(members);
    let text = |key: &str| info.as_ref().and_then(|info| info.text(key)).map(|text| words::name(&text));
    Identity {
        name: text("name").unwrap_or_default(),
        title: text("title"),
        version: text("version").filter(|version| !version.is_empty()),
        protocol_version: version.to_owned(),
        era,
        instructions: instructions.and_then(raw::text),
    }
}

fn offers(capabilities: Option<&RawValue>) -> DeclaredLists {
    let declared = capabilities.and_then(members);
    let declares = |key: &str| declared.as_ref().is_some_and(|declared| declared.get(key).is_some());
    DeclaredLists { resources: declares("resources"), prompts: declares("prompts") }
}

/// Revisions are dates: `2025-11-25`.
fn is_revision(text: &str) -> bool {
    let digits = |byte: u8| byte.is_ascii_digit();
    let shape = |(place, byte): (usize, u8)| if matches!(place, 4 | 7) { byte == b'-' } else { digits(byte) };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

fn has_versions(result: &RawValue) -> bool {
    !versions(raw::member(result, "supportedVersions")).is_empty()
}

fn supported(error: &RpcError) -> Vec<String> {
    versions(error.data.as_deref().and_then(|data| raw::member(data, "supported")))
}

fn versions(list: Option<&RawValue>) -> Vec<String> {
    let items = list.and_then(raw::items).unwrap_or_default();
    items.into_iter().filter_map(raw::text).filter(|text| is_revision(text)).take(32).collect()
}

/// Refusals and redirects, which are valid whatever the request was.
pub(crate) fn before_the_body(answer: &Answer) -> Option<Other> {
    if let Some(refusal) = refusal(answer) {
        return Some(Other::Refused(refusal));
    }
    match answer.status {
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {
            answer.header("location").map(|location| Other::Redirect(location.to_owned()))
        }
        StatusCode::BAD_REQUEST if wants_tls(&answer.text()) => Some(Other::WantsTls),
        _ => None,
    }
}

fn wants_tls(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    // nginx, Go, Apache and Node say it in these words.
    text.contains("plain http request was sent to https port")
        || text.contains("http request to an https server")
        || text.contains("speaking plain http to an ssl-enabled server")
        || text.contains("http request to an https port")
}

/// A server of the legacy era may refuse an unknown request without JSON-RPC; a page that is not found is not such a sign.
fn refuses_the_request(answer: &Answer) -> bool {
    let refusal = matches!(answer.status.as_u16(), 400 | 406 | 409 | 415 | 422);
    refusal && answer.media_type() != "text/html"
}

/// What an answer without JSON-RPC says of this path.
pub(crate) fn not_here(answer: &Answer) -> Other {
    let status = answer.status.as_u16();
    let why = match (&answer.end, status, answer.media_type().as_str()) {
        (BodyEnd::TooLarge, ..) => "its answer has no end".to_owned(),
        (BodyEnd::Slow, ..) => "its answer came too slowly".to_owned(),
        (BodyEnd::Broken, ..) => "the connection broke in the middle of its answer".to_owned(),
        (BodyEnd::Coded(coding), ..) => {
            format!("its answer is compressed in a way that is not supported: `{}`", tame(coding))
        }
        (_, 200..=299, "text/html") => "it is a web page".to_owned(),
        (_, 200..=299, "application/json") => "it answers JSON that is not MCP".to_owned(),
        (_, 200..=299, "text/event-stream") => "its event stream has no MCP answer".to_owned(),
        (_, 300..=399, _) => format!("it redirects (HTTP {status})"),
        _ => format!("it answers HTTP {status}"),
    };
    match status {
        400 | 404 | 405 if answer.reply.is_none() => Other::NotPosted(why),
        _ => Other::NotHere(why),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use http::HeaderMap;
    use serde_json::{Value, json};

    use super::super::answer::reply_in;
    use super::super::id::Id;
    use super::*;

    /// An answer to the request with the id 1.
    pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            reply: reply_in(body.as_bytes(), Id::from(1)),
            body: body.as_bytes().to_vec(),
            end: BodyEnd::Complete,
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
    fn modern_refusals_mean_modern() {
        assert!(matches!(discovered(&answer(400, &[], &error(-32020))), Discovered::Modest));
        assert!(matches!(discovered(&answer(200, &[], &error(-32021))), Discovered::Modest));
        let Discovered::OtherVersions(versions) = discovered(&answer(400, &[], &error(-32022))) else {
            panic!("it names its revisions")
        };
        assert_eq!(versions, ["2026-07-28"]);
    }

    #[test]
    fn an_unknown_method_with_404_is_told_apart() {
        assert!(matches!(discovered(&answer(404, &[], &error(-32601))), Discovered::NoSuchMethod));
    }

    #[test]
    fn a_refusal_in_json_rpc_or_a_session_may_be_legacy() {
        for judged in [
            discovered(&answer(400, &[], &error(-32000))),
            discovered(&answer(200, &[], &error(-32601))),
            discovered(&answer(200, &[("mcp-session-id", "x")], "")),
            discovered(&answer(406, &[], "Not Acceptable")),
        ] {
            assert!(matches!(judged, Discovered::MaybeLegacy), "{judged:?}");
        }
    }

    #[test]
    fn only_body_preserving_redirects_are_pointers() {
        let to = [("location", "/mcp/")];
        for status in [307, 308] {
            let judged = discovered(&answer(status, &to, ""));
            assert!(matches!(judged, Discovered::Other(Other::Redirect(to)) if to == "/mcp/"), "{status}");
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
            let judged = discovered(&answer(400, &[], text));
            assert!(matches!(judged, Discovered::Other(Other::WantsTls)), "{text}");
        }
    }

    fn judged(result: &Value) -> Initialized {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string();
        initialized(&answer(200, &[], &body))
    }

    #[test]
    fn initialize_needs_a_revision_and_a_word_of_who_it_is() {
        let whole = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": { "name": "a", "version": "" } });
        let Initialized::Legacy(said) = judged(&whole) else { panic!("a whole answer is MCP's") };
        assert_eq!(
            (said.identity.name.as_str(), said.identity.version, said.identity.era),
            ("a", None, Era::Legacy)
        );
        for (keys, field) in
            [(&["protocolVersion"][..], "protocolVersion"), (&["capabilities", "serverInfo"], "capabilities")]
        {
            let mut part = whole.clone();
            for key in keys {
                part.as_object_mut().unwrap().remove(*key);
            }
            let judged = judged(&part);
            assert!(
                matches!(&judged, Initialized::Other(Other::NotMcp { field: named, .. }) if named == field),
                "{judged:?}"
            );
        }
    }

    #[test]
    fn the_rest_of_initialize_may_be_as_it_likes() {
        for odd in [
            json!({ "protocolVersion": "2025-06-18", "capabilities": [], "serverInfo": { "name": "a" } }),
            json!({ "protocolVersion": "2025-06-18", "capabilities": null, "serverInfo": { "name": "a", "version": 3 } }),
            json!({ "protocolVersion": "DRAFT-2025-v2", "capabilities": { "tools": [] }, "serverInfo": { "name": "a", "title": null } }),
            json!({ "protocolVersion": "2027-03-01", "serverInfo": { "name": "a" }, "instructions": null, "x": 1 }),
        ] {
            let Initialized::Legacy(said) = judged(&odd) else { panic!("{odd}") };
            assert_eq!((said.identity.name.as_str(), said.identity.era), ("a", Era::Legacy), "{odd}");
        }
        let nameless = json!({ "protocolVersion": "2025-06-18", "capabilities": { "resources": {} } });
        let Initialized::Legacy(said) = judged(&nameless) else { panic!("{nameless}") };
        assert_eq!(
            (said.identity.name.as_str(), said.offers),
            ("", DeclaredLists { resources: true, prompts: false })
        );
    }

    #[test]
    fn a_refused_revision_names_others_in_data_or_in_words() {
        for error in [
            json!({ "code": -32602, "message": "no", "data": { "supported": ["2024-11-05"] } }),
            json!({ "code": -32602, "message": "Unsupported protocol version: x. Supported: 2024-11-05" }),
        ] {
            let body = json!({ "jsonrpc": "2.0", "id": 1, "error": error }).to_string();
            let judged = initialized(&answer(200, &[], &body));
            assert_eq!(judged, Initialized::OtherVersions(vec!["2024-11-05".to_owned()]), "{error}");
        }
    }
}
