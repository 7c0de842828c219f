//! What several test files need.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use app::{ApiError, App, Face, Options};
use serde_json::{Value, json};

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

    async fn at(dir: tempfile::TempDir) -> Self {
        let config = Some(dir.path().join("mcp-discovery.yaml"));
        let options = Options { data_dir: Some(dir.path().join("data")), config, face: Face::Serve };
        Self { app: App::start(options).await.unwrap(), dir }
    }

    pub(crate) async fn restart(self) -> Self {
        self.app.shutdown().await;
        drop(self.app);
        Self::at(self.dir).await
    }

    pub(crate) async fn perform(&self, name: &str, args: Value) -> Value {
        self.app.perform(name, args).await.unwrap_or_else(|error| panic!("{name}: {error:?}"))
    }

    pub(crate) async fn refused(&self, name: &str, args: Value) -> ApiError {
        self.app.perform(name, args).await.unwrap_err()
    }

    /// What a check that a person asks for finds.
    pub(crate) async fn check(&self, id: &str) -> Value {
        self.perform("check", json!({ "id": id })).await["health"].clone()
    }
}
