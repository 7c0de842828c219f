//! The evidence of a probe in words.

use crate::wire::answer::{Answer, BodyEnd, NoAnswer};
use crate::wire::message::{Reply, RpcError};
use crate::wire::refusal::Refusal;
use crate::wire::tls::TlsFault;
pub(crate) use crate::words::tame;
use model::RefusedCertificate;

/// The first bytes of something that is not HTTP.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().take(40).collect();
    tame(&text)
}

/// An answer in a line of evidence.
pub(crate) fn answer(answer: &Answer) -> String {
    let mut line = answer.status.as_u16().to_string();
    let media = answer.media_type();
    if !media.is_empty() {
        line = format!("{line} {}", tame(&media));
    }
    match &answer.reply {
        Some(Reply::Result(_)) => line.push_str(", a JSON-RPC result"),
        Some(Reply::Error(RpcError { code, message, .. })) => {
            line = format!("{line}, JSON-RPC error {code}: {}", tame(message));
        }
        None => {}
    }
    match &answer.end {
        BodyEnd::Complete => {}
        BodyEnd::TooLarge => line.push_str(", too much of it"),
        BodyEnd::Slow => line.push_str(", not all of it in time"),
        BodyEnd::Broken => line.push_str(", then the connection broke"),
        BodyEnd::Flooded => line.push_str(", a flood of requests"),
        BodyEnd::Coded(coding) => {
            line = format!("{line}, compressed in a way that is not supported: `{}`", tame(coding));
        }
    }
    line
}

/// No answer in a sentence.
pub(crate) fn no_answer(error: &NoAnswer) -> String {
    match error {
        NoAnswer::Mute => "it accepts connections and sends nothing".to_owned(),
        NoAnswer::TooSlow => "its answer came too slowly".to_owned(),
        NoAnswer::NotHttp(first) => format!("it does not speak HTTP: it answers `{}`", bytes(first)),
        NoAnswer::HungUp => "it closes the connection without an answer".to_owned(),
        NoAnswer::Tls(TlsFault::Certificate(refused)) => untrusted(refused, None),
        NoAnswer::Tls(TlsFault::CaFile(why)) => why.clone(),
        NoAnswer::Lacking(lack) | NoAnswer::Tls(TlsFault::Lacking(lack)) => lack.to_string(),
        NoAnswer::Tls(fault) => format!("its TLS handshake failed: {fault}"),
        NoAnswer::Refused => "connection refused: nothing listens there".to_owned(),
        NoAnswer::NoAddress(why) => tame(why),
        NoAnswer::Unreachable(why) => format!("it could not be reached: {}", tame(why)),
        NoAnswer::Closed => "it closed the connection before the request".to_owned(),
    }
}

/// A certificate that is not trusted in a sentence, before the other reasons.
pub(crate) fn untrusted(refused: &RefusedCertificate, more: Option<String>) -> String {
    let why = format!("its certificate is not trusted: {refused}");
    match more {
        // If the handshake ended by it, it has been reported.
        Some(more) if more != why => format!("{why}; {more}"),
        _ => why,
    }
}

/// A refusal in a sentence.
pub(crate) fn refusal(refusal: &Refusal, status: u16) -> String {
    match refusal {
        Refusal::SignIn => format!("it asks for sign-in (HTTP {status} with an MCP challenge)"),
        Refusal::Challenge => {
            format!("it asks for credentials (HTTP {status}), with no sign of MCP")
        }
        Refusal::Name(said) => {
            format!("it answers like an MCP server that refuses our Host header: `{said}`")
        }
        Refusal::Guarded => "it speaks JSON-RPC and asks for credentials: it may be an MCP server".to_owned(),
        Refusal::Credentials => "it asks for credentials, with no sign of MCP".to_owned(),
        Refusal::Forbidden => format!("it refuses the request without a reason (HTTP {status})"),
    }
}
