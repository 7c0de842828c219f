//! What several test files need.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use api::ApiError;
use app::{App, Options, OwnerKind};
use futures::StreamExt;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::time::timeout;

/// What an operation answered, where its digits do not matter.
pub(crate) fn read(answer: &RawValue) -> Value {
    serde_json::from_str(answer.get()).unwrap()
}

/// A core in a folder of its own.
pub(crate) struct Core {
    pub(crate) app: App,
    pub(crate) dir: tempfile::TempDir,
}

impl Core {
    pub(crate) async fn start() -> Self {
        Self::configured("").await
    }

    /// With this configuration.
    pub(crate) async fn configured(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("mcp-discovery.yaml"), config).unwrap();
        Self::at(dir).await
    }

    /// On the data that lies there.
    pub(crate) async fn at(dir: tempfile::TempDir) -> Self {
        let config = dir.path().join("mcp-discovery.yaml");
        std::fs::OpenOptions::new().create(true).append(true).open(&config).unwrap();
        let options = Options {
            data_dir: Some(dir.path().join("data")),
            config: Some(config),
            face: OwnerKind::Serve,
            mends_config: false,
        };
        Self { app: App::start(options).await.unwrap(), dir }
    }

    pub(crate) async fn restart(self) -> Self {
        self.app.shutdown().await;
        drop(self.app);
        Self::at(self.dir).await
    }

    pub(crate) async fn perform(&self, name: &str, args: Value) -> Value {
        read(&self.app.perform(name, args).await.unwrap_or_else(|error| panic!("{name}: {error:?}")))
    }

    /// Waits for the end of the scan that `start` begins, and gives its report.
    pub(crate) async fn scanned(&self, start: impl Future<Output = ()>) -> Value {
        let mut events = Box::pin(self.app.events());
        start.await;
        let over = |event: &Value| event["type"] == "scan_changed" && event["scan"]["state"] != "running";
        let finished = async {
            while let Some(batch) = events.next().await {
                let batch = serde_json::to_value(&batch).unwrap();
                if batch["events"].as_array().unwrap().iter().any(over) {
                    return;
                }
            }
        };
        assert!(timeout(Duration::from_secs(30), finished).await.is_ok(), "the scan ends");
        self.perform("scan", json!({})).await
    }

    /// The servers that match, as soon as one does. What calls tell of servers is gathered, so it is seen a moment later.
    pub(crate) async fn until_seen(&self, filter: &str) -> Value {
        let mut events = Box::pin(self.app.events());
        let waiting = async {
            loop {
                let list = self.perform("servers", json!({ "filter": filter })).await;
                if !list["servers"].as_array().unwrap().is_empty() {
                    return list["servers"].clone();
                }
                events.next().await.expect("the core runs");
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("a server like that")
    }

    pub(crate) async fn refused(&self, name: &str, args: Value) -> ApiError {
        self.app.perform(name, args).await.unwrap_err()
    }

    /// What a check that a person asks for finds.
    pub(crate) async fn check(&self, id: &str) -> Value {
        self.perform("check", json!({ "id": id })).await["health"].clone()
    }
}
