//! The terms agreed on with a server, and the requests on these terms. Never an `Origin`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use model::Era;
use serde_json::value::RawValue;

use super::id::Id;
use super::raw::{Members, members, quoted};
use crate::CLIENT_INFO;

/// The revision that is used with modern servers.
pub(crate) const MODERN: &str = "2026-07-28";
/// The newest revision that has a handshake; legacy servers answer with the one they require.
pub(crate) const LEGACY: &str = "2025-11-25";

pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// One HTTP request, or one message for a pipe.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// GET, POST or DELETE.
    pub(crate) method: Method,
    /// Headers besides those of every request.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The JSON-RPC message; empty for GET and DELETE.
    pub(crate) body: Bytes,
    /// Its method, for messages.
    pub(crate) name: Cow<'static, str>,
    /// The id of the request in the body; without meaning where there is none.
    pub(crate) id: Id,
}

/// What a request carries besides its method.
#[derive(Debug, Default)]
pub(crate) struct Params<'a> {
    /// The members of an object as another program wrote it.
    pub(crate) given: Option<&'a Members<'a>>,
    /// Members in JSON, after those that were given, which they replace.
    pub(crate) members: Vec<(&'static str, Cow<'a, str>)>,
    /// Whether progress reports are wanted.
    pub(crate) progress: bool,
    /// `Mcp-Name`.
    pub(crate) name: Option<&'a str>,
    /// `Mcp-Param-*`.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The capabilities that only this request declares, in JSON; without meaning in the legacy era.
    pub(crate) capabilities: Option<&'a str>,
}

impl Params<'_> {
    /// A page of a list.
    pub(crate) fn page(cursor: Option<&str>) -> Self {
        let members = cursor.map(|cursor| ("cursor", quoted(cursor).into())).into_iter().collect();
        Self { members, ..Self::default() }
    }
}

/// The terms.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) era: Era,
    /// The session that a legacy server keeps for us.
    pub(crate) session: Option<HeaderValue>,
    /// The revision, as the server wrote it, for a header. A server can choose any text; what a header cannot carry is not
    /// repeated.
    version_header: Option<HeaderValue>,
    /// The members of `_meta` that every request carries, in JSON; none in the legacy era.
    meta: Arc<str>,
}

impl Terms {
    /// The modern era, on a revision, with what we declare.
    pub(crate) fn modern(version: &str, capabilities: &str) -> Self {
        Self::new(Era::Modern, version, None, modern_meta(&quoted(version), capabilities).into())
    }

