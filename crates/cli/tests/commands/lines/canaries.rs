//! Twenty servers: added, listed, called; and who has the values of their environments.

use std::io::Read;

use futures::StreamExt;
use serde_json::{Value, json};
use testkit::packages::lines::{LINES, PackageLine, npx_folder};
use testkit::served::descendants;
use tokio::task::JoinSet;

use super::{call, start, words};
use crate::api::Api;
use crate::support::Place;

/// What the variable of a server holds; nobody else has it.
fn canary(server: usize, variable: &str) -> String {
    format!("canary-{server}-{}-of-the-lines", variable.to_ascii_lowercase())
}

struct Given {
    name: String,
    canaries: Vec<String>,
}

async fn add(api: &Api, at: usize, line: &PackageLine, folder: &str) -> Given {
    let canaries: Vec<String> = line.env.iter().map(|variable| canary(at, variable)).collect();
    let env = line.env.iter().zip(&canaries).map(|(name, value)| ((*name).to_owned(), json!(value)));
    let name = format!("s{at}");
    let cwd = line.line.starts_with("npx").then(|| npx_folder().unwrap());
    let request = json!({
        "stdio": words(line, folder),
        "name": name,
        "env": env.collect::<serde_json::Map<_, _>>(),
        "cwd": cwd,
        "token_place": "file",
    });
    let added = api.perform("add", request).await;
    assert_eq!(added["server"]["health"]["status"], "healthy", "{}: {added}", line.line);
    Given { name, canaries }
}

/// What the processes of the core have, and whose that is.
fn of_processes(pid: u32) -> Vec<(u32, String)> {
    let all = descendants(pid).into_iter().map(|pid| {
        let read = |file: &str| std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        (pid, String::from_utf8_lossy(&[read("environ"), read("cmdline")].concat()).into_owned())
    });
    all.collect()
}

fn files(folder: &std::path::Path, told: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files(&path, told);
        } else if path.file_name().is_some_and(|name| name != "secrets.json") {
            let bytes = std::fs::read(&path).unwrap_or_default();
            told.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}

/// `LINES=exa` tries these alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: twenty real servers"]
async fn twenty_lines_as_their_pages_print_them_and_their_values_are_nowhere_else() {
    let place = Place::new();
    let folder = tempfile::tempdir().unwrap();
    let mut git = std::process::Command::new("git");
    assert!(git.args(["init", "--quiet"]).arg(folder.path()).status().unwrap().success());
    let folder = folder.path().to_string_lossy().into_owned();
    let monitoring = "health_monitoring:\n  check_interval: 600\n  timeout: 20\n";
    let mut api = start(&place, monitoring, &["--log", "trace"]);
    let mut stderr = api.serving.child.stderr.take().unwrap();
    let logged = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let mut events = api.get("/api/v1/events").await.bytes_stream();
    let mut listening = JoinSet::new();
    listening.spawn(async move {
        let mut all = Vec::new();
        while let Some(Ok(bytes)) = events.next().await {
            all.extend_from_slice(&bytes);
        }
        all
    });
    let only = std::env::var("LINES").unwrap_or_default();
    let (mut given, mut told): (Vec<Given>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    for (at, line) in LINES.iter().enumerate().filter(|(_, line)| line.line.contains(&only)) {
        let server = add(&api, at, line, &folder).await;
        let listed = api.text("tools", json!({ "server": server.name })).await;
        assert!(listed.contains(&format!("\"{}\"", line.tool)), "{}: {listed}", line.line);
        let arguments: Value = serde_json::from_str(&line.arguments.replace("$FOLDER", &folder)).unwrap();
        let called = call(&api, &server.name, line.tool, arguments).await;
        let said = called["result"]["content"][0]["text"].as_str();
        // Some say in an error of the protocol that nobody is there.
        let absent = called["message"]
            .as_str()
            .filter(|_| line.expected.is_empty() && called["code"] == "protocol_error");
        let text = said.or(absent).unwrap_or_else(|| panic!("{}: {called}", line.line));
        assert!(text.contains(&line.expected.replace("$FOLDER", &folder)), "{}: {text}", line.line);
        println!(
            "| {} | {} tools | {} |",
            line.line,
            listed.matches("\"input_schema\"").count(),
            text.lines().next().unwrap_or_default().chars().take(60).collect::<String>()
        );
        told.extend([
            (format!("tools of {}", server.name), listed),
            (format!("call of {}", server.name), called.to_string()),
        ]);
        given.push(server);
    }
    let processes = of_processes(api.serving.child.id());
    for server in &given {
        for (name, args) in [("server", "id"), ("logs", "id"), ("history", "server")] {
            let text = api.text(name, json!({ args: server.name })).await;
            told.push((format!("{name} of {}", server.name), text));
        }
        for canary in &server.canaries {
            let holders: Vec<u32> =
                processes.iter().filter(|(_, has)| has.contains(canary)).map(|(pid, _)| *pid).collect();
            let is_one_tree = holders.first().is_some_and(|first| {
                let tree = descendants(*first);
                holders.iter().skip(1).all(|pid| tree.contains(pid))
            });
            assert!(is_one_tree, "{canary} is with {holders:?}");
        }
    }
    for (name, args) in [
        ("servers", json!({})),
        ("status", json!({})),
        ("health", json!({})),
        ("secrets", json!({})),
        ("export", json!({ "as": "servers.json" })),
        ("export", json!({ "as": "mcp.json" })),
    ] {
        told.push((format!("{name} {args}"), api.text(name, args).await));
    }
    let status = place.run(&["servers", "--format", "table"]);
    told.push(("the command line".to_owned(), status.stdout() + &status.stderr()));
    files(&place.data(), &mut told);
    drop(api);
    told.push(("the log".to_owned(), String::from_utf8_lossy(&logged.join().unwrap()).into_owned()));
    told.push((
        "the events".to_owned(),
        String::from_utf8_lossy(&listening.join_next().await.unwrap().unwrap()).into_owned(),
    ));
    let canaries: Vec<&String> = given.iter().flat_map(|server| &server.canaries).collect();
    for (place, text) in &told {
        for canary in &canaries {
            assert!(!text.contains(canary.as_str()), "{place} has {canary}");
        }
    }
    println!("{} servers, {} values, {} places", given.len(), canaries.len(), told.len());
}
