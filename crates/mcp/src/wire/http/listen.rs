//! The stream on which a legacy server sends messages and requests by itself (MCP 2025-11-25, "Listening for Messages from
//! the Server"). Only for clients that declare something: a server that is only checked has none.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::way::{Begun, Head, SiteBody, WhichConnection};
use super::{Http, endless};
use crate::wire::ANSWER_LIMIT;
use crate::wire::answer::{Events, is_event_stream};
use crate::wire::coding::decoded;
use crate::wire::terms::Terms;

/// How long a conversation waits for the stream before it continues without.
const OPEN_LIMIT: Duration = Duration::from_secs(5);
/// The time before it is opened again, unless the server requested another; doubles up to the longest.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Opens the stream and reads it as long as the conversation lasts. A server without one answers 405, or anything else.
pub(super) async fn open(http: &Arc<Http>, terms: &Terms) {
    let Ok(Some(stream)) = timeout(OPEN_LIMIT, stream(http, terms, None)).await else { return };
    let (reading, over) = (keep(http.clone(), terms.clone(), stream), http.over.clone());
    http.tasks.spawn(async move { over.run_until_cancelled(reading).await });
}

async fn stream(http: &Http, terms: &Terms, last_id: Option<&str>) -> Option<(Head, SiteBody)> {
    match http.way.send(&terms.stream(last_id), WhichConnection::Kept, endless()).await {
        Ok(Begun::Body(head, body)) if head.status.is_success() && is_event_stream(&head.headers) => {
            Some((head, body))
        }
        _ => None,
    }
}

async fn keep(http: Arc<Http>, terms: Terms, first: (Head, SiteBody)) {
    let (mut head, mut body) = first;
    let mut pause = PAUSE;
    loop {
        let Ok(chunks) = decoded(&head.headers, body) else { return };
        let mut events = Events::new(chunks, ANSWER_LIMIT, http.place.secrets().clone());
        while let Ok(messages) = events.messages().await {
            pause = PAUSE;
            for message in messages {
                if http.hear(&terms, message, None).is_err() {
                    return;
                }
            }
        }
        let asked = events.reader.retry_ms.map(Duration::from_millis);
        sleep(asked.unwrap_or(pause).min(LONGEST_PAUSE)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        match stream(&http, &terms, events.reader.id.as_deref()).await {
            Some(next) => (head, body) = next,
            None => return,
        }
    }
}
