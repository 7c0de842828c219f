//! The app in a home and a data folder of its own.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::driver::Driver;
use crate::page::Page;

/// The open window. Dropping it ends the app.
pub(crate) struct Window {
    pub(crate) page: Page,
    // Dropped in this order: the processes, then the folder they write to.
    _driver: Driver,
    _home: TempDir,
}

/// Opens the app on an empty data folder.
pub(crate) async fn open() -> Window {
    let home = tempfile::tempdir().expect("a folder for the test");
    let data = home.path().join("servers");
    open_on(home, data).await
}

/// Opens the app on this data folder.
pub(crate) async fn open_on(home: TempDir, data: PathBuf) -> Window {
    let driver = Driver::start(home.path()).await;
    let data = data.to_str().expect("a plain path");
    let page = Page(driver.open(&["--data-dir", data, "--log", "warn"]).await);
    Window { page, _driver: driver, _home: home }
}

impl Window {
    /// Keeps what a person would see, for whoever reads the run later.
    pub(crate) async fn keep_picture(&self, name: &str) -> Vec<u8> {
        // The text stands in the page before it stands on the screen.
        let drawn =
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))";
        self.page.0.execute_async(drawn, Vec::new()).await.expect("the window draws");
        let picture = self.page.0.screenshot().await.expect("a picture of the window");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        std::fs::write(folder.join(name).with_extension("png"), &picture).expect("the picture is written");
        picture
    }
}
