//! The connections of the face. Opening one needs no token, so nothing here relies on what is sent over it: a connection
//! that sends nothing is closed, their number is limited, and those that never made a request are closed first.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::metrics::{Counters, Gauge};
use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::response::Response;
use gateway::GatewayPath;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::door::Door;
use crate::metrics::ConnectionPeer;

/// The time limits of a connection, and how many there are at once.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// From its start to the end of the headers of its first request.
    pub first: Duration,
    /// Without a request, or within the headers of a later one.
    pub idle: Duration,
    /// Between two parts of the body of a request.
    pub body: Duration,
    /// The most connections at once.
    pub most: usize,
}

impl ConnectionLimits {
    /// The most connections, given the number of files that this process can open: requests to servers need some as well.
    pub fn at_most(connections: u64) -> Self {
        let wanted = connections.saturating_add(FILES_BESIDE);
        let files = rlimit::increase_nofile_limit(wanted).unwrap_or(1_024);
        let left = files.saturating_sub(FILES_BESIDE).max(files / 4);
        Self {
            first: Duration::from_secs(10),
            idle: Duration::from_secs(150),
            body: Duration::from_secs(30),
            most: usize::try_from(connections.min(left)).unwrap_or(usize::MAX).max(16),
        }
    }
}

/// Files that are open besides connections: databases, child processes, conversations with servers, a scan.
const FILES_BESIDE: u64 = 4_096;

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionStage {
    /// It has not made a request yet.
    New,
    /// It waits for the next request.
    Idle,
    /// A request is under way; it is never ended for another.
    Busy,
}

struct Connection {
    stage: ConnectionStage,
    since: Instant,
    end: CancellationToken,
}

impl Connection {
    /// The order in which those that wait are closed.
    fn rank(&self) -> u8 {
        let waits_for = self.since.elapsed();
        match self.stage {
            ConnectionStage::New if waits_for >= ABOUT_TO_ASK => 0,
            ConnectionStage::Idle if waits_for >= LONG_IDLE => 1,
            ConnectionStage::New => 2,
            ConnectionStage::Idle | ConnectionStage::Busy => 3,
        }
    }
}

/// A new connection is about to make a request.
const ABOUT_TO_ASK: Duration = Duration::from_secs(1);
/// A connection that made a request and was silent for this long is closed before those that are about to make one.
const LONG_IDLE: Duration = Duration::from_secs(10);

/// The connections that are open.
#[derive(Clone, Default)]
struct Open(Arc<Mutex<HashMap<u64, Connection>>>);

impl Open {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection, if there is room or another can be closed.
    fn enter(&self, id: u64, most: usize) -> Option<OpenConnection> {
        if self.lock().len() >= most && !self.make_room() {
            return None;
        }
        let end = CancellationToken::new();
        let connection = Connection { stage: ConnectionStage::New, since: Instant::now(), end: end.clone() };
        self.lock().insert(id, connection);
        Some(OpenConnection { open: self.clone(), id, end })
    }

    /// Closes the one that has waited longest, first of those that never made a request. False when all are busy.
    fn make_room(&self) -> bool {
        let mut all = self.lock();
        let waiting = all.iter().filter(|(_, connection)| connection.stage != ConnectionStage::Busy);
        let longest = waiting.min_by_key(|(_, connection)| (connection.rank(), connection.since));
        let Some(id) = longest.map(|(id, _)| *id) else { return false };
        if let Some(connection) = all.remove(&id) {
            connection.end.cancel();
        }
        true
    }
}

/// A connection among the open ones, until it is dropped.
struct OpenConnection {
    open: Open,
    id: u64,
    end: CancellationToken,
}

impl OpenConnection {
    fn stage(&self) -> Option<ConnectionStage> {
        self.open.lock().get(&self.id).map(|connection| connection.stage)
    }

    fn is(&self, stage: ConnectionStage) {
        if let Some(connection) = self.open.lock().get_mut(&self.id) {
            (connection.stage, connection.since) = (stage, Instant::now());
        }
    }

