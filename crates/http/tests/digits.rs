//! What a tool answers arrives over HTTP in the server's own text.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use app::{App, Face as Kind, Options};
use http_face::Face;
use reqwest::Client;
use serde_json::{Value, json};
use testkit::digits;
use tokio::task::JoinSet;

#[tokio::test]
async fn a_result_has_the_digits_and_the_fields_that_the_server_sent() {
    let server = digits::server().start().await;
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("mcp-discovery.yaml");
    std::fs::write(&config, "").unwrap();
    let options =
        Options { data_dir: Some(dir.path().join("data")), config: Some(config), face: Kind::Serve };
    let app = App::start(options).await.unwrap();
    let face = Face::bind(&app, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = face.url();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { face.serve().await.unwrap() });
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().build().unwrap();
    let post = async |operation: &str, args: Value| {
        let request = client.post(format!("{url}/api/v1/{operation}")).bearer_auth(app.token()).json(&args);
        request.send().await.unwrap().error_for_status().unwrap()
    };

    post("add", json!({ "url": server.url() })).await;
    let answer = post("call", json!({ "capability": "digits" })).await;
    assert_eq!(answer.headers().get("content-type").unwrap(), "application/json");
    let answer = answer.text().await.unwrap();
    assert!(answer.starts_with(&format!(r#"{{"result":{},"#, digits::RESULT)), "{answer}");
    app.shutdown().await;
}
