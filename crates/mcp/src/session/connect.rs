use std::time::Duration;

use model::{Era, Identity};
use reqwest::Response;
use rmcp::RoleClient;
use rmcp::model::ProtocolVersion;
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RunningService};
use rmcp::transport::IntoTransport;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::Session;
use super::handler::Handler;
use crate::probe::{Answered, Question, read_response};
use crate::transport::Place;
use crate::transport::http::Site;
use crate::transport::sse::SseTransport;
use crate::transport::stdio::StdioTransport;
use crate::{Launch, McpError, Remote, Target, failure, words};

/// How long a child that may be legacy, or may be starting, is waited for at least.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// Where the conversation will take place, for messages.
pub(super) fn place(target: &Target) -> Place {
    match target {
        Target::Http(remote) | Target::Sse(remote) => Place::new(&authority(&remote.url)).hiding(remote),
        Target::Stdio(launch) => Place::new(&format!("`{}`", launch.command)).heard_by(launch.stderr.clone()),
    }
}

pub(super) async fn connect(target: Target, place: Place, deadline: Duration) -> Result<Session, McpError> {
    reach(target, place.clone(), deadline).await.map_err(|error| place.scrub(error))
}

async fn reach(target: Target, place: Place, deadline: Duration) -> Result<Session, McpError> {
    match &target {
        Target::Http(remote) => http(remote, place).await,
        Target::Sse(remote) => {
            let site = Site::prepare(remote).await?;
            begin(SseTransport::open(site, &place).await?, place, mode(Era::Legacy)).await
        }
        Target::Stdio(launch) => stdio(launch, place, deadline).await,
    }
}

async fn stdio(launch: &Launch, place: Place, deadline: Duration) -> Result<Session, McpError> {
    if let Some(known) = launch.era {
        match begin(StdioTransport::start(launch, &place)?, place.clone(), mode(known)).await {
            // It may have been updated since it was asked.
            Err(McpError::Protocol { .. }) => {}
            settled => return settled,
        }
    }
    let mut transport = StdioTransport::start(launch, &place)?;
    let era = transport.era((deadline / 2).max(FIRST_ANSWER)).await?;
    begin(transport, place, mode(era)).await
}

async fn http(remote: &Remote, place: Place) -> Result<Session, McpError> {
    let site = Site::prepare(remote).await?;
    if let Some(known) = remote.era {
        match begin(site.streamable(&place), place.clone(), mode(known)).await {
            // It may have been updated since it was asked.
            Err(McpError::Protocol { .. }) => {}
            settled => return settled,
        }
    }
    let era = era(&site, &place).await?;
    begin(site.streamable(&place), place, mode(era)).await
}

/// `host:port` without anything that may be secret.
fn authority(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return "the server".to_owned() };
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

fn mode(era: Era) -> ClientLifecycleMode {
    match era {
        Era::Legacy => ClientLifecycleMode::Initialize,
        Era::Modern => {
            ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
        }
    }
}

/// Asks which era a server is of, with the credentials a session would send. We ask ourselves, since a legacy
/// server may open a session for the question (Python's do), which rmcp would leave behind.
async fn era(site: &Site, place: &Place) -> Result<Era, McpError> {
    let response =
        send(site, &Question::discover_any()).await.map_err(|error| failure::of_transport(&error, place))?;
    if let Some(session) = response.headers().get("mcp-session-id").and_then(|id| id.to_str().ok()) {
        // A server that knows no DELETE forgets the session by itself.
        let _ = send(site, &Question::delete(session)).await;
    }
    match read_response(response).await {
        Answered::Modern => Ok(Era::Modern),
        Answered::NeedsSignIn => {
            Err(McpError::NeedsSignIn { message: format!("{} asks for sign-in (HTTP 401)", place.name()) })
        }
        Answered::Something => Ok(Era::Legacy),
    }
}

async fn send(site: &Site, question: &Question) -> Result<Response, reqwest::Error> {
    let mut request = site.client.request(question.method.clone(), site.url.clone());
    for (name, value) in &site.headers {
        request = request.header(name, value);
    }
    for (name, value) in &question.headers {
        request = request.header(*name, value);
    }
    if let Some(token) = &site.bearer {
        request = request.bearer_auth(token.expose());
    }
    if let Some(body) = &question.body {
        request = request.body(body.to_string());
    }
    request.send().await
}

/// Begins the conversation over any transport.
pub(crate) async fn begin<T, E, A>(
    transport: T,
    place: Place,
    mode: ClientLifecycleMode,
) -> Result<Session, McpError>
where
    T: IntoTransport<RoleClient, E, A>,
    E: std::error::Error + Send + Sync + 'static,
{
    let begun = Handler::default().serve_with_lifecycle(transport, mode).await;
    let service = begun.map_err(|error| failure::of_connect(&error, &place))?;
    let identity = identity(&service);
    Ok(Session { identity, service, place, calls: TaskTracker::new(), over: CancellationToken::new() })
}

fn identity(service: &RunningService<RoleClient, Handler>) -> Identity {
    let Some(info) = service.peer().peer_info() else {
        return nameless(ProtocolVersion::V_2025_11_25.as_str());
    };
    let mut identity = nameless(info.protocol_version.as_str());
    if let Some(server) = &info.server_info {
        identity.name = words::name(&server.name);
        identity.title = server.title.as_deref().map(words::name);
        identity.version = Some(words::name(&server.version)).filter(|version| !version.is_empty());
    }
    identity.instructions.clone_from(&info.instructions);
    identity
}

fn nameless(version: &str) -> Identity {
    let era = if version < ProtocolVersion::V_2026_07_28.as_str() { Era::Legacy } else { Era::Modern };
    let protocol_version = version.to_owned();
    Identity { name: String::new(), title: None, version: None, protocol_version, era, instructions: None }
}