    /// Ends after the time limit of a first request.
    async fn first_is_late(&self, first: Duration) {
        sleep(first).await;
        if self.stage() != Some(ConnectionStage::New) {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.open.lock().remove(&self.id);
    }
}

/// A request is under way, until its response was sent.
struct UnderWay(Arc<OpenConnection>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.is(ConnectionStage::Idle);
    }
}

/// Counted while it is there.
struct CountedOnce(Arc<Counters>, fn(&Counters) -> &Gauge);

impl CountedOnce {
    fn of(counters: &Arc<Counters>, level: fn(&Counters) -> &Gauge) -> Self {
        level(counters).enters();
        Self(counters.clone(), level)
    }
}

impl Drop for CountedOnce {
    fn drop(&mut self) {
        (self.1)(&self.0).leaves();
    }
}

/// What answers requests.
#[derive(Clone)]
pub(crate) struct Behind {
    pub(crate) router: Router,
    /// Absent where this listener does not serve the gateway.
    pub(crate) gateway: Option<Door>,
    pub(crate) counters: Arc<Counters>,
}

impl Behind {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response, Infallible> {
        match self.gateway.as_ref().zip(GatewayPath::of(request.uri().path())) {
            Some((door, to)) => {
                let _under_way = CountedOnce::of(&self.counters, |counters| &counters.gateway_under_way);
                let response = door.answer(to, request).await;
                self.counters.gateway_requests.one(response.status().as_u16());
                Ok(response)
            }
            None => self.router.clone().oneshot(request.map(Body::new)).await,
        }
    }
}

/// Answers what comes to the listener until it is asked to stop; requests under way are finished.
pub(crate) async fn serve(
    listener: TcpListener,
    behind: Behind,
    limits: ConnectionLimits,
    stopping: CancellationToken,
) {
    let (open, tasks) = (Open::default(), TaskTracker::new());
    let mut ids = 0..;
    while let Some(stream) = stopping.run_until_cancelled(accept(&listener, &open)).await {
        let entry = ids.next().and_then(|id| open.enter(id, limits.most));
        // Dropped, it is closed: all connections are busy, and a later one finds room again.
        let Some(entry) = entry else { continue };
        tasks.spawn(talk(stream, behind.clone(), Arc::new(entry), limits, stopping.clone()));
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// The next connection. When the process has no more files, one that only waits is closed.
async fn accept(listener: &TcpListener, open: &Open) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_its_own(&error) => {}
            Err(error) => {
                let made = open.make_room();
                tracing::warn!(%error, made, "no connection could be taken");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// The connection ended before it was accepted.
fn is_of_its_own(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn talk(
    stream: TcpStream,
    behind: Behind,
    entry: Arc<OpenConnection>,
    limits: ConnectionLimits,
    stopping: CancellationToken,
) {
    // An answer is written in one go: to wait for more would only delay it.
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr().ok().map(ConnectionPeer);
    behind.counters.accepted.one();
    let _open = CountedOnce::of(&behind.counters, |counters| &counters.connections);
    let asked = entry.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        asked.is(ConnectionStage::Busy);
        let (under_way, behind) = (UnderWay(asked.clone()), behind.clone());
        // In a box of its own: what a request needs is not held by connections that wait for one.
        Box::pin(async move { behind.answer(request).await.map(|response| until_sent(response, under_way)) })
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = entry.end.cancelled() => return,
        () = entry.first_is_late(limits.first) => return,
        () = stopping.cancelled() => {
            if entry.stage() != Some(ConnectionStage::Busy) {
                return;
            }
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

/// The response, which keeps the request under way until it was sent or its reader has disconnected.
fn until_sent(response: Response, under_way: UnderWay) -> Response {
    response.map(|body| {
        // A body that is sent already would be dropped before it is written; its connection goes on at once all the same.
        if body.is_end_stream() {
            return body;
        }
        Body::new(body.map_err(move |error| {
            let _ = &under_way;
            error
        }))
    })
}
