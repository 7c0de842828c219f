//! The configuration's file: drafts of it, saves, versions, and what its keys are.

use api::{
    ConfigBy, ConfigDraft, ConfigDraftArgs, ConfigKeys, ConfigRestoreArgs, ConfigSaveArgs, ConfigSaved,
    ConfigSchema, ConfigVersion, ConfigVersionArgs, ConfigVersionRow, ConfigVersions, DiffLine, Empty,
    LineFate, UndoStep,
};
use settings::{FileDraft, Saved, Version, VersionDirection, Wanted, diff, hash, label_of};

use crate::App;
use crate::error::OperationError;

/// The longest note of a version; longer ones are cut.
const LONGEST_LABEL: usize = 200;

impl App {
    pub(super) async fn config_draft(&self, args: ConfigDraftArgs) -> Result<ConfigDraft, OperationError> {
        let ConfigDraftArgs { edits, text, base, route } = args;
        if route.as_ref().is_some_and(|route| route.rules.is_some()) {
            return Err(OperationError::arguments(
                "the calls are tried under the draft: leave `route.rules` out",
            ));
        }
        let draft = self.draft_config(Wanted { text, edits, base }).await?;
        // A call that cannot be simulated is not an error of the draft.
        let tried = route.zip(draft.config.as_ref());
        let route = tried.and_then(|(calls, config)| self.try_calls(&calls, Some(config)).ok());
        Ok(ConfigDraft { route, ..drafted(draft) })
    }

    pub(super) async fn config_save(&self, args: ConfigSaveArgs) -> Result<ConfigSaved, OperationError> {
        let ConfigSaveArgs { edits, text, base, label, by } = args;
        let label = label
            .map_or_else(|| label_of(&edits), |label| label.chars().filter(|c| !c.is_control()).collect());
        let label = label.chars().take(LONGEST_LABEL).collect();
        let by = by.unwrap_or(ConfigBy::Browser);
        Ok(saved(self.save_config(Wanted { text, edits, base }, by, label).await?))
    }

    pub(super) async fn config_versions(&self, _: Empty) -> Result<ConfigVersions, OperationError> {
        let (versions, base) =
            self.with_settings(|settings| Ok((settings.versions()?, settings.base()?))).await?;
        let before = versions.iter().skip(1).map(Some).chain([None]);
        let rows = versions
            .iter()
            .zip(before)
            .map(|(version, before)| row(version, &changed(version, before), &base));
        Ok(ConfigVersions { versions: rows.collect() })
    }

    pub(super) async fn config_version(
        &self,
        args: ConfigVersionArgs,
    ) -> Result<ConfigVersion, OperationError> {
        let id = args.version;
        let (version, versions) =
            self.with_settings(move |settings| Ok((settings.version(id)?, settings.versions()?))).await?;
        let now = self.draft_config(Wanted { text: Some(version.text.clone()), ..Wanted::default() }).await?;
        let before = versions.iter().find(|other| other.id < id);
        let diff = changed(&version, before);
        Ok(ConfigVersion {
            row: row(&version, &diff, &now.base),
            text: version.text,
            diff,
            restoring: now.diff,
        })
    }

    pub(super) async fn config_restore(
        &self,
        args: ConfigRestoreArgs,
    ) -> Result<ConfigSaved, OperationError> {
        let ConfigRestoreArgs { version, base, by } = args;
        let wanted = self.with_settings(move |settings| settings.restoring(version, base)).await?;
        let label = format!("restored version {version}");
        Ok(saved(self.save_config(wanted, by.unwrap_or(ConfigBy::Browser), label).await?))
    }

    pub(super) async fn config_keys(&self, _: Empty) -> Result<ConfigKeys, OperationError> {
        Ok(ConfigKeys::all())
    }

    pub(super) async fn config_schema(&self, _: Empty) -> Result<ConfigSchema, OperationError> {
        Ok(ConfigSchema { schema: model::config::schema() })
    }

    /// The change of the file that would be undone or redone next, when it is newer than another one, made at `other`.
    pub(super) async fn config_step(&self, turn: VersionDirection, other: Option<i64>) -> Option<UndoStep> {
        let (undo, redo) = self.upcoming_config().await.ok()?;
        let step = step_of(if turn == VersionDirection::Back { undo? } else { redo? });
        other.is_none_or(|other| other < step.at).then_some(step)
    }
}

/// Entries of the file's changes are below 0, where the registry's journal has none.
pub(super) fn step_of(version: Version) -> UndoStep {
    let entry = i64::try_from(version.id).map_or(i64::MIN, |id| -id);
    UndoStep { entry, label: version.label, at: version.at }
}

fn drafted(draft: FileDraft) -> ConfigDraft {
    let FileDraft { text, base, problems, is_valid, diff, sections, restart, values, places, config: _ } =
        draft;
    let problems = problems.into_iter().map(Into::into).collect();
    ConfigDraft {
        text,
        base,
        valid: is_valid,
        problems,
        diff,
        sections,
        restart,
        values,
        places,
        route: None,
    }
}

pub(super) fn saved(saved: Saved) -> ConfigSaved {
    let Saved { version, is_step, draft, late } = saved;
    let ConfigDraft { text, problems, diff, sections, restart, .. } = drafted(draft);
    let undo = i64::try_from(version).ok().filter(|_| is_step).map(|version| -version);
    ConfigSaved {
        version,
        undo,
        base: hash(Some(text.as_bytes())),
        text,
        problems,
        diff,
        sections,
        restart,
        late,
    }
}

fn changed(version: &Version, before: Option<&Version>) -> Vec<DiffLine> {
    diff(before.map_or("", |before| before.text.as_str()), &version.text)
}

fn row(version: &Version, diff: &[DiffLine], base: &str) -> ConfigVersionRow {
    let count = |fate: LineFate| diff.iter().filter(|line| line.fate == fate).count();
    ConfigVersionRow {
        version: version.id,
        at: version.at,
        label: version.label.clone(),
        by: version.by,
        current: version.hash == base,
        added: count(LineFate::Added),
        removed: count(LineFate::Removed),
    }
}
