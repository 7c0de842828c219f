//! Editing a kept server: what leads to it is tried before it is kept, its id stays, and undo brings all of it back.

use api::{EditArgs, Edited, ErrorCode};
use std::sync::Arc;

use mcp::resolve;
use model::{Server, ServerInfo, Transport};
use registry::{Observation, Patch, Way};

use super::given::without_keys_in_url;
use super::look::find;
use super::steps::steps;
use super::trust;
use super::way::{EditDraft, words};
use crate::App;
use crate::error::OperationError;

impl App {
    pub(super) async fn edit(&self, args: EditArgs) -> Result<Edited, OperationError> {
        if args.to.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
            return Err(OperationError::arguments("a server needs a name: give at least one letter"));
        }
        let server = find(&self.0.registry.snapshot(), &args.id)?;
        if args.to.keep_running.is_some() && server.info.transport != Transport::Stdio {
            return Err(OperationError::arguments(
                "only a stdio server can be kept running, and this one has an address",
            ));
        }
        let (to, taken) = without_keys_in_url(args.to);
        let args = EditArgs { to, ..args };
        let _under_way = self.0.tasks.token();
        let tried = self.0.stop.run_until_cancelled(Box::pin(self.tried(&server.info, &args))).await;
        let stopped = || OperationError::new(ErrorCode::Internal, "the core stops: nothing was changed");
        let draft = tried.unwrap_or_else(|| Err(stopped()))?;
        let edited = self.told(&server, &draft, taken);
        if args.to.dry_run {
            return Ok(Edited { server: shown(&server, &draft, &args).into(), ..edited });
        }
        self.save(&args, draft, edited).await
    }

    /// What is to be kept, asked first unless a person knows better.
    async fn tried(&self, from: &Arc<ServerInfo>, args: &EditArgs) -> Result<EditDraft, OperationError> {
        // A test asks in any case.
        if !args.leads() && (!args.to.dry_run || args.to.no_probe) {
            return Ok(self.as_it_is(from));
        }
        let mut draft = self.draft(from, args)?;
        if draft.to.tls != from.tls || !args.to.no_probe {
            trust::usable(draft.to.tls.as_ref()).await?;
        }
        self.is_free(&draft).await?;
        match from.transport {
            Transport::Stdio if args.to.no_probe => {}
            Transport::Stdio => {
                let env = self.environment_of(&draft).await?;
                let (observation, steps) = self.try_command(&draft.to, &env, args.to.call.clone()).await?;
                (draft.observation, draft.steps) = (Some(observation), steps);
            }
            // A test says what it would be like without.
            Transport::Http | Transport::Sse if args.only_distrusts() && !args.to.dry_run => {}
            Transport::Http | Transport::Sse => self.try_address(&mut draft, args).await?,
        }
        self.is_free(&draft).await?;
        Ok(draft)
    }

    async fn try_address(&self, draft: &mut EditDraft, args: &EditArgs) -> Result<(), OperationError> {
        let presented = super::credentials::Presented::read(&args.to)?;
        let url = draft.to.url.clone().unwrap_or_default();
        if args.to.no_probe {
            return presented.may_stay_at(&url);
        }
        let target = resolve(&url).await.map_err(|error| OperationError::arguments(error.to_string()))?;
        let reach = mcp::reach(target.host);
        if args.to.url.is_some() {
            draft.to.reach = Some(reach);
        } else if draft.from.reach.is_some_and(|agreed| reach > agreed) {
            return Err(farther(&draft.from.name, target.host));
        }
        presented.may_go_to(&url, target.host)?;
        let credentials = self.credentials_of(draft).await?;
        let report = self.asked(&target, credentials.clone(), draft.to.tls.clone(), &url).await?;
        draft.steps = steps(&report);
        super::add::learn(&mut draft.to, &report);
        draft.observation = Some(self.seen_with(&mut draft.to, report, &credentials).await);
        Ok(())
    }

    fn told(&self, server: &Server, draft: &EditDraft, taken: Vec<String>) -> Edited {
        let kept = self.kept_slots(&draft.from);
        let leaves = draft.leaves(&kept);
        let leaves_at = draft.from.origin().filter(|_| draft.leads_elsewhere() && !leaves.is_empty());
        Edited {
            ids: Vec::new(),
            undo: None,
            revision: self.0.registry.snapshot().revision(),
            server: server.clone().into(),
            kept: None,
            taken,
            stays: draft.stays.iter().map(words).collect(),
            leaves,
            leaves_at,
            steps: draft.steps.clone(),
        }
    }

    async fn save(
        &self,
        args: &EditArgs,
        draft: EditDraft,
        edited: Edited,
    ) -> Result<Edited, OperationError> {
        let id = draft.to.id;
        let kept = self.keep_set(&draft).await?;
        let name = args.to.name.clone().or_else(|| new_name(&draft));
        let way = args.leads().then(|| Box::new(Way { from: draft.from.clone(), to: draft.to.clone() }));
        let (metadata, capabilities) = (args.to.metadata.clone(), args.to.capabilities.clone());
        let keep_running = args.to.keep_running;
        let changed =
            self.0.registry.edit(id, Patch { name, metadata, capabilities, keep_running, way }).await;
        let changed = match changed {
            Ok(changed) => changed,
            Err(error) => {
                self.forget_set(&draft).await;
                return Err(error.into());
            }
        };
        match draft.observation {
            Some(observation) => drop(self.0.registry.observe(id, observation).await?),
            // A check that cannot be made takes nothing back.
            None if args.only_distrusts() && !args.to.no_probe => drop(self.check_now(id).await),
            None => {}
        }
        let snapshot = self.0.registry.snapshot();
        let (server, revision) = (find(&snapshot, &id.to_string())?.into(), snapshot.revision());
        Ok(Edited { ids: changed.ids, undo: changed.undo, revision, server, kept, ..edited })
    }
}

/// Nobody names the address this time, so nobody agrees to where its name leads by now.
fn farther(name: &str, host: std::net::IpAddr) -> OperationError {
    let message = format!(
        "`{name}` was added at an address near by, and its name now leads to {host}: nothing was sent there; give the address again to agree"
    );
    OperationError::new(ErrorCode::Forbidden, message)
}

/// A server that has the name of its address has it of the new one, or what it says of itself there.
fn new_name(draft: &EditDraft) -> Option<String> {
    let authority = |info: &ServerInfo| {
        let endpoint = model::Endpoint::parse(info.url.as_deref()?).ok()?;
        Some(endpoint.url().authority().to_owned())
    };
    let is_address = authority(&draft.from).is_some_and(|address| address == draft.from.name);
    if !is_address {
        return None;
    }
    said(draft.observation.as_ref()).or_else(|| authority(&draft.to)).filter(|name| *name != draft.from.name)
}

fn said(observation: Option<&Observation>) -> Option<String> {
    let name = observation?.contents.as_ref()?.identity.name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The server as it would be.
fn shown(server: &Server, draft: &EditDraft, args: &EditArgs) -> Server {
    let mut info = draft.to.clone();
    if let Some(name) = args.to.name.clone().or_else(|| new_name(draft)) {
        info.name = name;
    }
    let seen = super::add::as_it_would_be(info, draft.observation.as_ref());
    if draft.observation.is_some() { seen } else { Server { health: server.health.clone(), ..seen } }
}
