//! The app in a home and a data folder of its own.
//! What the frame of a window does, where no window manager draws one.
//! Starts `WebKitWebDriver`, which starts the app.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::time::timeout;
use x11rb::connection::Connection;
use x11rb::errors::ReplyOrIdError;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, InputFocus, MapState};

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
        ask_to_close().expect("the window is asked to close");
    }

    /// Gives the keyboard to another program. The test must have the screen alone.
    pub(crate) fn look_away(&self) {
        assert!(matches!(self.place, Place::Alone(_)), "another test's window would lose it as well");
        take_the_keyboard().expect("the keyboard is taken");
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

/// Takes the keyboard from every window, as another program's does when one goes over to it.
pub(crate) fn take_the_keyboard() -> Result<(), ReplyOrIdError> {
    let (display, _) = x11rb::connect(None).expect("a screen");
    display.set_input_focus(InputFocus::NONE, x11rb::NONE, x11rb::CURRENT_TIME)?.check()?;
    Ok(())
}

/// Sends `WM_DELETE_WINDOW` (ICCCM, 4.2.8.1) to every window on the screen.
pub(crate) fn ask_to_close() -> Result<(), ReplyOrIdError> {
    let (display, screen) = x11rb::connect(None).expect("a screen");
    let protocols = display.intern_atom(false, b"WM_PROTOCOLS")?.reply()?.atom;
    let delete = display.intern_atom(false, b"WM_DELETE_WINDOW")?.reply()?.atom;
    let root = display.setup().roots[screen].root;
    for window in display.query_tree(root)?.reply()?.children {
        let heeded = display.get_property(false, window, protocols, AtomEnum::ATOM, 0, 16)?.reply()?;
        let heeds = heeded.value32().is_some_and(|mut atoms| atoms.any(|atom| atom == delete));
        if heeds && display.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE {
            let event =
                ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
            display.send_event(false, window, EventMask::NO_EVENT, event)?;
        }
    }
    display.flush()?;
    Ok(())
}

/// How long the driver may take to listen, and the app to show a page.
const START: Duration = Duration::from_secs(30);

/// The driver and everything it started; gone when this is dropped.
pub(crate) struct Driver {
    child: Box<dyn ChildWrapper>,
    port: u16,
}

impl Driver {
    /// Starts it with a home of its own: what the app writes outside its data folder ends there.
    pub(crate) async fn start(home: &Path) -> Self {
        let port = free_port();
        let mut command = CommandWrap::with_new("WebKitWebDriver", |command| {
            command.arg(format!("--port={port}")).arg("--host=127.0.0.1");
            command.env("TAURI_WEBVIEW_AUTOMATION", "true").env("HOME", home);
            for (variable, folder) in [
                ("XDG_DATA_HOME", "data"),
                ("XDG_CONFIG_HOME", "config"),
                ("XDG_CACHE_HOME", "cache"),
                ("XDG_STATE_HOME", "state"),
            ] {
                command.env(variable, home.join(folder));
            }
            // With either of them the screenshot never comes.
            command
                .env_remove("WEBKIT_DISABLE_DMABUF_RENDERER")
                .env_remove("WEBKIT_DISABLE_COMPOSITING_MODE");
        });
        let child = command.wrap(ProcessGroup::leader()).spawn();
        let driver =
            Self { child: child.expect("WebKitWebDriver starts: is webkit2gtk-driver installed?"), port };
        timeout(START, driver.listening()).await.expect("WebKitWebDriver listens");
        driver
    }

    /// Starts the app with these arguments and takes hold of its window.
    pub(crate) async fn open(&self, arguments: &[String]) -> Client {
        let capabilities = json!({
            "webkitgtk:browserOptions": { "binary": env!("CARGO_BIN_EXE_mcp-discovery-app"), "args": arguments }
        });
        let serde_json::Value::Object(capabilities) = capabilities else { unreachable!("it is an object") };
        let address = format!("http://127.0.0.1:{}", self.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let session = builder.capabilities(capabilities).connect(&address);
        timeout(START, session)
            .await
            .expect("the app opens in time")
            .expect("the driver takes hold of the window")
    }

    async fn listening(&self) {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The whole group: the app and WebKit's processes as well.
        if let Err(error) = self.child.start_kill() {
            eprintln!("the driver could not be ended: {error}");
        }
    }
}

/// The driver cannot pick a port itself.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its number").port()
}
