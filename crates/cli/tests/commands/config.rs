//! The configuration at the command line: shown, and followed by a running core.

use crate::support;
use std::io::Write;
use std::process::Stdio;

use crate::support::{Place, Ran};

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
    let text = "security:\n  tls_verify: false\nnotifications:\n  desktop: true\nhealth_monitoring:\n  max_failures: 7\n";
    std::fs::write(place.config(), text).unwrap();
    let file = place.config().display().to_string();
    let checked = place.run(&["config", "check", &file, "--format", "table"]);
    assert_eq!(checked.code(), 0, "{}", checked.stderr());
    assert!(checked.stdout().contains("it loads; 2 settings have no effect yet"), "{}", checked.stdout());
    let shown = place.run(&["config", "show", "--format", "table"]);
    for said in [checked.stderr(), shown.stderr()] {
        assert!(
            said.contains(":2:3: no effect yet: security.tls_verify: certificates are checked"),
            "{said}"
        );
        assert!(
            said.contains(":3:1: no effect yet: notifications: no notification is sent outside the app"),
            "{said}"
        );
    }
    let yaml = shown.stdout();
    for line in ["\nnetwork_discovery:  # no effect yet\n", "\n  max_failures: 7\n"] {
        assert!(yaml.contains(line), "{line:?} is not in:\n{yaml}");
    }
    assert!(
        place.run(&["config", "show"]).json()["health_monitoring"]["max_failures"] == 7,
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

#[test]
fn the_file_is_changed_line_by_line() {
    const GUIDE: &str = include_str!("../../../model/examples/guide.yaml");
    let place = Place::new();
    std::fs::write(place.config(), GUIDE).unwrap();
    let text = || std::fs::read_to_string(place.config()).unwrap();
    let ran = place.run(&["config", "set", "health_monitoring.max_failures", "5"]);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert_eq!(text(), GUIDE.replace("max_failures: 3", "max_failures: 5"));
    assert_eq!(ran.json()["sections"][0], "health_monitoring");
    for (path, value) in [
        ("routing_rules.\"weather.*\".timeout", "7"),
        ("network_discovery.networks[2]", "10.9.0.0/16"),
        ("load_balancing.preferred_region", "no"),
        ("network_discovery.protocols", "[http]"),
    ] {
        let ran = place.run(&["config", "set", path, value]);
        assert_eq!(ran.code(), 0, "{path}: {}", ran.stderr());
    }
    for line in [
        "    timeout: 7\n",
        "    - \"10.9.0.0/16\"\n",
        "  preferred_region: \"no\"\n",
        "  protocols: [http]\n",
    ] {
        assert!(text().contains(line), "{line}: {}", text());
    }
    let people = place.run(&["config", "unset", "network_discovery.protocols", "--format", "table"]);
    assert!(
        people.stdout().contains("-   protocols: [http]") && people.stdout().contains("saved as version"),
        "{}",
        people.stdout()
    );
    let undone = place.run(&["undo"]);
    assert_eq!(undone.json()["label"], "removed network_discovery.protocols", "{}", undone.stderr());

    let wrong = place.run(&["config", "set", "health_monitoring.max_failures", "0"]);
    assert_eq!(wrong.code(), 2);
    assert!(wrong.stderr().contains("23:17: error: health_monitoring.max_failures"), "{}", wrong.stderr());
    for (args, code, words) in [
        (&["config", "set", "a..b", "1"][..], 2, "empty key"),
        (&["config", "unset", "gateway.listen"], 2, "nothing to remove"),
        (&["config", "restore", "999"], 1, "version 999"),
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code(), code, "{args:?}: {}", ran.stderr());
        assert!(ran.stderr().contains(words), "{args:?}: {}", ran.stderr());
    }

    let versions = place.run(&["config", "versions"]).json();
    assert_eq!(
        (versions[0]["by"].as_str(), versions.as_array().unwrap().last().unwrap()["by"].as_str()),
        (Some("command_line"), Some("disk"))
    );
    let first = versions.as_array().unwrap().last().unwrap()["version"].to_string();
    assert!(
        place.run(&["config", "diff", &first, "--format", "table"]).stdout().contains("-   max_failures: 5")
    );
    assert_eq!(place.run(&["config", "restore", &first]).code(), 0);
    assert_eq!(text(), GUIDE);
    let newest = place.run(&["config", "diff", "--format", "table"]).stdout();
    assert!(newest.contains("+   max_failures: 3"), "{newest}");
}

#[test]
fn every_setting_is_explained_and_the_schema_is_printed() {
    let place = Place::new();
    std::fs::write(place.config(), "health_monitoring:\n  timeout: 7\n").unwrap();
    let rows = place.run(&["config", "show", "--explain"]).json();
    let row = |path: &str| rows.as_array().unwrap().iter().find(|row| row["path"] == path).unwrap().clone();
    let timeout = row("health_monitoring.timeout");
    assert_eq!(
        (&timeout["value"], &timeout["source"], &timeout["default"]),
        (&7.0.into(), &"file".into(), &10.0.into())
    );
    let listen = row("gateway.listen");
    assert_eq!((&listen["source"], &listen["restart"]), (&"default".into(), &true.into()));
    let people = place.run(&["config", "show", "--explain", "--format", "table"]).stdout();
    assert!(people.contains("load_balancing.config.health_weight"), "{people}");
    let schema = place.run(&["config", "schema"]).json();
    assert_eq!(schema["properties"]["health_monitoring"]["properties"]["timeout"]["minimum"], 0.1);
}

