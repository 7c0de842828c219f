//! A tool that two servers offer: who takes a call and why, before and after one of them is paused.

use serde_json::json;
use testkit::fake::{Fake, Running};
use testkit::{Act, Persona, PersonaTool};

use crate::page::{ENTER, Page, Role};
use crate::window;

/// Nobody is checked meanwhile.
const QUIET: &str = "health_monitoring:\n  check_interval: 3600\n";

/// A server with one tool, which only looks.
pub(crate) async fn looker(name: &'static str) -> Running {
    let listed = json!({
        "name": "look", "inputSchema": { "type": "object" }, "annotations": { "readOnlyHint": true },
    });
    let act = |_: &serde_json::Value| {
        Act::Answer(json!({ "content": [{ "type": "text", "text": "All is well" }] }))
    };
    let look = PersonaTool { name: "look", listed: Some(listed), act };
    let persona = Persona { name, version: "1.0", tools: vec![look], ..Persona::default() };
    Fake::modern().with_persona(persona).start().await
}

/// Adds them, and calls their tool once. Says who took the call.
pub(crate) async fn look(page: &Page, servers: &[Running]) -> usize {
    for server in servers {
        page.press(Role::Link, "Discover", ENTER).await;
        page.tick(&server.address().to_string()).await;
        page.press(Role::Button, "Add 1 server", ENTER).await;
        page.press(Role::Link, "Servers", ENTER).await;
        page.row_says(&server.address().to_string(), "Healthy").await;
    }
    page.press(Role::Link, "Playground", ENTER).await;
    page.press(Role::Link, "look", ENTER).await;
    page.find(Role::Heading, "look").await;
    page.control(ENTER).await;
    page.says("All is well").await;
    servers.iter().position(|server| server.calls().len() == 1).expect("one of them took it")
}

#[tokio::test]
async fn a_call_says_who_takes_it_and_goes_elsewhere_after_a_pause() {
    let servers = [looker("sparrow").await, looker("heron").await];
    let window = window::open_configured(QUIET).await;
    let page = &window.page;
    let winner = look(page, &servers).await;
    page.press(Role::Tab, "Route", ENTER).await;
    let (name, other) = if winner == 0 { ("sparrow", "heron") } else { ("heron", "sparrow") };
    page.says(&format!("Goes to {name}")).await;
    window.keep_picture("route-1-why").await;

    page.press(Role::Link, "Servers", ENTER).await;
    page.row(&servers[winner].address().to_string()).await.click().await.unwrap();
    page.press(Role::Button, "Pause", ENTER).await;
    page.row_says(name, "Paused").await;
    page.press(Role::Link, "Playground", ENTER).await;
    page.find(Role::Heading, "look").await;
    page.control(ENTER).await;
    page.press(Role::Tab, "Route", ENTER).await;
    page.says(&format!("{name} is paused")).await;
    page.says(&format!("Goes to {other}")).await;
    window.keep_picture("route-2-after-a-pause").await;
}
