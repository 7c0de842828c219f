//! The settings in the real window, by keyboard: a field and its line, a save, a text that breaks and is mended, a change on
//! disk, a version that comes back, undo; and the guide's file, of which nothing changes but what was edited.

use crate::live::Browsers;
use crate::page::{ENTER, Page, Role};
use crate::window;
use crate::window::Window;

const GUIDE: &str = include_str!("../../crates/model/examples/guide.yaml");

const FILE: &str = "# ours\nhealth_monitoring:\n  check_interval: 30\n  max_failures: 3   # the VPN drops one\n  warn_ms: 1000\n\ngateway:\n  naming: auto\n";

const BACKSPACE: char = '\u{E003}';
const END: char = '\u{E010}';
const ESCAPE: char = '\u{E00C}';

/// The line that belongs to the field with the focus.
const MARKED: &str =
    "return document.querySelector('.host')?.shadowRoot?.querySelector('.cm-line.cm-on')?.textContent ?? ''";
/// What has the focus within the file.
const IN_FILE: &str =
    "return document.querySelector('.host')?.shadowRoot?.activeElement?.getAttribute('role') ?? ''";
/// Whether the window has the keyboard.
const HAS_KEYBOARD: &str = "return document.hasFocus() ? 'here' : 'away'";
/// The field that has the focus.
const FIELD: &str = "return document.activeElement?.id ?? ''";

fn on_disk(window: &Window) -> String {
    std::fs::read_to_string(window.config()).expect("the configuration")
}

async fn open_settings(page: &Page) {
    page.find(Role::Heading, "Discover").await;
    page.control('9').await;
    page.find(Role::Heading, "Settings").await;
    page.finds(
        "return document.querySelector('.host')?.shadowRoot?.querySelector('.cm-content') ? 'there' : ''",
        "there",
    )
    .await;
}

async fn saved(page: &Page, version: u32) {
    page.says(&format!("Version {version}, saved")).await;
}

#[tokio::test]
async fn a_threshold_is_changed_broken_mended_loaded_restored_and_undone() {
    let window = window::open_configured(FILE).await;
    let page = &window.page;
    open_settings(page).await;

    page.fill(Role::Textbox, "Slow above", "1500").await;
    page.says("Draft, 1 change").await;
    page.finds(MARKED, "  warn_ms: 1500").await;
    page.says("was 1000").await;
    window.keep_picture("settings-1-draft").await;
    assert_eq!(on_disk(&window), FILE, "nothing is written before a save");
    page.chord('s').await;
    saved(page, 2).await;
    assert_eq!(on_disk(&window), FILE.replace("1000", "1500"));

    page.press(Role::Button, "line 5", ENTER).await;
    page.finds(IN_FILE, "textbox").await;
    page.strike(&END.to_string()).await;
    page.strike(&BACKSPACE.to_string().repeat(6)).await;
    page.strike(" 1500").await;
    page.says("Draft cannot be read").await;
    page.says("The forms are frozen until you fix line 5").await;
    page.says("Line 5, column").await;
    window.keep_picture("settings-2-broken").await;
    page.chord('s').await;
    page.strike(&BACKSPACE.to_string().repeat(5)).await;
    page.strike(": 1200").await;
    page.says("Draft, 1 change").await;
    assert_eq!(on_disk(&window), FILE.replace("1000", "1500"), "what cannot be read is not saved");
    page.strike(&ESCAPE.to_string()).await;
    page.finds(FIELD, "f-health_monitoring-warn_ms").await;
    page.chord('s').await;
    saved(page, 3).await;
    assert_eq!(on_disk(&window), FILE.replace("1000", "1200"));

    let theirs = FILE.replace("max_failures: 3", "max_failures: 5");
    std::fs::write(window.config(), &theirs).expect("the configuration is written");
    page.says("The file changed on disk and was loaded").await;

    page.press(Role::Button, "Versions", ENTER).await;
    // The newest that is not in use is opened.
    page.says("removed:   warn_ms: 1000").await;
    page.find(Role::Button, "Restore version 3").await;
    window.keep_picture("settings-3-versions").await;
    page.press(Role::Button, "Restore version 3", ENTER).await;
    saved(page, 5).await;
    assert_eq!(on_disk(&window), FILE.replace("1000", "1200"));
    page.chord('z').await;
    page.says("Undone: restored version 3").await;
    assert_eq!(on_disk(&window), theirs);
}

