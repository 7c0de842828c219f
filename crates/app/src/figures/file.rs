//! The file of metrics: written completely or left as it was.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use model::config::{Exporter, Metrics};
use model::{Millis, NoticeLevel};

use crate::{App, now};

const FILE: &str = "metrics.json";

/// The result of the last write.
#[derive(Debug, Default)]
pub(super) struct FileState {
    pub(super) written_at: Option<Millis>,
    pub(super) problem: Option<String>,
}

impl App {
    /// Writes it as often as the configuration says, until the core stops. A change of the configuration is applied at once.
    pub(crate) async fn export_file(self) {
        let (mut config, stop) = (self.live_config(), self.stopping());
        let writing = async {
            loop {
                let metrics = config.borrow_and_update().metrics.clone();
                if metrics.exporters.contains(&Exporter::Json) {
                    self.write_figures(self.figures_file(&metrics)).await;
                    tokio::select! {
                        () = tokio::time::sleep(metrics.export_interval.duration()) => {}
                        changed = config.changed() => if changed.is_err() { return },
                    }
                } else if config.changed().await.is_err() {
                    return;
                }
            }
        };
        stop.run_until_cancelled(writing).await;
    }

    /// Its path.
    pub(super) fn figures_file(&self, metrics: &Metrics) -> PathBuf {
        metrics.json_file.as_ref().map_or_else(|| self.0.data_dir.join(FILE), PathBuf::from)
    }

    async fn write_figures(&self, file: PathBuf) {
        let app = self.clone();
        let target = file.clone();
        let written = tokio::task::spawn_blocking(move || {
            let text = serde_json::to_vec(&app.figures().0).map_err(io::Error::other)?;
            replace(&target, &text)
        });
        let written = written.await.unwrap_or_else(|_| Err(io::Error::other("the core stops")));
        self.note_written(&file, written);
    }

    /// A problem is reported once, and its end.
    fn note_written(&self, file: &Path, written: io::Result<()>) {
        let problem = written.err().map(|error| error.to_string());
        let mut state = self.0.exports.file.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut state.problem, problem.clone());
        if problem.is_none() {
            state.written_at = Some(now());
        }
        drop(state);
        let file = file.display();
        match (before, problem) {
            (None, Some(why)) => self.notice(
                NoticeLevel::Warning,
                format!(
                    "The figures cannot be written to `{file}`: {why}. It is tried again at each interval."
                ),
            ),
            (Some(_), None) => {
                self.notice(NoticeLevel::Info, format!("The figures are written to `{file}` again."));
            }
            _ => {}
        }
    }
}

/// Written beside it, then renamed: a reader sees all of the former metrics or all of the new.
fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = file.file_name().ok_or_else(|| io::Error::other("it does not name a file"))?.to_owned();
    name.push(".new");
    let beside = file.with_file_name(name);
    let write = || {
        let mut new = fs::File::create(&beside)?;
        new.write_all(text)?;
        new.sync_data()?;
        drop(new);
        fs::rename(&beside, file)
    };
    write().inspect_err(|_| drop(fs::remove_file(&beside)))
}
