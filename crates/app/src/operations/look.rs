//! Operations that only read: the newest snapshot, a server's log, its certificate.

use std::time::Duration;

use api::{
    CertificateArgs, Empty, ErrorCode, FilterArgs, FilterForms, Removed, RemovedList, ServerArgs,
    ServerDetails, ServerList, ServerLogs, ServerOrder, ServerRef, ServersArgs, ShownCertificate, Status,
    StatusCounts, ToolList, ToolRow, ToolsArgs,
};
use model::{CapabilityPattern, Filter, HealthStatus};
use registry::Snapshot;

use super::find::{find, pattern};
use crate::App;
use crate::error::OperationError;

impl App {
    pub(super) async fn status(&self, _: Empty) -> Result<Status, OperationError> {
        let snapshot = self.0.registry.snapshot();
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            data_dir: self.0.data_dir.display().to_string(),
            config_file: self.0.config.source().map(|file| file.display().to_string()),
            listening: self.listening(),
            revision: snapshot.revision(),
            started_at: self.0.started_at,
            servers: counts(&snapshot),
            notices: self.notices(),
        })
    }

    pub(super) async fn revoke_browsers(&self, _: Empty) -> Result<Empty, OperationError> {
        self.0.sessions.renew().map_err(|error| {
            OperationError::new(ErrorCode::StorageFailed, format!("the new key could not be kept: {error}"))
        })?;
        Ok(Empty {})
    }

    pub(super) async fn servers(&self, args: ServersArgs) -> Result<ServerList, OperationError> {
        let snapshot = self.0.registry.snapshot();
        let (pattern, filter) = asked(&args)?;
        let servers = snapshot.find(pattern.as_ref(), filter.as_ref());
        Ok(ServerList {
            revision: snapshot.revision(),
            servers: servers.cloned().map(Into::into).collect(),
            total: snapshot.len(),
        })
    }

    pub(super) async fn order(&self, args: ServersArgs) -> Result<ServerOrder, OperationError> {
        let snapshot = self.0.registry.snapshot();
        let (pattern, filter) = asked(&args)?;
        let servers = snapshot.find(pattern.as_ref(), filter.as_ref());
        Ok(ServerOrder {
            revision: snapshot.revision(),
            ids: servers.map(|server| server.info.id).collect(),
            total: snapshot.len(),
        })
    }

    pub(super) async fn server(&self, args: ServerArgs) -> Result<ServerDetails, OperationError> {
        let server = find(&self.0.registry.snapshot(), &args.id)?;
        let info = server.info.clone();
        let identity = info.identity.as_ref();
        Ok(ServerDetails {
            server: server.into(),
            tools: info.tools.to_vec(),
            resources: info.resources.clone(),
            prompts: info.prompts.clone(),
            instructions: identity.and_then(|said| said.instructions.clone()),
            title: identity.and_then(|said| said.title.clone()),
            declared_capabilities: info.capabilities.clone(),
            token_env: info.token_env.clone(),
            header_env: info.header_env.clone(),
            tls: info.tls.clone(),
            env: info.env.clone(),
            cwd: info.cwd.clone(),
            keep_running: info.keep_running,
            secrets: self.kept_secrets(Some(&info)),
            health_endpoint: info.health_endpoint.clone(),
            added_from: info.added_from.as_deref().cloned(),
        })
    }

    pub(super) async fn tools(&self, args: ToolsArgs) -> Result<ToolList, OperationError> {
        let snapshot = self.0.registry.snapshot();
        let servers = match &args.server {
            Some(key) => vec![find(&snapshot, key)?],
            None => snapshot.query(None, None),
        };
        // Tools that the policy denies to every client are not offered.
        let policy = self.0.mesh.routes.config().allowed();
        let tools = servers.iter().flat_map(|server| {
            let allowed = server.info.tools.iter().filter(|tool| policy.lets_tool(&server.info, tool));
            allowed.map(|tool| ToolRow { server: ServerRef::to(server), tool: tool.clone() })
        });
        Ok(ToolList { tools: tools.collect() })
    }

    pub(super) async fn removed(&self, _: Empty) -> Result<RemovedList, OperationError> {
        let removed = self.0.registry.removed().await?;
        let servers = removed.into_iter().map(|row| Removed {
            id: row.info.id,
            name: row.info.name.clone(),
            address: row.info.address(),
            removed_at: row.removed_at,
            ignored: row.ignored,
        });
        Ok(RemovedList { servers: servers.collect() })
    }

    pub(super) async fn filter(&self, args: FilterArgs) -> Result<FilterForms, OperationError> {
        let filter = Filter::from_value(&args.filter)?;
        Ok(FilterForms { short: filter.to_string(), json: filter.to_json() })
    }
}

fn asked(args: &ServersArgs) -> Result<(Option<CapabilityPattern>, Option<Filter>), OperationError> {
    let pattern = args.capability.as_deref().map(pattern).transpose()?;
    let filter = args.filter.as_ref().map(Filter::from_value).transpose()?;
    Ok((pattern, filter))
}

fn counts(snapshot: &Snapshot) -> StatusCounts {
    let count = |status: HealthStatus| snapshot.counts().of(status);
    StatusCounts {
        all: snapshot.len(),
        healthy: count(HealthStatus::Healthy),
        degraded: count(HealthStatus::Degraded),
        unhealthy: count(HealthStatus::Unhealthy),
        unknown: count(HealthStatus::Unknown),
        needs_sign_in: count(HealthStatus::NeedsSignIn),
        paused: count(HealthStatus::Paused),
        blocked: count(HealthStatus::Blocked),
    }
}

impl App {
    pub(super) async fn logs(&self, args: ServerArgs) -> Result<ServerLogs, OperationError> {
        let id = find(&self.0.registry.snapshot(), &args.id)?.info.id;
        Ok(self.0.logs.of(id, self.0.started_at))
    }
}

/// The time limit of the handshake that shows a certificate.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

impl App {
    pub(super) async fn certificate(
        &self,
        args: CertificateArgs,
    ) -> Result<ShownCertificate, OperationError> {
        let (url, tls, target) = match (args.id, args.url) {
            (Some(id), None) => {
                let info = find(&self.0.registry.snapshot(), &id)?.info;
                let url = info.target().unwrap_or_default().to_owned();
                only_over_tls(&url)?;
                (url, info.tls.clone(), self.0.mesh.contact.place(&info).await?)
            }
            (None, Some(url)) => {
                only_over_tls(&url)?;
                let target = mcp::resolve(&url).await;
                let target = target.map_err(|error| OperationError::arguments(error.to_string()))?;
                (url, None, target)
            }
            _ => return Err(OperationError::arguments("give either the `id` of a server or a `url`")),
        };
        let looked = mcp::certificate(&target, tls.as_ref(), LOOK_WITHIN).await?;
        Ok(ShownCertificate { url, shown: looked.shown, refused: looked.refused, tls })
    }
}

fn only_over_tls(url: &str) -> Result<(), OperationError> {
    if model::Endpoint::parse(url).is_ok_and(|endpoint| endpoint.url().scheme() == "https") {
        return Ok(());
    }
    Err(OperationError::arguments(format!("`{url}` is not an https:// address: only TLS has a certificate")))
}
