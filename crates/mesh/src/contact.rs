//! How a server is reached: its address, resolved once and guarded, its credentials, or its command.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use mcp::{Credentials, Launch, LineSink, ProbeTarget, Remote, Secret, Target};
use model::{ServerId, ServerInfo, Source, Transport};
use vault::Vault;

use crate::Unreached;

/// Receives the standard error of a child process, a line at a time.
pub type StderrSink = Arc<dyn Fn(ServerId, &str) + Send + Sync>;

/// The way to every server. Cheap to clone.
#[derive(Clone)]
pub struct Contact {
    vault: Vault,
    lines: StderrSink,
    /// A variable that every child process is given.
    mark: Option<(&'static str, Secret)>,
}

impl Contact {
    /// With these credentials.
    pub fn new(vault: Vault, lines: StderrSink) -> Self {
        Self { vault, lines, mark: None }
    }

    /// Gives every child process this variable, unless its record has one of that name.
    #[must_use]
    pub fn marking_children(self, name: &'static str, value: String) -> Self {
        Self { mark: Some((name, Secret::new(value))), ..self }
    }

    /// The credentials.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// How a server is reached now, at one address that was resolved and is allowed. Secrets are read only now, from where
    /// they are kept.
    pub async fn target(&self, info: &ServerInfo) -> Result<Target, Unreached> {
        self.target_given(info, &[]).await
    }

    /// The same for a command whose environment was just given, and is not kept yet.
    pub async fn target_given(
        &self,
        info: &ServerInfo,
        env: &[(String, Secret)],
    ) -> Result<Target, Unreached> {
        let mut target = match info.transport {
            Transport::Http => remote(info).map(Target::Http),
            Transport::Sse => remote(info).map(Target::Sse),
            Transport::Stdio => self.launch(info, env).await.map(Target::Stdio),
        }?;
        if let Target::Http(remote) | Target::Sse(remote) = &mut target {
            remote.address = pinned(info, &remote.url).await?;
            self.vault.sign(info, remote).await?;
        }
        Ok(target)
    }

    /// Only the place of a server, at an allowed address: no secret is read.
    pub async fn place(&self, info: &ServerInfo) -> Result<ProbeTarget, Unreached> {
        let url = info.target().ok_or_else(|| lacks(info, "URL"))?;
        guarded(info, url).await
    }

    /// How a URL is reached with these credentials, whatever is kept: they have just been given.
    pub async fn target_signed(
        &self,
        info: &ServerInfo,
        credentials: &Credentials,
    ) -> Result<Target, Unreached> {
        let mut remote = remote(info)?;
        remote.address = pinned(info, &remote.url).await?;
        let Credentials { bearer, headers, query } = credentials.clone();
        (remote.bearer, remote.headers, remote.query) = (bearer, headers, query);
        Ok(if info.transport == Transport::Sse { Target::Sse(remote) } else { Target::Http(remote) })
    }

    /// A command runs only when the user gave it here; one that came with a file is a recipe, not an order.
    async fn launch(&self, info: &ServerInfo, env: &[(String, Secret)]) -> Result<Launch, Unreached> {
        let command = info.command.as_ref().ok_or_else(|| lacks(info, "command"))?;
        // What was added from a client's file was agreed to, line by line.
        if !matches!(info.source, Source::Manual | Source::Client) {
            return Err(Unreached::NotAgreed { name: info.name.clone(), server: info.id });
        }
        let era = info.identity.as_ref().map(|said| said.era);
        let (lines, id) = (self.lines.clone(), info.id);
        let stderr = Some(LineSink::new(move |line| lines(id, line)));
        let mut env = self.vault.environment(info, env).await?;
        if let Some((name, value)) =
            self.mark.clone().filter(|(name, _)| env.iter().all(|(own, _)| own != name))
        {
            env.push((name.to_owned(), value));
        }
        let cwd = info.cwd.as_ref().map(PathBuf::from);
        Ok(Launch { era, stderr, env, cwd, ..Launch::new(command, info.args.clone()) })
    }
}

fn remote(info: &ServerInfo) -> Result<Remote, Unreached> {
    let url = info.target().ok_or_else(|| lacks(info, "URL"))?;
    let mut remote = Remote::new(url);
    remote.era = info.identity.as_ref().map(|said| said.era);
    remote.tls.clone_from(&info.tls);
    Ok(remote)
}

fn lacks(info: &ServerInfo, what: &'static str) -> Unreached {
    Unreached::NoTarget { name: info.name.clone(), what }
}

/// The one address that this conversation uses: the name is resolved here, once, and must not lead farther away than when
/// the user added the server (DNS rebinding). For `localhost`, which is not resolved, either address will do.
async fn pinned(info: &ServerInfo, url: &str) -> Result<Option<IpAddr>, Unreached> {
    let found = guarded(info, url).await?;
    let is_localhost = found.host_name.as_deref().is_some_and(mcp::is_localhost);
    Ok((!is_localhost).then_some(found.host))
}

async fn guarded(info: &ServerInfo, url: &str) -> Result<ProbeTarget, Unreached> {
    let found = mcp::resolve(url).await.map_err(Unreached::NoAddress)?;
    if info.reach.is_some_and(|agreed| mcp::reach(found.host) > agreed) {
        return Err(Unreached::NotAllowed(format!(
            "`{}` was added at a local address, and its name now leads to {}: nothing was sent there; add it \
             again to agree",
            info.name, found.host
        )));
    }
    Ok(found)
}
