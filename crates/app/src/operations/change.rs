//! Operations by which the user changes the registry, or ends a start that takes long. Changes can be undone.

use api::{
    AddArgs, Added, CancelArgs, Cancelled, Changed, ConfigBy, EditArgs, Edited, Empty, ErrorCode,
    KeptStarting, LabelArgs, ServerArgs, ServersByIdArgs, StartList, UndoArgs, UndoStep, Undone, Upcoming,
};
use discovery::memory::{FIRST_ENTRY, MemoryStep, StepDirection};
use settings::VersionDirection;

use super::find::{find, find_all};
use crate::App;
use crate::error::OperationError;

impl App {
    pub(super) async fn add(&self, args: AddArgs) -> Result<Added, OperationError> {
        Ok(self.0.intake.add(args).await?)
    }

    pub(super) async fn edit(&self, args: EditArgs) -> Result<Edited, OperationError> {
        let server = find(&self.0.registry.snapshot(), &args.id)?;
        let (id, only_distrusts) = (server.info.id, args.only_distrusts());
        let asks = !args.to.no_probe && !args.to.dry_run;
        let edited = self.0.intake.edit(server, args).await?;
        if !(only_distrusts && asks) {
            return Ok(edited);
        }
        // A check that cannot run undoes nothing.
        drop(self.check_now(id).await);
        let snapshot = self.0.registry.snapshot();
        let server = snapshot.get(id).cloned().map_or(edited.server, Into::into);
        Ok(Edited { server, revision: snapshot.revision(), ..edited })
    }

    pub(super) async fn label(&self, args: LabelArgs) -> Result<Changed, OperationError> {
        let ids = find_all(&self.0.registry.snapshot(), &args.ids)?;
        let labels = registry::Labels { tags: args.tags, without: args.without, metadata: args.metadata };
        Ok(changed(self.0.registry.label(ids, labels).await?))
    }

    pub(super) async fn remove(&self, args: ServersByIdArgs) -> Result<Changed, OperationError> {
        let ids = find_all(&self.0.registry.snapshot(), &args.ids)?;
        Ok(changed(self.0.registry.remove(ids).await?))
    }

    pub(super) async fn ignore(&self, args: ServersByIdArgs) -> Result<Changed, OperationError> {
        let ids = find_all(&self.0.registry.snapshot(), &args.ids)?;
        Ok(changed(self.0.registry.ignore(ids).await?))
    }

    pub(super) async fn restore(&self, args: ServersByIdArgs) -> Result<Changed, OperationError> {
        let removed = self.0.registry.removed().await?;
        let ids = args.ids.iter().map(|key| {
            let found = removed.iter().find(|row| row.info.id.to_string() == *key || row.info.name == *key);
            found.map(|row| row.info.id).ok_or_else(|| {
                OperationError::new(
                    ErrorCode::NotFound,
                    format!("no removed server has the id or name `{key}`"),
                )
            })
        });
        Ok(changed(self.0.registry.restore(ids.collect::<Result<_, _>>()?).await?))
    }

    pub(super) async fn pause(&self, args: ServersByIdArgs) -> Result<Changed, OperationError> {
        let ids = find_all(&self.0.registry.snapshot(), &args.ids)?;
        Ok(changed(self.0.registry.pause(ids).await?))
    }

    pub(super) async fn resume(&self, args: ServersByIdArgs) -> Result<Changed, OperationError> {
        let ids = find_all(&self.0.registry.snapshot(), &args.ids)?;
        Ok(changed(self.0.registry.resume(ids).await?))
    }

    pub(super) async fn undo(&self, args: UndoArgs) -> Result<Undone, OperationError> {
        let other = self.0.registry.upcoming().await?.undo.map(|step| step.at);
        if let Some(undone) = self.turned_scans(StepDirection::Back, &args, other).await? {
            return Ok(undone);
        }
        match self.turned_config(VersionDirection::Back, &args, other).await? {
            Some(undone) => Ok(undone),
            None => Ok(turned(self.0.registry.undo(args.undo).await?)),
        }
    }

    pub(super) async fn redo(&self, args: UndoArgs) -> Result<Undone, OperationError> {
        let other = self.0.registry.upcoming().await?.redo.map(|step| step.at);
        if let Some(redone) = self.turned_scans(StepDirection::Again, &args, other).await? {
            return Ok(redone);
        }
        match self.turned_config(VersionDirection::Again, &args, other).await? {
            Some(redone) => Ok(redone),
            None => Ok(turned(self.0.registry.redo(args.undo).await?)),
        }
    }

