//! The processes of the oracle: a client of others for each SDK, and the odd servers that they read the rows of.

use std::collections::HashMap;
use std::time::Duration;

use mcp::Target;
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::odd::{Odd, Process};
use testkit::real::{ServedCommand, script, tools};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{Over, Row, folder};

/// Whose client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sdk {
    /// npm `@modelcontextprotocol/sdk` 1.x.
    TypeScript1,
    /// npm `@modelcontextprotocol/client` 2.
    TypeScript2,
    /// PyPI `mcp` 1.x.
    Python1,
    /// PyPI `mcp` 2.
    Python2,
}

/// What became of a row. `ok` is: connected, `echo` is listed, calling it gave a result.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Verdict {
    row: String,
    pub(crate) ok: bool,
    pub(crate) error: Option<String>,
    pub(crate) note: Option<String>,
}

/// The verdicts of one client by the row's name.
pub(crate) type Verdicts = HashMap<String, Verdict>;

impl Sdk {
    /// How long a row may take. The Python SDK 2 waits 10 s for an answer to `server/discover` before it falls
    /// back; nothing hangs on what the older ones say.
    fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::TypeScript1 | Self::Python1 => 6,
            Self::TypeScript2 => 10,
            Self::Python2 => 14,
        })
    }

    fn command(self) -> ServedCommand {
        let modules = tools().join("npm/node_modules").to_string_lossy().into_owned();
        let python = |environment: &str| {
            let program = tools().join(environment).join("bin/python");
            ServedCommand {
                program: program.to_string_lossy().into_owned(),
                args: vec![script("oracle_py.py")],
            }
        };
        let node = |version: &str| ServedCommand {
            program: "node".to_owned(),
            args: vec![script("oracle_ts.mjs"), modules, version.to_owned()],
        };
        match self {
            Self::TypeScript1 => node("1"),
            Self::TypeScript2 => node("2"),
            Self::Python1 => python("py-mcp1"),
            Self::Python2 => python("py-mcp2"),
        }
    }
}

/// Asks this client for its verdict on each row. A row it says nothing of is not ok.
pub(crate) async fn run(sdk: Sdk, rows: &[Row], server: &OddServer) -> Verdicts {
    let mut process = Process::start(&sdk.command());
    let asked: Vec<Value> = rows.iter().map(|row| asked(row, server)).collect();
    let asked = json!({ "limit": sdk.limit().as_millis(), "rows": asked }).to_string();
    let mut input = process.0.stdin().take().unwrap();
    // One that ended at once has no verdicts, which is told later.
    let _ = input.write_all(asked.as_bytes()).await;
    drop(input);
    let mut lines = String::new();
    process.0.stdout().take().unwrap().read_to_string(&mut lines).await.unwrap();
    let verdicts = lines.lines().map(|line| {
        serde_json::from_str::<Verdict>(line).unwrap_or_else(|error| panic!("{sdk:?}: {error} in {line}"))
    });
    verdicts.map(|verdict| (verdict.row.clone(), verdict)).collect()
}

fn asked(row: &Row, server: &OddServer) -> Value {
    let mut asked = json!({ "name": row.name, "era": row.era, "over": row.over, "url": server.url(row) });
    if asked["url"].is_null() {
        let ServedCommand { program, args } = server.child(row);
        asked["command"] = program.into();
        asked["args"] = args.into();
    }
    asked
}

/// Every row.
pub(crate) struct OddServer(Odd);

impl OddServer {
    pub(crate) async fn start() -> Self {
        Self(Odd::start(&folder()).await)
    }

    /// Where a row is; `None` for a child.
    pub(crate) fn url(&self, row: &Row) -> Option<String> {
        match row.over {
            Over::Http => Some(self.0.url(&row.name, "mcp")),
            Over::Sse => Some(self.0.url(&row.name, "sse")),
            Over::Stdio => None,
        }
    }

    pub(crate) fn target(&self, row: &Row) -> Target {
        match (row.over, self.url(row)) {
            (Over::Http, Some(url)) => Target::http(url),
            (_, Some(url)) => Target::sse(url),
            (_, None) => {
                let ServedCommand { program, args } = self.child(row);
                Target::stdio(program, args)
            }
        }
    }

    /// The command that is a row's server.
    pub(crate) fn child(&self, row: &Row) -> ServedCommand {
        self.0.child(&row.name)
    }
}
