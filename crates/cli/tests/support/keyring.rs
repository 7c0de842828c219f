//! A session bus and a keyring of a test's own.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;
use zbus::blocking::{Connection, Proxy, connection};
use zbus::zvariant::OwnedObjectPath;

const NAME: &str = "org.freedesktop.secrets";

/// Long enough for a busy machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// A session bus that starts nothing by itself, with a home for keyrings.
pub(crate) struct Bus {
    daemon: Child,
    home: TempDir,
    pub(crate) address: String,
}

impl Bus {
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("bus.conf");
        // Without service folders: asked for a keyring, it must not start the one that is installed.
        let text = format!(
            r#"<busconfig><type>session</type><listen>unix:dir={}</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
            </busconfig>"#,
            home.path().display()
        );
        std::fs::write(&config, text).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { daemon, home, address: address.trim().to_owned() }
    }

    /// The keyring of GNOME, open.
    pub(crate) fn open_keyring(&self) -> Keyring {
        let keyring = self.keyring(&["--unlock"], "the password of the test\n");
        self.wait_for_keyring(true);
        keyring
    }

    /// The same, as it is before anybody logs in.
    pub(crate) fn locked_keyring(&self) -> Keyring {
        let keyring = self.keyring(&[], "");
        self.wait_for_keyring(true);
        keyring
    }

    /// Somebody who has the keyring's name and answers nothing.
    pub(crate) fn mute_keyring(&self) -> Connection {
        connection::Builder::address(self.address.as_str()).unwrap().name(NAME).unwrap().build().unwrap()
    }

    /// How many secrets of ours the keyring has.
    pub(crate) fn secrets(&self) -> usize {
        let connection = self.connect();
        let service =
            Proxy::new(&connection, NAME, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service")
                .unwrap();
        let wanted = HashMap::from([("service", "mcp-discovery")]);
        let (open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            service.call("SearchItems", &(wanted,)).unwrap();
        open.len() + locked.len()
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    fn keyring(&self, args: &[&str], password: &str) -> Keyring {
        let mut child = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .arg(format!("--control-directory={}", self.home().display()))
            .args(args)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOME", self.home())
            .env("XDG_DATA_HOME", self.home().join("share"))
            .env_remove("DISPLAY")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        Keyring(child)
    }

    fn connect(&self) -> Connection {
        connection::Builder::address(self.address.as_str()).unwrap().build().unwrap()
    }

    pub(crate) fn wait_for_keyring(&self, there: bool) {
        let connection = self.connect();
        let bus = zbus::blocking::fdo::DBusProxy::new(&connection).unwrap();
        let began = Instant::now();
        while bus.name_has_owner(NAME.try_into().unwrap()).unwrap() != there {
            assert!(began.elapsed() < PATIENCE, "the keyring did not come or go");
            std::thread::yield_now();
        }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// A keyring; ended with the test.
pub(crate) struct Keyring(Child);

impl Drop for Keyring {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
