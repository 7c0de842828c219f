//! The file and its versions: the result of a draft, and saving one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use api::{ConfigBy as By, ConfigEdit as Edit, ConfigPlace, DiffLine};
use model::config::{Config, ConfigReading, InEffect, Problem, Severity};
use serde_json::{Map, Value};

use crate::diff::diff;
use crate::edit::edit;
use crate::error::{EditError, SaveError};
use crate::file::{Written, hash, hindrance, read, write};
use crate::find::places;
use crate::versions::{Version, VersionStep, Versions};

/// The first lines of a new file.
const STARTER: &str = "# Settings of MCP Discovery. What is not set here has its default.\n\
                       # `mcp-discovery config show --explain` lists every setting.\n";

/// What the file should become: edits of a text, or another text.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The whole text; absent means the file's.
    pub text: Option<String>,
    /// Edits of the text.
    pub edits: Vec<Edit>,
    /// The hash of the file that they saw; absent means whatever is there.
    pub base: Option<String>,
}

/// What the file would become.
#[derive(Debug, Clone)]
pub struct FileDraft {
    /// The whole text.
    pub text: String,
    /// The hash of the file as it is.
    pub base: String,
    /// The problems of the text, in its order.
    pub problems: Vec<Problem>,
    /// Whether it would load.
    pub is_valid: bool,
    /// The difference from the file.
    pub diff: Vec<DiffLine>,
    /// The sections whose settings would differ.
    pub sections: Vec<String>,
    /// The keys of them that take effect at the next start.
    pub restart: Vec<String>,
    /// The settings of the text; nothing where it cannot be read.
    pub values: Option<Value>,
    /// The place of each of them.
    pub places: Vec<ConfigPlace>,
    /// The configuration, where it loads.
    pub config: Option<Arc<Config>>,
}

/// A text that was saved.
#[derive(Debug, Clone)]
pub struct Saved {
    /// Its version.
    pub version: u64,
    /// The entry for undo.
    pub is_step: bool,
    /// The result, as for a draft.
    pub draft: FileDraft,
    /// The version of what another program wrote at that very moment, and which was replaced.
    pub late: Option<u64>,
}

/// The author of the save, and the note.
#[derive(Debug, Clone)]
pub struct SaveReason {
    /// The face.
    pub by: By,
    /// The note.
    pub label: String,
    /// The time, in milliseconds since 1970.
    pub at: i64,
}

impl SaveReason {
    fn disk(label: &str, at: i64) -> Self {
        Self { by: By::Disk, label: label.to_owned(), at }
    }
}

/// The direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionDirection {
    /// Undo.
    Back,
    /// Redo.
    Again,
}

impl VersionDirection {
    /// The file is as this change left it, or as it was before.
    fn can(self, version: &Version, base: &str) -> bool {
        version.step.as_ref().is_some_and(|step| match self {
            Self::Back => step.undone_at.is_none() && version.hash == base,
            Self::Again => step.undone_at.is_some() && step.before_hash == base,
        })
    }
}

/// The user's file, and the versions of it that are kept.
#[derive(Debug)]
pub struct Settings {
    file: Option<PathBuf>,
    versions: Option<Versions>,
    /// One save after the other.
    turn: Mutex<()>,
    /// The content of the file of a base: typing sends a request with every letter, and the file stays the same.
    known: Mutex<Option<(String, Arc<InEffect>)>>,
}

impl Settings {
    /// The file, and the data directory that has its versions. Nothing is read or written.
    pub fn new(file: Option<PathBuf>, data_dir: &Path) -> Self {
        let versions = file.as_deref().map(|file| Versions::new(data_dir, file));
        Self { file, versions, turn: Mutex::default(), known: Mutex::default() }
    }

    fn place(&self) -> Result<(&Path, &Versions), SaveError> {
        self.file.as_deref().zip(self.versions.as_ref()).ok_or(SaveError::NoPlace)
    }

