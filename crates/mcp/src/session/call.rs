use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use model::Era;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{CallOptions, Headers, Session, lists};
use crate::McpError;
use crate::wire::beside::beside;
use crate::wire::client::{Client, declares_anything, result_of};
use crate::wire::mirror;
use crate::wire::place::ConversationPlace;
use crate::wire::raw::{Members, has_one_of, members, quoted, text};
use crate::wire::request::{Again, Request, Wait};
use crate::wire::terms::Params;

/// MCP's code for a request whose headers do not match its body: the tool requires arguments in headers.
const HEADER_MISMATCH: i64 = -32020;
/// How often a server can ask for more input before it answers.
const MOST_ROUNDS: usize = 10;

/// The arguments of a call of a tool. Most tools require none in headers, so they are not parsed before one is needed.
#[derive(Clone, Copy)]
enum CallArguments<'a> {
    Read(&'a Map<String, Value>),
    Written(&'a RawValue),
    None,
}

/// One call, however often it has to be sent.
struct SessionCall<'a> {
    session: &'a Session,
    method: &'static str,
    /// The members of the params as a caller gave them, or as we write them.
    given: Option<&'a Members<'a>>,
    members: Vec<(&'static str, String)>,
    name: Option<&'a str>,
    arguments: CallArguments<'a>,
    options: CallOptions,
    until: Instant,
}

pub(super) async fn call_tool(
    session: &Session,
    name: &str,
    arguments: Map<String, Value>,
    options: CallOptions,
) -> Result<Box<RawValue>, McpError> {
    let written = serde_json::to_string(&arguments).unwrap_or_default();
    let members = vec![("name", quoted(name)), ("arguments", written)];
    let call = SessionCall {
        session,
        method: "tools/call",
        given: None,
        members,
        name: Some(name),
        arguments: CallArguments::Read(&arguments),
        until: Instant::now() + options.deadline,
        options,
    };
    let (result, place) = (call.made().await?, session.place.clone());
    let judged = beside(result.get().len(), move || tool_result(result, &place));
    judged.await.unwrap_or(Err(McpError::Cancelled))
}

pub(super) async fn request(
    session: &Session,
    method: &'static str,
    params: &RawValue,
    options: CallOptions,
) -> Result<Box<RawValue>, McpError> {
    let said = members(params);
    let named = said.as_ref().and_then(|said| match method {
        "tools/call" | "prompts/get" => said.text("name"),
        "resources/read" => said.text("uri"),
        _ => None,
    });
    // For the headers that mirror them alone; what is sent are the bytes that the caller gave.
    let arguments = said.as_ref().filter(|_| method == "tools/call").and_then(|said| said.get("arguments"));
    let call = SessionCall {
        session,
        method,
        given: said.as_ref(),
        members: Vec::new(),
        name: named.as_deref(),
        arguments: arguments.map_or(CallArguments::None, CallArguments::Written),
        until: Instant::now() + options.deadline,
        options,
    };
    call.made().await
}

impl SessionCall<'_> {
    /// Sends it until there is a result. A server of the modern era may ask for more input first.
    async fn made(&self) -> Result<Box<RawValue>, McpError> {
        let mut more = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let result = self.with_headers(&more).await?;
            match self.what_it_wants(&result).await {
                Some(answered) => more = answered,
                None => return Ok(result),
            }
        }
        let message = format!("{} keeps asking for more before it answers", self.session.place.name());
        Err(McpError::NotMcp { field: "resultType".to_owned(), message })
    }

    /// A tool may require arguments in headers; its list says which.
    async fn with_headers(&self, more: &[(&'static str, String)]) -> Result<Box<RawValue>, McpError> {
        let headers = self.headers(self.session.mirrored().as_ref());
        match self.sent(more, headers).await {
            Err(McpError::Protocol { code: HEADER_MISMATCH, .. })
                if !matches!(self.arguments, CallArguments::None) =>
            {
                // The call was refused before it began.
                Box::pin(self.listed_again()).await?;
                let headers = self.headers(self.session.mirrored().as_ref());
                self.sent(more, headers).await
            }
            settled => settled,
        }
    }

    fn headers(&self, known: Option<&Arc<Headers>>) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = self.options.headers.clone();
        let wanted = || known?.get(self.name?).filter(|wanted| !wanted.is_empty());
        let Some(wanted) = wanted() else { return headers };
        match self.arguments {
            CallArguments::Read(arguments) => headers.extend(mirror::values(wanted, arguments)),
            CallArguments::Written(raw) => {
                let arguments = serde_json::from_str(raw.get()).unwrap_or_default();
                headers.extend(mirror::values(wanted, &arguments));
            }
            CallArguments::None => {}
        }
        headers
    }

    async fn listed_again(&self) -> Result<(), McpError> {
        let left = self.until.saturating_duration_since(Instant::now());
        tokio::select! {
            listed = lists::tools(self.session, left) => match listed {
                Err(McpError::Timeout { .. }) => Err(McpError::Timeout { after: self.options.deadline }),
                listed => listed.map(drop),
            },
            () = self.options.cancel.cancelled() => Err(McpError::Cancelled),
        }
    }

    async fn sent(
        &self,
        more: &[(&'static str, String)],
        headers: Vec<(HeaderName, HeaderValue)>,
    ) -> Result<Box<RawValue>, McpError> {
        let CallOptions { deadline, idle, progress, cancel, client, capabilities, headers: _ } =
            &self.options;
        let left = self.until.saturating_duration_since(Instant::now());
        let wait = Wait::new(left, *idle, cancel.clone(), progress.clone(), client.clone());
        let members = self.members.iter().chain(more).map(|(name, value)| (*name, value.as_str().into()));
        let members = members.collect();
        let params = Params {
            given: self.given,
            members,
            progress: wait.wants_progress(),
            name: self.name,
            headers,
            capabilities: capabilities.as_deref(),
        };
        let request = Request { method: self.method, params, again: Again::Never, wait };
        match self.session.ask(request).await {
            Err(McpError::Timeout { after }) if Some(after) != *idle => {
                Err(McpError::Timeout { after: *deadline })
            }
            settled => settled,
        }
    }

    /// `input_required` (MCP 2026-07-28, Multi Round-Trip Requests): what goes with the next try. A caller that declares
    /// nothing passes the request on.
    async fn what_it_wants(&self, result: &RawValue) -> Option<Vec<(&'static str, String)>> {
        let is_modern = self.session.identity.era == Era::Modern;
        let client = self.options.client.as_ref().unwrap_or(&self.session.answers.client);
        if !is_modern || !result.get().contains("input_required") || !declares_anything(&**client) {
            return None;
        }
        let said = members(result)?;
        said.text("resultType").filter(|kind| kind == "input_required")?;
        let mut more = Vec::new();
        if let Some(asked) = said.get("inputRequests") {
            more.push(("inputResponses", responses(&**client, asked).await?));
        }
        more.extend(said.get("requestState").map(|state| ("requestState", state.get().to_owned())));
        Some(more)
    }
}

async fn responses(client: &dyn Client, asked: &RawValue) -> Option<String> {
    let mut responses = Vec::new();
    for (key, request) in members(asked)?.0 {
        let request = members(request)?;
        let method = text(request.get("method")?)?;
        let result = result_of(client, &method, request.get("params")).await.ok()?;
        responses.push(format!("{}:{}", quoted(&key), result.get()));
    }
    Some(format!("{{{}}}", responses.join(",")))
}

/// The answer of a tool is an object with `content`, `structuredContent`, or a request for more input.
fn tool_result(result: Box<RawValue>, place: &ConversationPlace) -> Result<Box<RawValue>, McpError> {
    const MEMBERS: [&str; 6] =
        ["content", "structuredContent", "resultType", "inputRequests", "task", "toolResult"];
    if has_one_of(&result, &MEMBERS) {
        return Ok(result);
    }
    let message =
        format!("{} answered the call with something that is not the result of a tool", place.name());
    Err(McpError::NotMcp { field: "content".to_owned(), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_no_result_of_a_tool_is_an_error_and_an_empty_one_is_not() {
        let place = ConversationPlace::new("127.0.0.1:1");
        let judge = |text: &str| tool_result(RawValue::from_string(text.to_owned()).unwrap(), &place);
        assert!(judge(r#"{ "content": [] }"#).is_ok());
        assert!(judge(r#"{ "content": null }"#).is_ok());
        for bad in ["\"just a string\"", "{}", "[1]", "null"] {
            let error = judge(bad).unwrap_err().to_string();
            assert!(error.contains("not the result of a tool"), "{error}");
        }
    }
}
