//! A client's call on its way: what is sent to each server, and what comes back. Of what a client sent, the bytes of its arguments
//! go on as they came.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use api::{ApiError, raw};
use http::StatusCode;
use mcp::wire::raw::{members, quoted};
use mcp::{CallOptions, McpError, Session, ToolProgress};
use mesh::{AnswerVerdict, CallFailed, End, Refused, Routed};
use model::{Era, ServerInfo, Tool};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::reply::{Rejected, code};

/// No call takes longer, whatever its server says meanwhile.
pub(crate) const LONGEST: Duration = Duration::from_hours(1);
/// How long a server may say nothing of a call that no rule bounds. Clients allow minutes.
const IDLE: Duration = Duration::from_mins(5);
/// Results are read by JSON readers that stop at 128 levels, and stand within an answer.
const DEEPEST: usize = 120;

/// Entries of `_meta` that are between a client and us.
const OURS: [&str; 4] = [
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientCapabilities",
    "io.modelcontextprotocol/clientInfo",
    "progressToken",
];

/// What a client wants called.
#[derive(Debug, Clone)]
pub(crate) struct WantedCall {
    /// As it came.
    arguments: Option<String>,
    /// The same for decisions.
    pub(crate) read: Map<String, Value>,
    /// Of its `_meta` what is for the server.
    meta: Option<String>,
    /// What it calls reports of progress by, as it came.
    pub(crate) progress_token: Option<String>,
}

impl WantedCall {
    /// Of the params of `tools/call`.
    pub(crate) fn of(params: &RawValue) -> Result<Self, Rejected> {
        let wrong = |why: &str| Rejected::within(code::INVALID_PARAMS, why);
        let said = members(params).ok_or_else(|| wrong("`params` is no object"))?;
        let arguments = said.get("arguments").map(|raw| raw.get().to_owned());
        let read = match &arguments {
            None => Map::new(),
            Some(text) => serde_json::from_str(text).map_err(|_| wrong("`arguments` is no object"))?,
        };
        let meta = said.get("_meta").and_then(members).map(|meta| meta.0).unwrap_or_default();
        let token = meta.iter().find(|(key, _)| key == "progressToken").map(|(_, raw)| raw.get().to_owned());
        let kept = meta.iter().filter(|(key, _)| !OURS.contains(&key.as_ref()));
        let kept: Vec<_> = kept.map(|(key, raw)| format!("{}:{}", quoted(key), raw.get())).collect();
        let meta = (!kept.is_empty()).then(|| format!("{{{}}}", kept.join(",")));
        Ok(Self { arguments, read, meta, progress_token: token })
    }

    /// The params for a server, which has a name of its own for the tool.
    fn params(&self, tool: &str) -> Option<Box<RawValue>> {
        let mut text = format!(r#"{{"name":{}"#, quoted(tool));
        for (key, value) in [("arguments", &self.arguments), ("_meta", &self.meta)] {
            if let Some(value) = value {
                // Writing to a text never fails.
                let _ = write!(text, r#","{key}":{value}"#);
            }
        }
        text.push('}');
        RawValue::from_string(text).ok()
    }
}

/// A call as each try sends it.
pub(crate) struct GatewayCall<'a> {
    wanted: &'a WantedCall,
    cancel: &'a CancellationToken,
    progress: Option<mpsc::Sender<ToolProgress>>,
    tool: String,
    has_progressed: bool,
    is_bounded: bool,
}

impl<'a> GatewayCall<'a> {
    pub(crate) fn new(
        wanted: &'a WantedCall,
        cancel: &'a CancellationToken,
        progress: Option<mpsc::Sender<ToolProgress>>,
    ) -> Self {
        Self { wanted, cancel, progress, tool: String::new(), has_progressed: false, is_bounded: false }
    }
}

impl mesh::Sending for GatewayCall<'_> {
    /// A result, and the era of who sent it.
    type Answer = (Box<RawValue>, Era);

    fn goes_to(&mut self, _: &Arc<ServerInfo>, tool: &Arc<Tool>) {
        self.tool.clone_from(&tool.name);
        self.has_progressed = false;
    }

    fn bounded(&mut self, by_somebody: bool) {
        self.is_bounded = by_somebody;
    }

    async fn send(&mut self, session: &Session, left: Duration) -> Result<Self::Answer, McpError> {
        let params = self.wanted.params(&self.tool);
        let unwritten = || McpError::InvalidTarget { message: "the call cannot be written".to_owned() };
        let params = params.ok_or_else(unwritten)?;
        let (progress, mut reports) = mpsc::channel::<ToolProgress>(64);
        let options = CallOptions {
            deadline: left,
            idle: (!self.is_bounded).then_some(IDLE),
            progress: Some(progress),
            cancel: self.cancel.clone(),
        };
        let (passed_on, mut has_progressed) = (self.progress.clone(), false);
        let passing = async {
            while let Some(report) = reports.recv().await {
                has_progressed = true;
                if let Some(to) = &passed_on {
                    // Whoever is too slow loses a report, which the next makes good.
                    let _ = to.try_send(report);
                }
            }
        };
        let (answer, ()) = tokio::join!(session.request("tools/call", &params, options), passing);
        self.has_progressed = has_progressed;
        let answer = answer?;
        if members(&answer).is_none() || !raw::nests_within(answer.get(), DEEPEST) {
            let message = format!("`{}` answered with something that is no result of a tool", self.tool);
            return Err(McpError::NotMcp { field: "result".to_owned(), message });
        }
        Ok((answer, session.identity().era))
    }

