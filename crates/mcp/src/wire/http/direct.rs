//! Connections over plain HTTP to an address. hyper drives each; here it is decided which one a request uses, and how long
//! one is kept for the next. It takes half the work of a general client, on the path of every call.
//!
//! A connection has no task of its own: the request that waits for its answer polls it, as Envoy's workers do. With a task
//! each, a call would wake another thread when it is sent, and be woken by it when the answer comes.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt as _, Stream};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Body as _, Frame, Incoming};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

use super::clients::CONNECT_LIMIT;
use crate::failure;
use crate::wire::answer::NoAnswer;

/// How often a silent connection is probed, and how often without an answer. Data that is not confirmed for twice as long
/// ends it.
const STILL_THERE: Duration = Duration::from_secs(15);
const MOST_IN_VAIN: u32 = 3;

/// A connection to a server, polled by the request that uses it.
struct UpstreamConnection {
    sender: SendRequest<Full<Bytes>>,
    /// Absent once it has ended. A request that hyper took and did not send comes back when this is dropped.
    wire: Option<Connection<TokioIo<TcpStream>, Full<Bytes>>>,
}

impl UpstreamConnection {
    /// Reads and writes what can be read and written now.
    fn drive(&mut self, context: &mut Context<'_>) {
        let Some(wire) = &mut self.wire else { return };
        if let Poll::Ready(ended) = Pin::new(wire).poll(context) {
            self.wire = None;
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection to a server ended");
            }
        }
    }

    /// Whether it takes another request: the other side may have closed it since the last answer.
    async fn is_ready(&mut self) -> bool {
        poll_fn(|context| {
            self.drive(context);
            self.sender.poll_ready(context)
        })
        .await
        .is_ok()
    }

    async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, SendFailure> {
        // It becomes ready in `drive` alone, so it wakes nobody: to be woken by it as well would be once too often. Without a
        // budget, since tokio answers "not yet, I wake you" when one is used up.
        let mut answer = pin!(unconstrained(self.sender.try_send_request(request)));
        poll_fn(|context| {
            self.drive(context);
            answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        })
        .await
    }
}

/// Why there is no answer, with the request if nothing of it was sent.
type SendFailure = TrySendError<Request<Full<Bytes>>>;

/// Connections to any addresses, kept for this time when they are idle; with zero they are not kept at all.
pub(crate) struct DirectClient {
    idle: Duration,
    tasks: TaskTracker,
    connections: Mutex<IdleUpstream>,
}

#[derive(Default)]
struct IdleUpstream {
    by_address: HashMap<SocketAddr, Vec<(Instant, Box<UpstreamConnection>)>>,
    /// Whether a task closes unused ones.
    is_swept: bool,
}

impl std::fmt::Debug for DirectClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectClient").field("idle", &self.idle).finish_non_exhaustive()
    }
}

impl DirectClient {
    pub(crate) fn new(idle: Duration) -> Self {
        Self { idle, tasks: TaskTracker::new(), connections: Mutex::default() }
    }

    /// Sends a request, over a kept connection if there is one.
    pub(crate) async fn send(
        self: &Arc<Self>,
        address: SocketAddr,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<DirectBody>, NoAnswer> {
        let mut request = request;
        while let Some(mut connection) = self.take(address) {
            if !connection.is_ready().await {
                continue;
            }
            match connection.ask(request).await {
                Ok(response) => return Ok(self.lend(address, connection, response)),
                // It was closed meanwhile, and nothing was sent.
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(failure::of_hyper(failed.error())),
                },
            }
        }
        // Seldom needed, and large.
        let mut connection = self.connect(address).boxed().await?;
        match connection.ask(request).await {
            Ok(response) => Ok(self.lend(address, connection, response)),
            Err(failed) => Err(failure::of_hyper(failed.error())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, IdleUpstream> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that was used last: it is the least likely to be closed.
    fn take(&self, address: SocketAddr) -> Option<Box<UpstreamConnection>> {
        let mut all = self.lock();
        let idle = all.by_address.get_mut(&address)?;
        let (since, connection) = idle.pop()?;
        if since.elapsed() < self.idle {
            return Some(connection);
        }
        // The others were idle for longer.
        idle.clear();
        None
    }

    async fn connect(&self, address: SocketAddr) -> Result<Box<UpstreamConnection>, NoAnswer> {
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        let connected =
            timeout(CONNECT_LIMIT, TcpStream::connect(address)).await.unwrap_or_else(|_| Err(late()));
        let stream = connected.map_err(|error| failure::of_connecting(&error))?;
        // Without these a connection is only slower to end.
        let _ = stream.set_nodelay(true);
        let socket = SockRef::from(&stream);
        let alive =
            TcpKeepalive::new().with_time(STILL_THERE).with_interval(STILL_THERE).with_retries(MOST_IN_VAIN);
        let _ = socket.set_tcp_keepalive(&alive);
        #[cfg(target_os = "linux")]
        let _ = socket.set_tcp_user_timeout(Some(STILL_THERE * 2));
        let (sender, wire) =
            handshake(TokioIo::new(stream)).await.map_err(|error| failure::of_hyper(&error))?;
        Ok(Box::new(UpstreamConnection { sender, wire: Some(wire) }))
    }

    fn lend(
        self: &Arc<Self>,
        address: SocketAddr,
        connection: Box<UpstreamConnection>,
        response: Response<Incoming>,
    ) -> Response<DirectBody> {
        let lent = Some(Lent { client: self.clone(), address, connection });
        response.map(|incoming| DirectBody { incoming, lent })
    }

    fn give_back(self: &Arc<Self>, address: SocketAddr, connection: Box<UpstreamConnection>) {
        if self.idle.is_zero() || connection.wire.is_none() {
            return;
        }
        let mut all = self.lock();
        all.by_address.entry(address).or_default().push((Instant::now(), connection));
        if !std::mem::replace(&mut all.is_swept, true) {
            self.tasks.spawn(self.clone().sweep());
        }
    }

    /// Closes those that were idle for too long, until there are none.
    async fn sweep(self: Arc<Self>) {
        loop {
            sleep(self.idle).await;
            let mut all = self.lock();
            all.by_address.retain(|_, idle| {
                idle.retain(|(since, _)| since.elapsed() < self.idle);
                !idle.is_empty()
            });
            if all.by_address.is_empty() {
                all.is_swept = false;
                return;
            }
        }
    }
}

struct Lent {
    client: Arc<DirectClient>,
    address: SocketAddr,
    connection: Box<UpstreamConnection>,
}

/// A body; once it was read completely, its connection is free for the next request. Dropping it before closes the
/// connection.
pub(crate) struct DirectBody {
    incoming: Incoming,
    lent: Option<Lent>,
}

impl DirectBody {
    fn is_over(&mut self) {
        if let Some(Lent { client, address, connection }) = self.lent.take() {
            client.give_back(address, connection);
        }
    }

    /// A frame that was received and not read yet.
    fn next_frame(&mut self) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.incoming).poll_frame(&mut Context::from_waker(Waker::noop()))
    }
}

impl Stream for DirectBody {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut is_driven = false;
        loop {
            match self.next_frame() {
                // What comes after the body says nothing of MCP.
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                Poll::Ready(None) => {
                    self.is_over();
                    return Poll::Ready(None);
                }
                Poll::Pending if is_driven => return Poll::Pending,
                Poll::Pending => {
                    is_driven = true;
                    if let Some(lent) = &mut self.lent {
                        lent.connection.drive(context);
                    }
                }
            }
        }
    }
}

