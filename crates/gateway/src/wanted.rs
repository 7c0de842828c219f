//! A client's request to a server, taken apart and put together again: what is not between the client and us stays the same
//! bytes.

use mcp::wire::raw::{Members, members, quoted};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::reply::{Rejected, code};

/// Entries of `_meta` that are only between a client and us.
const OURS: [&str; 4] = [
    "io.modelcontextprotocol/protocolVersion",
    CLIENT_CAPABILITIES,
    "io.modelcontextprotocol/clientInfo",
    "progressToken",
];
const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// The level from which on a modern client wants log messages (MCP 2026-07-28, "Logging").
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// The methods that name something of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskedMethod {
    CallTool,
    GetPrompt,
    ReadResource,
    Subscribe,
    Unsubscribe,
    Complete,
}

impl AskedMethod {
    pub(crate) fn of(method: &str) -> Option<Self> {
        let all = [
            Self::CallTool,
            Self::GetPrompt,
            Self::ReadResource,
            Self::Subscribe,
            Self::Unsubscribe,
            Self::Complete,
        ];
        all.into_iter().find(|one| one.word() == method)
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::CallTool => "tools/call",
            Self::GetPrompt => "prompts/get",
            Self::ReadResource => "resources/read",
            Self::Subscribe => "resources/subscribe",
            Self::Unsubscribe => "resources/unsubscribe",
            Self::Complete => "completion/complete",
        }
    }

    /// The place of the name in the params.
    fn key(self) -> &'static str {
        match self {
            Self::CallTool | Self::GetPrompt => "name",
            Self::ReadResource | Self::Subscribe | Self::Unsubscribe => "uri",
            Self::Complete => "ref",
        }
    }

    /// Whether it makes sense only in a session, which the modern era does not have.
    pub(crate) fn is_of_sessions(self) -> bool {
        matches!(self, Self::Subscribe | Self::Unsubscribe)
    }

    /// Whether it names a resource by its URI; otherwise a tool or a prompt.
    pub(crate) fn is_of_resources(self) -> bool {
        self.key() == "uri"
    }
}

/// A request of a client.
#[derive(Debug, Clone)]
pub(crate) struct WantedRequest {
    pub(crate) method: AskedMethod,
    /// The client's name for it.
    pub(crate) name: String,
    /// Whether a completion is of a resource template, whose URI is the name.
    pub(crate) is_template: bool,
    /// Its `ref` without the name: JSON members, each after a comma.
    rest_of_ref: String,
    /// The arguments of a call, for decisions.
    pub(crate) arguments: Map<String, Value>,
    /// Members of the params that are passed on unchanged, in JSON.
    rest: Vec<(String, String)>,
    /// The same of `_meta`.
    meta: Vec<(String, String)>,
    /// The progress token of its client, in JSON.
    pub(crate) progress_token: Option<String>,
    /// The capabilities that a modern client declares, in JSON.
    pub(crate) capabilities: Option<String>,
    /// The state that it sends back.
    pub(crate) state: Option<String>,
}

