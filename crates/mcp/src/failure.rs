//! Failures, as the error that callers decide by.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::header;

use crate::wire::ANSWER_LIMIT;
use crate::wire::answer::{Answer, BodyEnd, NoAnswer};
use crate::wire::greet::Greeting;
use crate::wire::list::List;
use crate::wire::message::{Message, Reply, RpcError, messages};
use crate::wire::place::ConversationPlace;
use crate::wire::refusal::{Refusal, refusal};
use crate::wire::tls::TlsFault;
use crate::wire::verdict::{Other, before_the_body, not_here};
use crate::words::tame;
use crate::{Lack, McpError, Unsent};

/// An answer's result as it came, or why there is none.
pub(crate) fn result(
    answer: Answer,
    place: &ConversationPlace,
    limit: usize,
) -> Result<Box<serde_json::value::RawValue>, McpError> {
    if refusal(&answer).is_some() {
        return Err(of_answer(&answer, place, limit));
    }
    match answer.reply {
        Some(Reply::Result(result)) => Ok(result),
        Some(Reply::Error(error)) => Err(protocol(error)),
        None => Err(of_answer(&answer, place, limit)),
    }
}

/// The error of an answer without a usable reply, from a known server.
pub(crate) fn of_answer(answer: &Answer, place: &ConversationPlace, limit: usize) -> McpError {
    place.scrub(of_answer_as_told(answer, place, limit))
}

fn of_answer_as_told(answer: &Answer, place: &ConversationPlace, limit: usize) -> McpError {
    let name = place.name();
    // What the head says holds however the body ended.
    if let Some(other) = before_the_body(answer) {
        return of_other(&other, answer.status.as_u16(), place);
    }
    match &answer.end {
        BodyEnd::TooLarge => {
            return McpError::TooLarge { what: format!("the answer of {name}"), limit };
        }
        BodyEnd::Slow => return place.timeout(),
        BodyEnd::Flooded => return flooded(place),
        BodyEnd::Broken => return broke_off(place),
        BodyEnd::Complete | BodyEnd::Coded(_) => {}
    }
    if answers_another(answer) {
        let message = format!("{name} sent the answer to another request");
        return McpError::NotMcp { field: "id".to_owned(), message };
    }
    if answer.status.is_success() {
        of_other(&not_here(answer), answer.status.as_u16(), place)
    } else {
        status(answer, place)
    }
}

/// It speaks JSON-RPC, only not to us.
fn answers_another(answer: &Answer) -> bool {
    answer.status.is_success()
        && messages(&answer.body).iter().any(|message| matches!(message, Message::Reply { .. }))
}

/// The error of an answer that is not MCP, from a known server.
fn of_other(other: &Other, status: u16, place: &ConversationPlace) -> McpError {
    let name = place.name();
    let not_mcp = |field: &str, message: String| McpError::NotMcp { field: field.to_owned(), message };
    match other {
        Other::Refused(Refusal::Name(said)) => {
            not_mcp("Host", format!("{name} refuses our Host header: `{said}`"))
        }
        Other::Refused(Refusal::Forbidden) => {
            McpError::NeedsSignIn { message: format!("{name} refuses these credentials (HTTP {status})") }
        }
        Other::Refused(_) => {
            McpError::NeedsSignIn { message: format!("{name} asks for sign-in (HTTP {status})") }
        }
        Other::Redirect(to) => {
            let to = tame(to.split(['?', '#']).next().unwrap_or_default());
            let message = format!("{name} redirects the call (HTTP {status}), which is not followed: `{to}`");
            not_mcp("location", message)
        }
        Other::WantsTls => not_mcp("scheme", format!("{name} requires `https`")),
        Other::NotMcp { field, why } => {
            not_mcp(field, format!("{name} answers with what is not MCP: `{field}`: {why}"))
        }
        Other::NotHere(why) | Other::NotPosted(why) => {
            not_mcp("body", format!("{name} answers something that is not MCP: {why}; is the path right?"))
        }
    }
}

/// Why the handshake failed.
pub(crate) fn of_greeting(greeting: Greeting, place: &ConversationPlace) -> McpError {
    let name = place.name();
    match greeting {
        Greeting::NoAnswer(why) => no_answer(&why, place),
        Greeting::Other(Other::NotMcp { field, why }, _) => {
            of_other(&Other::NotMcp { field, why }, 200, place)
        }
        Greeting::Other(_, answer) => of_answer(&answer, place, ANSWER_LIMIT),
        Greeting::Error { code, message } => McpError::Protocol { code, message, data: None },
        Greeting::Stranger(versions) => McpError::NotMcp {
            field: "protocolVersion".to_owned(),
            message: format!(
                "{name} speaks only revisions of MCP that are not supported here: {}",
                tame(&versions.join(", "))
            ),
        },
        Greeting::Met(_) => McpError::Cancelled,
    }
}

/// It sends requests without end.
pub(crate) fn flooded(place: &ConversationPlace) -> McpError {
    let message =
        format!("{} sends more than a thousand requests a second instead of answering", place.name());
    McpError::NotMcp { field: "method".to_owned(), message }
}

/// A list that is not a list.
pub(crate) fn bad_list(list: List, why: &str, place: &ConversationPlace) -> McpError {
    let field = list.key();
    let message = format!("{} answers `{}` without a list: `{field}`: {why}", place.name(), list.method());
    McpError::NotMcp { field: field.to_owned(), message }
}

