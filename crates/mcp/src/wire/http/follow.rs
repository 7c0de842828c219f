//! An answer that comes as an event stream: the messages before it, its end, and how it is resumed when it breaks off.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt};
use model::Era;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use super::way::{Begun, Head, SiteBody, WhichConnection};
use super::{Http, endless};
use crate::wire::ANSWER_LIMIT;
use crate::wire::answer::{Answer, BodyEnd, Events, NoAnswer, is_event_stream};
use crate::wire::client::Flood;
use crate::wire::coding::{UnknownCoding, decoded};
use crate::wire::id::Id;
use crate::wire::message::{Message, Reply};
use crate::wire::request::{Wait, progress};
use crate::wire::terms::Terms;

/// How often an answer that broke off is resumed.
const MOST_RESUMES: usize = 5;
/// The time before that, unless the server requested another; at most 30 s.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How much of an unused body is read so that its connection can be used again, and for how long.
const DRAIN_BYTES: usize = 64 * 1024;
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// Reads the answer to a request from its stream, and from those that continue it where it broke off.
pub(super) async fn answer(
    http: &Arc<Http>,
    terms: &Terms,
    id: Id,
    wait: &Wait,
    head: Head,
    body: SiteBody,
) -> Result<Answer, NoAnswer> {
    let answered = |reply, end| Answer {
        status: head.status,
        headers: head.headers.clone(),
        reply,
        body: Vec::new(),
        end,
    };
    let (mut headers, mut body) = (head.headers.clone(), body);
    let (mut last_id, mut pause) = (None, PAUSE);
    for _ in 0..=MOST_RESUMES {
        let chunks = match decoded(&headers, body) {
            Ok(chunks) => chunks,
            Err(UnknownCoding(coding)) => return Ok(answered(None, BodyEnd::Coded(coding))),
        };
        let mut events = Events::new(chunks, ANSWER_LIMIT, http.place.secrets().clone());
        let end = match reply(http, terms, id, wait, &mut events).await {
            Ok(reply) => {
                drain_behind(&http.tasks, events.rest());
                return Ok(answered(Some(reply), BodyEnd::Complete));
            }
            Err(end) => end,
        };
        last_id = events.reader.id.clone().or(last_id);
        pause = events.reader.retry_ms.map_or(pause, Duration::from_millis).min(LONGEST_PAUSE);
        // Streams of the modern era cannot be taken up again, and what is too large stays so.
        let Some(last) = last_id
            .as_deref()
            .filter(|_| terms.era == Era::Legacy && !matches!(end, BodyEnd::TooLarge | BodyEnd::Flooded))
        else {
            return Ok(answered(None, if end == BodyEnd::Complete { BodyEnd::Broken } else { end }));
        };
        sleep(pause).await;
        match http.way.send(&terms.stream(Some(last)), WhichConnection::Kept, endless()).await {
            Ok(Begun::Body(head, next)) if head.status.is_success() && is_event_stream(&head.headers) => {
                (headers, body) = (head.headers, next);
            }
            _ => return Ok(answered(None, BodyEnd::Broken)),
        }
    }
    Ok(answered(None, BodyEnd::Broken))
}

async fn reply<S>(
    http: &Arc<Http>,
    terms: &Terms,
    id: Id,
    wait: &Wait,
    events: &mut Events<S>,
) -> Result<Reply, BodyEnd>
where
    S: Stream<Item = io::Result<Bytes>> + Unpin,
{
    loop {
        let messages = events.messages().await?;
        wait.touch();
        for message in messages {
            match message {
                Message::Notification { method, params } if method == "notifications/progress" => {
                    if let Some((_, report)) = progress(params.as_deref()).filter(|(token, _)| *token == id) {
                        wait.report(report);
                    }
                }
                message @ Message::Reply { .. } => {
                    if let Some(reply) = message.reply_alone(id) {
                        return Ok(reply);
                    }
                }
                message => http.hear(terms, message, wait.client()).map_err(|Flood| BodyEnd::Flooded)?,
            }
        }
    }
}

/// Most streams end with the answer; the rest of the others is read behind the caller's back.
pub(crate) fn drain_behind<S>(tasks: &TaskTracker, mut rest: S)
where
    S: Stream<Item = io::Result<Bytes>> + Unpin + Send + 'static,
{
    if !matches!(rest.next().now_or_never(), Some(None)) {
        tasks.spawn(drain(rest));
    }
}

/// Reads the rest, within bounds; beyond them the connection is closed.
pub(super) async fn drain(mut rest: impl Stream<Item = io::Result<Bytes>> + Unpin) {
    let reading = async {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(chunk)) = rest.next().await {
            let Some(less) = left.checked_sub(chunk.len()) else { return };
            left = less;
        }
    };
    let _ = timeout(DRAIN_LIMIT, reading).await;
}