#[tokio::test]
async fn the_guides_file_differs_in_the_edited_lines_alone() {
    let window = window::open_configured(GUIDE).await;
    let page = &window.page;
    open_settings(page).await;
    let mut wanted = GUIDE.to_owned();
    for (at, (section, field, old, new)) in [
        ("Main registry", "Cleanup interval", "cleanup_interval: 300", "cleanup_interval: 600"),
        ("Discovery", "Scan interval", "scan_interval: 60", "scan_interval: 90"),
        ("Health checks", "Timeout", "timeout: 10", "timeout: 8"),
        ("Balancing", "Response time weight", "response_time_weight: 0.3", "response_time_weight: 0.4"),
        ("Routing rules", "Min health score", "min_health_score: 0.8", "min_health_score: 0.7"),
    ]
    .into_iter()
    .enumerate()
    {
        page.press(Role::Link, section, ENTER).await;
        page.fill(Role::Textbox, field, new.rsplit(' ').next().unwrap_or_default()).await;
        let drafted =
            if at == 0 { "Draft, 1 change".to_owned() } else { format!("Draft, {} changes", at + 1) };
        page.says(&drafted).await;
        wanted = wanted.replacen(old, new, 1);
    }
    page.chord('s').await;
    saved(page, 2).await;
    assert_eq!(on_disk(&window), wanted);
}

#[tokio::test]
async fn a_number_waits_half_written_while_another_window_has_the_keyboard() {
    let window = window::open_alone(GUIDE).await;
    let page = &window.page;
    open_settings(page).await;
    page.press(Role::Link, "Balancing", ENTER).await;
    page.fill(Role::Textbox, "Response time weight", "0.10").await;
    page.says("Draft, 1 change").await;
    page.finds(HAS_KEYBOARD, "here").await;
    window.look_away();
    page.finds(HAS_KEYBOARD, "away").await;
    page.strike("5").await;
    page.finds("return document.activeElement.value", "0.105").await;
    page.chord('s').await;
    saved(page, 2).await;
    assert_eq!(on_disk(&window), GUIDE.replace("response_time_weight: 0.3", "response_time_weight: 0.105"));
}

#[tokio::test]
async fn what_others_write_meanwhile_is_kept_beside_the_draft() {
    let window = window::open_configured(FILE).await;
    let page = &window.page;
    open_settings(page).await;
    page.fill(Role::Textbox, "Slow above", "1500").await;
    page.says("Draft, 1 change").await;
    std::fs::write(window.config(), FILE.replace("max_failures: 3", "max_failures: 5"))
        .expect("the configuration is written");
    // Whichever is first, the save or the news: nothing is written over.
    page.chord('s').await;
    page.says("file changed").await;
    page.says("would stay").await;
    window.keep_picture("settings-4-others").await;
    page.press(Role::Button, "Load it", ENTER).await;
    page.says("Draft, 1 change").await;
    page.chord('s').await;
    page.gone(Role::Button, "Discard draft").await;
    let both = FILE.replace("max_failures: 3", "max_failures: 5").replace("1000", "1500");
    assert_eq!(on_disk(&window), both);
}

#[tokio::test]
async fn two_browsers_and_the_window_edit_one_file_and_nobody_loses_anything() {
    let window = window::open_configured(FILE).await;
    let page = &window.page;
    open_settings(page).await;
    page.fill(Role::Textbox, "Slow above", "1500").await;
    page.says("Draft, 1 change").await;
    let mut browsers = Browsers::open(&window.link()).await;
    browsers.until("drafted").await;
    page.chord('s').await;
    saved(page, 2).await;

    // Each is refused, sees both texts, and saves its own beside what the others saved.
    browsers.tell("save").await;
    browsers.until("saved").await;
    page.says("Version 4, saved").await;
    let all = FILE
        .replace("warn_ms: 1000", "warn_ms: 1500")
        .replace("max_failures: 3", "max_failures: 4")
        .replace("check_interval: 30", "check_interval: 45");
    assert_eq!(on_disk(&window), all);

    // Now the window is second.
    page.fill(Role::Textbox, "Slow above", "1600").await;
    page.says("Draft, 1 change").await;
    browsers.tell("again").await;
    browsers.until("saved again").await;
    page.chord('s').await;
    page.says("Not saved: the file changed").await;
    page.press(Role::Button, "Load it", ENTER).await;
    page.says("Draft, 1 change").await;
    page.chord('s').await;
    page.gone(Role::Button, "Discard draft").await;
    assert_eq!(on_disk(&window), all.replace("1500", "1600").replace("max_failures: 4", "max_failures: 6"));
}
