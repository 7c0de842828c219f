//! Where calls go and went: a tool that two servers offer, who takes a call and why, and what would become of it under another rule.

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

const FILE: &str = "# ours\nhealth_monitoring:\n  check_interval: 3600\n\nrouting_rules:\n  # whoever only looks\n  \"look\":\n    timeout: 10   # seconds\n";

#[tokio::test]
async fn a_call_is_explained_and_its_rule_tried_on_it_edited_saved_and_undone() {
    let servers = [looker("sparrow").await, looker("heron").await];
    let window = window::open_configured(FILE).await;
    let page = &window.page;
    let winner = look(page, &servers).await;
    let (name, other) = if winner == 0 { ("sparrow", "heron") } else { ("heron", "sparrow") };

    page.control('7').await;
    page.find(Role::Heading, "Activity").await;
    page.click(Role::Row, &format!("answered by {name}")).await;
    page.find(Role::Complementary, "Call of look").await;
    page.says("The rule look applies").await;
    page.finds("return document.querySelectorAll('.uplot canvas').length > 2 ? 'drawn' : ''", "drawn").await;
    window.keep_picture("rules-1-activity").await;
    page.press(Role::Button, "Simulate", ENTER).await;
    page.find(Role::Heading, "Routing").await;
    page.says("The rule look applies").await;

    // What if it were down: the call would have gone to the other.
    page.fill(Role::Combobox, "Pretend it is down", name).await;
    page.click(Role::Option, name).await;
    page.says(&format!("1 would move to {other}. None would fail.")).await;
    page.press(Role::Button, "See the call", ENTER).await;
    page.says("Would move").await;
    window.keep_picture("rules-2-replay").await;
    page.press(Role::Button, "Stages", ENTER).await;
    page.press(Role::Button, "pretended down", ENTER).await;

    page.press(Role::Button, "look exact name", ENTER).await;
    page.find(Role::Button, "Duplicate look").await;
    page.fill(Role::Textbox, "Timeout", "20").await;
    page.says("Draft, 1 change").await;
    window.keep_picture("rules-3-draft").await;
    page.chord('s').await;
    page.says("Saved as version 2").await;
    let on_disk = || std::fs::read_to_string(window.config()).expect("the configuration");
    assert_eq!(on_disk(), FILE.replace("timeout: 10 ", "timeout: 20 "));

    page.find(Role::Heading, "Routing").await.click().await.expect("the heading is there");
    page.chord('z').await;
    page.says("Undone:").await;
    assert_eq!(on_disk(), FILE);
}

#[tokio::test]
async fn a_call_that_nobody_took_says_why_and_where_the_next_one_goes() {
    let servers = [looker("sparrow").await];
    let window = window::open_configured(FILE).await;
    let page = &window.page;
    look(page, &servers).await;
    page.press(Role::Link, "Servers", ENTER).await;
    page.row(&servers[0].address().to_string()).await.click().await.unwrap();
    page.press(Role::Button, "Pause", ENTER).await;
    page.row_says("sparrow", "Paused").await;
    page.press(Role::Link, "Playground", ENTER).await;
    page.find(Role::Heading, "look").await;
    page.control(ENTER).await;

    page.control('7').await;
    page.find(Role::Heading, "Activity").await;
    page.says("No server took it").await;
    page.press(Role::Button, "Failed", ENTER).await;
    page.says("1 row matches the filter").await;
    page.click(Role::Row, "look at").await;
    page.find(Role::Complementary, "Call of look").await;
    page.says("No server was asked: nothing was sent.").await;
    page.says("sparrow is paused").await;
    window.keep_picture("rules-4-failed").await;

    page.press(Role::Button, "Simulate", ENTER).await;
    page.find(Role::Heading, "Routing").await;
    page.says("No server takes it").await;
    page.press(Role::Link, "Servers", ENTER).await;
    page.row("sparrow").await.click().await.unwrap();
    page.press(Role::Button, "Resume", ENTER).await;
    page.find(Role::Button, "Pause").await;
    page.press(Role::Link, "Routing", ENTER).await;
    page.find(Role::Heading, "Next call goes to").await;
    page.says("No other server could take it").await;
}
