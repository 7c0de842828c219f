//! The page as the keyboard alone reaches it, and what the pointer rests on.
//! A window with something unsaved does not close without a word.
//! The window opens, and says why when it cannot.

use std::fs;
use std::fs::File;

use fantoccini::Locator;
use fantoccini::actions::{InputSource, MouseActions, PointerAction};

use crate::page::{ENTER, Page, Role, said};
use crate::window;

const TAB: char = '\u{E004}';

/// What has the keyboard, by its name; of a field, by its label.
const FOCUSED: &str = "const at = document.activeElement;
    if (!at || at === document.body) return '';
    const label = at.labels?.[0]?.firstChild?.textContent;
    return (at.getAttribute('aria-label') ?? label ?? at.innerText ?? '').trim();";

/// The element has an outline, or its active row has.
const SEEN: &str = "const at = document.activeElement;
    const active = at.getAttribute('aria-activedescendant');
    const shown = active ? document.getElementById(active) : at;
    return [shown, shown?.closest('.fbox'), shown?.parentElement].filter(Boolean).some((one) => {
        const style = getComputedStyle(one);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    });";

/// More stops than any screen has.
const MOST_STOPS: usize = 80;

impl Page {
    /// Types, wherever the focus is.
    pub(crate) async fn keys(&self, keys: &str) {
        self.type_keys(keys).await;
    }

    /// Waits until what has this name has the keyboard.
    pub(crate) async fn focus_is_on(&self, name: &str) {
        let missing = format!("the keyboard is not on `{name}`");
        self.until(&missing, async || self.focused().await.starts_with(name).then_some(())).await;
    }

    /// Whether one sees where the keyboard is.
    pub(crate) async fn focus_is_seen(&self) -> bool {
        self.0.execute(SEEN, Vec::new()).await.expect("the page tells").as_bool().unwrap_or_default()
    }

    /// Presses Tab until what has this name has the keyboard, and sees it there.
    pub(crate) async fn tab_to(&self, name: &str) {
        let mut stops = Vec::new();
        for _ in 0..MOST_STOPS {
            let here = self.focused().await;
            if here.starts_with(name) {
                assert!(self.focus_is_seen().await, "`{name}` has the keyboard, and nobody sees it");
                return;
            }
            stops.push(here);
            self.type_keys(&TAB.to_string()).await;
        }
        panic!("`{name}` cannot be reached by Tab: {stops:?}");
    }

    /// Waits until the page says one of the two.
    pub(crate) async fn either_says(&self, one: &str, other: &str) {
        let missing = format!("nothing says `{one}` or `{other}`");
        let look = async || {
            let text = self.text().await;
            (text.contains(one) || text.contains(other)).then_some(())
        };
        self.until(&missing, look).await;
    }

    /// What the rows of servers say, from the top.
    pub(crate) async fn rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for row in self.0.find_all(Locator::Css("[role=row][id]")).await.expect("the page tells") {
            let (_, top, _, _) = row.rectangle().await.expect("a row has a place");
            rows.push((top, said(&row).await));
        }
        rows.sort_by(|one, other| one.0.total_cmp(&other.0));
        rows.into_iter().map(|(_, text)| text).collect()
    }

    /// Waits until the topmost row says this.
    pub(crate) async fn until_first(&self, words: &str) {
        let missing = format!("the first row does not say `{words}`");
        let look = async || self.rows().await.first().is_some_and(|row| row.contains(words)).then_some(());
        self.until(&missing, look).await;
    }

    /// Where the row that says this stands.
    pub(crate) async fn place(&self, words: &str) -> (f64, f64, f64, f64) {
        self.row(words).await.rectangle().await.expect("a row has a place")
    }

    /// Rests the pointer on the row that says this.
    pub(crate) async fn hover(&self, words: &str) {
        let element = self.row(words).await;
        let there = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        let mouse = MouseActions::new("mouse".to_owned()).then(there);
        self.0.perform_actions(mouse).await.expect("the pointer can be moved");
    }

    async fn focused(&self) -> String {
        let answer = self.0.execute(FOCUSED, Vec::new()).await;
        answer.ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

const FILE: &str = "health_monitoring:\n  warn_ms: 1000 # slow\n";

#[tokio::test]
async fn a_draft_is_asked_about_kept_and_saved_before_the_window_closes() {
    let window = window::open_alone(FILE).await;
    let page = &window.page;
    page.find(Role::Heading, "Discover").await;
    page.control('9').await;
    page.find(Role::Heading, "Settings").await;
    page.fill(Role::Textbox, "Slow above", "1500").await;
    page.says("Draft, 1 change").await;
    // Whatever screen one is on.
    page.control('2').await;
    window.ask_to_close();
    page.says("The settings have 1 change that is not saved").await;
    page.find(Role::Button, "Keep editing").await;
    window.keep_picture("closing").await;
    page.press(Role::Button, "Keep editing", ENTER).await;
    page.says("Draft, 1 change").await;
    assert_eq!(std::fs::read_to_string(window.config()).expect("the configuration"), FILE);

    window.ask_to_close();
    page.press_last(Role::Button, "Save and close", ENTER).await;
    window.closed().await;
    let text = std::fs::read_to_string(window.config()).expect("the configuration");
    assert_eq!(text, FILE.replace("1000", "1500"));
}

#[tokio::test]
async fn a_draft_may_be_thrown_away_and_without_one_nobody_is_asked() {
    let window = window::open_alone(FILE).await;
    let page = &window.page;
    page.find(Role::Heading, "Discover").await;
    page.control('9').await;
    page.fill(Role::Textbox, "Slow above", "1500").await;
    page.says("Draft, 1 change").await;
    window.ask_to_close();
    page.press_last(Role::Button, "Close without saving", ENTER).await;
    window.closed().await;
    assert_eq!(std::fs::read_to_string(window.config()).expect("the configuration"), FILE);

    let window = window.open_again().await;
    window.page.find(Role::Heading, "Discover").await;
    window.ask_to_close();
    window.closed().await;
}

#[tokio::test]
async fn the_window_shows_the_screens() {
    let window = window::open().await;
    window.page.find(Role::Link, "Discover").await;
    window.page.find(Role::Link, "Servers").await;
    window.page.find(Role::Link, "Playground").await;
    assert!(window.page.0.title().await.unwrap().contains("MCP Discovery"));
    let picture = window.keep_picture("opens").await;
    assert!(picture.len() > 5_000, "a window that shows something is more than {} bytes", picture.len());
}

#[tokio::test]
async fn a_data_folder_that_somebody_else_has_is_named_with_its_owner() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("taken");
    fs::create_dir(&data).unwrap();
    let lock = File::create(data.join("owner.lock")).unwrap();
    lock.lock().unwrap();

    let window = window::open_on(home, data.clone()).await;

    window.page.find(Role::Heading, "MCP Discovery cannot start").await;
    window.page.says(&format!("The data directory `{}` is in use by another process", data.display())).await;
    window.keep_picture("owned").await;
}

#[tokio::test]
async fn a_page_cannot_call_what_the_window_may_not() {
    let window = window::open().await;
    window.page.find(Role::Link, "Discover").await;
    let script = "const done = arguments[arguments.length - 1];
        window.__TAURI_INTERNALS__.invoke('plugin:window|close').then(() => done('allowed'), error => done(String(error)))";
    let answer = window.page.0.execute_async(script, Vec::new()).await.unwrap();
    assert!(answer.as_str().unwrap().contains("not allowed"), "{answer}");
}
