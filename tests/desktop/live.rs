//! What a person sees who stays: servers that go and come, a call that is cancelled, a removal that is taken back.
//! Two Chromiums beside the window, on its core: a script drives them, a line at a time.
//! What lets one trust the window without thinking: nothing moves under the pointer, days are those of the calendar, the
//! keyboard is never lost, and Help says how a browser gets in.

use std::process::Stdio;
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use testkit::fake::Fake;
use testkit::real::Peer;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::time::{Instant, timeout};

use crate::page::{DELETE, ENTER, Page, Role};
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

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/beside-the-window.mjs");

/// How long a step may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Both, and their script; gone when this is dropped.
pub(crate) struct Browsers {
    child: Box<dyn ChildWrapper>,
    tell: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Browsers {
    pub(crate) async fn open(link: &str) -> Self {
        let mut command = CommandWrap::with_new("node", |command| {
            command.args([SCRIPT, link]).stdin(Stdio::piped()).stdout(Stdio::piped());
        });
        let mut child = command.wrap(ProcessGroup::leader()).spawn().expect("node starts");
        let tell = child.stdin().take().expect("its input");
        let said = BufReader::new(child.stdout().take().expect("its output")).lines();
        Self { child, tell, said }
    }

    /// Has them do the next step.
    pub(crate) async fn tell(&mut self, step: &str) {
        self.tell.write_all(format!("{step}\n").as_bytes()).await.expect("the script listens");
    }

    /// Waits until the script has said this.
    pub(crate) async fn until(&mut self, line: &str) {
        let said = timeout(PATIENCE, self.said.next_line()).await.expect("the browsers are quick enough");
        assert_eq!(said.expect("the script speaks").as_deref(), Some(line), "its errors are above");
    }
}

impl Drop for Browsers {
    fn drop(&mut self) {
        if let Err(error) = self.child.start_kill() {
            eprintln!("the browsers could not be ended: {error}");
        }
    }
}

/// Rounds every second.
/// Keeps the servers at these addresses by keyboard, and goes to the list.
async fn keep_by_keyboard(page: &Page, addresses: &[String]) {
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
    keep_by_keyboard(page, &[kept.clone(), gone.clone()]).await;
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
    keep_by_keyboard(page, std::slice::from_ref(&address)).await;
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
    keep_by_keyboard(page, &addresses).await;
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
