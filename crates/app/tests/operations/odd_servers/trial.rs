//! One odd server after another, through every operation.

use std::collections::HashMap;
use std::fmt::Write as _;

use api::ApiError;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use testkit::odd::Odd;

use crate::support::{Core, read};

/// No rounds but those that a test asks for.
const QUIET: &str = "health_monitoring:\n  check_interval: 600\n";

/// As many servers are met at once.
const AT_ONCE: usize = 8;

/// Odd servers, and a core that meets them.
pub(crate) struct Trial {
    pub(crate) core: Core,
    pub(crate) odd: Odd,
    rows: Vec<Value>,
    folder: tempfile::TempDir,
}

/// What became of one server.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) added: Result<Value, ApiError>,
    pub(crate) tools: Vec<String>,
    titles: Vec<String>,
    pub(crate) called: Result<Value, ApiError>,
    /// What a check says afterwards.
    pub(crate) health: Value,
}

/// A row of the legacy era over Streamable HTTP.
pub(crate) fn row(name: &str, odd: Value) -> Value {
    over("http", "legacy", name, odd)
}

/// Any row.
pub(crate) fn over(transport: &str, era: &str, name: &str, odd: Value) -> Value {
    json!({ "name": name, "era": era, "over": transport, "alone": true, "odd": odd })
}

/// Every request is answered like this.
pub(crate) fn all(how: Value) -> Value {
    json!({ "*": how })
}

impl Trial {
    pub(crate) async fn of(rows: Vec<Value>) -> Self {
        Self::configured(rows, QUIET).await
    }

    pub(crate) async fn configured(rows: Vec<Value>, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rows.json"), json!(rows).to_string()).unwrap();
        let (core, odd) = tokio::join!(Core::configured(config), Odd::start(folder.path()));
        Self { core, odd, rows, folder }
    }

    /// The words of a scan for each server that has a URL, by name.
    pub(crate) async fn scanned(&self) -> HashMap<String, Value> {
        let ports: HashMap<u16, &str> =
            self.rows.iter().filter_map(|row| self.port(row).map(|port| (port, name(row)))).collect();
        let asked: Vec<String> = ports.keys().map(u16::to_string).collect();
        if asked.is_empty() {
            return HashMap::new();
        }
        let start = async {
            self.core.perform("scan_start", json!({ "targets": ["127.0.0.1"], "ports": asked })).await;
        };
        let report = self.core.scanned(start).await;
        let rows = report["rows"].as_array().unwrap().iter().filter_map(|row| {
            let port = u16::try_from(row["port"].as_u64()?).ok()?;
            Some(((*ports.get(&port)?).to_owned(), row.clone()))
        });
        rows.collect()
    }

    fn port(&self, row: &Value) -> Option<u16> {
        self.odd.port(name(row)).filter(|_| row["over"] != "stdio")
    }

    /// How a person would add it.
    pub(crate) fn address(&self, row: &Value) -> Value {
        if row["over"] == "stdio" {
            let child = self.odd.child(name(row));
            let command: Vec<String> = std::iter::once(child.program).chain(child.args).collect();
            return json!({ "stdio": command, "name": name(row) });
        }
        let path = if row["over"] == "sse" { "sse" } else { "mcp" };
        json!({ "url": self.odd.url(name(row), path), "name": name(row) })
    }

    /// Adds, lists, calls `echo` and checks.
    pub(crate) async fn visit(&self, row: &Value) -> Visit {
        let (core, server) = (&self.core, name(row));
        let added = core.app.perform("add", self.address(row)).await.map(|added| read(&added));
        let tools = match &added {
            Ok(_) => core.perform("tools", json!({ "server": server })).await["tools"].clone(),
            Err(_) => json!([]),
        };
        let all = |key: &str| tools.as_array().unwrap().iter().map(|tool| text(&tool[key])).collect();
        let (tools, titles) = (all("name"), all("title"));
        let call = json!({ "capability": "echo", "server": server, "timeout": 8 });
        let called = core.app.perform("call", call).await.map(|called| read(&called));
        let health = match &added {
            Ok(_) => core.check(server).await,
            Err(_) => Value::Null,
        };
        Visit { added, tools, titles, called, health }
    }

    /// What becomes of each row, several at once.
    pub(crate) async fn visits(&self) -> Vec<Visit> {
        stream::iter(&self.rows).map(|row| self.visit(row)).buffered(AT_ONCE).collect().await
    }

    /// Every row is found by a scan and can be used in every way.
    pub(crate) async fn all_work(&self) {
        self.all_say("", "").await;
    }

    /// The same, and these words come through: the title of a tool, and what it says when it is called.
    pub(crate) async fn all_say(&self, title: &str, words: &str) {
        let mut wrong = String::new();
        let scanned = self.scanned().await;
        for (row, visit) in self.rows.iter().zip(self.visits().await) {
            let scan = scanned.get(name(row)).map_or(&json!("mcp"), |row| &row["outcome"]).clone();
            if scan != "mcp" || !visit.is_good() || !visit.says(title, words) {
                let scanned = scanned.get(name(row)).map(|row| &row["reason"]);
                let _ = writeln!(wrong, "{}: scan {scan} {scanned:?}, {visit:?}", name(row));
            }
        }
        self.core.app.shutdown().await;
        assert!(wrong.is_empty(), "{wrong}");
    }

    /// Where the table lies.
    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.folder.path().to_owned()
    }

    /// The rows, each with its name.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.rows.iter().map(|row| (name(row), row))
    }
}

impl Visit {
    /// It can be used.
    pub(crate) fn is_good(&self) -> bool {
        let is_healthy = |health: &Value| health["status"] == "healthy";
        self.added.as_ref().is_ok_and(|added| is_healthy(&added["server"]["health"]))
            && self.tools.iter().any(|name| name == "echo")
            && self.called.is_ok()
            && is_healthy(&self.health)
    }

    fn says(&self, title: &str, words: &str) -> bool {
        let called = self.called.as_ref().map(|called| text(&called["result"]["content"][0]["text"]));
        called.is_ok_and(|said| said.contains(words)) && self.titles.iter().any(|one| one.contains(title))
    }

    /// Everything that a person is told of what went wrong.
    pub(crate) fn words(&self) -> String {
        let added = match &self.added {
            Ok(added) => added["server"]["health"]["reason"].to_string(),
            Err(error) => format!("{error:?}"),
        };
        format!("{added} {:?} {}", self.called.as_ref().err(), self.health["reason"])
    }
}

fn name(row: &Value) -> &str {
    row["name"].as_str().unwrap()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
