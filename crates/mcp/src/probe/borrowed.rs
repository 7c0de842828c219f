//! The probe's judgement for an answer that a session's own client got: which era is this server of?

use futures::StreamExt;
use reqwest::Response;

use super::exchange::{Answer, End};
use super::line::{BODY_LIMIT, MESSAGE_LIMIT};
use super::question::{ID, MODERN, Question};
use super::verdict::{self, Discovered, Other};
use crate::frame::{Frame, begins_like_message};
use crate::sse::EventReader;

/// What the answer to [`Question::discover_any`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    /// The modern era.
    Modern,
    /// Credentials are missing or wrong.
    NeedsSignIn,
    /// Anything else: if it is MCP, then of the legacy era.
    Something,
}

impl Question {
    /// The first question to a server of which nothing is known.
    pub(crate) fn discover_any() -> Self {
        Self::discover(MODERN)
    }
}

/// Reads and judges the answer.
pub(crate) async fn read_response(response: Response) -> Answered {
    let status = response.status();
    let mut answer = Answer {
        status,
        headers: response.headers().clone(),
        frame: None,
        body: Vec::new(),
        end: End::Complete,
    };
    if answer.media_type() == "text/event-stream" {
        answer.frame = first_answer(response).await;
    } else {
        answer.body = body(response).await;
        answer.frame = Frame::parse(&answer.body).filter(|frame| frame.answers(ID));
    }
    match verdict::discovered(&answer) {
        Discovered::Modern(_) | Discovered::Modest => Answered::Modern,
        Discovered::Other(Other::NeedsSignIn(_) | Other::MaybeSignIn) => Answered::NeedsSignIn,
        _ if matches!(status.as_u16(), 401 | 403) => Answered::NeedsSignIn,
        _ => Answered::Something,
    }
}

async fn body(response: Response) -> Vec<u8> {
    let mut chunks = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(Ok(chunk)) = chunks.next().await {
        body.extend(chunk.iter().take(MESSAGE_LIMIT.saturating_sub(body.len())));
        let cap = if begins_like_message(&body) { MESSAGE_LIMIT } else { BODY_LIMIT };
        if body.len() >= cap {
            break;
        }
    }
    body
}

async fn first_answer(response: Response) -> Option<Frame> {
    let mut chunks = response.bytes_stream();
    let mut reader = EventReader::new(MESSAGE_LIMIT);
    let mut left = MESSAGE_LIMIT;
    while let Some(Ok(chunk)) = chunks.next().await {
        left = left.checked_sub(chunk.len())?;
        let events = reader.push(&chunk).ok()?;
        let frames = events.iter().filter_map(|event| Frame::parse(event.data.as_bytes()));
        if let Some(frame) = frames.into_iter().find(|frame| frame.answers(ID)) {
            return Some(frame);
        }
    }
    None
}
