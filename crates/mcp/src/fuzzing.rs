//! Entry points for bytes from servers, straight to the code that reads them: for the tests over bytes and for the fuzz
//! targets. Behind the feature `fuzzing`, so no release has it. Every function panics when a promise is broken.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use model::{Era, Health, Server, ServerInfo, ServerRow, Source, servers_json};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;
use url::Url;

use crate::probe::fuzzing::{Wire, exchange, judge, open_stream};
use crate::session::told;
use crate::wire::answer::{Limits, read_answer};
use crate::wire::events::{EventReader, StreamEvent};
use crate::wire::id::Id;
use crate::wire::list::{List, Tools, page};
use crate::wire::message::{Message, messages};
use crate::wire::mirror;
use crate::wire::pipe::pass_on;
use crate::wire::place::ConversationPlace;
use crate::wire::request::progress;
use crate::wire::scrub::Scrub;
use crate::wire::terms::{self, MODERN, NOTHING, discover};
use crate::{CallOptions, Contents, words};

/// How much of a body is read here, in bytes: small, so that the caps are reached often.
pub const CAP: usize = 4 * 1024;
/// The deadline of one exchange. Time is paused: what would wait for it is over at once.
const LIMIT: Duration = Duration::from_secs(2);

/// A moment of 2026, in milliseconds.
const NOW: i64 = 1_790_000_000_000;

/// Whether the server keeps the connection open after the last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It keeps it open.
    Stays,
    /// It closes it.
    HangsUp,
}

/// An answer to the probe's questions, sent in pieces of `cut` bytes: judged, never read beyond twice [`CAP`].
pub fn probe_answer(bytes: &[u8], cut: usize, manner: Manner) {
    paused(async {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let limits = Limits { deadline: Instant::now() + LIMIT, body: CAP, message: 2 * CAP };
        let question = discover(Id::from(1), MODERN, NOTHING);
        let nothing = Scrub::default();
        let asking = exchange(Wire::over(ours), "127.0.0.1:1", "/mcp", &question, limits, &nothing);
        if let Ok(answer) = with_stranger(theirs, bytes, cut, manner, asking).await {
            assert!(answer.body.len() <= 2 * CAP, "{} bytes were kept", answer.body.len());
            judge(&answer);
        }
    });
}

/// The same for the event stream of revision 2024-11-05, event by event.
pub fn probe_stream(bytes: &[u8], cut: usize, manner: Manner) {
    paused(async {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let deadline = Instant::now() + LIMIT;
        let listening = async {
            let limits = Limits { deadline, body: CAP, message: CAP };
            let (stream, nothing) = (terms::event_stream(None), Scrub::default());
            match open_stream(Wire::over(ours), "127.0.0.1:1", "/sse", &stream, limits, &nothing).await {
                Ok(Ok(mut stream)) => {
                    while let Some(event) = stream.next(deadline).await {
                        read_event(&event, CAP);
                    }
                }
                Ok(Err(answer)) => judge(&answer),
                Err(_) => {}
            }
        };
        with_stranger(theirs, bytes, cut, manner, listening).await;
    });
}

/// An event stream reads the same wherever it is cut, and no event outgrows `limit`.
pub fn event_stream(bytes: &[u8], cut: usize, limit: usize) {
    let whole = EventReader::new(limit).push(bytes);
    let mut reader = EventReader::new(limit);
    let pieces: Result<Vec<Vec<StreamEvent>>, _> =
        bytes.chunks(cut.max(1)).map(|piece| reader.push(piece)).collect();
    assert_eq!(whole, pieces.map(|events| events.concat()));
    for event in whole.iter().flatten() {
        read_event(event, limit);
    }
}

fn read_event(event: &StreamEvent, limit: usize) {
    // A line end joins two lines of data.
    assert!(event.data.len() <= limit + 1, "{} bytes in an event", event.data.len());
    if let Ok(base) = Url::parse("http://127.0.0.1:1/sse") {
        let _ = base.join(&event.data);
    }
    read_frame(event.data.as_bytes());
}

/// Reads bytes that may be messages.
pub fn read_frame(bytes: &[u8]) {
    messages(bytes).into_iter().for_each(read_message);
}

fn read_message(message: Message) {
    if let Message::Notification { params, .. } = &message {
        let _ = progress(params.as_deref());
    }
    let _ = message.reply_alone(Id::from(1));
}

/// The standard output of a child process, in pieces of `cut` bytes.
pub fn stdio_lines(bytes: &[u8], cut: usize) {
    paused(async {
        let (ours, mut theirs) = tokio::io::duplex(cut.max(1));
        let place = ConversationPlace::new("`child`");
        let listening = async {
            let take = |message| {
                read_message(message);
                Ok(())
            };
            let _ = pass_on(ours, take, &place).await;
        };
        let talking = async move {
            // The receiver may be gone.
            let _ = theirs.write_all(bytes).await;
        };
        tokio::join!(talking, listening);
        if let Some(error) = place.last_words() {
            assert!(error.to_string().len() < 4 * 1024);
        }
    });
}

/// A whole conversation with a child process that wrote these lines in advance: handshake, lists, a call, and the row that
/// the server becomes.
pub fn conversation(bytes: &[u8], mode: Handshake) {
    paused(async {
        let era = if mode == Handshake::Legacy { model::Era::Legacy } else { model::Era::Modern };
        let Ok(session) = told(bytes, era, LIMIT).await else { return };
        let contents = session.contents(LIMIT).await;
        let options = CallOptions { deadline: LIMIT, ..CallOptions::default() };
        let called = session.call_tool("echo", Map::new(), options).await;
        for error in [contents.as_ref().err(), called.as_ref().err()].into_iter().flatten() {
            let _ = words::tame(&error.to_string());
        }
        session.close().await;
        if let Ok(contents) = contents {
            becomes_a_row(contents);
        }
    });
}

