//! The window opens, and says why when it cannot.

use std::fs::{self, File};

use crate::page::Role;
use crate::window;

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
