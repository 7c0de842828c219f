//! The answer of a client's request: a result in its own era, or an error.

use api::{ApiError, raw};
use http::StatusCode;
use mcp::McpError;
use mcp::wire::raw::{members, quoted};
use mesh::{CallFailed, End, Refused, Routed};
use model::{Era, Millis};
use serde_json::value::RawValue;

use crate::call::ServerAnswer;
use crate::links::{RenamedUris, with_public_uris};
use crate::reply::{Rejected, code};
use crate::sealed::{Seal, SealedState};
use crate::wanted::{AskedMethod, WantedRequest};

/// How long a client can send back the state of a server that needed more input, in milliseconds.
const COME_BACK_WITHIN: Millis = 10 * 60 * 1000;

/// The words of the API for an error of a call.
#[derive(Clone, Copy)]
pub struct CallWords {
    /// A try that failed.
    pub failed: fn(CallFailed) -> ApiError,
    /// No server took it.
    pub refused: fn(&Refused) -> ApiError,
}

impl std::fmt::Debug for CallWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallWords")
    }
}

/// The client that is answered, and for what.
pub(crate) struct AnswerTeller<'a> {
    pub(crate) wanted: &'a WantedRequest,
    /// The client's.
    pub(crate) era: Era,
    pub(crate) words: CallWords,
    pub(crate) seal: &'a Seal,
    /// The id of its token.
    pub(crate) client: &'a str,
    /// Whether any of several servers can take its next request.
    pub(crate) is_group: bool,
    pub(crate) now: Millis,
    /// The clients' names of resources; absent where each has its own name.
    pub(crate) renamed: Option<&'a RenamedUris>,
    /// The resource that is read, by its server's URI, where its client has another.
    pub(crate) read: Option<&'a str>,
}

