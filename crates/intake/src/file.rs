//! Servers that a file lists. A file is data: what it says about trust, addresses and secrets needs the user's consent.

use std::sync::Arc;

use api::{Fate, ImportArgs, ImportReport, ImportedServer};
use model::servers_json::ServersFile;
use model::{Endpoint, Given, ServerInfo, Source, Tls, secrets};
use registry::{Origin, Snapshot, Upserted};

use crate::given::By;
use crate::{Intake, IntakeError};

impl Intake {
    /// Keeps the servers of a file, and those of their secrets that the user agreed to.
    pub async fn take_file(
        &self,
        mut read: ServersFile,
        args: &ImportArgs,
    ) -> Result<ImportReport, IntakeError> {
        let mut report = ImportReport { warnings: read.warnings, ..ImportReport::default() };
        if read.servers.is_empty() {
            return Ok(report);
        }
        let file = args.file.as_deref().unwrap_or("the file");
        let snapshot = self.registry.snapshot();
        let mut entries: Vec<_> = read.servers.drain(..).zip(read.given).collect();
        entries.retain(|(info, _)| match unfit(info) {
            None => true,
            Some(why) => {
                report.warnings.push(format!("`{:.60}` was left out: {why}", info.name));
                false
            }
        });
        let (mut servers, given): (Vec<ServerInfo>, Vec<_>) = entries.into_iter().unzip();
        for info in &mut servers {
            report.warnings.extend(distrust(info, &snapshot));
            report.warnings.extend(self.without_ways(info, &snapshot));
            if let Some(warning) = without_trust(info, &snapshot, args.certificates) {
                report.certificates_left += 1;
                report.warnings.push(warning);
            }
        }
        let (lines, given): (Vec<usize>, Vec<Given>) = given.into_iter().unzip();
        self.told_apart(&mut servers, &given, By::File).await?;
        let label = format!("imported {} from {file}", count(servers.len()));
        let origin = Origin::Person { label };
        let committed = if args.dry_run {
            self.registry.preview(servers.clone(), origin).await?
        } else {
            self.registry.upsert(servers.clone(), origin).await?
        };
        let fates = servers.iter().zip(&committed.upserted);
        report.servers = fates.take(MOST_TOLD).map(|(info, (_, what))| imported(info, *what)).collect();
        let kept = if args.dry_run { 0 } else { servers.len() };
        for ((info, given), line) in servers.iter().zip(&given).zip(lines).take(kept) {
            let values = self.keep_given(info, given, args).await;
            report.secrets_kept += values.kept;
            report.secrets_left += values.left;
            report.warnings.extend(values.said.iter().map(|said| format!("line {line}: {said}")));
        }
        let count =
            |kinds: &[Upserted]| committed.upserted.iter().filter(|(_, what)| kinds.contains(what)).count();
        report.added = count(&[Upserted::Added, Upserted::Restored]);
        report.updated = count(&[Upserted::Updated]);
        report.unchanged = count(&[Upserted::Unchanged]);
        // What changed nothing has nothing to take back.
        report.revision = committed.revision;
        report.undo = committed.undo.filter(|_| report.added + report.updated > 0);
        Ok(report)
    }
}

/// Why a record of a file cannot be kept, whatever the others are.
fn unfit(info: &ServerInfo) -> Option<String> {
    if secrets::lacks_secret(&info.args) {
        return Some("a secret among its arguments stayed where it was exported; add it yourself".to_owned());
    }
    registry::check_record(info).err().map(|error| error.to_string())
}

