//! AI clients' files, as a person at a terminal sees them: what npm `add-mcp` wrote is read back, nothing is started before
//! somebody agreed to it, and what they agreed to is what runs.

use crate::support;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Place, Ran};
use serde_json::{Value, json};

/// A server that leaves a file behind when it starts, and tells what it was given.
const WITNESS: &str = r#"
import json, os, sys
open(sys.argv[1], "a").write(os.environ.get("API_KEY", "") + "\n")
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    if asked.get("method") == "initialize":
        result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "witness", "version": "1"}}
    elif asked.get("method") == "tools/list":
        result = {"tools": [{"name": "tell", "inputSchema": {"type": "object"}}]}
    else:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32601, "message": "no"}}), flush=True)
        continue
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"#;

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn run(place: &Place, args: &[&str]) -> Ran {
    place.run(args)
}

/// A place whose Cursor is set up with the witness, and the file that it writes.
struct Bench {
    place: Place,
    cursor: PathBuf,
    witness: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let place = Place::new();
        let cursor = place.dir.path().join(".cursor/mcp.json");
        let witness = place.dir.path().join("started");
        write(&place.dir.path().join("witness.py"), WITNESS);
        let bench = Self { place, cursor, witness };
        bench.set_up(&[]);
        bench
    }

    fn set_up(&self, more: &[&str]) {
        let script = self.place.dir.path().join("witness.py").display().to_string();
        let mut args = vec![script, self.witness.display().to_string()];
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        let python = testkit::real::plain_python().unwrap();
        let entry = json!({ "command": python, "args": args, "env": { "API_KEY": "hunter2-value" } });
        write(&self.cursor, &json!({ "mcpServers": { "witness": entry } }).to_string());
    }

    fn entry(&self) -> Value {
        let list = run(&self.place, &["clients"]).json();
        let cursor = list.as_array().unwrap().iter().find(|client| client["id"] == "cursor").unwrap();
        cursor["files"][0]["entries"][0].clone()
    }

    fn starts(&self) -> Vec<String> {
        let told = std::fs::read_to_string(&self.witness).unwrap_or_default();
        told.lines().map(str::to_owned).collect()
    }
}

#[test]
fn nothing_is_started_before_somebody_agrees_and_then_it_gets_its_values() {
    let bench = Bench::new();
    let entry = bench.entry();
    assert_eq!(
        (&entry["kind"], &entry["known"], &entry["env"]),
        (&json!("command"), &json!(false), &json!(["API_KEY"]))
    );
    let consent = entry["consent"].as_str().unwrap();
    let asked = run(&bench.place, &["add", "--from", "cursor/witness"]);
    asked.refused(2, &["will be run", "witness.py", "API_KEY", "--agree", consent]);
    assert!(bench.starts().is_empty(), "nobody agreed");
    let added = run(&bench.place, &["add", "--from", "cursor/witness", "--agree", consent]);
    let server = added.json()["server"].clone();
    assert_eq!(
        (&server["name"], &server["source"]),
        (&json!("witness"), &json!("client")),
        "{}",
        added.stderr()
    );
    assert_eq!(bench.starts(), ["hunter2-value"], "it was started once, and has what the file had");
    let said = asked.stdout() + &asked.stderr() + &added.stdout() + &added.stderr();
    assert!(!said.contains("hunter2"), "{said}");
    let kept = std::fs::read_to_string(bench.place.data().join("secrets.json")).unwrap();
    assert!(kept.contains("hunter2-value"));
    for file in std::fs::read_dir(bench.place.data()).unwrap().map(Result::unwrap) {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let has_it = bytes.windows(7).any(|window| window == b"hunter2");
        assert_eq!(has_it, file.file_name() == "secrets.json", "{}", file.path().display());
    }
    let entry = bench.entry();
    assert_eq!(
        (&entry["known"], &entry["changed"], &entry["id"]),
        (&json!(true), &json!(false), &server["id"])
    );
}

#[test]
fn a_file_that_changed_between_showing_and_consent_is_refused() {
    let bench = Bench::new();
    let consent = bench.entry()["consent"].as_str().unwrap().to_owned();
    bench.set_up(&["--other"]);
    let refused = run(&bench.place, &["add", "--from", "cursor/witness", "--agree", &consent]);
    refused.refused(1, &["has changed since"]);
    assert!(bench.starts().is_empty());
    // What was added stays as it is when its entry changes later, and the entry says so.
    let consent = bench.entry()["consent"].as_str().unwrap().to_owned();
    let added = run(&bench.place, &["add", "--from", "cursor/witness", "--agree", &consent]);
    assert_eq!(added.code(), 0, "{}", added.stderr());
    bench.set_up(&["--third"]);
    let entry = bench.entry();
    assert_eq!((&entry["known"], &entry["changed"]), (&json!(true), &json!(true)));
    let servers = run(&bench.place, &["servers"]).json();
    let args = servers[0]["args"].as_array().unwrap();
    assert_eq!(args.last().unwrap(), "--other");
    let table = run(&bench.place, &["--format", "table", "clients"]);
    assert!(table.stdout().contains("changed"), "{}", table.stdout());
}

