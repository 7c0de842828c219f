//! What follows an answer of the modern era.

use model::{Era, Transport};
use serde_json::Value;

use super::super::question::{LEGACY, MODERN};
use super::super::verdict;
use super::tools::Lister;
use super::{Asker, Path};

impl Asker {
    pub(super) async fn modern(&mut self, path: &str, result: &Value) -> Path {
        let version = verdict::best_version(result);
        let mut report = self.found(path, Transport::Http, Some(Era::Modern));
        report.identity = verdict::modern_identity(result, &version);
        report.tools = self.count_tools(Lister::Modern { path, version: &version }).await;
        Path::Settled(Box::new(report))
    }

    pub(super) async fn other_versions(&mut self, path: &str, supported: &[String]) -> Path {
        if let Some(version) = supported.iter().find(|version| version.as_str() < MODERN) {
            return self.legacy(path, &version.clone()).await;
        }
        let mut report = self.found(path, Transport::Http, Some(Era::Modern));
        report.reason =
            Some(format!("it speaks only {}, which is newer than what we speak", supported.join(", ")));
        Path::Settled(Box::new(report))
    }

    pub(super) fn modest(&self, path: &str) -> Path {
        let mut report = self.found(path, Transport::Http, Some(Era::Modern));
        report.reason = Some("it wants a client with more capabilities before it says who it is".to_owned());
        Path::Settled(Box::new(report))
    }

    pub(super) async fn confirm_by_list(&mut self, path: &str) -> Path {
        if let Some(tools) = self.count_tools(Lister::Modern { path, version: MODERN }).await {
            let mut report = self.found(path, Transport::Http, Some(Era::Modern));
            report.tools = Some(tools);
            return Path::Settled(Box::new(report));
        }
        self.legacy(path, LEGACY).await
    }
}
