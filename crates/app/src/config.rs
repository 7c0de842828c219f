//! The configuration in use. It is read at start and again whenever its file changes; everything that works by it holds a
//! receiver. A file with errors changes nothing.

mod follow;
mod save;
mod words;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use api::{ConfigBy, ConfigStatus};
use follow::{FileReading, LastReading};
use model::config::{Config, Problem, decode};
use model::{Activity, NoticeLevel};
use settings::Settings;
use tokio::sync::watch;

use crate::{App, OwnerKind, StartError, now, paths};

/// The configuration in use, and where it came from.
pub(crate) struct LiveConfig {
    /// The file that is followed; `None` without a home folder.
    file: Option<PathBuf>,
    /// Whether the file was read, so that the configuration in use came from it.
    was_read: AtomicBool,
    running: watch::Sender<Arc<Config>>,
    loaded_at: AtomicI64,
    /// The last known content of the file.
    known: LastReading,
    /// How it is edited, and its versions.
    settings: Arc<Settings>,
}

/// What the start needs from a configuration that was read.
pub(crate) struct LoadedConfig {
    pub(crate) live: LiveConfig,
    /// The problems of the file, each with its place.
    pub(crate) warnings: Vec<String>,
}

impl LiveConfig {
    /// Reads the configuration. A named file must exist; the platform's may be absent, and is read when it appears. With
    /// `mends`, a file with errors counts as empty: it can only be edited.
    pub(crate) fn load(
        named: Option<PathBuf>,
        data_dir: &Path,
        mends: bool,
    ) -> Result<LoadedConfig, StartError> {
        let must_exist = named.is_some();
        let file = named.or_else(paths::config_file).map(|file| std::path::absolute(&file).unwrap_or(file));
        let reading = match &file {
            None => FileReading::Absent,
            Some(file) => match follow::read(file) {
                Err(source) if must_exist || source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StartError::ConfigUnreadable { file: file.clone(), source });
                }
                outcome => FileReading::from(outcome),
            },
        };
        let (config, warnings) = match (&reading, &file) {
            (FileReading::Bytes(bytes), Some(file)) => match parse(bytes) {
                Ok(read) => read,
                Err(_) if mends => (Config::default(), Vec::new()),
                Err(problems) => return Err(StartError::Config { file: file.clone(), problems }),
            },
            _ => (Config::default(), Vec::new()),
        };
        let warnings = words::of_start(file.as_deref(), &warnings);
        let was_read = AtomicBool::new(matches!(reading, FileReading::Bytes(_)));
        let running = watch::Sender::new(Arc::new(config));
        let settings = Arc::new(Settings::new(file.clone(), data_dir));
        let (loaded_at, known) = (AtomicI64::new(now()), LastReading::new(reading));
        let live = Self { file, was_read, running, loaded_at, known, settings };
        Ok(LoadedConfig { live, warnings })
    }

    /// The file that the configuration in use came from.
    pub(crate) fn source(&self) -> Option<&Path> {
        self.file.as_deref().filter(|_| self.was_read.load(Ordering::Relaxed))
    }

    pub(crate) fn receiver(&self) -> watch::Receiver<Arc<Config>> {
        self.running.subscribe()
    }

    /// The configuration in use, and the state of the file at this moment.
    pub(crate) async fn status(&self) -> ConfigStatus {
        let reading = match &self.file {
            Some(file) => follow::look(file).await,
            None => FileReading::Absent,
        };
        ConfigStatus {
            file: self.file.as_ref().map(|file| file.display().to_string()),
            text: text(&reading),
            base: base(&reading),
            read_only: None,
            loaded_at: self.loaded_at.load(Ordering::Relaxed),
            problems: problems(&reading).into_iter().map(Into::into).collect(),
            effective: self.running.borrow().shown(),
        }
    }

    /// Applies a configuration; receivers are woken when a setting differs.
    fn apply(&self, config: Config) {
        self.was_read.store(true, Ordering::Relaxed);
        self.loaded_at.store(now(), Ordering::Relaxed);
        self.running.send_if_modified(|running| {
            let is_other = **running != config;
            if is_other {
                *running = Arc::new(config);
            }
            is_other
        });
    }
}

