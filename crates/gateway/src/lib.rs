//! The MCP server that AI clients see: one endpoint in front of all servers, in both eras of the protocol.
//!
//! - [`Gateway::answer`] takes one HTTP request to `/mcp` or `/servers/<id>/mcp` and answers it. Its body is read once, into
//!   borrowed parts; what a client says to a server, and what it answers, are the bytes that they came as.
//! - The tools (`catalog`) come from the registry, never from asking servers. What each is called is found in `names`, kept
//!   in `gateway.db` (`file`), and never changes.
//! - A call goes through [`mesh::Mesh::run`], so it is balanced, recorded and explained like any other.
//! - `clients` has the tokens, `sealed` the sessions of legacy clients, which outlive this process.
//!
//! - What servers ask a legacy client back, and tell it beside its answers, goes through `asked`, on conversations with
//!   servers that each session has for itself (`conversations`). A modern client is asked in the answer, and comes back with
//!   a sealed state.
//!
//! Deliberately absent: asking back across the eras, which is refused by name.

mod asked;
mod beside;
mod call;
mod catalog;
mod changes;
mod clients;
mod conversations;
mod endpoint;
mod file;
mod find;
mod legacy;
mod links;
mod listing;
mod lists;
mod modern;
mod names;
mod overview;
mod pace;
mod passage;
mod passed;
mod post;
mod replicas;
mod reply;
mod running;
mod sealed;
mod stream;
mod streamed;
mod template;
mod told;
mod view;
mod wanted;
mod watched;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::{ApiError, ErrorCode};
use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use mesh::{Mesh, Witness};
use model::config::{Config, GatewayAuth};
use model::{Server, ServerId};
use parking_lot::Mutex;
use registry::{Registry, now};
use sha2::{Digest, Sha256};
use store::beside::BesideError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use beside::OfferedKind;
pub use clients::{GatewayClient, NoToken};
pub use endpoint::GatewayPath;
pub use file::FILE;
pub use overview::{GatewayOffer, GatewayTool};
pub use passage::{VIA_VARIABLE, via_of_children};
pub use replicas::{
    MadeReplicas, ProposedReplicas, RenamedTool, ReplicaFinder, ToolApart, do_agree, made_groups,
};
pub use reply::Body;
pub use told::CallWords;

use catalog::{Catalog, Fingerprints};
use clients::{Caller, GatewayClients};
use conversations::{LiveSessions, SessionLimits};
use file::GatewayFile;
use names::{GivenNames, NameSpace, OfferOrigin, Unnamed};
use reply::Rejected;
use running::RunningCalls;
use sealed::Seal;

/// How often a changed list is announced at most.
const TELL_AGAIN: Duration = Duration::from_secs(1);
/// How often unused state is searched for, at least.
const REST_EVERY: Duration = Duration::from_secs(30);
/// How often the last use of clients is written.
const WRITE_USES: Duration = Duration::from_mins(1);

/// The parts that the gateway uses.
pub struct Parts {
    /// Sends calls to their servers.
    pub mesh: Mesh,
    /// The registry.
    pub registry: Registry,
    /// The configuration as it is now.
    pub config: watch::Receiver<Arc<Config>>,
    /// The tasks of continuing work.
    pub tasks: TaskTracker,
    /// Ends the streams.
    pub stop: CancellationToken,
    /// Receives calls that were refused before a server was chosen.
    pub witness: Arc<dyn Witness>,
    /// The key that seals sessions: the same in every process of a data directory.
    pub key: String,
    /// Words errors for clients.
    pub words: CallWords,
}

/// The gateway. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    parts: Parts,
    file: Arc<GatewayFile>,
    clients: GatewayClients,
    seal: Seal,
    running: RunningCalls,
    /// The sessions of legacy clients that have conversations.
    live: LiveSessions,
    paces: pace::CallPaces,
    given: Mutex<HashMap<NameSpace, GivenNames>>,
    catalog: Mutex<Option<Arc<Catalog>>>,
    views: view::KeptViews,
    /// The lists that clients were last notified of.
    changed: watch::Sender<Fingerprints>,
    /// Identifies the gateway of this data directory.
    instance: String,
    /// The gateways before this process, and this one, as in `Via`.
    before: String,
    via: String,
}

