use std::time::Duration;

use rmcp::RoleClient;
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest};
use rmcp::service::{Peer, PeerRequestOptions, RequestHandle};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::handler::Handler;
use super::{CallOptions, Progress, Session, as_value};
use crate::transport::Place;
use crate::{McpError, failure};

/// MCP's code for a request whose headers do not fit its body: the tool mirrors arguments into headers.
const HEADER_MISMATCH: i64 = -32020;
/// How long we try to tell the server that a call is over.
const TELL_LIMIT: Duration = Duration::from_secs(2);

pub(super) async fn call_tool(
    session: &Session,
    name: &str,
    arguments: Map<String, Value>,
    options: CallOptions,
) -> Result<Value, McpError> {
    let until = Instant::now() + options.deadline;
    let first = call_once(session, name, arguments.clone(), &options, until).await;
    match first {
        Err(McpError::Protocol { code: HEADER_MISMATCH, .. }) => {
            // Listing tells the transport which arguments the server wants to see in headers; the call itself
            // was refused before it began.
            list_again(session, &options, until).await?;
            call_once(session, name, arguments, &options, until).await
        }
        settled => settled,
    }
}

async fn list_again(session: &Session, options: &CallOptions, until: Instant) -> Result<(), McpError> {
    tokio::select! {
        listed = super::list::tools(session) => listed.map(drop),
        () = sleep_until(until) => Err(McpError::Timeout { after: options.deadline }),
        () = options.cancel.cancelled() => Err(McpError::Cancelled),
        () = session.over.cancelled() => Err(McpError::Cancelled),
    }
}

async fn call_once(
    session: &Session,
    name: &str,
    arguments: Map<String, Value>,
    options: &CallOptions,
    until: Instant,
) -> Result<Value, McpError> {
    let gone = CancellationToken::new();
    let _on_drop = gone.clone().drop_guard();
    let call = Call {
        peer: session.peer().clone(),
        handler: session.service.service().clone(),
        place: session.place.clone(),
        progress: options.progress.clone(),
        until,
        deadline: options.deadline,
        cancel: options.cancel.clone(),
        over: session.over.clone(),
        gone,
    };
    let params = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
    session.calls.spawn(call.run(params)).await.unwrap_or_else(|_| {
        Err(McpError::Transport { message: "the call broke down; this is a defect of ours".to_owned() })
    })
}

/// One call with all that can end it.
struct Call {
    peer: Peer<RoleClient>,
    handler: Handler,
    place: Place,
    progress: Option<mpsc::Sender<Progress>>,
    until: Instant,
    deadline: Duration,
    cancel: CancellationToken,
    over: CancellationToken,
    gone: CancellationToken,
}

impl Call {
    async fn run(self, params: CallToolRequestParams) -> Result<Value, McpError> {
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let sent = self.peer.send_request_with_option(request, PeerRequestOptions::no_options()).await;
        let mut handle = sent.map_err(|error| failure::of_request(&error, &self.place))?;
        let _listening =
            self.progress.clone().map(|sender| self.handler.listen(handle.progress_token.clone(), sender));
        tokio::select! {
            answer = &mut handle.rx => match answer {
                Ok(Ok(result)) => as_value(result).and_then(|value| tool_result(value, &self.place)),
                Ok(Err(error)) => Err(failure::of_request(&error, &self.place)),
                Err(_) => Err(failure::hung_up(&self.place)),
            },
            () = sleep_until(self.until) => {
                tell(handle, "the deadline passed").await;
                Err(McpError::Timeout { after: self.deadline })
            }
            () = self.unwanted() => {
                tell(handle, "cancelled").await;
                Err(McpError::Cancelled)
            }
        }
    }

    async fn unwanted(&self) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = self.over.cancelled() => {}
            () = self.gone.cancelled() => {}
        }
    }
}

async fn tell(handle: RequestHandle<RoleClient>, reason: &str) {
    if timeout(TELL_LIMIT, handle.cancel(Some(reason.to_owned()))).await.is_err() {
        tracing::debug!("the server could not be told that a call is over");
    }
}

/// What a tool answers is an object with `content`, `structuredContent`, or what it wants to know first.
fn tool_result(value: Value, place: &Place) -> Result<Value, McpError> {
    let says = |key: &str| value.get(key).is_some();
    if ["content", "structuredContent", "resultType", "inputRequests", "task", "toolResult"]
        .into_iter()
        .any(says)
    {
        return Ok(value);
    }
    let message = format!("{} answered the call with something that is no result of a tool", place.name());
    Err(McpError::Transport { message })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_that_is_no_result_of_a_tool_is_an_error_and_an_empty_one_is_not() {
        let place = Place::new("127.0.0.1:1");
        assert!(tool_result(json!({ "content": [] }), &place).is_ok());
        for bad in [json!("just a string"), json!({}), json!([1]), json!(null)] {
            let error = tool_result(bad, &place).unwrap_err().to_string();
            assert!(error.contains("no result of a tool"), "{error}");
        }
    }
}
