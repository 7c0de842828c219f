//! The app in a home and a data folder of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::driver::Driver;
use crate::frame;
use crate::page::Page;

/// The configuration in a test's home, where there is one.
const CONFIG: &str = "mcp-discovery.yaml";

/// All windows are on one screen, where the last one that opens takes the keyboard. A test that looks where the keyboard is has
/// the screen alone.
static SCREEN: RwLock<()> = RwLock::const_new(());

#[expect(dead_code, reason = "held")]
enum Place {
    Shared(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

/// The open window. Dropping it ends the app.
pub(crate) struct Window {
    pub(crate) page: Page,
    // Dropped in this order: the processes, then the folder they write to.
    driver: Driver,
    data: PathBuf,
    home: TempDir,
    place: Place,
}

/// Opens the app on an empty data folder.
pub(crate) async fn open() -> Window {
    let home = tempfile::tempdir().expect("a folder for the test");
    let data = home.path().join("servers");
    open_on(home, data).await
}

/// Opens the app on an empty data folder with this configuration.
pub(crate) async fn open_configured(yaml: &str) -> Window {
    let (home, data) = configured(yaml);
    open_on(home, data).await
}

/// The same, with the screen alone: the keyboard stays where the test puts it.
pub(crate) async fn open_alone(yaml: &str) -> Window {
    let (home, data) = configured(yaml);
    open_at(home, data, Place::Alone(SCREEN.write().await)).await
}

/// Waits until nobody has this data folder.
async fn left(data: &Path) {
    let lock = File::create(data.join("owner.lock")).expect("the lock of the data folder");
    while lock.try_lock().is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn configured(yaml: &str) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().expect("a folder for the test");
    std::fs::write(home.path().join(CONFIG), yaml).expect("a configuration");
    let data = home.path().join("servers");
    (home, data)
}

/// Opens the app on this data folder.
pub(crate) async fn open_on(home: TempDir, data: PathBuf) -> Window {
    open_at(home, data, Place::Shared(SCREEN.read().await)).await
}

async fn open_at(home: TempDir, data: PathBuf, place: Place) -> Window {
    let driver = Driver::start(home.path()).await;
    let config = home.path().join(CONFIG);
    let plain = |path: &Path| path.to_str().expect("a plain path").to_owned();
    let mut arguments = vec!["--data-dir".to_owned(), plain(&data), "--log".to_owned(), "warn".to_owned()];
    if config.exists() {
        arguments.extend(["--config".to_owned(), plain(&config)]);
    }
    let page = Page(driver.open(&arguments).await);
    Window { page, driver, data, home, place }
}

impl Window {
    /// The configuration's file.
    pub(crate) fn config(&self) -> PathBuf {
        self.home.path().join(CONFIG)
    }

    /// Ends the app, whatever it is doing, and opens it again on the same data.
    pub(crate) async fn open_again(self) -> Self {
        let Self { driver, data, home, place, .. } = self;
        drop(driver);
        left(&data).await;
        open_at(home, data, place).await
    }

    /// What lets a browser in, beside the window.
    pub(crate) fn link(&self) -> String {
        let owner = app::read_owner(&self.data).expect("the app owns its data folder");
        let token = std::fs::read_to_string(&owner.token_file).expect("the token");
        format!("{}/#token={}", owner.address.expect("an address"), token.trim())
    }

    /// Asks the window to close, as its frame does when its cross is pressed. The test must have the screen alone.
    pub(crate) fn ask_to_close(&self) {
        assert!(matches!(self.place, Place::Alone(_)), "another test's window would be asked as well");
        frame::ask_to_close().expect("the window is asked to close");
    }

    /// Gives the keyboard to another program. The test must have the screen alone.
    pub(crate) fn look_away(&self) {
        assert!(matches!(self.place, Place::Alone(_)), "another test's window would lose it as well");
        frame::take_the_keyboard().expect("the keyboard is taken");
    }

    /// Waits until the app has ended of itself.
    pub(crate) async fn closed(&self) {
        left(&self.data).await;
    }

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
