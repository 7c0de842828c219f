//! Ways in for bytes from strangers, straight to what reads them: for the tests over bytes and for the fuzz targets.
//! Behind the feature `fuzzing`, so no release has it. Every function panics when a promise is broken.

use std::sync::Arc;
use std::time::Duration;

use model::{Health, Server, ServerInfo, ServerRow, Source, servers_json};
use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ProtocolVersion, ServerJsonRpcMessage};
use rmcp::service::ClientLifecycleMode;
use rmcp::transport::Transport;
use serde_json::Map;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use url::Url;

use crate::frame::Frame;
use crate::probe::fuzzing::{Limits, Question, Wire, exchange, judge, open_stream};
use crate::session::{as_value, begin, distinct};
use crate::sse::{Event, EventReader};
use crate::transport::Place;
use crate::transport::stdio::{era_of, is_first_answer, pass_on};
use crate::{CallOptions, Contents, McpError, words};

/// How much of a body is read here, in bytes: small, so that the caps are met often.
pub const CAP: usize = 4 * 1024;
/// For one exchange. Time is paused: what would wait for it is over at once.
const LIMIT: Duration = Duration::from_secs(2);

/// A moment of 2026, in milliseconds.
const NOW: i64 = 1_790_000_000_000;

/// Whether a stranger keeps the connection open after the last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It waits for us.
    Stays,
    /// It hangs up.
    HangsUp,
}

/// An answer to the probe's questions, sent in pieces of `cut` bytes: judged, never read beyond twice [`CAP`].
pub fn probe_answer(bytes: &[u8], cut: usize, manner: Manner) {
    paused(async {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let limits = Limits { deadline: Instant::now() + LIMIT, body: CAP, message: 2 * CAP };
        let question = Question::discover_any();
        let asking = exchange(Wire::over(ours), "127.0.0.1:1", "/mcp", &question, limits);
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
            match open_stream(Wire::over(ours), "127.0.0.1:1", "/sse", limits).await {
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
    let pieces: Result<Vec<Vec<Event>>, _> =
        bytes.chunks(cut.max(1)).map(|piece| reader.push(piece)).collect();
    assert_eq!(whole, pieces.map(|events| events.concat()));
    for event in whole.iter().flatten() {
        read_event(event, limit);
    }
}

fn read_event(event: &Event, limit: usize) {
    // A line end joins two lines of data.
    assert!(event.data.len() <= limit + 1, "{} bytes in an event", event.data.len());
    if let Ok(base) = Url::parse("http://127.0.0.1:1/sse") {
        let _ = base.join(&event.data);
    }
    read_frame(event.data.as_bytes());
}

/// One JSON-RPC message, as the probe reads it and as a session does.
pub fn read_frame(bytes: &[u8]) {
    if let Some(frame) = Frame::parse(bytes) {
        let _ = frame.answers(1);
    }
    if let Ok(message) = serde_json::from_slice::<ServerJsonRpcMessage>(bytes) {
        read_message(message);
    }
}

fn read_message(message: ServerJsonRpcMessage) {
    let _ = (is_first_answer(&message), era_of(&message));
    if let ServerJsonRpcMessage::Response(response) = message {
        let _ = as_value(response.result);
    }
}

/// What a child writes to its standard output, in pieces of `cut` bytes.
pub fn stdio_lines(bytes: &[u8], cut: usize) {
    paused(async {
        let (ours, mut theirs) = tokio::io::duplex(cut.max(1));
        let (messages, mut read) = mpsc::channel(64);
        let place = Place::new("`child`");
        let listening = async {
            let _ = pass_on(ours, &messages, &place).await;
            drop(messages);
        };
        let reading = async {
            while let Some(message) = read.recv().await {
                read_message(message);
            }
        };
        let talking = async move {
            // Nobody may listen any more.
            let _ = theirs.write_all(bytes).await;
        };
        tokio::join!(talking, listening, reading);
        if let Some(error) = place.last_words() {
            assert!(error.to_string().len() < 4 * 1024);
        }
    });
}

/// A whole conversation with a child that wrote these lines beforehand: handshake, lists, a call, and the row that the
/// server becomes.
pub fn conversation(bytes: &[u8], mode: Handshake) {
    paused(async {
        let Ok(session) = connect(bytes, mode).await else { return };
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

/// How a conversation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// `initialize`.
    Legacy,
    /// `server/discover`.
    Modern,
}

async fn connect(bytes: &[u8], mode: Handshake) -> Result<crate::Session, McpError> {
    let mode = match mode {
        Handshake::Legacy => ClientLifecycleMode::Initialize,
        Handshake::Modern => {
            ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
        }
    };
    let place = Place::new("`child`");
    let (messages, incoming) = mpsc::channel(bytes.len() + 1);
    let _ = pass_on(bytes, &messages, &place).await;
    let transport = Told { incoming, held: None, due: Arc::new(Semaphore::new(0)) };
    let beginning = begin(transport, place, mode);
    tokio::time::timeout(LIMIT, beginning).await.map_err(|_| McpError::Timeout { after: LIMIT })?
}

/// Tool lists straight from JSON, as health checks and sessions read them.
pub fn tool_entry(bytes: &[u8]) {
    if let Ok(entry) = serde_json::from_slice(bytes) {
        let _ = distinct([entry]);
    }
}

fn becomes_a_row(contents: Contents) {
    let Contents { identity, tools, resources, prompts } = contents;
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

/// What was said beforehand, told as if it were answers: one for each request that is sent.
struct Told {
    incoming: mpsc::Receiver<ServerJsonRpcMessage>,
    held: Option<ServerJsonRpcMessage>,
    due: Arc<Semaphore>,
}

impl Transport<RoleClient> for Told {
    type Error = McpError;

    fn send(
        &mut self,
        item: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), McpError>> + Send + 'static {
        if matches!(item, ClientJsonRpcMessage::Request(_)) {
            self.due.add_permits(1);
        }
        std::future::ready(Ok(()))
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        if self.held.is_none() {
            self.held = Some(self.incoming.recv().await?);
        }
        if matches!(self.held, Some(ServerJsonRpcMessage::Response(_) | ServerJsonRpcMessage::Error(_))) {
            self.due.acquire().await.ok()?.forget();
        }
        self.held.take()
    }

    async fn close(&mut self) -> Result<(), McpError> {
        Ok(())
    }
}

/// Runs what we do while a stranger answers our request, until we are done.
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