impl AnswerTeller<'_> {
    /// For a call.
    pub(crate) fn of_call(&self, routed: Routed<ServerAnswer>) -> Result<String, Rejected> {
        match routed.end {
            End::Answered { answer, .. } => self.of_answer(&answer),
            End::Failed(last) => Err(self.of_failure(last.error)),
            End::Refused(refused) => Err(Rejected::of_api(StatusCode::OK, &(self.words.refused)(&refused))),
        }
    }

    pub(crate) fn of_failure(&self, failed: CallFailed) -> Rejected {
        match failed {
            CallFailed::Mcp(McpError::Protocol { code, message, data }) => {
                let code = self.own_code(code, data.as_ref().is_some_and(|data| data.get("uri").is_some()));
                let status = match (self.era, code) {
                    // MCP 2026-07-28, "Error Handling" of Streamable HTTP.
                    (Era::Modern, -32022..=-32020) => StatusCode::BAD_REQUEST,
                    (Era::Modern, code::NO_METHOD) => StatusCode::NOT_FOUND,
                    _ => StatusCode::OK,
                };
                Rejected { data, ..Rejected::new(status, code, message) }
            }
            error => Rejected::of_api(StatusCode::OK, &(self.words.failed)(error)),
        }
    }

    /// A resource that does not exist has a code of its own in each era.
    fn own_code(&self, code: i64, has_uri: bool) -> i64 {
        match (self.wanted.method, self.era, code) {
            (AskedMethod::ReadResource, Era::Modern, code::NO_RESOURCE) => code::INVALID_PARAMS,
            (AskedMethod::ReadResource, Era::Legacy, code::INVALID_PARAMS) if has_uri => code::NO_RESOURCE,
            _ => code,
        }
    }

    /// A result of one era in the other: the modern one marks each as complete (MCP 2026-07-28, `resultType`). Within one
    /// era it stays the same bytes.
    pub(crate) fn of_answer(&self, answer: &ServerAnswer) -> Result<String, Rejected> {
        let told = self.in_its_era(answer)?;
        let Some(renamed) = self.renamed else { return Ok(told) };
        let names = renamed.get(&answer.server);
        match self.read.filter(|own| *own != self.wanted.name) {
            // Of a template: it is listed nowhere.
            Some(own) => {
                let mut names = names.cloned().unwrap_or_default();
                names.insert(own.to_owned(), self.wanted.name.clone());
                Ok(with_public_uris(told, &names))
            }
            None => Ok(match names {
                Some(names) => with_public_uris(told, names),
                None => told,
            }),
        }
    }

    fn in_its_era(&self, answer: &ServerAnswer) -> Result<String, Rejected> {
        let ServerAnswer { result, era, .. } = answer;
        let wants_more = *era == Era::Modern
            && raw::text(result, &["resultType"]).is_some_and(|kind| kind == "input_required");
        match (era, self.era) {
            (_, Era::Legacy) if wants_more => {
                let message = "the server wants to ask its client something before it answers, in a way that a \
                               client of a revision before 2026-07-28 does not know";
                Err(Rejected::within(code::REFUSED, message))
            }
            (_, Era::Modern) if wants_more => Ok(self.with_state(answer)),
            (Era::Legacy, Era::Modern) => Ok(self.completed(result)),
            (Era::Modern, Era::Legacy) => Ok(without(result, &["resultType", "ttlMs", "cacheScope"])),
            _ => Ok(result.get().to_owned()),
        }
    }

    fn completed(&self, result: &RawValue) -> String {
        let rest = result.get().trim_start().strip_prefix('{').unwrap_or_default().trim_start();
        let comma = if rest.starts_with('}') { "" } else { "," };
        // The caching time of a resource is required, and its server gave none.
        let cached = match self.wanted.method {
            AskedMethod::ReadResource => r#","ttlMs":0,"cacheScope":"private""#,
            _ => "",
        };
        format!(r#"{{"resultType":"complete"{cached}{comma}{rest}"#)
    }

    /// The state that the server gave is sent sealed, so that it comes back to that server, from this client, for this
    /// request.
    fn with_state(&self, ServerAnswer { result, server, .. }: &ServerAnswer) -> String {
        let state = raw::at(result, &["requestState"]).map(|state| state.get().to_owned());
        if state.is_none() && !self.is_group {
            return result.get().to_owned();
        }
        let sealed = SealedState {
            server: *server,
            method: self.wanted.method.word().to_owned(),
            name: self.wanted.name.clone(),
            until: self.now + COME_BACK_WITHIN,
            state,
        };
        let sealed = quoted(&self.seal.state(self.client, &sealed));
        let rest = without(result, &["requestState"]);
        let rest = rest.strip_suffix('}').unwrap_or_default();
        format!(r#"{rest},"requestState":{sealed}}}"#)
    }
}

/// An object without some of its members.
fn without(object: &RawValue, keys: &[&str]) -> String {
    let said = members(object).map(|said| said.0).unwrap_or_default();
    let kept = said.iter().filter(|(key, _)| !keys.contains(&key.as_ref()));
    let kept: Vec<_> = kept.map(|(key, raw)| format!("{}:{}", quoted(key), raw.get())).collect();
    format!("{{{}}}", kept.join(","))
}

#[cfg(test)]
mod tests {
    use model::ServerId;

    use super::*;

    fn raw_of(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn told(text: &str, server: Era, client: Era) -> Result<String, Rejected> {
        told_of(AskedMethod::CallTool, text, server, client, false)
    }

    fn told_of(
        method: AskedMethod,
        text: &str,
        server: Era,
        era: Era,
        is_group: bool,
    ) -> Result<String, Rejected> {
        let params = raw_of(r#"{"name":"a","uri":"x://a"}"#);
        let wanted = WantedRequest::of(method, members(&params).as_ref(), None).unwrap();
        let words = CallWords {
            failed: |_| ApiError::new(api::ErrorCode::Internal, "failed"),
            refused: |_| ApiError::new(api::ErrorCode::Internal, "refused"),
        };
        let seal = Seal::new("key");
        let told = AnswerTeller {
            wanted: &wanted,
            era,
            words,
            seal: &seal,
            client: "c",
            is_group,
            now: 7,
            renamed: None,
            read: None,
        };
        told.of_answer(&ServerAnswer { result: raw_of(text), era: server, server: ServerId::mint("a") })
    }

    #[test]
    fn a_result_is_translated_between_the_eras_and_untouched_within_one() {
        let odd = r#"{ "content" : [ 1.0 ], "x": 1e400 }"#;
        let told = |text, server, client| told(text, server, client).unwrap();
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
        let read = told_of(AskedMethod::ReadResource, r#"{"contents":[]}"#, Era::Legacy, Era::Modern, false);
        assert_eq!(
            read.unwrap(),
            r#"{"resultType":"complete","ttlMs":0,"cacheScope":"private","contents":[]}"#
        );
    }

    #[test]
    fn what_a_server_wants_to_know_comes_back_to_it() {
        let asked = r#"{"resultType":"input_required","requestState":{"n":1},"inputRequests":{}}"#;
        assert!(told(asked, Era::Modern, Era::Legacy).is_err());
        let out = told(asked, Era::Modern, Era::Modern).unwrap();
        let state = raw::text(&raw_of(&out), &["requestState"]).unwrap();
        let state = Seal::new("key").open_state("c", &state).unwrap();
        assert_eq!(
            (state.state.as_deref(), state.name.as_str(), state.until),
            (Some(r#"{"n":1}"#), "a", 600_007)
        );
        let bare = r#"{"resultType":"input_required","inputRequests":{}}"#;
        assert_eq!(told(bare, Era::Modern, Era::Modern).unwrap(), bare);
        let of_group = told_of(AskedMethod::CallTool, bare, Era::Modern, Era::Modern, true).unwrap();
        assert!(of_group.contains("requestState"), "{of_group}");
    }
}
