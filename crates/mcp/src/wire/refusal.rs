//! Refusals of servers, and their reasons: one judgement of status, challenge and body, for scans, checks and calls.

use http::StatusCode;

use super::answer::Answer;
use super::message::{Message, Reply, messages};
use crate::words::tame;

/// How a server refuses us before it processes the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// An MCP server that requires authentication: a challenge with `resource_metadata` (RFC 9728).
    SignIn,
    /// It requires authentication by another challenge for a token; a protected-resource document says whether it is MCP.
    Challenge,
    /// It refuses our Host header, in the words of MCP's SDKs.
    Name(String),
    /// It speaks JSON-RPC and requires credentials.
    Guarded,
    /// HTTP 401 and no more.
    Credentials,
    /// HTTP 403 and no more.
    Forbidden,
}

/// Judges an answer; `None` when it is not a refusal.
pub(crate) fn refusal(answer: &Answer) -> Option<Refusal> {
    match answer.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some(refused(answer)),
        StatusCode::MISDIRECTED_REQUEST => refused_name(answer),
        _ => None,
    }
}

/// Whether the same request under the other name of this computer may be accepted: the server checks the name, and says so
/// in its own words.
pub(crate) fn may_want_another_name(answer: &Answer) -> bool {
    let looks_at_names = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST);
    looks_at_names && !answer.headers.contains_key("www-authenticate")
}

fn refused(answer: &Answer) -> Refusal {
    let challenges = answer.headers.get_all("www-authenticate").iter();
    let challenges: Vec<String> =
        challenges.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase()).collect();
    if challenges.iter().any(|challenge| challenge.contains("resource_metadata=")) {
        return Refusal::SignIn;
    }
    let asks_for_token = |challenge: &String| challenge.split([' ', ',']).any(|word| word == "bearer");
    if challenges.iter().any(asks_for_token) {
        return Refusal::Challenge;
    }
    if let Some(refusal) = refused_name(answer) {
        return refusal;
    }
    if answer.status == StatusCode::FORBIDDEN {
        return Refusal::Forbidden;
    }
    let speaks_rpc = messages(&answer.body)
        .iter()
        .any(|message| matches!(message, Message::Reply { reply: Reply::Error(_), .. }));
    if speaks_rpc { Refusal::Guarded } else { Refusal::Credentials }
}

fn refused_name(answer: &Answer) -> Option<Refusal> {
    let text = answer.text();
    let lower = text.to_ascii_lowercase();
    let is_about_names = lower.contains("invalid host") || lower.contains("invalid origin");
    is_about_names.then(|| Refusal::Name(tame(&text)))
}

#[cfg(test)]
mod tests {
    use super::super::verdict::tests::answer;
    use super::*;

    #[test]
    fn every_refusal_has_one_judgement() {
        let metadata = ("www-authenticate", "Bearer realm=\"x\", resource_metadata=\"https://a/x\"");
        let bearer = ("www-authenticate", "Bearer");
        let basic = ("www-authenticate", "Basic realm=\"x\"");
        let rpc = r#"{"jsonrpc":"2.0","error":{"code":-32001,"message":"Unauthorized"},"id":null}"#;
        let named = r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid Host: a"},"id":null}"#;
        let name = |text: &str| Some(Refusal::Name(text.to_owned()));
        for (status, headers, body, expected, other_name) in [
            (401, vec![metadata], "", Some(Refusal::SignIn), false),
            (403, vec![metadata], "", Some(Refusal::SignIn), false),
            (401, vec![bearer], "", Some(Refusal::Challenge), false),
            (403, vec![bearer], "", Some(Refusal::Challenge), false),
            (401, vec![basic], "", Some(Refusal::Credentials), false),
            (403, vec![basic], "", Some(Refusal::Forbidden), false),
            (401, vec![], rpc, Some(Refusal::Guarded), false),
            (401, vec![], "no", Some(Refusal::Credentials), false),
            (403, vec![], "Access is only allowed at localhost", Some(Refusal::Forbidden), true),
            (403, vec![], named, name(named), true),
            (403, vec![], "Invalid Origin header", name("Invalid Origin header"), true),
            (421, vec![], "Invalid Host header", name("Invalid Host header"), true),
            (421, vec![], "<h1>Misdirected Request</h1>", None, true),
            (404, vec![], "Invalid Host header", None, false),
            (500, vec![bearer], "", None, false),
        ] {
            let judged = answer(status, &headers, body);
            assert_eq!(refusal(&judged), expected, "{status} {headers:?} {body}");
            assert_eq!(may_want_another_name(&judged), other_name, "{status} {headers:?} {body}");
        }
    }
}