#[test]
fn a_secret_of_the_configuration_is_kept_under_a_name() {
    let place = Place::new();
    std::fs::write(place.config(), "service_registry:\n  backend: redis\n  config:\n    redis_urls: [\"redis://a:1\"]\n    password: plain-hunter2\n").unwrap();
    let warned = place.run(&["config", "show"]);
    assert!(
        warned.stderr().contains("${keyring:password}") && !warned.stderr().contains("plain-hunter2"),
        "{}",
        warned.stderr()
    );
    let run_with = |args: &[&str], input: &str| {
        let mut command = place.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that needs no input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran(child.wait_with_output().unwrap())
    };
    let set = run_with(&["secret", "set", "--name", "redis", "--file"], "hunter2\n");
    assert_eq!(
        (set.code(), set.json()["reference"].as_str()),
        (0, Some("${keyring:redis}")),
        "{}",
        set.stderr()
    );
    let moved = place.run(&["config", "set", "service_registry.config.password", "${keyring:redis}"]);
    assert_eq!(moved.code(), 0, "{}", moved.stderr());
    assert!(!moved.stderr().contains("plain text"), "{}", moved.stderr());
    assert_eq!(
        place.run(&["config", "show"]).json()["service_registry"]["config"]["password"],
        "${keyring:redis}"
    );
    let list = place.run(&["secret", "list"]);
    assert_eq!(
        (list.json()[0]["name"].as_str(), list.json()[0]["place"].as_str()),
        (Some("redis"), Some("file"))
    );
    assert!(!list.stdout().contains("hunter2"));
    assert_eq!(run_with(&["secret", "set", "--name", "a b"], "x").code(), 2);
    assert!(place.run(&["secret", "rm", "--name", "redis"]).json()["forgotten"].as_bool().unwrap());
    let wrong = place.run(&["config", "set", "service_registry.config.password", "${a b}"]);
    assert!(
        wrong.code() == 2 && wrong.stderr().contains("neither a variable nor a kept secret"),
        "{}",
        wrong.stderr()
    );
}

#[test]
fn a_broken_file_is_mended_without_a_running_core() {
    let place = Place::new();
    std::fs::write(place.config(), "health_monitoring:\n  timeout: 5\n").unwrap();
    assert_eq!(place.run(&["config", "set", "health_monitoring.max_failures", "4"]).code(), 0);
    let well = std::fs::read_to_string(place.config()).unwrap();
    // Wrong in one value: nothing else runs, and setting it mends the file.
    let broken = well.replace("timeout: 5", "timeout: 500");
    std::fs::write(place.config(), &broken).unwrap();
    assert_ne!(place.run(&["config", "show"]).code(), 0);
    let refused = place.run(&["config", "set", "health_monitoring.max_failures", "6"]);
    assert_ne!(refused.code(), 0);
    assert!(refused.stderr().contains("does not fit into an interval"), "{}", refused.stderr());
    let mended = place.run(&["config", "set", "health_monitoring.timeout", "6"]);
    assert_eq!(mended.code(), 0, "{}", mended.stderr());
    assert_eq!(place.run(&["config", "show"]).code(), 0);
    // No YAML at all: a version is restored.
    std::fs::write(place.config(), "health_monitoring: [\n").unwrap();
    let versions = place.run(&["config", "versions"]);
    assert_eq!(versions.code(), 0, "{}", versions.stderr());
    let newest = versions.json()["versions"][0]["version"].as_u64();
    let newest = newest.or_else(|| versions.json()[0]["version"].as_u64()).unwrap().to_string();
    let restored = place.run(&["config", "restore", &newest]);
    assert_eq!(restored.code(), 0, "{}", restored.stderr());
    assert_eq!(place.run(&["config", "show"]).code(), 0);
}

#[test]
fn a_secret_in_plain_text_is_moved_out_of_the_file() {
    let place = Place::new();
    let text = "service_registry:\n  backend: redis\n  config:\n    redis_url: redis://host:6379\n    password: hunter2\n";
    std::fs::write(place.config(), text).unwrap();
    let moved =
        place.run(&["secret", "move", "service_registry.config.password", "--name", "redis", "--file"]);
    assert_eq!(moved.code(), 0, "{}", moved.stderr());
    assert_eq!(moved.json()["reference"], "${keyring:redis}");
    let file = std::fs::read_to_string(place.config()).unwrap();
    assert_eq!(file, text.replace("hunter2", "\"${keyring:redis}\""));
    let versions = place.run(&["config", "versions"]).stdout();
    assert!(versions.contains("command_line") && !versions.contains("hunter2"), "{versions}");
    let again = place.run(&["secret", "move", "service_registry.config.password"]);
    assert_ne!(again.code(), 0);
    assert!(again.stderr().contains("no secret in plain text"), "{}", again.stderr());
}
