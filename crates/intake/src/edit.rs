//! Editing a kept server: its new address is tried before it is kept, its id stays, and undo reverts all of it.

use crate::{Intake, IntakeError};
use api::{EditArgs, Edited};
use std::sync::Arc;

use mcp::resolve;
use model::{Server, ServerInfo, Transport};
use registry::{Observation, Patch, RegistryError, WayChange};

use crate::found::steps;
use crate::given::without_keys_in_url;
use crate::trust;
use crate::way::{EditDraft, words};

impl Intake {
    /// Changes a server's address and record, after a check unless the user declines it.
    pub async fn edit(&self, server: Server, args: EditArgs) -> Result<Edited, IntakeError> {
        if args.to.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
            return Err(IntakeError::arguments("a server needs a name: give at least one letter"));
        }
        if args.to.keep_running.is_some() && server.info.transport != Transport::Stdio {
            return Err(IntakeError::arguments(
                "only a stdio server can be kept running, and this one has an address",
            ));
        }
        let (to, taken) = without_keys_in_url(args.to);
        let args = EditArgs { to, ..args };
        let _under_way = self.tasks.token();
        let tried = self.stop.run_until_cancelled(Box::pin(self.tried(&server.info, &args))).await;
        let stopped = || IntakeError::Stopped("changed");
        let draft = tried.unwrap_or_else(|| Err(stopped()))?;
        let edited = self.told(&server, &draft, taken);
        if args.to.dry_run {
            return Ok(Edited { server: shown(&server, &draft, &args).into(), ..edited });
        }
        self.save(&args, draft, edited).await
    }

    /// What to keep, after a check unless the user declines it.
    async fn tried(&self, from: &Arc<ServerInfo>, args: &EditArgs) -> Result<EditDraft, IntakeError> {
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
            Transport::Http | Transport::Sse => Box::pin(self.try_address(&mut draft, args)).await?,
        }
        self.is_free(&draft).await?;
        Ok(draft)
    }

    async fn try_address(&self, draft: &mut EditDraft, args: &EditArgs) -> Result<(), IntakeError> {
        let presented = crate::credentials::Presented::read(&args.to)?;
        let url = draft.to.url.clone().unwrap_or_default();
        if args.to.no_probe {
            return presented.may_stay_at(&url);
        }
        let target = resolve(&url).await.map_err(|error| IntakeError::arguments(error.to_string()))?;
        let reach = mcp::reach(target.host);
        if args.to.url.is_some() {
            draft.to.reach = Some(reach);
        } else if draft.from.reach.is_some_and(|agreed| reach > agreed) {
            return Err(IntakeError::Farther { name: draft.from.name.clone(), host: target.host });
        }
        presented.may_go_to(&url, target.host)?;
        let credentials = self.credentials_of(draft).await?;
        let report = self.asked(&target, credentials.clone(), draft.to.tls.clone(), &url).await?;
        draft.steps = steps(&report);
        crate::add::learn(&mut draft.to, &report);
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
            revision: self.registry.snapshot().revision(),
            server: server.clone().into(),
            kept: None,
            taken,
            stays: draft.stays.iter().map(words).collect(),
            leaves,
            leaves_at,
            steps: draft.steps.clone(),
        }
    }

    async fn save(&self, args: &EditArgs, draft: EditDraft, edited: Edited) -> Result<Edited, IntakeError> {
        let id = draft.to.id;
        let kept = self.keep_set(&draft).await?;
        let name = args.to.name.clone().or_else(|| new_name(&draft));
        let way =
            args.leads().then(|| Box::new(WayChange { from: draft.from.clone(), to: draft.to.clone() }));
        let (metadata, capabilities) = (args.to.metadata.clone(), args.to.capabilities.clone());
        let keep_running = args.to.keep_running;
        let changed = self.registry.edit(id, Patch { name, metadata, capabilities, keep_running, way }).await;
        let changed = match changed {
            Ok(changed) => changed,
            Err(error) => {
                self.forget_set(&draft).await;
                return Err(error.into());
            }
        };
        if let Some(observation) = draft.observation {
            self.registry.observe(id, observation).await?;
        }
        let snapshot = self.registry.snapshot();
        let server = snapshot.get(id).cloned().ok_or(RegistryError::NotFound(id))?.into();
        let revision = snapshot.revision();
        Ok(Edited { ids: changed.ids, undo: changed.undo, revision, server, kept, ..edited })
    }
}

/// A server that is named after its address gets the name of the new one, or the one that it reports there.
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
    let seen = crate::add::as_it_would_be(info, draft.observation.as_ref());
    if draft.observation.is_some() { seen } else { Server { health: server.health.clone(), ..seen } }
}
