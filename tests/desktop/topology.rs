//! The map of servers, by keyboard: who is down, where calls go and why, what if two more were down, the calls and back.

use crate::page::{ENTER, Role};
use crate::route::{look, looker};
use crate::window;

/// Rounds every second: who ends is noticed.
const QUICK: &str = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n";

const ESCAPE: char = '\u{E00C}';

/// Takes the first of what a field offers.
const FIRST: &str = "\u{E015}\u{E007}";

#[tokio::test]
async fn by_keyboard_what_is_down_where_calls_go_and_what_if_two_more_were_down() {
    let servers = [looker("sparrow").await, looker("heron").await];
    let hawk = looker("hawk").await;
    let address = hawk.address().to_string();
    let window = window::open_alone(QUICK).await;
    let page = &window.page;
    page.press(Role::Link, "Discover", ENTER).await;
    page.tick(&address).await;
    page.press(Role::Button, "Add 1 server", ENTER).await;
    page.press(Role::Link, "Servers", ENTER).await;
    page.row_says(&address, "Healthy").await;
    drop(hawk);
    page.row_says("hawk", "Down").await;
    let winner = look(page, &servers).await;
    let (name, other) = if winner == 0 { ("sparrow", "heron") } else { ("heron", "sparrow") };

    page.control('3').await;
    page.find(Role::Heading, "Topology").await;
    page.tab_to("hawk: Down").await;
    page.enter().await;
    page.find(Role::Complementary, "hawk").await;
    page.keys(&ESCAPE.to_string()).await;
    page.focus_is_on("hawk: Down").await;

    page.fill(Role::Combobox, "Traffic for", "look").await;
    page.keys(FIRST).await;
    page.find(Role::Complementary, "Where calls go").await;
    page.find(Role::Heading, "Next call goes to").await;
    page.row_says("hawk", "Is down").await;
    page.says("1 call in the last minute").await;
    page.find(Role::Button, &format!("1 call of {name}")).await;
    window.keep_picture("topology-1-lines").await;

    page.press(Role::Button, &format!("{name}: Healthy"), 'd').await;
    page.says(&format!("Pretending: {name} is down")).await;
    page.find(Role::Heading, &format!("If {name} were down")).await;
    page.row_says(other, "100 %").await;
    page.fill(Role::Combobox, "Pretend it is down", other).await;
    page.keys(FIRST).await;
    page.find(Role::Heading, "If 2 servers were down").await;
    page.says("No server takes it").await;
    window.keep_picture("topology-2-pretended").await;
    page.press(Role::Button, &format!("{name}: "), ESCAPE).await;

    page.press(Role::Button, &format!("1 call of {name}"), ENTER).await;
    page.find(Role::Heading, "Activity").await;
    page.click(Role::Row, &format!("answered by {name}")).await;
    page.find(Role::Complementary, "Call of look").await;
    page.press(Role::Button, "Show in Topology", ENTER).await;
    page.find(Role::Heading, "Calls of look").await;
}
