//! A token that was sent and comes back, quoted by its server wherever it can: it is in no byte that is kept, logged at any
//! level, told or shown. Each form counts in which `mcp`'s `scrub` promises to know it.

#![cfg(target_os = "linux")]

use std::io::Read;
use std::path::Path;
use std::thread::JoinHandle;

use crate::api::Api;
use crate::support::Place;
use futures::StreamExt;
use serde_json::{Value, json};
use testkit::plain::Plain;

/// What is looked for. It has what JSON and URLs escape, and its parts are nobody's words.
const TOKEN: &str = "canary/of+the=test/Qx7";
const KEY: &str = "a2V5/IG9m+IHRlc3Q=";
const QUIET: &str = "health_monitoring:\n  check_interval: 600\n  timeout: 20\n";
const FORMS: [&str; 4] = ["plain", "slashed", "escaped", "url"];

/// Each secret in each form, and what to call it.
fn needles() -> Vec<(String, String)> {
    let forms = |secret: &str| {
        let letters: Vec<String> = secret.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
        let escaped = letters.concat();
        let url = secret.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
        [secret.to_owned(), secret.replace('/', "\\/"), escaped, url]
    };
    let all = [TOKEN, KEY].into_iter().flat_map(forms);
    all.map(|form| (form.clone(), form.to_ascii_lowercase())).collect()
}

/// Where the secret is.
fn found(places: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    for (place, bytes) in places {
        let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
        for (needle, lower) in needles() {
            if let Some(at) = text.find(&lower) {
                let around = text.chars().skip(text[..at].chars().count().saturating_sub(80)).take(200);
                found.push(format!("{place} has `{needle}`: {}", around.collect::<String>()));
            }
        }
    }
    found
}

/// All that the core writes to its standard error, read so that it never waits for us.
fn logged(api: &mut Api) -> JoinHandle<Vec<u8>> {
    let mut stderr = api.serving.child.stderr.take().unwrap();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// Uses a server in every way, also where things go wrong; gives what was answered.
async fn used(api: &Api, name: &str) -> Vec<(String, Vec<u8>)> {
    let mut said = Vec::new();
    for tool in ["echo", "fail", "error", "crash", "echo", "guard"] {
        let call = json!({ "capability": tool, "server": name, "timeout": 10 });
        said.push((format!("{name}: call {tool}"), api.text("call", call).await.into_bytes()));
    }
    for (operation, args) in [
        ("check", json!({ "id": name })),
        ("server", json!({ "id": name })),
        ("history", json!({ "server": name })),
        ("logs", json!({ "id": name })),
        ("tools", json!({ "server": name })),
    ] {
        said.push((format!("{name}: {operation}"), api.text(operation, args).await.into_bytes()));
    }
    said
}

/// What the core says of everything.
async fn all(api: &Api) -> Vec<(String, Vec<u8>)> {
    let mut said = Vec::new();
    for (operation, args) in [
        ("servers", json!({})),
        ("tools", json!({})),
        ("health", json!({})),
        ("status", json!({})),
        ("secrets", json!({})),
        ("config", json!({})),
        ("export", json!({})),
        ("export", json!({ "as": "servers.json" })),
        ("export", json!({ "as": "mcp.json" })),
    ] {
        said.push((format!("{operation} {args}"), api.text(operation, args).await.into_bytes()));
    }
    for path in ["/", "/api/v1/nothing"] {
        said.push((path.to_owned(), api.get(path).await.bytes().await.unwrap().to_vec()));
    }
    said
}

/// Every file under a folder, but for the one that keeps secrets.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().is_some_and(|name| name != "secrets.json") {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default()));
        }
    }
    found
}

/// Asks for the events from here on, until one tells of this server's removal.
pub(crate) async fn events(api: &Api, last: &str) -> Vec<u8> {
    let mut stream = api.get("/api/v1/events").await.bytes_stream();
    let mut heard = Vec::new();
    while let Some(Ok(bytes)) = stream.next().await {
        heard.extend_from_slice(&bytes);
        if String::from_utf8_lossy(&heard).contains(last) {
            break;
        }
    }
    heard
}

/// Where a server gets what it quotes from.
#[derive(Debug, Clone, Copy)]
enum From {
    /// Our environment: the token, and a header.
    Variables,
    /// The file of secrets: the token.
    File,
    /// The query of its URL.
    Query,
}

/// Adds a server with its secrets. The variable `CANARY` is the one of a child.
async fn added(api: &Api, name: &str, address: Value, from: From) -> Value {
    let mut add = address;
    (add["name"], add["token_place"]) = (json!(name), json!("file"));
    match from {
        _ if add["url"].is_null() => add["env"] = json!({ "CANARY": TOKEN }),
        From::Query => add["query"] = json!({ "apiKey": TOKEN }),
        From::File => add["token"] = json!(TOKEN),
        From::Variables => {
            add["token_env"] = json!("CANARY_TOKEN");
            add["header_env"] = json!({ "X-Api-Key": "CANARY_KEY" });
        }
    }
    api.perform("add", add).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_its_server_quotes_is_nowhere() {
    let (place, quoting) = (Place::new(), Plain::quoting());
    let key = format!("Basic {KEY}");
    let env = [("CANARY_TOKEN", TOKEN), ("CANARY_KEY", key.as_str()), ("RUST_LOG", "trace")];
    let mut api = Api::start_with(&place, QUIET, &["--log", "trace"], &env);
    let log = logged(&mut api);
    let mut places = Vec::new();
    let heard = async {
        let mut said = Vec::new();
        for (number, form) in FORMS.into_iter().enumerate() {
            for way in ["legacy/mcp", "modern/mcp", "legacy/sse", "legacy", "modern"] {
                let name = format!("{form}-{}", way.replace('/', "-"));
                let path = format!("{form}/{way}");
                let address = if way.contains('/') {
                    json!({ "url": quoting.url(&path) })
                } else {
                    json!({ "stdio": quoting.child(&path) })
                };
                let from = [From::Variables, From::File, From::Query, From::Variables][number];
                let added = added(&api, &name, address, from).await;
                assert_eq!(added["server"]["health"]["status"], "healthy", "{added}");
                said.push((format!("{name}: add"), added.to_string().into_bytes()));
                said.extend(used(&api, &name).await);
            }
        }
        said.extend(all(&api).await);
        // The last thing that the events tell.
        let last =
            json!({ "url": quoting.url("plain/legacy/mcp?last=1"), "name": "the-last", "no_probe": true });
        api.perform("add", last).await;
        said
    };
    let (said, events) = tokio::join!(heard, events(&api, "the-last"));
    places.extend(said);
    places.push(("events".to_owned(), events));
    places.extend(files(place.dir.path()));
    drop(api);
    places.push(("log".to_owned(), log.join().unwrap()));
    assert!(places.iter().any(|(place, bytes)| place == "log" && bytes.len() > 10_000), "it logs at all");
    let quoted = places.iter().filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains('…')).count();
    assert!(quoted > 20, "its words are told: {quoted}");
    let found = found(&places);
    assert!(found.is_empty(), "{} times:\n{}", found.len(), found.join("\n"));
}
