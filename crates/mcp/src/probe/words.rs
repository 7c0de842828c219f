//! The evidence of a probe in words.

use super::exchange::{Answer, End, NoAnswer};
use crate::frame::Frame;
pub(crate) use crate::words::tame;

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
    match &answer.frame {
        Some(Frame::Result { .. }) => line.push_str(", a JSON-RPC result"),
        Some(Frame::Error { code, message, .. }) => {
            line = format!("{line}, JSON-RPC error {code}: {}", tame(message));
        }
        Some(Frame::Call { .. }) | None => {}
    }
    line.push_str(match answer.end {
        End::Complete => "",
        End::TooLarge => ", too much of it",
        End::Slow => ", not all of it in time",
        End::Broken => ", then the connection broke",
    });
    line
}

/// No answer in a sentence.
pub(crate) fn no_answer(error: &NoAnswer) -> String {
    match error {
        NoAnswer::Mute => "it accepts connections and says nothing".to_owned(),
        NoAnswer::TooSlow => "its answer came too slowly".to_owned(),
        NoAnswer::NotHttp(first) => format!("it does not speak HTTP: it answers `{}`", bytes(first)),
        NoAnswer::HungUp => "it hangs up without a word".to_owned(),
        NoAnswer::Tls(why) => format!("its TLS handshake failed: {}", tame(why)),
        NoAnswer::Connect(why) => format!("it could not be reached again: {}", tame(why)),
    }
}