impl Gateway {
    /// Opens its data in this folder. The sentences are notices for the user.
    pub fn open(folder: &Path, parts: Parts) -> Result<(Self, Vec<String>), BesideError> {
        let (file, aside) = GatewayFile::open(folder, now())?;
        let notices = aside.map(|aside| {
            format!(
                "`{FILE}` was damaged ({}) and is now `{}`. AI clients need new tokens: create them with \
                 `mcp-discovery gateway token NAME`.",
                aside.why,
                aside.path.display()
            )
        });
        let file = Arc::new(file);
        let clients = GatewayClients::open(file.clone())?;
        let given = NameSpace::ALL.map(|space| Ok((space, file.given(space)?)));
        let given = given.into_iter().collect::<Result<_, BesideError>>()?;
        let instance = instance(&parts.key);
        let inner = Inner {
            before: passage::before(&passage::via(&instance)),
            via: passage::via(&instance),
            instance,
            seal: Seal::new(&parts.key),
            parts,
            file,
            clients,
            running: RunningCalls::default(),
            live: LiveSessions::default(),
            paces: pace::CallPaces::default(),
            given: Mutex::new(given),
            catalog: Mutex::default(),
            views: view::KeptViews::default(),
            changed: watch::Sender::default(),
        };
        Ok((Self(Arc::new(inner)), notices.into_iter().collect()))
    }

    /// Answers one request. Its Host and Origin were checked, and its body was read whole.
    pub async fn answer(&self, to: GatewayPath, request: Request<Bytes>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let config = self.config();
        if !config.gateway.enabled {
            return refused(StatusCode::NOT_FOUND, "the gateway is off: `gateway.enabled` is `false`");
        }
        let Some(caller) = self.caller(&head.headers, &config) else { return unauthorized() };
        let passage = match passage::going_on(&head.headers, &self.0.before, &self.0.via) {
            Ok(passage) => passage,
            Err(refused) => return refused.response(None),
        };
        let ask = post::PostedRequest { to, caller, headers: head.headers, passage };
        match head.method {
            Method::POST => self.post(ask, body).await,
            Method::GET => self.listen(&ask),
            Method::DELETE => self.end_session(&ask),
            _ => {
                let mut response = refused(StatusCode::METHOD_NOT_ALLOWED, "an MCP endpoint takes POST");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET, DELETE"));
                response
            }
        }
    }

    /// The largest body of a request, in bytes.
    pub fn largest_body(&self) -> usize {
        let bytes = self.config().gateway.limits.body.saturating_mul(1024 * 1024);
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    /// Its entry in `Via`.
    pub fn via(&self) -> &str {
        &self.0.via
    }

    /// The clients that have a token, by name.
    pub fn clients(&self) -> Vec<GatewayClient> {
        self.0.clients.list()
    }

    /// Creates a token for a client of this name. It cannot be read again later.
    pub fn make_token(&self, name: &str) -> Result<(GatewayClient, String), NoToken> {
        self.0.clients.make(name, now())
    }

    /// Revokes the token of a client, found by name or id. `None` when there is none.
    pub fn revoke_token(&self, key: &str) -> Result<Option<GatewayClient>, BesideError> {
        self.0.clients.revoke(key)
    }

    /// How many sessions of clients have conversations with servers.
    pub fn sessions(&self) -> usize {
        self.0.live.len()
    }

    /// Frees the names of servers that are gone for good.
    pub fn forget_servers(&self, ids: &[ServerId]) {
        let owners: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let mut given = self.0.given.lock();
        let mut has_any = false;
        for names in given.values_mut() {
            has_any |= names.forget(|owner| owners.iter().any(|gone| gone == owner));
        }
        if has_any && let Err(error) = self.0.file.forget_names(&owners) {
            tracing::warn!(%error, "names of tools that are gone could not be given up");
        }
    }

    /// Watches the list of tools for clients that are subscribed to changes, until the core stops.
    pub async fn follow(self) {
        let stop = self.0.parts.stop.clone();
        let mut events = self.0.parts.registry.subscribe();
        let mut config = self.0.parts.config.clone();
        let mut written = tokio::time::Instant::now();
        let mut rested = written;
        // The view of a client can change with the configuration alone: every listener checks for itself.
        let mut is_other_config = false;
        loop {
            let now = self.catalog().fingerprints;
            self.0.changed.send_if_modified(|known| {
                std::mem::replace(known, now) != now || std::mem::take(&mut is_other_config)
            });
            let limits = SessionLimits::of(&self.config());
            let rest_every = limits.rest_every().min(REST_EVERY);
            if rested.elapsed() >= rest_every {
                rested = tokio::time::Instant::now();
                self.rest(limits);
            }
            if written.elapsed() >= WRITE_USES {
                written = tokio::time::Instant::now();
                self.write_uses();
            }
            tokio::select! {
                () = stop.cancelled() => break,
                // What was missed changes nothing: the list is made of what there is.
                _ = events.recv() => {}
                () = tokio::time::sleep(rest_every) => {}
                changed = config.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    is_other_config = true;
                }
            }
            if stop.run_until_cancelled(tokio::time::sleep(TELL_AGAIN)).await.is_none() {
                break;
            }
        }
        self.write_uses();
        self.0.live.close().await;
    }

