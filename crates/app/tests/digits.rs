//! What a tool answers leaves the core in the server's own text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use api::raw;
use serde_json::json;
use support::Core;
use testkit::{Act, Persona, PersonaTool, digits};

#[tokio::test]
async fn a_result_has_the_digits_and_the_fields_that_the_server_sent() {
    let core = Core::start().await;
    let server = digits::server().start().await;
    core.perform("add", json!({ "url": server.url() })).await;
    let answer = core.app.perform("call", json!({ "capability": "digits" })).await.unwrap();
    assert_eq!(raw::at(&answer, &["result"]).unwrap().get(), digits::RESULT);
    assert_eq!(raw::at(&answer, &["tool"]).unwrap().get(), "\"digits\"");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_result_that_nests_without_end_is_refused() {
    let core = Core::start().await;
    let nested = |_: &_| {
        let mut list = json!([]);
        for _ in 0..200 {
            list = json!([list]);
        }
        Act::Answer(json!({ "content": [], "structuredContent": { "list": list } }))
    };
    let listed = json!({ "name": "nest", "description": "A tool.", "inputSchema": { "type": "object" } });
    let tools = vec![PersonaTool { name: "nest", listed: Some(listed), act: nested }];
    let persona = Persona { name: "deep", version: "1.0", tools, ..Persona::default() };
    let server = testkit::fake::Fake::legacy().with_persona(persona).start().await;
    core.perform("add", json!({ "url": server.url() })).await;
    let error = core.refused("call", json!({ "capability": "nest" })).await;
    assert_eq!(error.code, api::ErrorCode::TransportFailed, "{error:?}");
    core.app.shutdown().await;
}
