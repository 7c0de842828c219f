//! What lets one trust the window without thinking: nothing moves under the pointer, days are those of the calendar, the
//! keyboard is never lost, and Help says how a browser gets in.

use testkit::fake::Fake;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::page::{DELETE, ENTER, Page, Role};
use crate::window;

/// Rounds every second.
const QUICK: &str = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n";

/// Keeps the servers at these addresses, and goes to the list.
async fn keep(page: &Page, addresses: &[String]) {
    for address in addresses {
        page.tick(address).await;
    }
    let servers = if addresses.len() == 1 { "server" } else { "servers" };
    page.press(Role::Button, &format!("Add {} {servers}", addresses.len()), ENTER).await;
    page.press(Role::Link, "Servers", ENTER).await;
    page.find(Role::Heading, "Servers").await;
    for address in addresses {
        page.row_says(address, "Healthy").await;
    }
}

#[tokio::test]
async fn help_says_how_a_browser_gets_in_and_nobody_else_does() {
    let window = window::open().await;
    let page = &window.page;
    page.find(Role::Heading, "Discover").await;
    page.click(Role::Button, "Help").await;
    page.says("Help and about").await;
    page.says("mcp-discovery link").await;
    window.keep_picture("calm-1-help").await;
    let text = page.text().await;
    let address = text.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();

    let mut stream = TcpStream::connect(address).await.unwrap();
    let ask = format!(
        "POST /api/v1/order HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    );
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn nothing_moves_under_the_pointer() {
    let first = Fake::modern().start().await;
    let second = Fake::modern().start().await;
    let (kept, gone) = (first.address().to_string(), second.address().to_string());
    let window = window::open_configured(QUICK).await;
    let page = &window.page;
    keep(page, &[kept.clone(), gone.clone()]).await;
    // The upper of the two stays, so that the lower one wants to pass it.
    let is_kept_first = page.rows().await.first().is_some_and(|row| row.contains(&kept));
    let (kept, falling) = if is_kept_first { (kept, second) } else { (gone, first) };
    page.hover(&kept).await;
    let before = page.place(&kept).await;
    drop(falling);
    page.row_says("Down", "Connection refused").await;
    page.says("will move").await;
    assert_eq!(page.place(&kept).await, before);
    window.keep_picture("calm-2-still").await;
    page.press(Role::Button, "Show", ENTER).await;
    page.until_first("Connection refused").await;
}

#[tokio::test]
async fn changes_of_yesterday_stand_under_yesterday() {
    let server = Fake::modern().start().await;
    let address = server.address().to_string();
    let window = window::open_configured(QUICK).await;
    let page = &window.page;
    keep(page, std::slice::from_ref(&address)).await;
    page.row(&address).await.click().await.unwrap();
    page.press(Role::Tab, "Health", ENTER).await;
    page.find(Role::Heading, "Today").await;
    let midnight = "const next = new Date(); next.setHours(24, 1, 0, 0); Date.now = () => next.getTime();";
    page.0.execute(midnight, Vec::new()).await.unwrap();
    page.find(Role::Heading, "Yesterday").await;
    page.gone(Role::Heading, "Today").await;
    window.keep_picture("calm-3-days").await;
}

#[tokio::test]
async fn the_keyboard_is_seen_and_never_lost() {
    let servers = [Fake::modern().start().await, Fake::modern().start().await];
    let addresses = servers.each_ref().map(|server| server.address().to_string());
    let window = window::open_alone(QUICK).await;
    let page = &window.page;
    keep(page, &addresses).await;
    page.tab_to("Servers, worst first").await;
    window.keep_picture("calm-4-seen").await;
    page.keys("p").await;
    page.row("Paused").await;
    page.keys(&DELETE.to_string()).await;
    page.no_row("Paused").await;
    page.focus_is_on("Servers, worst first").await;
    assert!(page.focus_is_seen().await, "the row that is next has the keyboard");

    page.keys("?").await;
    page.says("Keyboard shortcuts").await;
    for does in ["Remove the row", "Check the server now", "Pause or resume", "Edit the server", "Redo what"]
    {
        page.says(does).await;
    }
}
