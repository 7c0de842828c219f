//! A core in a folder of its own, served on a free port.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its part")]

use app::{App, Options, OwnerKind as Kind};
use http_face::Face;
use reqwest::Client;
use tokio::task::JoinSet;

/// The core, where it is served, and a client.
pub struct Served {
    pub app: App,
    pub url: String,
    pub client: Client,
    _tasks: JoinSet<()>,
    _dir: tempfile::TempDir,
}

impl Served {
    pub async fn start() -> Self {
        Self::with(http_face::ConnectionLimits::at_most(512)).await
    }

    pub async fn with(limits: http_face::ConnectionLimits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("mcp-discovery.yaml");
        std::fs::write(&config, "").unwrap();
        let options = Options {
            data_dir: Some(dir.path().join("data")),
            config: Some(config),
            face: Kind::Serve,
            mends_config: false,
        };
        let app = App::start(options).await.unwrap();
        let face = Face::bind(&app, "127.0.0.1:0".parse().unwrap()).await.unwrap().with(limits);
        let url = face.url();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { face.serve().await });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { app, url, client, _tasks: tasks, _dir: dir }
    }
}
