//! Known servers that are not asked again. Those that break at the end of a session keep every session that a handshake
//! opens, so a scan asks only whether the same program is still there, and shows what is known of it.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Era, Outcome, ServerInfo, Transport};
use url::Url;

use super::super::{ProbeReport, ProbeTarget};
use super::Asker;
use crate::names::is_localhost;
use crate::wire::frail::{is_old, is_uvicorn};
use crate::wire::terms::document;

/// A path at which none of these servers opens a session.
const QUIET_PLACE: &str = "/.well-known/oauth-protected-resource";
/// What `localhost` stands for, as written in a URL.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// What is known of them, by host and port.
#[derive(Debug, Clone, Default)]
pub struct Spared(Arc<HashMap<String, ProbeReport>>);

impl<'a> FromIterator<&'a ServerInfo> for Spared {
    fn from_iter<T: IntoIterator<Item = &'a ServerInfo>>(servers: T) -> Self {
        let mut all = HashMap::new();
        for (places, report) in servers.into_iter().filter_map(as_known) {
            all.extend(places.into_iter().map(|place| (place, report.clone())));
        }
        Self(Arc::new(all))
    }
}

impl Spared {
    /// The known server at this address, by any of its names.
    pub(crate) fn at(&self, target: &ProbeTarget) -> Option<ProbeReport> {
        let unnamed = ProbeTarget { host_name: None, ..target.clone() };
        let found = self.0.get(&target.authority()).or_else(|| self.0.get(&unnamed.authority()));
        found.cloned()
    }
}

/// The place of such a server, and what a scan would report of it.
fn as_known(info: &ServerInfo) -> Option<(Vec<String>, ProbeReport)> {
    let said = info.identity.as_ref()?;
    let may_be_one = said.era == Era::Legacy && is_old(&said.protocol_version);
    if info.transport != Transport::Http || !may_be_one {
        return None;
    }
    let endpoint = info.target()?;
    let url = Url::parse(endpoint).ok()?;
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    let hosts = if is_localhost(host) { LOOPBACK.to_vec() } else { vec![host] };
    let mut report = ProbeReport::not_mcp("as known: it keeps every session, so it was not asked again");
    report.outcome = Outcome::Mcp;
    report.open = true;
    report.transport = Some(Transport::Http);
    report.era = Some(Era::Legacy);
    report.endpoint = Some(endpoint.to_owned());
    report.identity = Some(said.clone());
    report.auth_required = info.auth_required;
    report.tools = u32::try_from(info.tools.len()).ok();
    Some((hosts.iter().map(|host| format!("{host}:{port}")).collect(), report))
}

impl Asker {
    /// What is known of such a server, if it is still there.
    pub(super) async fn as_known(&mut self) -> Option<ProbeReport> {
        let known = self.spared.take().filter(|_| self.protocols.http)?;
        let answer = self.line.ask(QUIET_PLACE, &document("a sign of life", "*/*")).await.ok()?;
        let known = ProbeReport { latency_ms: Some(self.line.last_ms), ..known };
        is_uvicorn(&answer.headers).then_some(known)
    }
}