    /// What the file would become; nothing is written.
    pub fn draft(&self, wanted: &Wanted) -> Result<FileDraft, SaveError> {
        let (file, versions) = self.place()?;
        let bytes = read(file)?;
        let base = hash(bytes.as_deref());
        let there = bytes.as_deref().map(text_of);
        if wanted.base.as_ref().is_some_and(|wanted| *wanted != base) {
            let theirs = there.map(Result::unwrap_or_default);
            // What was seen is a version, if it was there for more than a moment.
            let seen =
                || versions.all().into_iter().find(|version| Some(&version.hash) == wanted.base.as_ref());
            let from = wanted.text.clone().or_else(|| seen().map(|version| version.text));
            let from = from.or_else(|| theirs.clone()).unwrap_or_default();
            // What cannot be edited into their text is shown without it.
            let mine = edit(&from, &wanted.edits).unwrap_or(from);
            return Err(SaveError::Conflict { file: file.to_owned(), theirs, mine });
        }
        let text = match (&wanted.text, &there) {
            (Some(text), _) | (None, Some(Ok(text))) => text.clone(),
            (None, None) => STARTER.to_owned(),
            (None, Some(Err(problem))) => return Err(EditError::NoYaml(problem.clone()).into()),
        };
        let text = if wanted.edits.is_empty() { text } else { edit(&text, &wanted.edits)? };
        let there = there.map(Result::unwrap_or_default);
        let before = there.as_deref().unwrap_or_default();
        let was = self.known(&base, before);
        Ok(draft_of(before, &was, text, base))
    }

