//! The bytes under a probe: TCP, the wait for a banner, TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Lack;
use crate::wire::tls::{CertificateVerdict, Stance, TlsFault, Trust};

/// How an attempt to connect failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The connection was refused: nothing listens.
    Refused,
    /// A resource for connecting has run out.
    Lacking(Lack),
    /// There was no answer in time, or there is no route.
    Silent(String),
}

/// Connects to the first address that accepts.
pub(crate) async fn connect(addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, Closed> {
    let mut last = Closed::Silent("there is no address to connect to".to_owned());
    for address in addresses {
        match timeout(limit, open(*address)).await {
            Ok(Ok(stream)) => {
                // Small requests must not wait for Nagle's algorithm; failing to set it costs only time.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => last = Closed::Refused,
            Ok(Err(error)) => match Lack::of(&error) {
                // The next address would take the same.
                Some(lack) => return Err(Closed::Lacking(lack)),
                None => last = Closed::Silent(error.to_string()),
            },
            Err(_) => last = Closed::Silent(format!("no answer within {} ms", limit.as_millis())),
        }
    }
    Err(last)
}

/// Like `TcpStream::connect`, but a closed port of this computer has refused by the time the system call returns: checking
/// at once saves the way through the reactor, which costs more than the connection.
async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket
        .connect(&address.into())
        .or_else(|error| if is_under_way(&error) { Ok(()) } else { Err(error) })?;
    refused(socket.take_error())?;
    // What is under way ends as a socket that can be written to, whether it failed or not.
    let stream = TcpStream::from_std(socket.into())?;
    stream.writable().await?;
    refused(stream.take_error())?;
    Ok(stream)
}

fn refused(failure: io::Result<Option<io::Error>>) -> io::Result<()> {
    failure?.map_or(Ok(()), Err)
}

#[cfg(unix)]
fn is_under_way(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINPROGRESS)
}

#[cfg(not(unix))]
fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// What the other side did before we sent anything.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Banner {
    /// Nothing: it may be HTTP.
    Quiet,
    /// It spoke first, so it is not HTTP.
    Spoke(Vec<u8>),
    /// It closed the connection.
    HungUp,
}

/// Waits a moment whether the other side speaks first. What it sends stays in the socket.
pub(crate) async fn banner(stream: &TcpStream, wait: Duration) -> Banner {
    let mut buffer = [0; 64];
    match timeout(wait, stream.peek(&mut buffer)).await {
        Err(_) => Banner::Quiet,
        Ok(Ok(0) | Err(_)) => Banner::HungUp,
        Ok(Ok(length)) => Banner::Spoke(buffer.get(..length).unwrap_or_default().to_vec()),
    }
}

/// The first bytes of the answer, to find out what answered when it was not HTTP.
#[derive(Debug, Clone, Default)]
pub(crate) struct FirstBytes(Arc<Mutex<Vec<u8>>>);

impl FirstBytes {
    const KEPT: usize = 64;

    /// A copy of the first bytes, at most 64.
    pub(crate) fn get(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = Self::KEPT.saturating_sub(kept.len());
        kept.extend(bytes.iter().take(room));
    }
}

/// TCP, or TLS over it, that remembers its first bytes.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    first: FirstBytes,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Wire {
    /// Plain TCP.
    pub(crate) fn plain(stream: TcpStream) -> Self {
        Self { stream: Box::new(stream), first: FirstBytes::default() }
    }

    /// Any stream, for tests over bytes.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn over(stream: tokio::io::DuplexStream) -> Self {
        Self { stream: Box::new(stream), first: FirstBytes::default() }
    }

    /// TLS. The verdict on the certificate is returned as well, also when it ended the handshake.
    pub(crate) async fn tls(
        stream: TcpStream,
        name: ServerName<'static>,
        trust: &Trust,
        stance: Stance,
        deadline: Instant,
    ) -> (Result<Self, TlsFault>, Option<CertificateVerdict>) {
        let (config, seen) = match trust.noting(stance) {
            Ok(noting) => noting,
            Err(fault) => return (Err(fault), None),
        };
        let handshake = timeout_at(deadline, TlsConnector::from(config).connect(name, stream)).await;
        let late = || TlsFault::Handshake("no TLS answer in time".to_owned());
        let secured = handshake
            .map_err(|_| late())
            .and_then(|secured| secured.map(Self::secured).map_err(|error| TlsFault::of_handshake(&error)));
        (secured, seen.take())
    }

    /// TLS that is there.
    pub(crate) fn secured(stream: TlsStream<TcpStream>) -> Self {
        Self { stream: Box::new(stream), first: FirstBytes::default() }
    }

    /// Shared with the connection, so it can be read after the connection failed.
    pub(crate) fn first_bytes(&self) -> FirstBytes {
        self.first.clone()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Some(new) = buffer.filled().get(before..) {
            self.first.note(new);
        }
        result
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
