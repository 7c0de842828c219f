//! The configuration at the command line: shown, and followed by a running core.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use support::Place;

#[test]
fn the_configuration_in_use_is_shown_without_an_owner() {
    let place = Place::new();
    std::fs::write(place.config(), "health_monitoring:\n  max_failures: 7\n  max_failure: 1\n").unwrap();
    let ran = place.run(&["config", "show"]);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert_eq!(ran.json()["health_monitoring"]["max_failures"], 7);
    assert_eq!(ran.json()["gateway"]["listen"], "127.0.0.1:8090", "defaults are shown");
    assert!(
        ran.stderr().contains("3:3: warning") && ran.stderr().contains("`max_failures`"),
        "{}",
        ran.stderr()
    );

    let people = place.run(&["config", "show", "--format", "table"]).stdout();
    assert!(
        people.contains("\nhealth_monitoring:\n") && people.contains("\n  max_failures: 7\n"),
        "{people}"
    );
    assert!(people.contains("mcp-discovery.yaml") && !people.contains("null"), "{people}");
}

#[test]
fn what_has_no_effect_yet_is_marked_wherever_it_is_read() {
    let place = Place::new();
    let text = "security:\n  allowed_hosts: [box]\ngateway:\n  naming: always\nhealth_monitoring:\n  max_failures: 7\n";
    std::fs::write(place.config(), text).unwrap();
    let file = place.config().display().to_string();
    let checked = place.run(&["config", "check", &file, "--format", "table"]);
    assert_eq!(checked.code(), 0, "{}", checked.stderr());
    assert!(checked.stdout().contains("it loads; 2 settings have no effect yet"), "{}", checked.stdout());
    let shown = place.run(&["config", "show", "--format", "table"]);
    for said in [checked.stderr(), shown.stderr()] {
        assert!(said.contains(":2:3: no effect yet: security.allowed_hosts: every host"), "{said}");
        assert!(said.contains(":4:3: no effect yet: gateway.naming: there is no gateway"), "{said}");
    }
    let yaml = shown.stdout();
    for line in [
        "  naming: always  # no effect yet\n",
        "\nload_balancing:  # no effect yet\n",
        "\n  max_failures: 7\n",
    ] {
        assert!(yaml.contains(line), "{line:?} is not in:\n{yaml}");
    }
    assert!(
        place.run(&["config", "show"]).json()["gateway"]["naming"] == "always",
        "programs read what is in use"
    );
}

#[test]
fn serve_listens_where_the_configuration_says() {
    let place = Place::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    std::fs::write(place.config(), format!("gateway:\n  listen: {free}\n")).unwrap();
    let serving = place.serving(&["serve", "--no-local-discovery"], &[]);
    assert_eq!(serving.url, format!("http://{free}"));
}

#[test]
fn a_running_core_goes_on_while_its_file_is_broken_and_says_so() {
    let place = Place::new();
    let _serving = place.serve(&["--no-local-discovery"]);
    std::fs::write(place.config(), "health_monitoring:\n  max_failures: many\n").unwrap();
    let ran = place.run(&["config", "show"]);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert_eq!(ran.json()["health_monitoring"]["max_failures"], 3);
    assert!(
        ran.stderr().contains("2:17: error") && ran.stderr().contains("stays in use"),
        "{}",
        ran.stderr()
    );
    assert_eq!(place.run(&["tools"]).code(), 0, "other commands go on too");
}

/// Where the platform's folders follow `HOME`.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_appears_while_the_core_runs_is_read() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let place = Place::new();
    let plain = |args: &[&str]| {
        let mut command = Command::new(support::PROGRAM);
        command.args(args).env("HOME", place.dir.path()).env("MCP_DISCOVERY_DATA_DIR", place.data());
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
        command
    };
    let serve = &["serve", "--listen", "127.0.0.1:0", "--no-local-discovery"];
    let mut child = plain(serve).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let _serving = support::Serving { child, url: String::new() };
    let failures = || {
        let ran = support::Ran(plain(&["config", "show"]).output().unwrap());
        ran.json()["health_monitoring"]["max_failures"].as_u64()
    };
    assert_eq!(failures(), Some(3));

    let folder = place.dir.path().join(".config/mcp-discovery");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("mcp-discovery.yaml"), "health_monitoring:\n  max_failures: 9\n").unwrap();
    assert!((0..3_000).any(|_| failures() == Some(9)), "the file is read");
}