    /// The text of the file; nothing when it cannot be read.
    fn known(&self, base: &str, text: &str) -> Arc<InEffect> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.as_ref() {
            Some((of, said)) if of == base => Arc::clone(said),
            _ => {
                let config = ConfigReading::of(text).config.unwrap_or_default();
                let said = Arc::new(InEffect::of(&config));
                *known = Some((base.to_owned(), Arc::clone(&said)));
                said
            }
        }
    }

    /// Saves a text, if it loads. `about_to` gets the bytes just before they are written.
    pub fn save(
        &self,
        wanted: &Wanted,
        why: &SaveReason,
        about_to: impl FnOnce(&[u8]),
    ) -> Result<Saved, SaveError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.put(wanted, why, true, about_to)
    }

    fn put(
        &self,
        wanted: &Wanted,
        why: &SaveReason,
        is_step: bool,
        about_to: impl FnOnce(&[u8]),
    ) -> Result<Saved, SaveError> {
        let (file, versions) = self.place()?;
        let draft = self.draft(wanted)?;
        if !draft.is_valid {
            return Err(SaveError::Invalid(draft.problems));
        }
        let before = self.seen(why.at)?;
        if let Some(version) = before.filter(|_| draft.diff.is_empty()) {
            return Ok(Saved { version, is_step: false, draft, late: None });
        }
        about_to(draft.text.as_bytes());
        let displaced = match write(file, &draft.base, draft.text.as_bytes())? {
            Written::Yes(displaced) => displaced,
            Written::Conflict(theirs) => {
                let theirs = theirs.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                return Err(SaveError::Conflict { file: file.to_owned(), theirs, mine: draft.text });
            }
        };
        let step = is_step.then(|| VersionStep { before, before_hash: draft.base.clone(), undone_at: None });
        let version = versions.keep(&draft.text, why, step)?;
        let late = match displaced.late() {
            Some(bytes) => {
                let why = SaveReason::disk("written while another was saved", why.at);
                Some(versions.keep(&String::from_utf8_lossy(&bytes), &why, None)?)
            }
            None => None,
        };
        Ok(Saved { version, is_step, draft, late })
    }

    /// Keeps the content of the file, when no version has it: another program wrote it.
    pub fn seen(&self, at: i64) -> Result<Option<u64>, SaveError> {
        let (file, versions) = self.place()?;
        let Some(bytes) = read(file)? else { return Ok(None) };
        versions
            .keep(&String::from_utf8_lossy(&bytes), &SaveReason::disk("changed on disk", at), None)
            .map(Some)
    }

    /// The change that could be undone, and the one that could be redone: those that left the file as it is.
    pub fn upcoming(&self) -> Result<(Option<Version>, Option<Version>), SaveError> {
        let (base, all) = (self.base()?, self.versions()?);
        let newest = |turn: VersionDirection| {
            let can = all.iter().filter(|version| turn.can(version, &base));
            can.max_by_key(|version| (version.step.as_ref().and_then(|step| step.undone_at), version.id))
                .cloned()
        };
        Ok((newest(VersionDirection::Back), newest(VersionDirection::Again)))
    }

    /// Undoes a change, or redoes it, while the file is as the change left it.
    pub fn turn(
        &self,
        id: u64,
        turn: VersionDirection,
        why: &SaveReason,
        about_to: impl FnOnce(&[u8]),
    ) -> Result<Saved, SaveError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut version, base) = (self.version(id)?, self.base()?);
        let gone = || SaveError::StepGone(id);
        if !turn.can(&version, &base) {
            return Err(gone());
        }
        let step = version.step.as_mut().ok_or_else(gone)?;
        let text = match (turn, step.before) {
            (VersionDirection::Again, _) => version.text.clone(),
            (VersionDirection::Back, Some(before)) => self.version(before).map_err(|_| gone())?.text,
            // No file was there: one that says nothing is the same.
            (VersionDirection::Back, None) => STARTER.to_owned(),
        };
        step.undone_at = (turn == VersionDirection::Back).then_some(why.at);
        if step.before.is_none() && turn == VersionDirection::Back {
            step.before_hash = hash(Some(text.as_bytes()));
        }
        let wanted = Wanted { text: Some(text), edits: Vec::new(), base: Some(base) };
        let saved = self.put(&wanted, why, false, about_to)?;
        self.place()?.1.mark(&version)?;
        Ok(saved)
    }

    /// The versions that are kept, newest first.
    pub fn versions(&self) -> Result<Vec<Version>, SaveError> {
        Ok(self.place()?.1.all())
    }

    /// One of them.
    pub fn version(&self, id: u64) -> Result<Version, SaveError> {
        let (file, versions) = self.place()?;
        versions.read(id).filter(|version| version.file == file).ok_or(SaveError::NoVersion(id))
    }

    /// The edits that make the file what a version was.
    pub fn restoring(&self, id: u64, base: Option<String>) -> Result<Wanted, SaveError> {
        Ok(Wanted { text: Some(self.version(id)?.text), edits: Vec::new(), base })
    }

    /// What prevents the file from being saved at all, as far as that is known before.
    pub fn hindrance(&self) -> Option<SaveError> {
        self.place().and_then(|(file, _)| hindrance(file)).err()
    }

    /// The hash of the file as it is.
    pub fn base(&self) -> Result<String, SaveError> {
        Ok(hash(read(self.place()?.0)?.as_deref()))
    }
}

fn draft_of(before: &str, was: &InEffect, text: String, base: String) -> FileDraft {
    let ConfigReading { config, problems, values } = ConfigReading::of(&text);
    let is_valid = problems.iter().all(|problem| problem.severity != Severity::Error);
    let config = config.map(Arc::new);
    let now = config.as_deref().map(InEffect::of);
    let (sections, restart) =
        now.map(|now| (was.changed_sections(&now), was.needs_restart(&now))).unwrap_or_default();
    FileDraft {
        config: config.filter(|_| is_valid),
        is_valid,
        diff: diff(before, &text),
        problems,
        base,
        sections,
        restart,
        values: values.map(said),
        places: places(&text),
        text,
    }
}

/// A text with only comments contains no settings, and can be read.
fn said(values: Value) -> Value {
    if values.is_null() { Value::Object(Map::new()) } else { values }
}

/// As it is, a byte order mark included.
fn text_of(bytes: &[u8]) -> Result<String, Problem> {
    model::config::decode(bytes)?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}
