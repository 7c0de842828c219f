//! What goes wrong from outside: one clear sentence, the promised exit code, the data as before; and several secrets of one
//! command.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::{PROGRAM, Place, Ran};
use serde_json::json;

#[test]
fn wrong_usage_says_what_to_type() {
    let place = Place::new();
    place.run(&["frobnicate"]).refused(2, &["frobnicate", "--help"]);
    place.run(&["add"]).refused(2, &["URL", "--stdio"]);
    place.run(&["add", "http://127.0.0.1:1", "--metadata", "region"]).refused(2, &["`region`", "key=value"]);
    place.run(&["call", "echo", "{not json"]).refused(2, &["not a JSON object"]);
    place.run(&["scan", "--ports", "70000"]).refused(2, &["`70000`", "65535"]);
    place.run(&["scan", "8.8.8.8"]).refused(2, &["`8.8.8.8`", "public"]);
    place.run(&["servers", "--filter", "{\"a\":{\"$gtt\":1}}"]).refused(2, &["$gtt"]);
    for timeout in ["nan", "inf", "0", "-1", "soon"] {
        place.run(&["call", "echo", "--timeout", timeout]).refused(2, &[timeout, "seconds"]);
    }
    place.run(&["call", "echo", "--server", "nobody"]).refused(3, &["`nobody`"]);
}

#[test]
fn help_is_a_manual() {
    let place = Place::new();
    let help = place.run(&["--help"]);
    assert_eq!(help.code(), 0);
    for word in ["scan", "Exit codes", "First steps"] {
        assert!(help.stdout().contains(word), "{word}");
    }
}

#[test]
fn a_bad_url_is_refused_by_name() {
    let place = Place::new();
    for (url, word) in [
        ("ftp://127.0.0.1", "ftp"),
        ("http://", "http"),
        ("http://ann:pw@127.0.0.1", "password"),
        ("", "address"),
    ] {
        let ran = place.run(&["add", url, "--no-probe"]);
        ran.refused(2, &[word]);
        assert!(!ran.stderr().contains("pw@"), "a secret is shown");
    }
    assert_eq!(place.run(&["servers"]).code(), 3, "nothing was kept");
}

#[test]
fn a_file_of_which_nothing_can_be_imported_is_a_failure_and_its_reasons_are_few() {
    let place = Place::new();
    let entries: Vec<String> = (0..50).map(|at| format!("\"{at}\": {{ \"name\": \"{at}\" }}")).collect();
    let file = place.dir.path().join("servers.json");
    std::fs::write(&file, format!("{{ \"servers\": {{ {} }} }}", entries.join(", "))).unwrap();
    let ran = place.run(&["import", file.to_str().unwrap()]);
    ran.refused(1, &["has no `transport`", "and 30 more", "no server in it could be imported"]);
    assert_eq!(ran.json()["warnings"].as_array().unwrap().len(), 50);
    std::fs::write(&file, r#"{ "servers": {} }"#).unwrap();
    assert_eq!(place.run(&["import", file.to_str().unwrap()]).code(), 0, "an empty registry is one");
}

#[test]
fn a_port_in_use_is_named() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    place.run(&["serve", "--listen", &address]).refused(1, &[&address, "--listen"]);
}

#[test]
fn nothing_listens_there() {
    let place = Place::new();
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    place
        .run(&["add", &format!("http://127.0.0.1:{port}")])
        .refused(1, &["no MCP server at", &port.to_string()]);
}

#[test]
fn an_unreadable_configuration_stops_before_anything_is_touched() {
    let place = Place::new();
    std::fs::remove_file(place.config()).unwrap();
    place.run(&["servers"]).refused(2, &["mcp-discovery.yaml", "cannot be read"]);
    std::fs::create_dir(place.config()).unwrap();
    place.run(&["servers"]).refused(2, &["mcp-discovery.yaml", "cannot be read"]);
    assert!(!place.data().exists());
}

#[test]
fn an_invalid_configuration_names_every_problem_with_its_place() {
    let place = Place::new();
    std::fs::write(place.config(), "health_monitoring:\n  check_interval: soon\n  max_failures: -1\n")
        .unwrap();
    place.run(&["servers"]).refused(2, &["2:", "3:", "check_interval", "max_failures"]);
    let file = place.config();
    let check = place.run(&["config", "check", file.to_str().unwrap()]);
    check.refused(2, &["2:", "3:"]);
    assert_eq!(check.json()["valid"], false);
}

