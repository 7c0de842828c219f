//! What a tool answers arrives over HTTP in the server's own text.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use serde_json::{Value, json};
use support::Served;
use testkit::digits;

#[tokio::test]
async fn a_result_has_the_digits_and_the_fields_that_the_server_sent() {
    let server = digits::server().start().await;
    let Served { app, url, client, .. } = &Served::start().await;
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
