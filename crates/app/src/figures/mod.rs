//! What is exported of the core: read where it is counted and from the newest snapshot, at the moment somebody asks.
//! The file of figures: whole or as it was.
//! `/metrics`: what it shows, and what opens it where others can reach it.

mod fixed;
mod servers;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{fs, io};

use api::{MetricsDoor, MetricsExports, MetricsFile, NAMES, Scrape};
use fixed::{gauge, one};
use metrics::Histogram;
use model::config::{Exporter, Metrics, SecretReference};
use model::{Figures, Millis, NoticeLevel};
use servers::Room;
use tokio::time::Instant;
use uuid::Uuid;

use crate::owner::write_private;
use crate::{App, millis, now};

/// How figures leave, as far as that is to be remembered.
#[derive(Debug)]
pub(crate) struct Exports {
    /// How long operations took, in the order of their table.
    operations: Vec<Histogram>,
    last_scrape: Mutex<Option<Scrape>>,
    file: Mutex<FileState>,
    /// The token that was made, once it is needed.
    made_token: Mutex<Option<String>>,
}

impl Default for Exports {
    fn default() -> Self {
        Self {
            operations: NAMES.iter().map(|_| Histogram::default()).collect(),
            last_scrape: Mutex::default(),
            file: Mutex::default(),
            made_token: Mutex::default(),
        }
    }
}

impl Exports {
    /// An operation took so long.
    pub(crate) fn operated(&self, name: &str, took: Duration) {
        let place = NAMES.iter().position(|known| *known == name);
        if let Some(histogram) = place.and_then(|place| self.operations.get(place)) {
            histogram.observe(took);
        }
    }