impl Drop for DirectBody {
    fn drop(&mut self) {
        if self.incoming.is_end_stream() {
            self.is_over();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;

    const WHOLE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    /// A server with one answer for everything, and which of its connections were used and closed, by their number.
    async fn server(
        answer: &'static str,
    ) -> (SocketAddr, mpsc::Receiver<(usize, &'static str)>, TaskTracker) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (seen, sight) = mpsc::channel(64);
        let (address, tasks) = (listener.local_addr().unwrap(), TaskTracker::new());
        let own = tasks.clone();
        tasks.spawn(async move {
            for number in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                let seen = seen.clone();
                own.spawn(async move {
                    let mut bytes = [0; 1_024];
                    while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {
                        let _ = seen.send((number, "asked")).await;
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                    let _ = seen.send((number, "ended")).await;
                });
            }
        });
        (address, sight, tasks)
    }

    async fn ask(client: &Arc<DirectClient>, address: SocketAddr) -> DirectBody {
        let request = Request::new(Full::new(Bytes::from_static(b"x")));
        client.send(address, request).await.unwrap().into_body()
    }

    async fn read(body: DirectBody) -> Vec<Bytes> {
        body.try_collect().await.unwrap()
    }

    #[tokio::test]
    async fn a_connection_is_used_again_once_its_answer_was_read() {
        let (address, mut seen, _tasks) = server(WHOLE).await;
        let client = Arc::new(DirectClient::new(Duration::from_secs(4)));
        let unread = ask(&client, address).await;
        assert_eq!(read(ask(&client, address).await).await, ["ok"]);
        drop(unread);
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(seen.recv().await.unwrap());
        }
        // A connection whose answer was not read can contain anything.
        all.sort_unstable();
        assert_eq!(all, [(0, "asked"), (0, "ended"), (1, "asked")]);
        read(ask(&client, address).await).await;
        assert_eq!(seen.recv().await, Some((1, "asked")));
    }

    #[tokio::test]
    async fn one_that_the_server_closed_is_no_failure() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
        let (address, _seen, _tasks) = server(answer).await;
        let client = Arc::new(DirectClient::new(Duration::from_secs(4)));
        for _ in 0..20 {
            assert_eq!(read(ask(&client, address).await).await, ["ok"]);
        }
    }

    #[tokio::test]
    async fn idle_connections_end_by_themselves() {
        let (address, mut seen, _tasks) = server(WHOLE).await;
        for idle in [Duration::from_millis(50), Duration::ZERO] {
            let client = Arc::new(DirectClient::new(idle));
            read(ask(&client, address).await).await;
            let (number, _) = seen.recv().await.unwrap();
            assert_eq!(seen.recv().await, Some((number, "ended")), "after {idle:?}");
        }
    }

    #[tokio::test]
    async fn who_is_not_there_is_told_from_who_hangs_up() {
        let client = Arc::new(DirectClient::new(Duration::from_secs(4)));
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let ask = |address| client.send(address, Request::new(Full::new(Bytes::from_static(b"x"))));
        assert_eq!(ask(nobody).await.err(), Some(NoAnswer::Refused));
        let (rude, _seen, _tasks) = server("no HTTP\r\n\r\n").await;
        assert_eq!(ask(rude).await.err(), Some(NoAnswer::NotHttp(Vec::new())));
    }
}
