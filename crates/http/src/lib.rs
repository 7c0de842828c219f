//! The HTTP face: the same operations as every other face, the events, and the UI's files, on one listener.
//!
//! Every request passes the [`gate`] (Host, Origin); the API needs the owner's token as well ([`access`]).

mod access;
mod api;
mod connections;
mod door;
mod files;
mod gate;
mod metrics;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use app::App;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Router, middleware};
use connections::Behind;
use door::Door;
use metrics::ScrapeDoor;
use tokio::net::TcpListener;
use tower_http::timeout::RequestBodyTimeoutLayer;

pub use access::Access;
pub use connections::ConnectionLimits;
pub use gate::Gate;

/// A `servers.json` of 100,000 servers is smaller; a runaway upload is not.
const LARGEST_BODY: usize = 256 * 1024 * 1024;

/// A listening face that does not answer yet.
pub struct Face {
    listener: TcpListener,
    address: SocketAddr,
    app: App,
    limits: ConnectionLimits,
    /// Whether AI clients are served here as well.
    serves_gateway: bool,
}

impl Face {
    /// Binds the address and announces it to other processes. Port 0 picks a free port.
    pub async fn bind(app: &App, listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        Self::of(app, listener, true)
    }

    /// The same at the address of the configuration. When another program has that address, UI and API are served on a free
    /// port of loopback, and AI clients not at all: they know only one address.
    pub async fn bind_as_configured(app: &App) -> io::Result<Self> {
        let listen = app.live_config().borrow().gateway.listen;
        match TcpListener::bind(listen).await {
            Ok(listener) => Self::of(app, listener, true),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
                let face = Self::of(app, listener, false)?;
                app.address_is_taken(listen, &face.url()).await;
                Ok(face)
            }
            Err(error) => Err(error),
        }
    }

    fn of(app: &App, listener: TcpListener, serves_gateway: bool) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let limits = ConnectionLimits::at_most(app.live_config().borrow().gateway.limits.connections);
        app.announce(format!("http://{address}"), serves_gateway)?;
        Ok(Self { listener, address, app: app.clone(), limits, serves_gateway })
    }

    /// Its address, such as `http://127.0.0.1:8090`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// With other limits of its connections.
    #[must_use]
    pub fn with(self, limits: ConnectionLimits) -> Self {
        Self { limits, ..self }
    }

    /// Answers until the core is asked to stop; requests under way are finished.
    pub async fn serve(self) {
        let stopping = self.app.stopping();
        let gate = Gate::new(self.address, self.app.live_config());
        let gateway = self.app.gateway_served().filter(|_| self.serves_gateway).map(|gateway| Door {
            gateway,
            gate: gate.clone(),
            patience: self.limits.body,
        });
        let counters = self.app.counters().clone();
        let behind = Behind { router: router(self.app, gate, self.address, self.limits), gateway, counters };
        connections::serve(self.listener, behind, self.limits, stopping).await;
    }
}

/// All routes. The gate is before every one of them, the token only before the API.
fn router(app: App, gate: Gate, address: SocketAddr, limits: ConnectionLimits) -> Router {
    let access = Access::new(&app, address.port());
    let figures = Router::new()
        .route("/metrics", get(metrics::scrape))
        .with_state(ScrapeDoor { app: app.clone(), needs_token: !address.ip().is_loopback() });
    let api = Router::new()
        .route("/events", get(api::events))
        .route("/{operation}", post(api::operation))
        .method_not_allowed_fallback(api::not_posted)
        .with_state(app)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(RequestBodyTimeoutLayer::new(limits.body))
        .layer(middleware::from_fn_with_state(access.clone(), access::require));
    let session = Router::new()
        .route("/api/v1/session", post(access::exchange))
        .method_not_allowed_fallback(api::not_posted)
        .with_state(access);
    Router::new()
        .nest("/api/v1", api)
        .merge(session)
        .merge(figures)
        .route("/healthz", get(|| async { "ok\n" }))
        .method_not_allowed_fallback(api::only_read)
        .fallback(files::serve)
        .layer(middleware::from_fn_with_state(gate, gate::check))
}