    /// The modern era, on the revision that is supported here, with nothing declared: the terms for known servers, many
    /// thousand times.
    pub(crate) fn plain() -> &'static Self {
        static PLAIN: LazyLock<Terms> = LazyLock::new(|| Terms::modern(MODERN, NOTHING));
        &PLAIN
    }

    /// The legacy era, on a revision, with a session if there is one.
    pub(crate) fn legacy(version: &str, session: Option<HeaderValue>) -> Self {
        static NONE: LazyLock<Arc<str>> = LazyLock::new(|| "".into());
        Self::new(Era::Legacy, version, session, NONE.clone())
    }

    fn new(era: Era, version: &str, session: Option<HeaderValue>, meta: Arc<str>) -> Self {
        let version_header = HeaderValue::from_str(version).ok();
        Self { era, session, version_header, meta }
    }

    /// A request on these terms.
    pub(crate) fn request(
        &self,
        id: Id,
        method: impl Into<Cow<'static, str>>,
        params: &Params<'_>,
    ) -> Question {
        let method = method.into();
        let mut body = String::with_capacity(self.meta.len() + 256);
        // Writing to a string cannot fail.
        let _ = write!(body, r#"{{"jsonrpc":"2.0","id":{id},"method":{},"params":"#, quoted(&method));
        self.write_params(&mut body, id, params);
        body.push('}');
        let mut question = post(method, body, id);
        self.sign(&mut question, params.name);
        question.headers.extend(params.headers.iter().cloned());
        question
    }

    /// A notification on these terms.
    pub(crate) fn notification(
        &self,
        method: impl Into<Cow<'static, str>>,
        params: Option<&str>,
    ) -> Question {
        let params = params.map(|params| format!(r#","params":{params}"#)).unwrap_or_default();
        let method = method.into();
        let body = format!(r#"{{"jsonrpc":"2.0","method":{}{params}}}"#, quoted(&method));
        let mut question = post(method, body, Id::from(0));
        self.sign(&mut question, None);
        question
    }

    /// Our answer to a request of the server's.
    pub(crate) fn answer(&self, body: String) -> Question {
        let mut question = post("answer", body, Id::from(0));
        self.sign(&mut question, None);
        question
    }

    /// The rest of an answer that broke off, from the event with this id (MCP 2025-11-25, resumability). Without one, the
    /// stream of messages that the server sends by itself.
    pub(crate) fn stream(&self, last_id: Option<&str>) -> Question {
        let mut question = event_stream(last_id);
        self.sign(&mut question, None);
        question
    }

    /// The end of the session that a server keeps for us, if it does.
    pub(crate) fn goodbye(&self) -> Option<Question> {
        let mut question = delete(self.session.clone()?);
        question.headers.extend(self.version_header.clone().map(|version| (VERSION, version)));
        Some(question)
    }

    fn sign(&self, question: &mut Question, name: Option<&str>) {
        question.headers.extend(self.version_header.clone().map(|version| (VERSION, version)));
        match self.era {
            Era::Modern => {
                let method = match &question.name {
                    Cow::Borrowed(name) => HeaderValue::from_static(name),
                    Cow::Owned(name) => header_value(name),
                };
                question.headers.push((METHOD, method));
                question.headers.extend(name.map(|name| (NAME, header_value(name))));
            }
            Era::Legacy => question.headers.extend(self.session.clone().map(|session| (SESSION_ID, session))),
        }
    }

    fn write_params(&self, body: &mut String, id: Id, params: &Params<'_>) {
        let mut first = true;
        let mut member = |body: &mut String, key: &str, value: &str| {
            body.push(if std::mem::take(&mut first) { '{' } else { ',' });
            body.push_str(&quoted(key));
            body.push(':');
            body.push_str(value);
        };
        for (key, value) in params.given.map(|given| given.0.as_slice()).unwrap_or_default() {
            if key != "_meta" && !params.members.iter().any(|(name, _)| name == key) {
                member(body, key, value.get());
            }
        }
        for (key, value) in &params.members {
            member(body, key, value);
        }
        let meta = self.meta(id, params.given.and_then(|given| given.get("_meta")), params);
        if let Some(meta) = meta {
            member(body, "_meta", &meta);
        }
        body.push_str(if first { "{}" } else { "}" });
    }

    /// What every request carries, with other capabilities than those that were agreed on.
    fn declaring(&self, capabilities: &str) -> String {
        let version = self.version_header.as_ref().and_then(|version| version.to_str().ok());
        modern_meta(&quoted(version.unwrap_or(MODERN)), capabilities)
    }

    /// The caller's own, with what the era requires and our progress token.
    fn meta(&self, id: Id, given: Option<&RawValue>, params: &Params<'_>) -> Option<String> {
        let progress = params.progress;
        let capabilities = params.capabilities.filter(|_| self.era == Era::Modern);
        if given.is_none() && !progress && capabilities.is_none() {
            return (!self.meta.is_empty()).then(|| format!("{{{}}}", self.meta));
        }
        let given = given.and_then(members).unwrap_or(Members(Vec::new()));
        let ours = |key: &str| {
            (progress && key == "progressToken") || (self.era == Era::Modern && MODERN_META.contains(&key))
        };
        let kept = given.0.iter().filter(|(key, _)| !ours(key));
        let mut parts: Vec<String> =
            kept.map(|(key, value)| format!("{}:{}", quoted(key), value.get())).collect();
        if progress {
            parts.push(format!(r#""progressToken":{id}"#));
        }
        match capabilities {
            Some(own) => parts.push(self.declaring(own)),
            None if self.meta.is_empty() => {}
            None => parts.push(self.meta.to_string()),
        }
        (!parts.is_empty()).then(|| format!("{{{}}}", parts.join(",")))
    }
}

/// The keys that every request of the modern era carries.
const MODERN_META: [&str; 3] = [
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientCapabilities",
    "io.modelcontextprotocol/clientInfo",
];

/// The members of `_meta` that carry them; the version and the capabilities are JSON.
fn modern_meta(version: &str, capabilities: &str) -> String {
    let [version_key, capabilities_key, client] = MODERN_META;
    format!(r#""{version_key}":{version},"{capabilities_key}":{capabilities},"{client}":{CLIENT_INFO}"#)
}

/// We declare nothing.
pub(crate) const NOTHING: &str = "{}";

/// `server/discover`, the first request to an unknown server.
pub(crate) fn discover(id: Id, version: &str, capabilities: &str) -> Question {
    Terms::modern(version, capabilities).request(id, "server/discover", &Params::default())
}

/// `initialize`, which never offers a revision that has no handshake.
pub(crate) fn initialize(id: Id, version: &str, capabilities: &str) -> Question {
    let version = quoted(version);
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"initialize","params":{{"protocolVersion":{version},"capabilities":{capabilities},"clientInfo":{CLIENT_INFO}}}}}"#
    );
    post("initialize", body, id)
}

/// The end of a session that a server opened for us.
pub(crate) fn delete(session: HeaderValue) -> Question {
    let headers = vec![(SESSION_ID, session)];
    Question {
        method: Method::DELETE,
        headers,
        body: Bytes::new(),
        name: "end of session".into(),
        id: Id::from(0),
    }
}

/// An event stream, of revision 2024-11-05 or the rest of one.
pub(crate) fn event_stream(last_id: Option<&str>) -> Question {
    let mut headers = vec![(header::ACCEPT, HeaderValue::from_static("text/event-stream"))];
    let last_id = last_id.and_then(|id| HeaderValue::from_bytes(id.as_bytes()).ok());
    headers.extend(last_id.map(|id| (HeaderName::from_static("last-event-id"), id)));
    Question {
        method: Method::GET,
        headers,
        body: Bytes::new(),
        name: "event stream".into(),
        id: Id::from(0),
    }
}

/// A small document.
pub(crate) fn document(name: &'static str, accept: &'static str) -> Question {
    let headers = vec![(header::ACCEPT, HeaderValue::from_static(accept))];
    Question { method: Method::GET, headers, body: Bytes::new(), name: name.into(), id: Id::from(0) }
}

fn post(name: impl Into<Cow<'static, str>>, body: String, id: Id) -> Question {
    // With what most requests are signed with.
    let mut headers = Vec::with_capacity(5);
    headers.extend([
        (header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream")),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
    ]);
    Question { method: Method::POST, headers, body: body.into(), name: name.into(), id }
}

/// A value for `Mcp-Name` and `Mcp-Param-*`: as it is, or in Base64 where a header cannot carry it (MCP 2026-07-28, "Value
/// Encoding").
pub(crate) fn header_value(text: &str) -> HeaderValue {
    use base64::Engine as _;
    let is_plain = text.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t'))
        && text.trim_matches([' ', '\t']).len() == text.len()
        && !(text.starts_with("=?base64?") && text.ends_with("?="));
    let plain = is_plain.then(|| HeaderValue::from_str(text).ok()).flatten();
    plain.unwrap_or_else(|| {
        let coded = format!("=?base64?{}?=", base64::engine::general_purpose::STANDARD.encode(text));
        HeaderValue::from_str(&coded).unwrap_or_else(|_| HeaderValue::from_static(""))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn body(question: &Question) -> Value {
        serde_json::from_slice(&question.body).unwrap()
    }

    fn header<'a>(question: &'a Question, name: &str) -> Option<&'a str> {
        let found = question.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.to_str().unwrap())
    }

    #[test]
    fn a_modern_request_says_everything_twice() {
        let terms = Terms::modern(MODERN, NOTHING);
        let params = Params {
            name: Some("grüß"),
            members: vec![("name", quoted("grüß").into())],
            ..Params::default()
        };
        let question = terms.request(Id::from(7), "tools/call", &params);
        assert_eq!(header(&question, "mcp-method"), Some("tools/call"));
        assert_eq!(header(&question, "mcp-name"), Some("=?base64?Z3LDvMOf?="));
        assert_eq!(header(&question, "mcp-protocol-version"), Some(MODERN));
        let body = body(&question);
        assert_eq!((&body["id"], &body["params"]["name"]), (&json!(7), &json!("grüß")));
        let meta = &body["params"]["_meta"];
        assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], MODERN);
        assert_eq!(meta["io.modelcontextprotocol/clientInfo"]["name"], "mcp-discovery");
    }

    #[test]
    fn what_a_caller_gives_passes_as_it_is_but_for_what_is_ours() {
        let raw = r#"{"arguments": {"n": 12345678901234567890123}, "_meta": {"progressToken": "theirs", "x": 1e400}}"#;
        let raw = RawValue::from_string(raw.to_owned()).unwrap();
        let terms = Terms::legacy(LEGACY, Some(HeaderValue::from_static("s")));
        let given = members(&raw);
        let params = Params { given: given.as_ref(), ..Params::default() };
        let text =
            String::from_utf8(terms.request(Id::from(7), "tools/call", &params).body.to_vec()).unwrap();
        assert!(text.contains(r#""arguments":{"n": 12345678901234567890123}"#), "{text}");
        assert!(text.contains(r#""_meta":{"progressToken":"theirs","x":1e400}"#), "{text}");
        let params = Params { given: given.as_ref(), progress: true, ..Params::default() };
        let question = terms.request(Id::from(7), "tools/call", &params);
        let text = String::from_utf8(question.body.to_vec()).unwrap();
        assert!(text.contains(r#""_meta":{"x":1e400,"progressToken":7}"#), "{text}");
        assert_eq!(header(&question, "mcp-session-id"), Some("s"));
    }

    #[test]
    fn headers_carry_any_text() {
        for (text, coded) in [
            ("us-west1", "us-west1"),
            ("a b", "a b"),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
            ("", ""),
        ] {
            assert_eq!(header_value(text), coded, "{text}");
        }
    }

    #[test]
    fn the_handshake_offers_no_revision_without_one() {
        let question = initialize(Id::from(1), LEGACY, "{}");
        assert_eq!(body(&question)["params"]["protocolVersion"], "2025-11-25");
        assert_eq!(header(&question, "mcp-protocol-version"), None);
    }
}
