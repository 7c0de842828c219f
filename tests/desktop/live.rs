//! What a person sees who stays: servers that go and come, a call that is cancelled, a removal that is taken back.

use std::time::Duration;

use testkit::fake::Fake;
use testkit::real::Peer;
use tokio::time::Instant;

use crate::page::{Page, Role};
use crate::window;

/// Rounds every second.
const QUICK: &str = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n";

/// Three failed rounds, each up to 10 % late, the last one's answer, and what a busy machine adds.
const DOWN_WITHIN: Duration = Duration::from_millis(3 * 1_100 + 1_000 + 5_000);

/// Keeps the servers at these addresses, and goes to the list.
async fn keep(page: &Page, addresses: &[String]) {
    for address in addresses {
        page.tick(address).await;
    }
    let servers = if addresses.len() == 1 { "server" } else { "servers" };
    page.click(Role::Button, &format!("Add {} {servers}", addresses.len())).await;
    page.click(Role::Link, "Servers").await;
    page.find(Role::Heading, "Servers").await;
}

#[tokio::test]
async fn a_killed_server_goes_down_before_the_eyes_and_comes_back_by_itself() {
    let steady = Peer::Everything.http().await.unwrap();
    let victim = Fake::modern().start().await;
    let port = victim.address().port();
    let address = victim.address().to_string();
    let window = window::open_configured(QUICK).await;
    let page = &window.page;
    keep(page, &[address.clone(), steady.address.to_string()]).await;
    page.row_says(&address, "Healthy").await;
    page.fill(Role::Combobox, "Filter servers", "is:down").await;
    page.no_row("Healthy").await;

    let killed = Instant::now();
    drop(victim);
    page.row_says("Down", "Connection refused").await;
    let down_after = killed.elapsed();
    println!("Down after {down_after:?}");
    assert!(down_after < DOWN_WITHIN, "{down_after:?}");
    page.no_row("Healthy").await;
    window.keep_picture("live-1-down").await;

    page.row("Down").await.click().await.unwrap();
    page.says("Connection refused: ").await;
    let _back = Fake::modern().on_port(port).start().await;
    page.no_row("Down").await;
    page.fill(Role::Combobox, "Filter servers", "is:healthy").await;
    page.row_says(&address, "Healthy").await;
    page.click(Role::Tab, "Health").await;
    page.says("Down →to Healthy").await;
    window.keep_picture("live-2-back").await;
}

#[tokio::test]
async fn a_removal_is_taken_back_after_a_restart() {
    let server = Fake::modern().start().await;
    let address = server.address().to_string();
    let window = window::open().await;
    keep(&window.page, std::slice::from_ref(&address)).await;
    window.page.row(&address).await.click().await.unwrap();
    window.page.click(Role::Button, "Remove").await;
    window.page.find(Role::Heading, "No servers yet").await;

    let window = window.open_again().await;
    let page = &window.page;
    page.click(Role::Link, "Servers").await;
    page.find(Role::Heading, "No servers yet").await;
    page.control('z').await;
    page.row(&address).await;
    window.keep_picture("live-3-taken-back").await;
}

#[tokio::test]
async fn a_call_from_a_form_shows_its_progress_and_is_cancelled() {
    let server = Peer::Everything.http().await.unwrap();
    let window = window::open().await;
    let page = &window.page;
    keep(page, &[format!("{}/mcp", server.address)]).await;
    page.click(Role::Link, "Playground").await;
    page.click(Role::Link, "trigger-long-running-operation").await;
    page.find(Role::Heading, "trigger-long-running-operation").await;
    page.fill(Role::Textbox, "duration", "60").await;
    page.fill(Role::Textbox, "steps", "120").await;
    page.click(Role::Button, "Run").await;
    page.says("of 120").await;
    window.keep_picture("live-4-progress").await;
    page.click(Role::Button, "Cancel the call").await;
    page.says("You cancelled the call").await;
    window.keep_picture("live-5-cancelled").await;
}
