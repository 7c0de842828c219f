//! Where metrics are exported, and what reads them.

use model::Millis;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The exports of metrics, now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MetricsExports {
    /// For Prometheus; absent while it is switched off.
    pub prometheus: Option<MetricsDoor>,
    /// The file; absent while it is switched off.
    pub json: Option<MetricsFile>,
}

/// The endpoint that Prometheus scrapes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MetricsDoor {
    /// Such as `http://127.0.0.1:8090/metrics`; absent while nothing is served.
    pub url: Option<String>,
    /// Whether it requires its token, since it is served beyond loopback.
    pub needs_token: bool,
    /// The file that the token was written to; absent where the configuration has one, or none is needed.
    pub token_file: Option<String>,
    /// The last scrape.
    pub last_scrape: Option<Scrape>,
    /// The lines for the configuration of Prometheus.
    pub scrape_config: Option<String>,
}

/// One reading of all metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Scrape {
    /// The time.
    pub at: Millis,
    /// The address of the reader, and its name for itself.
    pub by: String,
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// How large it was.
    pub bytes: u64,
    /// How many series were left out, since there were too many.
    pub left_out: u64,
}

/// The file that metrics are written to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MetricsFile {
    /// Its path.
    pub file: String,
    /// When it was last written.
    pub written_at: Option<Millis>,
    /// The reason why it cannot be written.
    pub problem: Option<String>,
}
