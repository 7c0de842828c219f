//! `/metrics`: what it shows, and the token for it where others can reach it.

use std::net::SocketAddr;
use std::sync::PoisonError;

use api::{MetricsDoor, MetricsExports, MetricsFile, Scrape};
use model::config::{Exporter, SecretReference};
use tokio::time::Instant;
use uuid::Uuid;

use crate::owner::write_private;
use crate::{App, millis, now};

/// The token that is created where the configuration names none.
const TOKEN: &str = "metrics.token";

impl App {
    /// The text for Prometheus, or nothing where that is switched off. `by` is who asks.
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

    /// The token of `/metrics` beyond loopback, valid for nothing else: the one that the configuration names, else the one
    /// that was created for it.
    ///
    /// # Errors
    ///
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
            .ok_or_else(|| format!("no secret is kept for `metrics.token: {token}`"))
    }

    /// Counted for `/metrics`.
    pub fn counters(&self) -> &std::sync::Arc<metrics::Counters> {
        self.0.registry.counters()
    }

    fn exports(&self, exporter: Exporter) -> bool {
        self.live_config().borrow().metrics.exporters.contains(&exporter)
    }

    /// The token of this data directory, created now where there is none.
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
