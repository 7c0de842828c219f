//! The least that a proxy of the same libraries takes: hyper on both sides, and no thought between them. Each client's
//! connection has one of its own to a server, so that not even that is chosen.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// Listens here, and passes on what comes to these ports by turns.
pub(crate) fn serve(address: &str, ports: &[&str]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let ports: Vec<u16> = ports.iter().map(|port| port.parse().unwrap()).collect();
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await.unwrap();
        let mut tasks = JoinSet::new();
        for port in ports.iter().cycle() {
            let (stream, _) = listener.accept().await.unwrap();
            tasks.spawn(pass_on(stream, ([127, 0, 0, 1], *port).into()));
            while tasks.try_join_next().is_some() {}
        }
    });
}

async fn pass_on(stream: TcpStream, to: SocketAddr) {
    let Ok(upstream) = TcpStream::connect(to).await else { return };
    stream.set_nodelay(true).unwrap();
    upstream.set_nodelay(true).unwrap();
    let Ok((sender, connection)) = client::handshake(TokioIo::new(upstream)).await else { return };
    let sender = Arc::new(Mutex::new(sender));
    let service = service_fn(|request| {
        let sender = sender.clone();
        async move { Ok::<_, Infallible>(answer(&mut *sender.lock().await, request).await) }
    });
    let serving = server::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = serving => {}
        _ = connection => {}
    }
}

async fn answer(
    sender: &mut client::SendRequest<Incoming>,
    request: Request<Incoming>,
) -> Response<Incoming> {
    sender.ready().await.unwrap();
    sender.send_request(request).await.unwrap()
}