/// The first request of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// `initialize`.
    Legacy,
    /// `server/discover`.
    Modern,
}

/// Tool lists straight from JSON, as health checks and sessions read them.
pub fn tool_entry(bytes: &[u8]) {
    if let Ok(entry) = serde_json::from_slice::<&RawValue>(bytes) {
        Tools::default().add(&[entry], true);
    }
}

/// The arguments that a tool requires in headers, and the headers.
pub fn mirrored(schema: &[u8], arguments: &[u8]) {
    let Ok(schema) = serde_json::from_slice(schema) else { return };
    let Ok(wanted) = mirror::headers(&schema) else { return };
    let arguments: Map<String, Value> = serde_json::from_slice(arguments).unwrap_or_default();
    let sent = mirror::values(&wanted, &arguments);
    assert!(sent.len() <= wanted.len(), "no argument goes into two headers");
    let mut names: Vec<_> = sent.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), sent.len(), "no header is sent twice");
    for (name, value) in sent {
        assert!(name.as_str().starts_with("mcp-param-"), "{name}");
        assert!(value.to_str().is_ok(), "{value:?}");
    }
}

/// A body that declares its compression, in pieces of `cut` bytes: no more of it is kept than the cap allows, however small
/// it was.
pub fn compressed(coding: &str, bytes: &[u8], cut: usize) {
    let Ok(coding) = HeaderValue::from_str(coding) else { return };
    for media in ["application/json", "text/event-stream"] {
        let media = HeaderValue::from_static(media);
        let headers =
            HeaderMap::from_iter([(header::CONTENT_ENCODING, coding.clone()), (header::CONTENT_TYPE, media)]);
        let pieces: Vec<_> =
            bytes.chunks(cut.max(1)).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        paused(async {
            let limits = Limits { deadline: Instant::now() + LIMIT, body: CAP, message: 2 * CAP };
            let pieces = futures::stream::iter(pieces);
            let answer = read_answer(
                StatusCode::OK,
                headers,
                pieces,
                Id::from(1),
                limits,
                &crate::wire::scrub::Scrub::default(),
            )
            .await;
            assert!(answer.body.len() <= 2 * CAP, "{} bytes were kept", answer.body.len());
            judge(&answer);
        });
    }
}

/// A page of each list, in each era.
pub fn list_page(bytes: &[u8]) {
    let Ok(result) = serde_json::from_slice::<&RawValue>(bytes) else { return };
    for list in [List::Tools, List::Resources, List::Prompts] {
        for era in [Era::Legacy, Era::Modern] {
            let Ok(page) = page(result, list, era) else { continue };
            assert!(era == Era::Modern || page.next.as_deref() != Some(""), "an empty cursor is the end");
            let mut tools = Tools::default();
            tools.add(&page.entries, true);
            let Tools { kept: tools, left_out, .. } = tools;
            assert!(tools.len() + left_out.len() <= page.entries.len());
            assert!(left_out.iter().all(|why| why.len() < 4 * 1024));
        }
    }
}

/// The parameters of a notification of progress.
pub fn progress_report(bytes: &[u8]) {
    let Ok(params) = serde_json::from_slice::<&RawValue>(bytes) else { return };
    if let Some((id, report)) = progress(Some(params)) {
        let again = serde_json::value::to_raw_value(&id.to_string()).ok();
        assert!(again.is_some_and(|again| id.is(&again)), "{id}");
        assert!(report.message.is_none_or(|message| message.len() <= bytes.len()));
    }
}

fn becomes_a_row(contents: Contents) {
    let Contents { identity, tools, resources, prompts, .. } = contents;
    let Ok(base) = ServerInfo::new_http(&identity.name, "http://127.0.0.1:1/mcp", Source::Scan, 0) else {
        return;
    };
    let info = ServerInfo { identity: Some(identity), tools: tools.into(), resources, prompts, ..base };
    for key in info.capability_keys().iter().take(100) {
        assert!(info.has_capability(key), "{key}");
        let _ = info.resolve_tool(key);
    }
    let text = serde_json::to_string(&info).unwrap_or_default();
    assert_eq!(
        serde_json::from_str::<ServerInfo>(&text).ok().as_ref(),
        Some(&info),
        "a record is kept as it is"
    );
    let server = Server { info: Arc::new(info), health: Health::unknown() };
    let file = servers_json::read(&servers_json::write(std::slice::from_ref(&server), NOW), NOW);
    assert!(file.is_ok(), "one server makes a whole export unreadable: {file:?}");
    assert!(serde_json::to_string(&ServerRow::from(server)).is_ok());
}

/// Runs our side while a server answers our request, until we are done.
async fn with_stranger<T>(
    mut theirs: DuplexStream,
    bytes: &[u8],
    cut: usize,
    manner: Manner,
    ours: impl Future<Output = T>,
) -> T {
    let stranger = async move {
        let mut request = [0; 1024];
        let _ = theirs.read(&mut request).await;
        for piece in bytes.chunks(cut.max(1)) {
            if theirs.write_all(piece).await.is_err() {
                return;
            }
        }
        if manner == Manner::Stays {
            std::future::pending::<()>().await;
        }
    };
    tokio::pin!(stranger, ours);
    tokio::select! {
        done = &mut ours => done,
        () = &mut stranger => ours.await,
    }
}

#[expect(clippy::expect_used, reason = "without a runtime nothing can be tested")]
fn paused<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}
