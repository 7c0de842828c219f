//! A window with something unsaved does not close without a word.

use crate::page::{ENTER, Role};
use crate::window;

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
    page.find(Role::Button, "Go on editing").await;
    window.keep_picture("closing").await;
    page.press(Role::Button, "Go on editing", ENTER).await;
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
