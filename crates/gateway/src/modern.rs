//! Clients of the modern era (MCP 2026-07-28): each request contains everything about itself, twice: in its headers and in
//! its body.

use base64::Engine as _;
use http::{Response, StatusCode};
use mcp::List;
use mcp::wire::raw::quoted;
use model::Tool;
use serde_json::{Map, Value, json};

use crate::Gateway;
use crate::post::{ClientRequest, PostedRequest};
use crate::reply::{Body, Rejected, code, json as json_response, result};
use crate::wanted::AskedMethod;

/// The revision.
pub(crate) const VERSION: &str = "2026-07-28";
/// How long a client can use a list without asking again, in milliseconds.
const TTL_MS: u64 = 60_000;

/// What the gateway offers in this era.
const CAPABILITIES: &str = r#"{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{}}"#;

const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Whether a request is of this era: the first request of the other one is `initialize`, and its later ones name a session.
pub(crate) fn is_modern(ask: &PostedRequest, question: &ClientRequest<'_>) -> bool {
    let says_it = question.meta.is_some_and(|meta| meta.has(PROTOCOL_VERSION));
    if question.method == "initialize" {
        return says_it;
    }
    question.method == "server/discover"
        || says_it
        || ask.header("mcp-protocol-version").is_some_and(|version| version >= VERSION)
}

impl Gateway {
    pub(crate) async fn modern(
        &self,
        ask: &PostedRequest,
        question: ClientRequest<'_>,
    ) -> Result<Response<Body>, Rejected> {
        check(ask, &question)?;
        let answer = |text: String| Ok(json_response(StatusCode::OK, result(question.id, &text)));
        if let Some(list) = List::asked_by(question.method) {
            let page = self.listed(list, ask, &question)?;
            return answer(format!(
                r#"{{"resultType":"complete",{page},"ttlMs":{TTL_MS},"cacheScope":"private"}}"#
            ));
        }
        if let Some(method) = AskedMethod::of(question.method).filter(|method| !method.is_of_sessions()) {
            return self.exchange(method, ask, question, None).await;
        }
        match question.method {
            "server/discover" => answer(self.discovered()),
            "subscriptions/listen" => self.subscribe(ask, &question),
            other => Err(Rejected::new(StatusCode::NOT_FOUND, code::NO_METHOD, no_method(other))),
        }
    }

    fn discovered(&self) -> String {
        let info = self.server_info();
        format!(
            r#"{{"resultType":"complete","supportedVersions":[{}],"capabilities":{CAPABILITIES},"ttlMs":{TTL_MS},"cacheScope":"private","_meta":{{"io.modelcontextprotocol/serverInfo":{info}}}}}"#,
            quoted(VERSION)
        )
    }
}

/// Why a method is not carried out: capabilities that we do not declare are named.
pub(crate) fn no_method(method: &str) -> String {
    format!("`{}` is not offered here", mcp::tame(method))
}

/// The headers must match the body: proxies read only the headers.
fn check(ask: &PostedRequest, question: &ClientRequest<'_>) -> Result<(), Rejected> {
    let version = question.meta.and_then(|meta| meta.text(PROTOCOL_VERSION));
    let declares = question.meta.is_some_and(|meta| meta.has(CLIENT_CAPABILITIES));
    let Some(version) = version.filter(|_| declares) else {
        let why = format!("`params._meta` needs `{PROTOCOL_VERSION}` and `{CLIENT_CAPABILITIES}`");
        return Err(Rejected::bad(code::INVALID_PARAMS, why));
    };
    agree("MCP-Protocol-Version", ask.header("mcp-protocol-version"), &version)?;
    if version != VERSION {
        let why = format!("this gateway speaks {VERSION} without a handshake");
        let data = json!({ "supported": [VERSION], "requested": version });
        return Err(Rejected::bad(code::UNSUPPORTED_VERSION, why).with(data));
    }
    agree("Mcp-Method", ask.header("mcp-method"), question.method)?;
    let named = match question.method {
        "tools/call" | "prompts/get" => question.text("name"),
        "resources/read" => question.text("uri"),
        _ => None,
    };
    match named {
        Some(name) => agree("Mcp-Name", ask.header("mcp-name").and_then(decoded).as_deref(), &name),
        None => Ok(()),
    }
}

/// The arguments that a tool requires in headers must be there, and match (MCP 2026-07-28, "Custom Headers from Tool
/// Parameters").
pub(crate) fn check_mirrored(
    ask: &PostedRequest,
    tool: &Tool,
    arguments: &Map<String, Value>,
) -> Result<(), Rejected> {
    for (header, wanted) in mcp::wanted_headers(&tool.input_schema, arguments) {
        let sent = ask.header(header.as_str());
        match wanted {
            Some(text) => agree(header.as_str(), sent.and_then(decoded).as_deref(), &text)?,
            None if sent.is_none() => {}
            None => {
                let why = format!("`{header}` mirrors an argument that is not there");
                return Err(Rejected::bad(code::HEADER_MISMATCH, why));
            }
        }
    }
    Ok(())
}

fn agree(header: &str, sent: Option<&str>, body: &str) -> Result<(), Rejected> {
    match sent {
        Some(sent) if sent == body => Ok(()),
        Some(_) => Err(Rejected::bad(code::HEADER_MISMATCH, format!("`{header}` does not match the body"))),
        None => Err(Rejected::bad(code::HEADER_MISMATCH, format!("one header `{header}` is needed"))),
    }
}

/// The value of a header: what it cannot carry is encoded in Base64 (MCP 2026-07-28, "Value Encoding").
fn decoded(value: &str) -> Option<String> {
    let coded = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    let Some(coded) = coded else { return Some(value.to_owned()) };
    let bytes = base64::engine::general_purpose::STANDARD.decode(coded).ok()?;
    String::from_utf8(bytes).ok()
}