    fn last_scrape(&self) -> Option<Scrape> {
        self.last_scrape.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl App {
    /// All that is measured, and how many series were left out.
    pub(crate) fn figures(&self) -> (Figures, u64) {
        let (snapshot, config) = (self.0.registry.snapshot(), self.live_config().borrow().clone());
        let mut families = self.fixed_figures(&snapshot, &config.metrics);
        let taken: usize = families.iter().map(fixed::lines).sum();
        // One says how many are left out.
        let most = usize::try_from(config.metrics.max_series).unwrap_or(usize::MAX);
        let mut room = Room::new(most.saturating_sub(taken + 1));
        families.extend(servers::figures(
            &snapshot,
            &self.0.mesh.counted(),
            self.0.registry.counters(),
            &mut room,
        ));
        families.push(gauge(
            "mcp_discovery_series_left_out",
            "Series that are left out, since there are more than metrics.max_series",
            [one(&[], metrics::exact(room.left_out))],
        ));
        (Figures { at: now(), families }, room.left_out)
    }
}

const FILE: &str = "metrics.json";

/// How writing it went.
#[derive(Debug, Default)]
struct FileState {
    written_at: Option<Millis>,
    problem: Option<String>,
}

impl App {
    /// Writes it as often as the configuration says, until the core stops. A change of the configuration is heeded at once.
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

    /// Where it is.
    fn figures_file(&self, metrics: &Metrics) -> PathBuf {
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

    /// A trouble is told once, and its end.
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

/// Beside it, then renamed: whoever reads it sees all of the former figures or all of the new.
fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = file.file_name().ok_or_else(|| io::Error::other("it names no file"))?.to_owned();
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

/// The token that is made where the configuration names none.
const TOKEN: &str = "metrics.token";

impl App {
    /// What Prometheus reads, or nothing where that is switched off. `by` is who asks.
    pub fn scrape(&self, by: &str) -> Option<String> {
        if !self.exports(Exporter::Prometheus) {
            return None;
        }
        let began = Instant::now();
        let (figures, left_out) = self.figures();
        let text = metrics::text(&figures.families);
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let by = metrics::tamed(by).into_owned();
        let scrape = Scrape { at: now(), by, ms: millis(began), bytes, left_out };
        *self.0.exports.last_scrape.lock().unwrap_or_else(PoisonError::into_inner) = Some(scrape);
        Some(text)
    }

    /// What opens `/metrics` beyond loopback, and nothing else: what the configuration names, else what was made for it.
    ///
    /// # Errors
    /// Why there is none, in a sentence.
    pub async fn metrics_token(&self) -> Result<String, String> {
        let token = self.live_config().borrow().metrics.token.clone();
        let Some(token) = token else { return self.made_token() };
        let named = match SecretReference::parse(&token) {
            None => Some(token.clone()),
            Some(SecretReference::Variable(name)) => std::env::var(name).ok(),
            Some(SecretReference::Kept(name)) => {
                let kept = self.0.vault().get_named(&name).await.map_err(|error| error.to_string())?;
                kept.map(|secret| secret.expose().to_owned())
            }
        };
        named
            .filter(|token| !token.is_empty())
            .ok_or_else(|| format!("nothing is kept for `metrics.token: {token}`"))
    }

    /// Counted for `/metrics`.
    pub fn counters(&self) -> &std::sync::Arc<metrics::Counters> {
        self.0.registry.counters()
    }

    fn exports(&self, exporter: Exporter) -> bool {
        self.live_config().borrow().metrics.exporters.contains(&exporter)
    }

    /// The token of this data directory, made now where there is none.
    fn made_token(&self) -> Result<String, String> {
        let mut made = self.0.exports.made_token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = &*made {
            return Ok(token.clone());
        }
        let file = self.0.data_dir.join(TOKEN);
        let fresh = || format!("mcpm_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let kept = std::fs::read_to_string(&file).ok().filter(|kept| kept.len() == fresh().len());
        let token = kept.unwrap_or_else(fresh);
        let failed = |error| format!("`{}` cannot be written: {error}", file.display());
        write_private(&file, token.as_bytes()).map_err(failed)?;
        *made = Some(token.clone());
        Ok(token)
    }

    pub(crate) fn export_status(&self) -> MetricsExports {
        let config = self.live_config().borrow().metrics.clone();
        let json = self.exports(Exporter::Json).then(|| {
            let state = self.0.exports.file.lock().unwrap_or_else(PoisonError::into_inner);
            MetricsFile {
                file: self.figures_file(&config).display().to_string(),
                written_at: state.written_at,
                problem: state.problem.clone(),
            }
        });
        MetricsExports {
            prometheus: self.exports(Exporter::Prometheus).then(|| self.door(config.token.as_deref())),
            json,
        }
    }

    fn door(&self, configured: Option<&str>) -> MetricsDoor {
        let listening = self.listening();
        let address =
            listening.as_ref().and_then(|url| url.trim_start_matches("http://").parse::<SocketAddr>().ok());
        let needs_token = address.is_some_and(|address| !address.ip().is_loopback());
        let is_made = needs_token && configured.is_none() && self.made_token().is_ok();
        let token_file = is_made.then(|| self.0.data_dir.join(TOKEN).display().to_string());
        let authorization = needs_token.then(|| match &token_file {
            Some(file) => format!("    authorization:\n      credentials_file: {file}\n"),
            None => "    authorization:\n      credentials: THE VALUE OF metrics.token\n".to_owned(),
        });
        let scrape_config = address.map(|address| {
            let target = if address.ip().is_unspecified() {
                format!("ADDRESS_OF_THIS_COMPUTER:{}", address.port())
            } else {
                address.to_string()
            };
            format!(
                "scrape_configs:\n  - job_name: mcp-discovery\n    static_configs:\n      - targets: [\"{target}\"]\n{}",
                authorization.unwrap_or_default()
            )
        });
        MetricsDoor {
            url: listening.map(|url| format!("{url}/metrics")),
            needs_token,
            token_file,
            last_scrape: self.0.exports.last_scrape(),
            scrape_config,
        }
    }
}