    fn has_progressed(&self) -> bool {
        self.has_progressed
    }

    fn verdict(&self, (answer, _): &Self::Answer) -> AnswerVerdict {
        if raw::says(answer, "isError") { AnswerVerdict::ToolError } else { AnswerVerdict::Fine }
    }
}

/// The words of the API for what went wrong in a call.
#[derive(Clone, Copy)]
pub struct CallWords {
    /// A try that failed.
    pub failed: fn(CallFailed) -> ApiError,
    /// Nobody took it.
    pub refused: fn(&Refused) -> ApiError,
}

impl std::fmt::Debug for CallWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallWords")
    }
}

/// What a client of this era is told of the end of a call: a result as JSON, or why there is none.
pub(crate) fn told(
    routed: Routed<(Box<RawValue>, Era)>,
    client: Era,
    words: CallWords,
) -> Result<String, Rejected> {
    match routed.end {
        End::Answered { answer: (result, server), .. } => translated(&result, server, client),
        End::Failed(last) => Err(match last.error {
            CallFailed::Mcp(McpError::Protocol { code, message, data }) => {
                Rejected { data, ..Rejected::within(code, message) }
            }
            error => Rejected::of_api(StatusCode::OK, &(words.failed)(error)),
        }),
        End::Refused(refused) => Err(Rejected::of_api(StatusCode::OK, &(words.refused)(&refused))),
    }
}

/// A result of one era in the other: the modern one says of each that it is complete (MCP 2026-07-28, `resultType`). Within one
/// era it stays the bytes that it came as.
fn translated(result: &RawValue, server: Era, client: Era) -> Result<String, Rejected> {
    let wants_more = server == Era::Modern
        && raw::text(result, &["resultType"]).is_some_and(|kind| kind == "input_required");
    if wants_more {
        let message = "the server wants to ask its client something before it answers, and cannot yet \
                       through this gateway; call the server itself";
        return Err(Rejected::within(code::REFUSED, message));
    }
    match (server, client) {
        (Era::Legacy, Era::Modern) => {
            let rest = result.get().trim_start().strip_prefix('{').unwrap_or_default().trim_start();
            let comma = if rest.starts_with('}') { "" } else { "," };
            Ok(format!(r#"{{"resultType":"complete"{comma}{rest}"#))
        }
        (Era::Modern, Era::Legacy) => {
            let said = members(result).map(|said| said.0).unwrap_or_default();
            let kept = said.iter().filter(|(key, _)| key != "resultType");
            let kept: Vec<_> = kept.map(|(key, raw)| format!("{}:{}", quoted(key), raw.get())).collect();
            Ok(format!("{{{}}}", kept.join(",")))
        }
        _ => Ok(result.get().to_owned()),
    }
}

/// A report of progress for a client, by its own token.
pub(crate) fn report(token: &str, ToolProgress { progress, total, message }: &ToolProgress) -> String {
    let mut params = format!(r#"{{"progressToken":{token},"progress":{progress}"#);
    if let Some(total) = total {
        let _ = write!(params, r#","total":{total}"#);
    }
    if let Some(message) = message {
        let _ = write!(params, r#","message":{}"#, quoted(message));
    }
    params.push('}');
    crate::reply::notification("notifications/progress", &params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw_of(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn arguments_go_on_as_they_came_and_what_is_between_us_stays_here() {
        let params = raw_of(
            r#"{"name": "x", "arguments": {"n": 12345678901234567890123, "t": "\u00e9"}, "_meta": {
                "progressToken": "p", "traceparent": "00-1", "io.modelcontextprotocol/clientInfo": {}}}"#,
        );
        let wanted = WantedCall::of(&params).unwrap();
        assert_eq!(
            wanted.params("own.name").unwrap().get(),
            r#"{"name":"own.name","arguments":{"n": 12345678901234567890123, "t": "\u00e9"},"_meta":{"traceparent":"00-1"}}"#
        );
        assert_eq!(wanted.progress_token.as_deref(), Some("\"p\""));
        assert_eq!(WantedCall::of(&raw_of("{}")).unwrap().params("a").unwrap().get(), r#"{"name":"a"}"#);
        for wrong in ["[]", r#"{"arguments": [1]}"#, r#"{"arguments": "x"}"#] {
            assert_eq!(WantedCall::of(&raw_of(wrong)).unwrap_err().code, code::INVALID_PARAMS, "{wrong}");
        }
    }

    #[test]
    fn a_result_is_translated_between_the_eras_and_untouched_within_one() {
        let told = |text: &str, server, client| translated(&raw_of(text), server, client).unwrap();
        let odd = r#"{ "content" : [ 1.0 ], "x": 1e400 }"#;
        assert_eq!(told(odd, Era::Legacy, Era::Legacy), odd);
        assert_eq!(told(odd, Era::Modern, Era::Modern), odd);
        assert_eq!(
            told(odd, Era::Legacy, Era::Modern),
            r#"{"resultType":"complete","content" : [ 1.0 ], "x": 1e400 }"#
        );
        assert_eq!(told("{}", Era::Legacy, Era::Modern), r#"{"resultType":"complete"}"#);
        assert_eq!(
            told(r#"{"resultType":"complete","content":[],"x":1e400}"#, Era::Modern, Era::Legacy),
            r#"{"content":[],"x":1e400}"#
        );
        assert!(translated(&raw_of(r#"{"resultType":"input_required"}"#), Era::Modern, Era::Modern).is_err());
    }
}
