//! Saving the configuration's file: it is in use when a save returns, and reported once.

use std::sync::Arc;

use api::ConfigBy;
use model::config::{Problem, Severity};
use settings::{FileDraft, SaveError, SaveReason, Saved, Settings, Version, VersionDirection, Wanted};

use super::follow::FileReading;
use crate::{App, now};

/// The change that could be undone, and the one that could be redone.
type UpcomingVersions = (Option<Version>, Option<Version>);

impl App {
    /// Works with the file, while other tasks run.
    pub(crate) async fn with_settings<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Settings) -> Result<T, SaveError> + Send + 'static,
    ) -> Result<T, SaveError> {
        let settings = self.0.config.settings.clone();
        let working = self.0.tasks.spawn_blocking(move || work(&settings));
        working.await.unwrap_or_else(|error| Err(SaveError::Stopped(error.to_string())))
    }

    pub(crate) async fn draft_config(&self, wanted: Wanted) -> Result<FileDraft, SaveError> {
        let mut draft = self.with_settings(move |settings| settings.draft(&wanted)).await?;
        if let Some(config) = &draft.config {
            let snapshot = self.0.registry.snapshot();
            draft.problems.extend(self.0.mesh.examine(&snapshot, config));
            draft.problems.sort_by_key(|problem| (problem.line, problem.column));
            draft.is_valid = draft.problems.iter().all(|problem| problem.severity != Severity::Error);
        }
        Ok(draft)
    }

    /// Refuses what breaks a routing test. Problems of the file itself are reported by the save.
    async fn examine(&self, wanted: &Wanted) -> Result<(), SaveError> {
        let draft = self.draft_config(wanted.clone()).await?;
        let breaks = |problem: &Problem| {
            problem.severity == Severity::Error && problem.path.starts_with("routing_tests[")
        };
        if draft.problems.iter().any(breaks) {
            return Err(SaveError::Invalid(draft.problems));
        }
        Ok(())
    }

    pub(crate) async fn save_config(
        &self,
        wanted: Wanted,
        by: ConfigBy,
        label: String,
    ) -> Result<Saved, SaveError> {
        self.examine(&wanted).await?;
        let why = SaveReason { by, label, at: now() };
        self.write_config(by, move |settings, about_to| settings.save(&wanted, &why, about_to)).await
    }

    /// Undoes a change of the file, or redoes it.
    pub(crate) async fn turn_config(
        &self,
        id: u64,
        turn: VersionDirection,
        by: ConfigBy,
        label: String,
    ) -> Result<Saved, SaveError> {
        let why = SaveReason { by, label, at: now() };
        self.write_config(by, move |settings, about_to| settings.turn(id, turn, &why, about_to)).await
    }

    pub(crate) async fn upcoming_config(&self) -> Result<UpcomingVersions, SaveError> {
        self.with_settings(Settings::upcoming).await
    }

    /// Whatever follows the file knows its new content before it is written, so that a save is not a change on disk.
    async fn write_config(
        &self,
        by: ConfigBy,
        write: impl FnOnce(&Settings, &mut dyn FnMut(&[u8])) -> Result<Saved, SaveError> + Send + 'static,
    ) -> Result<Saved, SaveError> {
        let core = Arc::downgrade(&self.0);
        self.with_settings(move |settings| {
            let Some(core) = core.upgrade() else {
                return Err(SaveError::Stopped("the core stops".to_owned()));
            };
            let mut before = None;
            let mut is_written = false;
            let saved = write(settings, &mut |bytes| {
                is_written = true;
                before = core.config.known.learn(FileReading::Bytes(bytes.to_vec()));
            });
            match (&saved, before) {
                (Ok(saved), _) if is_written => {
                    let reading = FileReading::Bytes(saved.draft.text.clone().into_bytes());
                    if let Some(file) = core.config.file.clone() {
                        Self(core).take_up(&file, &reading, Some(by));
                    }
                }
                (Err(_), Some(before)) => drop(core.config.known.learn(before)),
                _ => {}
            }
            saved
        })
        .await
    }
}