impl App {
    /// The configuration in use: the value now, and a wake-up after each change of a setting.
    pub fn live_config(&self) -> watch::Receiver<Arc<Config>> {
        self.0.config.receiver()
    }

    /// Follows the configuration's file until the core stops. What was read at start is in use already.
    pub(crate) fn follow_config(&self, face: OwnerKind) {
        let Some(file) = self.0.config.file.clone() else { return };
        let (core, stop) = (Arc::downgrade(&self.0), self.0.stop.clone());
        let take_up = move |file: &Path, reading: &FileReading| {
            let Some(core) = core.upgrade() else { return ControlFlow::Break(()) };
            Self(core).take_up(file, reading, None);
            ControlFlow::Continue(())
        };
        if face != OwnerKind::Command {
            self.keep_version();
        }
        let reading = self.0.config.known.clone();
        self.0
            .tasks
            .spawn(async move { stop.run_until_cancelled(follow::follow(file, reading, take_up)).await });
    }

    /// Keeps the text of the file as a version, unless it is one already; nothing waits for that.
    fn keep_version(&self) {
        let settings = self.0.config.settings.clone();
        drop(self.0.tasks.spawn_blocking(move || {
            if let Err(error) = settings.seen(now()) {
                tracing::warn!(%error, "the version of the configuration's file was not kept");
            }
        }));
    }

    /// Acts on the content of the file now; `saved_by` one of our faces, or changed on disk.
    fn take_up(&self, file: &Path, reading: &FileReading, saved_by: Option<ConfigBy>) {
        let before = self.0.config.running.borrow().clone();
        let (level, text) = match reading {
            FileReading::Absent => (NoticeLevel::Warning, words::gone(file)),
            FileReading::Unreadable(reason) => (NoticeLevel::Warning, words::unreadable(file, reason)),
            FileReading::Bytes(bytes) => match parse(bytes) {
                Err(problems) => (NoticeLevel::Warning, words::refused(file, &problems)),
                Ok((config, warnings)) => {
                    let verb = match saved_by {
                        Some(by) => words::saved(by),
                        None if self.0.config.source().is_some() => "read again",
                        None => "read",
                    };
                    self.0.config.apply(config);
                    if saved_by.is_none() {
                        self.keep_version();
                    }
                    // The caller of a save receives them in the answer, before and after.
                    let is_known = warnings.is_empty() || saved_by.is_some();
                    let level = if is_known { NoticeLevel::Info } else { NoticeLevel::Warning };
                    (level, words::applied(file, verb, &before, &self.0.config.running.borrow(), &warnings))
                }
            },
        };
        let sections = before.changed_sections(&self.0.config.running.borrow());
        self.tell(Activity::ConfigChanged { sections });
        self.notice(level, text);
    }
}

/// The configuration and its warnings, or every problem.
fn parse(bytes: &[u8]) -> Result<(Config, Vec<Problem>), Vec<Problem>> {
    let text = decode(bytes).map_err(|problem| vec![problem])?;
    Config::from_yaml(text)
}

fn problems(reading: &FileReading) -> Vec<Problem> {
    match reading {
        FileReading::Absent => Vec::new(),
        FileReading::Unreadable(reason) => vec![words::whole_file(reason)],
        FileReading::Bytes(bytes) => match parse(bytes) {
            Ok((_, warnings)) => warnings,
            Err(problems) => problems,
        },
    }
}

fn base(reading: &FileReading) -> String {
    match reading {
        FileReading::Bytes(bytes) => settings::hash(Some(bytes)),
        FileReading::Absent | FileReading::Unreadable(_) => settings::hash(None),
    }
}

fn text(reading: &FileReading) -> Option<String> {
    match reading {
        FileReading::Bytes(bytes) => decode(bytes).ok().map(str::to_owned),
        FileReading::Absent | FileReading::Unreadable(_) => None,
    }
}