impl WantedRequest {
    /// Parses the members of the params, and those of their `_meta`.
    pub(crate) fn of(
        method: AskedMethod,
        said: Option<&Members<'_>>,
        meta: Option<&Members<'_>>,
    ) -> Result<Self, Rejected> {
        let wrong = |why: String| Rejected::within(code::INVALID_PARAMS, why);
        let needed = || wrong(format!("`params.{}` is needed", method.key()));
        let said = said.ok_or_else(needed)?;
        let (name, is_template, rest_of_ref) = match method {
            AskedMethod::Complete => reference(said.get("ref").ok_or_else(needed)?).ok_or_else(|| {
                wrong("`params.ref` names a prompt (`ref/prompt`) or a resource (`ref/resource`)".to_owned())
            })?,
            _ => (said.text(method.key()).ok_or_else(needed)?, false, String::new()),
        };
        let arguments = match said.get("arguments").filter(|_| method == AskedMethod::CallTool) {
            None => Map::new(),
            Some(raw) => serde_json::from_str(raw.get())
                .map_err(|_| wrong("`arguments` is not an object".to_owned()))?,
        };
        let meta = meta.map(|meta| meta.0.as_slice()).unwrap_or_default();
        let of_meta = |key: &str| {
            let found = meta.iter().find(|(name, _)| name == key);
            found.map(|(_, raw)| raw.get().to_owned())
        };
        let between_us = ["_meta", "requestState", method.key()];
        let kept = |all: &[(std::borrow::Cow<'_, str>, &RawValue)], ours: &[&str]| -> Vec<(String, String)> {
            let kept = all.iter().filter(|(key, _)| !ours.contains(&key.as_ref()));
            kept.map(|(key, raw)| (key.to_string(), raw.get().to_owned())).collect()
        };
        Ok(Self {
            method,
            name,
            is_template,
            rest_of_ref,
            arguments,
            rest: kept(&said.0, &between_us),
            meta: kept(meta, &OURS),
            progress_token: of_meta("progressToken"),
            capabilities: of_meta(CLIENT_CAPABILITIES),
            state: said.text("requestState"),
        })
    }

    /// Whether its client wants log messages of its server.
    pub(crate) fn wants_logs(&self) -> bool {
        self.meta.iter().any(|(key, _)| key == LOG_LEVEL)
    }

    /// The params for a server, with its own name; with the state that the server gave, in JSON.
    pub(crate) fn params(
        &self,
        own: &str,
        state: Option<&str>,
        log_level: Option<&str>,
    ) -> Option<Box<RawValue>> {
        let key = self.method.key();
        let name = match self.method {
            AskedMethod::Complete => {
                let inner = if self.is_template { "uri" } else { "name" };
                format!(r#"{{"{inner}":{}{}}}"#, quoted(own), self.rest_of_ref)
            }
            _ => quoted(own),
        };
        let mut text = format!(r#"{{"{key}":{name}"#);
        let mut member = |key: &str, value: &str| {
            text.push(',');
            text.push_str(&quoted(key));
            text.push(':');
            text.push_str(value);
        };
        for (key, value) in &self.rest {
            member(key, value);
        }
        if let Some(state) = state {
            member("requestState", state);
        }
        let level = log_level
            .filter(|_| !self.wants_logs())
            .map(|level| format!("{}:{}", quoted(LOG_LEVEL), quoted(level)));
        let meta = self.meta.iter().map(|(key, value)| format!("{}:{value}", quoted(key))).chain(level);
        let meta: Vec<String> = meta.collect();
        if !meta.is_empty() {
            member("_meta", &format!("{{{}}}", meta.join(",")));
        }
        text.push('}');
        RawValue::from_string(text).ok()
    }
}

/// The subject of a completion, whether that is a resource template, and the rest of its reference.
fn reference(reference: &RawValue) -> Option<(String, bool, String)> {
    let said = members(reference)?;
    let (key, is_template) = match said.text("type")?.as_str() {
        "ref/prompt" => ("name", false),
        "ref/resource" => ("uri", true),
        _ => return None,
    };
    Some((said.text(key)?, is_template, crate::listing::members_but(reference, key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(method: AskedMethod, params: &str) -> Result<WantedRequest, Rejected> {
        let params = RawValue::from_string(params.to_owned()).unwrap();
        let said = members(&params);
        let meta = said.as_ref().and_then(|said| said.get("_meta")).and_then(members);
        WantedRequest::of(method, said.as_ref(), meta.as_ref())
    }

    #[test]
    fn arguments_go_on_as_they_came_and_what_is_between_us_stays_here() {
        let params = r#"{"name": "x", "arguments": {"n": 12345678901234567890123, "t": "\u00e9"}, "requestState": "s", "_meta": {
                "progressToken": "p", "traceparent": "00-1", "io.modelcontextprotocol/clientInfo": {},
                "io.modelcontextprotocol/clientCapabilities": {"roots":{}}}}"#;
        let call = wanted(AskedMethod::CallTool, params).unwrap();
        assert_eq!(
            call.params("own.name", Some("1"), None).unwrap().get(),
            r#"{"name":"own.name","arguments":{"n": 12345678901234567890123, "t": "\u00e9"},"requestState":1,"_meta":{"traceparent":"00-1"}}"#
        );
        assert_eq!(call.progress_token.as_deref(), Some("\"p\""));
        assert_eq!(call.capabilities.as_deref(), Some(r#"{"roots":{}}"#));
        assert_eq!((call.name.as_str(), call.state.as_deref()), ("x", Some("s")));
        let bare = wanted(AskedMethod::CallTool, r#"{"name":"x"}"#).unwrap();
        assert_eq!(bare.params("a", None, None).unwrap().get(), r#"{"name":"a"}"#);
        assert_eq!(
            bare.params("a", None, Some("debug")).unwrap().get(),
            r#"{"name":"a","_meta":{"io.modelcontextprotocol/logLevel":"debug"}}"#
        );
        for wrong in [
            "[]",
            "{}",
            r#"{"name":1}"#,
            r#"{"name":"x","arguments":[1]}"#,
            r#"{"name":"x","arguments":"x"}"#,
        ] {
            let error = wanted(AskedMethod::CallTool, wrong).unwrap_err();
            assert_eq!(error.code, code::INVALID_PARAMS, "{wrong}");
        }
    }

    #[test]
    fn a_completion_names_what_it_is_of_by_the_servers_name() {
        let params =
            r#"{"ref":{"type":"ref/prompt","name":"a__p","title":"P"},"argument":{"name":"x","value":"y"}}"#;
        let asked = wanted(AskedMethod::Complete, params).unwrap();
        assert_eq!((asked.name.as_str(), asked.is_template), ("a__p", false));
        assert_eq!(
            asked.params("p", None, None).unwrap().get(),
            r#"{"ref":{"name":"p","type":"ref/prompt","title":"P"},"argument":{"name":"x","value":"y"}}"#
        );
        let of_template = r#"{"ref":{"type":"ref/resource","uri":"x://{id}"}}"#;
        assert!(wanted(AskedMethod::Complete, of_template).unwrap().is_template);
        assert!(wanted(AskedMethod::Complete, r#"{"ref":{"type":"ref/tool","name":"x"}}"#).is_err());
    }
}
