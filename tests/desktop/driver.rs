//! Starts `WebKitWebDriver`, which starts the app.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;

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