impl Intake {
    /// Where a server has secrets, a file cannot choose other addresses for them: `endpoint` and `health_endpoint` would get
    /// them at the next check.
    fn without_ways(&self, info: &mut ServerInfo, snapshot: &Snapshot) -> Vec<String> {
        let Some(known) = snapshot.get(info.id).map(|server| &server.info) else { return Vec::new() };
        let has_secrets = known.token_env.is_some()
            || !known.header_env.is_empty()
            || !self.vault().list(Some(known)).is_empty();
        let mut warnings = Vec::new();
        let ways = [
            ("endpoint", &mut info.endpoint, &known.endpoint),
            ("health_endpoint", &mut info.health_endpoint, &known.health_endpoint),
        ];
        for (what, given, own) in ways {
            let is_new = given.is_some() && given != own && *given != known.url;
            if has_secrets
                && is_new
                && let Some(address) = given.take()
            {
                warnings.push(format!(
                    "`{:.60}`: its `{what}` {address:.200} was left out: the server has secrets, and they would be sent there; \
                     edit the server, or remove its secrets first",
                    info.name
                ));
            }
        }
        warnings
    }
}

/// More servers of a file are not named one by one.
const MOST_TOLD: usize = 1_000;

fn imported(info: &ServerInfo, what: Upserted) -> ImportedServer {
    let fate = match what {
        Upserted::Added | Upserted::Restored => Fate::Added,
        Upserted::Updated => Fate::Updated,
        Upserted::Unchanged | Upserted::Ignored => Fate::Unchanged,
    };
    let address = info.url.clone().or_else(|| info.command.clone()).unwrap_or_default();
    ImportedServer { name: info.name.clone(), address, fate }
}

/// A file is data, never authority: it cannot say that the user agreed to a command or to an address that is farther away,
/// nor make us send a secret of this computer to an address it names. What was left out is reported.
fn distrust(info: &mut ServerInfo, snapshot: &Snapshot) -> Vec<String> {
    let origin = |url: &Option<String>| {
        url.as_deref().and_then(|url| Endpoint::parse(url).ok()).map(|url| url.origin())
    };
    let mut warnings = Vec::new();
    (info.source, info.reach) = (Source::Import, None);
    if info.url.is_some() && info.endpoint.is_some() && origin(&info.url) != origin(&info.endpoint) {
        warnings.push(format!(
            "`{:.60}`: its endpoint is at another address than its URL and was left out",
            info.name
        ));
        info.endpoint = None;
        // It may have been this endpoint that made the id credible.
        info.id = info.address_id();
    }
    let known = snapshot.get(info.id).map(|server| server.info.clone());
    if known.as_ref().is_some_and(|known| known.identity.is_some()) {
        // What we read ourselves is newer than any file, and changed tools are compared with it.
        info.identity = None;
        info.tools = Arc::default();
        (info.resources, info.prompts, info.left_out) = (Vec::new(), Vec::new(), None);
        info.definitions = Arc::default();
    }
    let agreed = known.is_some_and(|known| {
        known.token_env == info.token_env && known.header_env == info.header_env && known.url == info.url
    });
    if !agreed {
        for (header, variable) in std::mem::take(&mut info.header_env) {
            warnings.push(format!(
                "`{:.60}`: the header `{header}` from the variable `{variable}` was left out",
                info.name
            ));
        }
    }
    if let Some(variable) = info.token_env.take_if(|_| !agreed) {
        warnings.push(format!(
            "`{:.60}`: the token's variable `{variable}` was left out; agree to it by editing the server",
            info.name
        ));
    }
    warnings
}

/// Nor can it set the trust: a server under a known name could be any server.
fn without_trust(info: &mut ServerInfo, snapshot: &Snapshot, is_agreed: bool) -> Option<String> {
    let known = snapshot.get(info.id).map(|known| &known.info);
    // An edit may have led it away: what was agreed to elsewhere says nothing of this address.
    let known = known.filter(|known| known.origin() == info.origin()).and_then(|known| known.tls.clone());
    let tls = info.tls.take_if(|tls| !is_agreed && known.as_ref() != Some(tls))?;
    let what = match &tls {
        Tls::Agreed(agreed) => format!("certificate {}", agreed.fingerprint),
        Tls::Ca { ca } => format!("CA in {ca:?}"),
    };
    Some(format!(
        "`{:.60}`: the {what}, which the file trusts, was left out; agree to it by editing the server",
        info.name
    ))
}

fn count(servers: usize) -> String {
    if servers == 1 { "1 server".to_owned() } else { format!("{servers} servers") }
}