    /// The newest change of the registry, the configuration's file and the scans.
    pub(super) async fn upcoming(&self, _: Empty) -> Result<Upcoming, OperationError> {
        let registry::UpcomingSteps { undo, redo } = self.0.registry.upcoming().await?;
        let undo = self.newest_step(VersionDirection::Back, StepDirection::Back, undo).await;
        let redo = self.newest_step(VersionDirection::Again, StepDirection::Again, redo).await;
        Ok(Upcoming { undo, redo })
    }

    async fn newest_step(
        &self,
        turn: VersionDirection,
        way: StepDirection,
        of_list: Option<registry::JournalStep>,
    ) -> Option<UndoStep> {
        let at = of_list.as_ref().map(|step| step.at);
        let of_file = self.config_step(turn, at).await;
        let at = of_file.as_ref().map(|step| step.at).or(at);
        let scans = self.scan_step(way, at).await;
        let scans = scans.map(|step| UndoStep { entry: step.entry, label: step.label, at: step.at });
        scans.or(of_file).or(of_list.map(|step| UndoStep {
            entry: step.entry,
            label: step.label,
            at: step.at,
        }))
    }

    /// The next change of scans or ranges, when none of the others is newer.
    async fn scan_step(&self, way: StepDirection, other: Option<i64>) -> Option<MemoryStep> {
        let step = self.scan_memory().next_step(way).await?;
        other.is_none_or(|other| step.at > other).then_some(step)
    }

    /// Undoes or redoes a change of scans or ranges, when that is what is meant.
    async fn turned_scans(
        &self,
        way: StepDirection,
        args: &UndoArgs,
        other: Option<i64>,
    ) -> Result<Option<Undone>, OperationError> {
        let entry = match args.undo {
            Some(entry) if entry > FIRST_ENTRY => entry,
            Some(_) => return Ok(None),
            None => {
                let turn =
                    if way == StepDirection::Back { VersionDirection::Back } else { VersionDirection::Again };
                let of_file = self.config_step(turn, other).await;
                match self.scan_step(way, of_file.map(|step| step.at).or(other)).await {
                    Some(step) => step.entry,
                    None => return Ok(None),
                }
            }
        };
        let MemoryStep { entry, label, .. } = self.scan_memory().turn(way, entry).await?;
        self.scans_changed(Some(entry));
        Ok(Some(Undone { entry, label, ids: Vec::new(), revision: self.0.registry.snapshot().revision() }))
    }

    /// Undoes or redoes a change of the configuration's file, when that is what is meant.
    async fn turned_config(
        &self,
        turn: VersionDirection,
        args: &UndoArgs,
        other: Option<i64>,
    ) -> Result<Option<Undone>, OperationError> {
        let version = match args.undo {
            Some(entry) if entry >= 0 => return Ok(None),
            Some(entry) => entry.unsigned_abs(),
            None => match self.config_step(turn, other).await {
                Some(step) => step.entry.unsigned_abs(),
                None => return Ok(None),
            },
        };
        let label = self.with_settings(move |settings| settings.version(version)).await?.label;
        let verb = if turn == VersionDirection::Back { "undone" } else { "redone" };
        let by = args.by.unwrap_or(ConfigBy::Browser);
        self.turn_config(version, turn, by, format!("{verb}: {label}")).await?;
        let entry = i64::try_from(version).map_or(i64::MIN, |version| -version);
        Ok(Some(Undone { entry, label, ids: Vec::new(), revision: self.0.registry.snapshot().revision() }))
    }
}

fn turned(undone: registry::UndoneStep) -> Undone {
    let registry::UndoneStep { entry, label, ids, revision } = undone;
    Undone { entry, label, ids, revision }
}

fn changed(change: registry::ChangedServers) -> Changed {
    Changed { ids: change.ids, undo: change.undo, revision: change.revision }
}

impl App {
    pub(super) async fn starts(&self, _: Empty) -> Result<StartList, OperationError> {
        Ok(StartList { starts: self.0.mesh.sessions.starts().list() })
    }

    pub(super) async fn start_cancel(&self, args: ServerArgs) -> Result<Cancelled, OperationError> {
        let sessions = &self.0.mesh.sessions;
        // It may not be kept yet.
        let start = sessions.starts().list().into_iter().find(|start| start.id.to_string() == args.id);
        let id = match start {
            Some(start) => start.id,
            None => find(&self.0.registry.snapshot(), &args.id)?.info.id,
        };
        Ok(Cancelled { cancelled: sessions.cancel(id) })
    }

    pub(super) async fn keep_starting(&self, args: CancelArgs) -> Result<KeptStarting, OperationError> {
        Ok(KeptStarting { kept: self.0.intake.adds.keep(&args.call) })
    }
}