    /// Ends what was kept for clients that are gone, and with servers that clients can no longer see.
    fn rest(&self, limits: SessionLimits) {
        let snapshot = self.0.parts.registry.snapshot();
        self.0.live.rest(limits, |id| snapshot.get(id).is_some_and(catalog::is_listed));
    }

    /// Distinguishes this core's endpoint from that of another.
    pub(crate) fn version(&self) -> String {
        format!("{}+{}", env!("CARGO_PKG_VERSION"), self.0.instance)
    }

    /// Whether a server leads back to this gateway itself, whatever is between. Its tools would be listed again with every
    /// check.
    pub(crate) fn is_ourselves(&self, server: &Server) -> bool {
        let said = server.info.identity.as_ref().and_then(|said| said.version.as_deref());
        said.is_some_and(|version| version.contains(&self.0.instance))
    }

    fn write_uses(&self) {
        if let Err(error) = self.0.clients.write_uses() {
            tracing::warn!(%error, "when AI clients were used last could not be written");
        }
    }

    fn config(&self) -> Arc<Config> {
        self.0.parts.config.borrow().clone()
    }

    fn caller(&self, headers: &HeaderMap, config: &Config) -> Option<Caller> {
        if config.gateway.auth == GatewayAuth::None {
            return Some(GatewayClients::anybody());
        }
        let sent = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = sent.split_once(' ')?;
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        is_bearer.then(|| self.0.clients.caller(token.trim(), now())).flatten()
    }

    /// The tools as they are now.
    fn catalog(&self) -> Arc<Catalog> {
        let (snapshot, config) = (self.0.parts.registry.snapshot(), self.config());
        let mut kept = self.0.catalog.lock();
        if let Some(catalog) = kept.as_ref().filter(|catalog| catalog.holds(&snapshot, &config)) {
            return catalog.clone();
        }
        let catalog =
            Arc::new(Catalog::of(&snapshot, &config, |server| !is_a_gateway(server), &mut |space, all| {
                self.named(space, all)
            }));
        *kept = Some(catalog.clone());
        catalog
    }

    /// The names of all of these; those without one get one, for good.
    fn named(&self, space: NameSpace, all: Vec<Unnamed>) -> HashMap<OfferOrigin, String> {
        let mut given = self.0.given.lock();
        let names = given.entry(space).or_default();
        let origins: Vec<OfferOrigin> = all.iter().map(|one| one.origin.clone()).collect();
        let unnamed = all.into_iter().filter(|one| names.name(&one.origin).is_none()).collect();
        let fresh = names.name_all(unnamed, space);
        if !fresh.is_empty()
            && let Err(error) = self.0.file.keep_names(space, &fresh)
        {
            tracing::warn!(%error, "names of tools could not be kept: they may change after a restart");
        }
        let known = origins.into_iter().filter_map(|origin| {
            let name = names.name(&origin)?.to_owned();
            Some((origin, name))
        });
        known.collect()
    }
}

/// Gateways are not listed by gateways: of two that list each other the lists would grow with every check. Each is reached
/// at `/servers/<id>/mcp`.
fn is_a_gateway(server: &Server) -> bool {
    server.info.identity.as_ref().is_some_and(|said| said.name == NAME)
}

/// Our name.
const NAME: &str = "mcp-discovery";

/// The suffix of the version of a gateway with this key, and of no other. It reveals nothing about the key.
pub fn instance(key: &str) -> String {
    let digest = Sha256::digest(format!("mcp-discovery instance\0{key}").as_bytes());
    clients::hex(&digest).chars().take(16).collect()
}

fn refused(status: StatusCode, why: &str) -> Response<Body> {
    let code =
        if status == StatusCode::NOT_FOUND { ErrorCode::NotFound } else { ErrorCode::InvalidArguments };
    Rejected::of_api(status, &ApiError::new(code, why)).response(None)
}

fn unauthorized() -> Response<Body> {
    let why = "a token of the gateway is needed: create one with `mcp-discovery gateway token NAME` and send it as \
               `Authorization: Bearer mcpd_…`; the owner's token does not open the gateway";
    let error = ApiError::new(ErrorCode::Unauthorized, why);
    let mut response = Rejected::of_api(StatusCode::UNAUTHORIZED, &error).response(None);
    response
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"mcp-discovery\""));
    response
}