#[test]
fn a_data_directory_that_cannot_be_used_is_named() {
    let place = Place::new();
    std::fs::write(place.data(), "a file, not a folder").unwrap();
    place.run(&["servers"]).refused(1, &["data", "--data-dir"]);
    assert_eq!(std::fs::read_to_string(place.data()).unwrap(), "a file, not a folder");
}

/// In a mount namespace of its own: one server is kept, the disk fills up, the next is refused, space comes back.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing_and_says_so() {
    let place = Place::new();
    let script = r#"
        set -u
        mkdir -p "$DATA" && mount -t tmpfs -o size=2m none "$DATA" || { echo "no tmpfs" >&2; exit 99; }
        "$PROGRAM" add http://127.0.0.1:1/mcp --name first --no-probe >/dev/null || exit 98
        head -c 4m /dev/zero > "$DATA/ballast" 2>/dev/null
        "$PROGRAM" add http://127.0.0.1:2/mcp --name second --no-probe; echo "full: $?"
        rm "$DATA/ballast"
        "$PROGRAM" servers
        "$PROGRAM" add http://127.0.0.1:3/mcp --name third --no-probe >/dev/null; echo "after: $?"
    "#;
    // As root no user namespace is needed, and in a chroot none can be made.
    let works = |options: &&str| Command::new("unshare").args([options, "true"]).status().unwrap().success();
    let options = ["-m", "-rm"].iter().find(|options| works(options)).expect("a mount namespace can be made");
    let output = Command::new("unshare")
        .args([options, "sh", "-c", script])
        .env("PROGRAM", PROGRAM)
        .env("DATA", place.data())
        .env("MCP_DISCOVERY_DATA_DIR", place.data())
        .env("HOME", place.dir.path())
        .output()
        .unwrap();
    let ran = Ran(output);
    let (stdout, stderr) = (ran.stdout(), ran.stderr());
    assert!(stdout.contains("full: 1"), "{stdout}{stderr}");
    assert!(stderr.contains("full") || stderr.contains("space"), "{stderr}");
    assert!(stdout.contains("\"first\"") && !stdout.contains("\"second\""), "{stdout}");
    assert!(stdout.contains("after: 0"), "{stdout}{stderr}");
}

fn run(place: &Place, args: &[&str], input: &str) -> Ran {
    let mut command = place.command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ran(child.wait_with_output().unwrap())
}

#[test]
fn lines_of_standard_input_follow_the_flags() {
    let place = Place::new();
    let add = [
        "add",
        "--no-probe",
        "--name",
        "db",
        "--env",
        "B_KEY=-",
        "--env",
        "HOME",
        "--env",
        "A_KEY=-",
        "--stdio",
        "db",
    ];
    let added = run(&place, &add, "value-of-b\nvalue-of-a\n");
    assert_eq!(added.json()["kept"]["place"], json!("file"), "{}", added.stderr());
    assert!(!(added.stdout() + &added.stderr()).contains("value-of"));
    let kept = std::fs::read_to_string(place.data().join("secrets.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let rows: Vec<_> =
        kept["kept"].as_array().unwrap().iter().map(|row| (&row["slot"]["env"], &row["secret"])).collect();
    assert_eq!(rows, [(&json!("A_KEY"), &json!("value-of-a")), (&json!("B_KEY"), &json!("value-of-b"))]);
    let listed = run(&place, &["--format", "table", "secret", "list"], "");
    assert!(listed.stdout().contains("variable A_KEY"), "{}", listed.stdout());
    let short = run(&place, &["add", "--no-probe", "--env", "A=-", "--env", "B=-", "--stdio", "x"], "one\n");
    short.refused(2, &["`B`", "order of the flags"]);
    let open = run(&place, &["add", "--no-probe", "--env", "A=hunter2", "--stdio", "x"], "");
    open.refused(2, &["--env NAME=-"]);
    assert!(!open.stderr().contains("hunter2"));
    let forgotten = run(&place, &["secret", "rm", "db", "--env", "A_KEY"], "");
    assert_eq!(forgotten.json()["forgotten"], json!(true), "{}", forgotten.stderr());
}
