//! The first run, filled when it opens, and the demo fleet.

use std::time::Duration;

use testkit::fake::Fake;
use tokio::time::Instant;

use crate::page::{Role, said};
use crate::window;

/// How long the window may take to show what listens on this computer, from when it is there. Generous.
const FILLED: Duration = Duration::from_secs(5);

#[tokio::test]
async fn the_first_run_shows_three_servers_of_this_computer() {
    let servers = [Fake::both().start().await, Fake::legacy().start().await, Fake::sse().start().await];
    let began = Instant::now();
    let window = window::open().await;
    let opened = began.elapsed();
    for server in &servers {
        window.page.row(&server.address().to_string()).await;
    }
    let filled = began.elapsed();
    println!("the window was there after {opened:?}, filled {:?} later", filled.saturating_sub(opened));
    assert!(filled.saturating_sub(opened) < FILLED, "filled after {filled:?}, opened after {opened:?}");
    window.keep_picture("demo-1-first-run").await;
}

#[tokio::test]
async fn the_demo_fleet_comes_by_a_click_and_goes_by_another() {
    let window = window::open().await;
    let page = &window.page;
    page.click(Role::Button, "Start the demo fleet").await;
    page.find(Role::Heading, "Demo fleet").await;
    page.says("4 of 6 healthy").await;
    window.keep_picture("demo-2-started").await;

    page.click(Role::Link, "Servers").await;
    for (name, state) in [
        ("demo-weather-a", "Healthy"),
        ("demo-weather-b", "Healthy"),
        ("demo-weather-eu", "Healthy"),
        ("demo-units", "Healthy"),
        ("demo-parcels", "Degraded"),
        ("demo-notes", "Needs sign-in"),
    ] {
        let row = said(&page.row(name).await).await;
        assert!(row.contains(state), "{name} should be {state}: {row}");
    }
    window.keep_picture("demo-3-servers").await;

    page.click(Role::Link, "Discover").await;
    page.click(Role::Button, "Remove the demo").await;
    page.find(Role::Button, "Start the demo fleet").await;
    page.click(Role::Link, "Servers").await;
    page.find(Role::Heading, "No servers yet").await;
    window.keep_picture("demo-4-gone").await;
}
