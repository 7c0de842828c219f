//! Tokens in the keyring of a real session, in a file where there is none, and with a keyring that is locked or hangs.

#![cfg(target_os = "linux")]

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::keyring::Bus;
use crate::support::{NO_SESSION_BUS, Place, Ran};
use serde_json::{Value, json};
use testkit::fake::{Fake, Running, SignIn};
use tokio::time::Instant;

const TOKEN: &str = "s3cret-of-the-test";

/// A server for whoever has the token, and a person's computer on some session bus.
struct Desk {
    place: Place,
    server: Running,
    bus: String,
}

impl Desk {
    async fn new(bus: &str) -> Self {
        let server = Fake::both().sign_in(SignIn::Token(TOKEN.to_owned())).start().await;
        Self { place: Place::new(), server, bus: bus.to_owned() }
    }

    /// Where no session bus can be reached.
    async fn without_bus() -> Self {
        Self::new(NO_SESSION_BUS).await
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    fn run_with(&self, args: &[&str], input: &str) -> Ran {
        let mut command = self.place.command(args);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that needs no input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let ran = Ran(child.wait_with_output().unwrap());
        assert!(
            !ran.stdout().contains(TOKEN) && !ran.stderr().contains(TOKEN),
            "a command printed the token"
        );
        ran
    }

    fn add(&self) -> Value {
        self.run(&["add", &self.server.url(), "--name", "weather"]).json()
    }

    fn status(&self) -> Value {
        self.run(&["check", "weather"]).json()["health"]["status"].clone()
    }
}

/// Every file under a folder that has the token in it.
fn files_with_token(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with_token(&path));
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes())
        {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyring_keeps_a_token_from_one_process_to_the_next() {
    let bus = Bus::start();
    let _keyring = bus.open_keyring();
    let desk = Desk::new(&bus.address).await;
    assert_eq!(desk.add()["server"]["health"]["status"], "needs_sign_in");

    let set = desk.run_with(&["secret", "set", "weather"], &format!("Bearer {TOKEN}\n")).json();
    assert_eq!(set["kept"], json!({ "place": "keyring", "why": null }), "{set}");
    assert_eq!(set["health"]["status"], "healthy", "{set}");
    assert_eq!(bus.secrets(), 1);

    assert_eq!(desk.status(), "healthy", "another process reads it from the keyring");
    let call = desk.run(&["call", "echo", r#"{"text": "hello"}"#]);
    assert_eq!(call.code(), 0, "{}", call.stderr());
    let list = desk.run(&["secret", "list"]);
    assert_eq!(list.json()[0]["place"], "keyring");
    assert!(list.stderr().contains("in the keyring"), "{}", list.stderr());
    assert_eq!(files_with_token(desk.place.dir.path()), Vec::<String>::new());
    let export = desk.run(&["export"]);
    assert!(!export.stdout().contains("secret"), "{}", export.stdout());

    let forgotten = desk.run(&["secret", "rm", "weather"]).json();
    assert_eq!(
        (&forgotten["forgotten"], &forgotten["health"]["status"]),
        (&json!(true), &json!("needs_sign_in"))
    );
    assert_eq!(bus.secrets(), 0);
    assert_eq!(desk.run(&["secret", "rm", "weather"]).json()["forgotten"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyring_a_file_has_it_and_the_person_is_told() {
    let desk = Desk::without_bus().await;
    let added =
        desk.run_with(&["add", &desk.server.url(), "--name", "weather", "--token", "-"], TOKEN).json();
    assert_eq!(added["server"]["health"]["status"], "healthy", "{added}");
    assert_eq!(added["token"]["place"], "file");
    assert!(!added["token"]["why"].as_str().unwrap().is_empty(), "{added}");

    assert_eq!(files_with_token(desk.place.dir.path()), ["secrets.json"]);
    let file = desk.place.data().join("secrets.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let list = desk.run(&["secret", "list"]);
    for word in ["secrets.json", "only you can read", "not encrypted", "no keyring"] {
        assert!(list.stderr().contains(word), "{}", list.stderr());
    }
    assert_eq!(desk.status(), "healthy", "another process reads it from the file");
    let again = desk.run_with(&["--format", "table", "secret", "set", "weather"], TOKEN);
    assert!(
        again.stdout().contains("not encrypted") && again.stdout().contains("healthy now"),
        "{}",
        again.stdout()
    );

    let forgotten = desk.run(&["--format", "table", "secret", "rm", "weather"]);
    assert!(forgotten.stdout().starts_with("forgotten; weather needs sign-in now"), "{}", forgotten.stdout());
    assert_eq!(files_with_token(desk.place.dir.path()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keyring_is_said_and_is_used_again_once_it_is_open() {
    let bus = Bus::start();
    let open = bus.open_keyring();
    let desk = Desk::new(&bus.address).await;
    desk.add();
    desk.run_with(&["secret", "set", "weather"], TOKEN);
    drop(open);
    bus.wait_for_keyring(false);

    let locked = bus.locked_keyring();
    let health = desk.run(&["check", "weather"]).json()["health"].clone();
    assert_eq!(health["status"], "needs_sign_in", "{health}");
    assert!(health["reason"].as_str().unwrap().contains("keyring is locked"), "{health}");
    let refused = desk.run_with(&["secret", "set", "weather"], "another");
    refused.refused(1, &["keyring is locked", "--file"]);
    drop(locked);
    bus.wait_for_keyring(false);

    let _open = bus.open_keyring();
    assert_eq!(desk.status(), "healthy", "what was kept is still kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyring_that_never_answers_holds_nobody() {
    let bus = Bus::start();
    let _mute = bus.mute_keyring();
    let desk = Desk::new(&bus.address).await;
    desk.add();
    let began = Instant::now();
    desk.run_with(&["secret", "set", "weather"], TOKEN).refused(1, &["keyring has not answered", "--file"]);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());

    let set = desk.run_with(&["secret", "set", "weather", "--file"], TOKEN).json();
    assert_eq!(
        (&set["kept"]["place"], &set["health"]["status"]),
        (&json!("file"), &json!("healthy")),
        "{set}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_no_argument() {
    let desk = Desk::without_bus().await;
    let mut command = desk.place.command(&["add", &desk.server.url(), "--token", TOKEN]);
    let ran = Ran(command.output().unwrap());
    ran.refused(2, &["--token -"]);
    assert!(!ran.stderr().contains(TOKEN), "{}", ran.stderr());
    desk.run_with(&["add", &desk.server.url(), "--token", "-"], "two\nlines").refused(2, &["one line"]);
    assert_eq!(desk.run(&["servers"]).json(), json!([]), "nothing was added");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_runs_takes_it_and_checks_with_it() {
    let bus = Bus::start();
    let _keyring = bus.open_keyring();
    let desk = Desk::new(&bus.address).await;
    std::fs::write(desk.place.config(), "health_monitoring:\n  check_interval: 1\n  timeout: 1\n").unwrap();
    let _serving = desk.place.serve_with(&[], &[("DBUS_SESSION_BUS_ADDRESS", &bus.address)]);
    desk.add();
    desk.run_with(&["secret", "set", "weather"], TOKEN);
    let rounds_with_token = |server: &Running| {
        let with_token = |seen: &&testkit::fake::Seen| {
            seen.headers.get("authorization").is_some_and(|value| value.to_str().unwrap().ends_with(TOKEN))
        };
        server.seen().iter().filter(with_token).count()
    };
    let before = rounds_with_token(&desk.server);
    desk.server
        .until("the next rounds are signed as well", |server| rounds_with_token(server) > before + 4)
        .await;
    assert_eq!(desk.run(&["servers", "--filter", "is:healthy"]).json()[0]["name"], "weather");
}
