//! Forty secrets in the files of AI clients: read, added, called and exported, they are in no answer, event, log or page, and in no
//! byte of the data directory but the file of secrets. Their servers quote what they are sent wherever they can.

#![cfg(target_os = "linux")]

use std::io::Read;
use std::time::Duration;

use crate::api::Api;
use crate::canary::{events, files};
use crate::support::Place;
use serde_json::{Value, json};
use testkit::plain::Plain;

const FORTY: usize = 40;
const START: &str = "canary-of-a-client-";

/// Hands out the secrets.
#[derive(Default)]
struct Canaries(usize);

impl Canaries {
    fn next(&mut self) -> String {
        self.0 += 1;
        format!("{START}{:02}", self.0)
    }
}

fn write(place: &Place, path: &str, text: &str) {
    let path = place.dir.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Sets the clients up: four addresses, six commands, and what is never added.
fn set_up(place: &Place, quoting: &Plain) {
    let mut secret = Canaries::default();
    let address = |at: usize, secret: &mut Canaries| {
        let url = quoting.url(&format!("plain/legacy/mcp?n={at}&apiKey={}", secret.next()));
        let headers =
            json!({ "Authorization": format!("Bearer {}", secret.next()), "X-Api-Key": secret.next() });
        json!({ "url": url, "headers": headers })
    };
    let http: serde_json::Map<_, _> =
        (0..4).map(|at| (format!("http-{at}"), address(at, &mut secret))).collect();
    write(place, ".cursor/mcp.json", &json!({ "mcpServers": http }).to_string());
    let child = quoting.child("plain/legacy");
    let mut stdio = serde_json::Map::new();
    for at in 0..4 {
        let env = json!({ "CANARY": secret.next(), "OTHER": secret.next() });
        let entry = json!({ "command": child[0], "args": child[1..], "env": env });
        stdio.insert(format!("stdio-{at}"), entry);
    }
    for at in 0..3 {
        let args = json!([format!("--token={}", secret.next()), "--api-key", secret.next()]);
        stdio.insert(format!("never-{at}"), json!({ "command": "nothing", "args": args }));
    }
    write(place, ".claude.json", &json!({ "mcpServers": stdio }).to_string());
    let args: Vec<String> = child[1..].iter().map(|arg| format!("{arg:?}")).collect();
    let mut toml = Vec::new();
    for at in 0..2 {
        let (one, other) = (secret.next(), secret.next());
        toml.push(format!(
            "[mcp_servers.toml-{at}]\ncommand = {:?}\nargs = [{}]\nenv = {{ CANARY = \"{one}\", OTHER = \"{other}\" }}\n",
            child[0],
            args.join(", ")
        ));
    }
    for at in 0..2 {
        let headers = format!("{{ Authorization = \"Bearer {}\" }}", secret.next());
        toml.push(format!(
            "[mcp_servers.far-{at}]\nurl = \"https://mcp.invalid\"\nhttp_headers = {headers}\n"
        ));
    }
    write(place, ".codex/config.toml", &toml.concat());
    let envs: Vec<String> = (0..4).map(|at| format!("      A{at}: {}\n", secret.next())).collect();
    write(
        place,
        ".config/goose/config.yaml",
        &format!("extensions:\n  never:\n    cmd: nothing\n    envs:\n{}", envs.concat()),
    );
    let broken: Vec<String> = (0..4).map(|_| secret.next()).collect();
    write(
        place,
        ".kiro/settings/mcp.json",
        &format!("{{\"mcpServers\": {{\"a\": {{\"env\": [{}", broken.join(" ")),
    );
    assert_eq!(secret.0, FORTY);
}

/// Adds an entry as a person does who agrees to what they see.
async fn add(api: &Api, client: &str, file: &str, entry: &Value) -> Value {
    let from = json!({ "client": client, "file": file, "name": entry["name"], "consent": entry["consent"] });
    api.perform("add", json!({ "from": from, "token_place": "file" })).await
}

async fn used(api: &Api, name: &str) -> Vec<(String, Vec<u8>)> {
    let mut said = Vec::new();
    for (operation, args) in [
        ("call", json!({ "capability": "echo", "server": name, "timeout": 10 })),
        ("call", json!({ "capability": "error", "server": name, "timeout": 10 })),
        ("check", json!({ "id": name })),
        ("server", json!({ "id": name })),
        ("logs", json!({ "id": name })),
    ] {
        said.push((format!("{name}: {operation}"), api.text(operation, args).await.into_bytes()));
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_secrets_of_clients_are_nowhere() {
    let (place, quoting) = (Place::new(), Plain::quoting());
    set_up(&place, &quoting);
    let config = "health_monitoring:\n  check_interval: 600\n  timeout: 20\n";
    let mut api = Api::start_with(&place, config, &["--log", "trace"], &[("RUST_LOG", "trace")]);
    let mut stderr = api.serving.child.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let doing = async {
        let mut said = Vec::new();
        let list = api.perform("clients", json!({})).await;
        said.push(("clients".to_owned(), list.to_string().into_bytes()));
        let mut added = 0;
        for client in list["clients"].as_array().unwrap() {
            let file = &client["files"][0];
            for entry in file["entries"].as_array().unwrap() {
                let name = entry["name"].as_str().unwrap();
                if name.starts_with("never") || name.starts_with("far") {
                    continue;
                }
                let answer =
                    add(&api, client["id"].as_str().unwrap(), file["path"].as_str().unwrap(), entry).await;
                assert_eq!(answer["server"]["health"]["status"], "healthy", "{name}: {answer}");
                said.push((format!("{name}: add"), answer.to_string().into_bytes()));
                said.extend(used(&api, answer["server"]["id"].as_str().unwrap()).await);
                added += 1;
            }
        }
        assert_eq!(added, 10);
        for (operation, args) in [
            ("clients", json!({})),
            ("servers", json!({})),
            ("tools", json!({})),
            ("health", json!({})),
            ("calls", json!({})),
            ("secrets", json!({})),
            ("export", json!({ "as": "servers.json" })),
            ("export", json!({ "as": "mcp.json" })),
            ("add", json!({ "from": { "client": "cursor", "file": "/etc/passwd", "name": "x" } })),
        ] {
            said.push((format!("{operation} {args}"), api.text(operation, args).await.into_bytes()));
        }
        for args in [&["clients"][..], &["--format", "table", "clients"], &["add", "--from", "cursor/http-0"]]
        {
            let ran = place.command(args).output().unwrap();
            said.push((args.join(" "), [ran.stdout, ran.stderr].concat()));
        }
        // Who has it is remembered, and a filter knows it.
        let seen = api.perform("sightings", json!({ "id": "http-0" })).await;
        assert!(seen.to_string().contains("cursor: "), "{seen}");
        let of_cursor = async {
            while api.perform("servers", json!({ "filter": "seen:cursor" })).await["servers"]
                .as_array()
                .is_none_or(|servers| servers.len() != 4)
            {}
        };
        tokio::time::timeout(Duration::from_secs(30), of_cursor).await.expect("the filter knows it");
        // The last thing that the events tell.
        let last =
            json!({ "url": quoting.url("plain/legacy/mcp?last=1"), "name": "the-last", "no_probe": true });
        api.perform("add", last).await;
        said
    };
    let (mut places, heard) = tokio::join!(doing, events(&api, "the-last"));
    places.push(("events".to_owned(), heard));
    places.push(("page".to_owned(), api.get("/").await.bytes().await.unwrap().to_vec()));
    places.extend(files(&place.data()));
    drop(api);
    places.push(("log".to_owned(), log.join().unwrap()));
    assert!(places.iter().any(|(place, bytes)| place == "log" && bytes.len() > 1_000), "it logs at all");
    let quoted = places.iter().filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains('…')).count();
    assert!(quoted > 10, "their words are told: {quoted}");
    let found: Vec<String> = places
        .iter()
        .filter_map(|(place, bytes)| {
            let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
            let at = text.find(START)?;
            Some(format!(
                "{place}: {}",
                text.chars()
                    .skip(text[..at].chars().count().saturating_sub(80))
                    .take(200)
                    .collect::<String>()
            ))
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    // Those of servers that were added are kept, each; no other is.
    let kept = std::fs::read_to_string(place.data().join("secrets.json")).unwrap();
    assert_eq!(kept.matches(START).count(), 4 * 3 + 4 * 2 + 2 * 2);
}