/// A refusal in JSON-RPC.
pub(crate) fn protocol(error: RpcError) -> McpError {
    let data = error.data.as_ref().map(|_| error.data());
    McpError::Protocol { code: error.code, message: error.message, data }
}

/// A status other than success, and when the server can be asked again.
fn status(answer: &Answer, place: &ConversationPlace) -> McpError {
    let code = answer.status.as_u16();
    let name = place.name();
    let message = match code {
        404 => format!("{name} answers HTTP 404: there is no MCP server at this path"),
        429 => format!("{name} answers HTTP 429: too many requests"),
        502..=504 => format!("{name} answers HTTP {code}: the server behind it is down or overloaded"),
        500..=599 => format!("{name} answers HTTP {code}: it failed internally"),
        300..=399 => format!("{name} redirects the call, which is not followed (HTTP {code})"),
        _ => format!("{name} answers HTTP {code}"),
    };
    McpError::Status { status: code, retry_after: retry_after(answer), message }
}

/// `Retry-After` in seconds; its other form, a date, is not used by machines that are asked often.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let text = answer.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// No answer at all.
pub(crate) fn no_answer(why: &NoAnswer, place: &ConversationPlace) -> McpError {
    place.scrub(no_answer_as_told(why, place))
}

fn no_answer_as_told(why: &NoAnswer, place: &ConversationPlace) -> McpError {
    let name = place.name();
    let unsent = |cause, message| McpError::Unsent { cause, message };
    match why {
        NoAnswer::Mute | NoAnswer::TooSlow => place.timeout(),
        NoAnswer::NotHttp(first) => McpError::NotMcp {
            field: "status line".to_owned(),
            message: format!(
                "{name} does not speak HTTP: it answers `{}`",
                tame(&String::from_utf8_lossy(first).chars().take(40).collect::<String>())
            ),
        },
        NoAnswer::HungUp => {
            McpError::Lost { message: format!("{name} reset the connection in the middle of an exchange") }
        }
        NoAnswer::Refused => {
            unsent(Unsent::Refused, format!("connection refused by {name}: nothing listens there"))
        }
        NoAnswer::NoAddress(why) => unsent(Unsent::NoAddress, tame(why)),
        NoAnswer::Unreachable(why) => {
            unsent(Unsent::Unreachable, format!("no connection to {name}: {}", tame(why)))
        }
        NoAnswer::Lacking(lack) | NoAnswer::Tls(TlsFault::Lacking(lack)) => {
            unsent(Unsent::Lacking(*lack), lack.to_string())
        }
        NoAnswer::Closed => {
            unsent(Unsent::Closed, format!("{name} closed the connection before the request"))
        }
        NoAnswer::Tls(fault @ TlsFault::CaFile(why)) => unsent(Unsent::Tls(fault.clone()), why.clone()),
        NoAnswer::Tls(fault @ TlsFault::Certificate(_)) => {
            unsent(Unsent::Tls(fault.clone()), format!("the certificate of {name} is not trusted: {fault}"))
        }
        NoAnswer::Tls(fault) => {
            unsent(Unsent::Tls(fault.clone()), format!("the TLS handshake with {name} failed: {fault}"))
        }
    }
}

/// A streamed answer ended before it was complete.
pub(crate) fn broke_off(place: &ConversationPlace) -> McpError {
    McpError::Lost { message: format!("{} stopped in the middle of its answer", place.name()) }
}

/// Why reqwest has no answer.
pub(crate) fn of_reqwest(error: &reqwest::Error) -> NoAnswer {
    if let Some(fault) = TlsFault::of(error) {
        return NoAnswer::Tls(fault);
    }
    let cause = chain(error).find_map(|error| error.downcast_ref::<io::Error>());
    match cause {
        Some(cause) if error.is_connect() => of_connecting(cause),
        _ if error.is_connect() && error.is_timeout() => of_connecting(&io::ErrorKind::TimedOut.into()),
        _ if error.is_connect() => NoAnswer::Unreachable(innermost(error)),
        _ => match chain(error).find_map(|error| error.downcast_ref::<hyper::Error>()) {
            Some(error) => of_hyper(error),
            None => cause.and_then(Lack::of).map_or(NoAnswer::HungUp, NoAnswer::Lacking),
        },
    }
}

/// Why there is no connection.
pub(crate) fn of_connecting(error: &io::Error) -> NoAnswer {
    if let Some(lack) = Lack::of(error) {
        return NoAnswer::Lacking(lack);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => NoAnswer::Refused,
        io::ErrorKind::TimedOut => {
            NoAnswer::Unreachable("no answer: is it on, and on this network?".to_owned())
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => NoAnswer::Unreachable(
            "there is no route to it: is this computer on the right network?".to_owned(),
        ),
        _ => NoAnswer::Unreachable(innermost(error)),
    }
}

/// Why there was no answer over a connection.
pub(crate) fn of_hyper(error: &hyper::Error) -> NoAnswer {
    let cause = chain(error).find_map(|error| error.downcast_ref::<io::Error>());
    match cause.and_then(Lack::of) {
        Some(lack) => NoAnswer::Lacking(lack),
        None if error.is_canceled() => NoAnswer::Closed,
        None if error.is_parse() => NoAnswer::NotHttp(Vec::new()),
        None => NoAnswer::HungUp,
    }
}

/// An error and what caused it, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

/// The last error of a chain is the cause; the ones before it repeat URLs, which may carry secrets.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let last = chain(error).last().unwrap_or(error);
    match last.downcast_ref::<reqwest::Error>() {
        Some(_) => "the connection failed".to_owned(),
        None => tame(&last.to_string()),
    }
}