#[test]
fn a_placeholder_is_asked_for() {
    let place = Place::new();
    let text = r#"{"inputs": [{"id": "key"}], "servers": {"far": {"url": "http://127.0.0.1:9/mcp", "headers": {"X-Key": "${input:key}"}}}}"#;
    write(&place.dir.path().join(".config/Code/User/mcp.json"), text);
    let list = run(&place, &["clients"]).json();
    let entry = &list[0]["files"][0]["entries"][0];
    assert_eq!((&entry["placeholders"], &entry["headers"]), (&json!(["${input:key}"]), &json!(["X-Key"])));
    let consent = entry["consent"].as_str().unwrap();
    let add = ["add", "--from", "vscode/far", "--no-probe", "--agree", consent];
    run(&place, &add).refused(2, &["${input:key}"]);
    let mut command = place.command(&add);
    command.args(["--fill", "${input:key}=-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"hunter2").unwrap();
    let added = Ran(child.wait_with_output().unwrap());
    assert_eq!(added.json()["server"]["name"], "far", "{}", added.stderr());
    assert!(std::fs::read_to_string(place.data().join("secrets.json")).unwrap().contains("hunter2"));
}

#[test]
fn other_forms_are_imported_like_any() {
    let place = Place::new();
    let toml = place.dir.path().join("config.toml");
    write(&toml, "[mcp_servers.files]\ncommand = \"npx\"\nargs = [\"-y\", \"files\"]\nenabled = false\n");
    let yaml = place.dir.path().join("config.yaml");
    write(&yaml, "extensions:\n  docs: {type: sse, uri: 'http://127.0.0.1:9/sse'}\n");
    for (file, name, transport) in [(&toml, "files", "stdio"), (&yaml, "docs", "sse")] {
        let report = run(&place, &["import", file.to_str().unwrap()]);
        assert_eq!((report.code(), &report.json()["added"]), (0, &json!(1)), "{}", report.stderr());
        let servers = run(&place, &["servers"]).json();
        let found = servers.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
        assert_eq!(found["transport"], transport);
    }
}

fn add_mcp(home: &Path, args: &[&str]) -> String {
    let script = testkit::real::tools().join("npm-add-mcp/node_modules/add-mcp/dist/index.js");
    let mut command = Command::new("node");
    command.arg(script).args(args).args(["--yes", "--global"]).current_dir(home).stdin(Stdio::null());
    command
        .env("HOME", home)
        .env_remove("XDG_CONFIG_HOME")
        .env("NO_COLOR", "1")
        .env("DISABLE_TELEMETRY", "1");
    let ran = command.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{args:?}: {said}");
    said
}

/// The oracle: what it writes for each client that it knows is what we read.
#[test]
fn what_add_mcp_writes_is_read_back() {
    const URL: &str = "https://mcp.example.com/team/mcp";
    let agents = [
        ("antigravity", "antigravity"),
        ("cline", "cline"),
        ("cline-cli", "cline"),
        ("claude-code", "claude-code"),
        ("claude-desktop", "claude-desktop"),
        ("codex", "codex"),
        ("cursor", "cursor"),
        ("fx", "fx"),
        ("gemini-cli", "gemini-cli"),
        ("goose", "goose"),
        ("github-copilot-cli", "copilot-cli"),
        ("grok-build", "grok-build"),
        ("kilo-code", "kilo"),
        ("kimi-code", "kimi-code"),
        ("kiro-cli", "kiro"),
        ("mastracode", "mastracode"),
        ("mcporter", "mcporter"),
        ("opencode", "opencode"),
        ("pi", "pi"),
        ("vscode", "vscode"),
        ("windsurf", "windsurf"),
        ("zed", "zed"),
    ];
    let place = Place::new();
    let home = place.dir.path();
    let known = add_mcp(home, &["list-agents"]);
    for (agent, _) in agents {
        assert!(known.contains(agent), "{agent} is not in {known}");
    }
    let all = |without: &str| -> Vec<&str> {
        agents
            .iter()
            .filter(|(agent, _)| *agent != without)
            .flat_map(|(agent, _)| ["--agent", *agent])
            .collect()
    };
    let remote = ["--name", "web", "--transport", "http", "--header", "X-Key: hunter2"];
    // Claude Desktop's file has commands alone.
    add_mcp(home, &[&[URL][..], &remote, &all("claude-desktop")].concat());
    let local = ["npx -y @scope/files /tmp --flag", "--name", "files", "--env", "ROOT=hunter2"];
    add_mcp(home, &[&local[..], &all("")].concat());

    let list = run(&place, &["clients"]).json();
    assert!(!list.to_string().contains("hunter2"));
    for (agent, id) in agents {
        let client = list.as_array().unwrap().iter().find(|client| client["id"] == id);
        let client = client.unwrap_or_else(|| panic!("{agent} is not in {list:#}"));
        let entries =
            client["files"].as_array().unwrap().iter().flat_map(|file| file["entries"].as_array().unwrap());
        let entries: Vec<&Value> = entries.collect();
        let files = client["files"].as_array().unwrap().len();
        let count = |name: &str, address: &str, names: &str, given: &Value| {
            let is_it = |entry: &&&Value| {
                entry["name"] == name
                    && entry["address"] == address
                    && entry[names] == *given
                    && entry["disabled"] == false
            };
            entries.iter().filter(is_it).count()
        };
        let web = if agent == "claude-desktop" { 0 } else { files };
        assert_eq!(count("web", URL, "headers", &json!(["X-Key"])), web, "{agent}: {client:#}");
        let line = "npx -y @scope/files /tmp --flag";
        assert_eq!(count("files", line, "env", &json!(["ROOT"])), files, "{agent}: {client:#}");
        assert!(entries.iter().all(|entry| entry["notes"].to_string().find("cannot").is_none()));
    }
}

/// In a network of its own, whose way out leads nowhere and counts what takes it: IPv4, IPv6, DNS and mDNS.
#[cfg(target_os = "linux")]
#[test]
fn nothing_leaves_this_computer_because_of_a_clients_file() {
    let place = Place::new();
    let servers = json!({
        "name": { "url": "https://mcp.example.com/mcp" },
        "bonjour": { "url": "http://printer.local:3000/mcp" },
        "four": { "url": "http://198.51.100.9:3000/mcp" },
        "six": { "url": "http://[2001:db8::9]:3000/mcp" },
        "here": { "url": "http://localhost:3000/mcp" },
        "command": { "command": "curl", "args": ["http://198.51.100.9/"] },
    });
    write(&place.dir.path().join(".cursor/mcp.json"), &json!({ "mcpServers": servers }).to_string());
    write(&place.dir.path().join("resolv.conf"), "nameserver 198.51.100.53\n");
    let script = r#"
        set -eu
        mount --bind "$HOME/resolv.conf" /etc/resolv.conf
        ip link set lo up
        ip link add out type bridge mcast_snooping 0
        ip link set out multicast off arp off addrgenmode none
        ip addr add 198.51.100.2/24 dev out
        ip addr add 2001:db8::2/64 dev out nodad
        ip link set out up
        ip route add default via 198.51.100.1 dev out
        left() { awk '$1 == "out:" { print $11 }' /proc/net/dev; }
        "$PROGRAM" --config "$CONFIG" clients > "$HOME/listed"
        "$PROGRAM" --config "$CONFIG" scan > "$HOME/scanned" || true
        echo "left: $(left)"
        timeout 2 "$PROGRAM" --config "$CONFIG" add https://mcp.example.com/mcp 2> "$HOME/refused" || true
        echo "asked for: $(left)"
    "#;
    let works = |options: &&str| {
        Command::new("unshare").args([options, "true"]).status().is_ok_and(|status| status.success())
    };
    let options = ["-nm", "-rnm"].into_iter().find(works).expect("a network namespace can be made");
    let output = Command::new("unshare")
        .args([options, "sh", "-c", script])
        .env("PROGRAM", support::PROGRAM)
        .env("CONFIG", place.config())
        .env("MCP_DISCOVERY_DATA_DIR", place.data())
        .env("HOME", place.dir.path())
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .unwrap();
    let ran = Ran(output);
    let listed = std::fs::read_to_string(place.dir.path().join("listed")).unwrap_or_default();
    assert!(listed.contains("printer.local"), "{}{}", ran.stdout(), ran.stderr());
    assert!(ran.stdout().contains("left: 0\n"), "{}{}", ran.stdout(), ran.stderr());
    // What a person asks for does leave, so it is counted.
    assert!(!ran.stdout().contains("asked for: 0\n"), "{}", ran.stdout());
}
