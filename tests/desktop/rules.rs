//! A call that was made: why it went where it went, its rule, and what would become of it under another.

use crate::page::{ENTER, Role};
use crate::route::{look, looker};
use crate::window;

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
    page.says("Nobody took it").await;
    page.press(Role::Button, "Failed", ENTER).await;
    page.says("1 row passes the filter").await;
    page.click(Role::Row, "look at").await;
    page.find(Role::Complementary, "Call of look").await;
    page.says("Nobody was asked: nothing was sent.").await;
    page.says("sparrow is paused").await;
    window.keep_picture("rules-4-failed").await;

    page.press(Role::Button, "Simulate", ENTER).await;
    page.find(Role::Heading, "Routing").await;
    page.says("Nobody takes it").await;
    page.press(Role::Link, "Servers", ENTER).await;
    page.row("sparrow").await.click().await.unwrap();
    page.press(Role::Button, "Resume", ENTER).await;
    page.find(Role::Button, "Pause").await;
    page.press(Role::Link, "Routing", ENTER).await;
    page.find(Role::Heading, "Next call goes to").await;
    page.says("Nobody else could take it").await;
}
