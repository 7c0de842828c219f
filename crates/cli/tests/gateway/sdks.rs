//! The reference SDKs as clients, in both eras, before real servers of both eras.

use std::io::Write;
use std::process::{Child, Command as Process, Stdio};

use serde_json::{Value, json};
use testkit::real::{Peer, RealServer, script, tools};

use crate::cells::{Meeting, PublicNames};
use crate::conformance::FixtureServer;
use crate::matrix::{Cell, Era, Expected, SERVERS};
use crate::support::Place;
use crate::{add, add_stdio, serving, status, token};

/// A client of the reference SDKs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sdk {
    TypeScript1,
    TypeScript2,
    Python1,
    Python2,
}

pub(crate) const ALL: [Sdk; 4] = [Sdk::TypeScript1, Sdk::TypeScript2, Sdk::Python1, Sdk::Python2];

impl Sdk {
    /// In which they speak with the gateway.
    fn era(self) -> Era {
        match self {
            Self::TypeScript1 | Self::Python1 => Era::Legacy,
            Self::TypeScript2 | Self::Python2 => Era::Modern,
        }
    }

    fn command(self) -> Process {
        let modules = tools().join("npm/node_modules");
        let node = |version: &str| {
            let mut command = Process::new("node");
            command.arg(script("client_ts.mjs")).arg(&modules).arg(version);
            command
        };
        let python = |environment: &str| {
            let mut command = Process::new(tools().join(environment).join("bin/python"));
            command.arg(script("client_py.py"));
            command
        };
        match self {
            Self::TypeScript1 => node("1"),
            Self::TypeScript2 => node("2"),
            Self::Python1 => python("py-mcp1"),
            Self::Python2 => python("py-mcp2"),
        }
    }

    /// Takes the steps one after the other; what came of each. Whatever it is asked meanwhile, it answers with the nonce.
    fn takes(self, url: &str, token: &str, nonce: &str, steps: &[Value]) -> Vec<Value> {
        let ended = self.starts(url, token, nonce, steps).wait_with_output().unwrap();
        let lines = String::from_utf8(ended.stdout).unwrap();
        let said: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(said.len(), steps.len(), "{self:?}: {}", String::from_utf8_lossy(&ended.stderr));
        said
    }

    /// Begins to take the steps, and writes a line of JSON for each.
    pub(crate) fn starts(self, url: &str, token: &str, nonce: &str, steps: &[Value]) -> Child {
        let mut child = self
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let asked = json!({ "url": url, "token": token, "nonce": nonce, "steps": steps }).to_string();
        child.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
        child
    }
}

/// What came of one cell.
struct Outcome {
    sdk: Sdk,
    server: &'static str,
    what: &'static str,
    fault: Option<String>,
}

/// All servers of the matrix, which end with this.
pub(crate) struct Running {
    _over_http: Vec<RealServer>,
    _conformance: FixtureServer,
}

/// Starts them, and has them added by their names.
pub(crate) async fn start_servers(place: &Place) -> Running {
    let over_http = [
        ("everything-http", Peer::Everything.http().await.unwrap()),
        ("everything-sse", Peer::Everything.sse().await.unwrap()),
        ("fastmcp4", Peer::FastMcp4.http().await.unwrap()),
        ("mcp1", Peer::Mcp1.http().await.unwrap()),
        ("mcp2", Peer::Mcp2.http().await.unwrap()),
    ];
    for (name, server) in &over_http {
        add(place, &[server.url.as_str(), "--name", name]);
    }
    let over_stdio = [("everything-stdio", Peer::Everything), ("memory", Peer::Memory), ("time", Peer::Time)];
    for (name, peer) in over_stdio {
        add_stdio(place, name, &peer.stdio(place.dir.path()).unwrap());
    }
    let conformance = FixtureServer::start();
    add(place, &[conformance.url.as_str(), "--name", "conformance"]);
    Running {
        _over_http: over_http.into_iter().map(|(_, server)| server).collect(),
        _conformance: conformance,
    }
}

/// All that a client does with a server, in one session.
fn meet(sdk: Sdk, url: &str, token: &str, meeting: &Meeting<'_>, cells: &[Cell]) -> Vec<Option<String>> {
    let steps: Vec<Vec<Value>> = cells.iter().map(|cell| meeting.steps(cell)).collect();
    let said = sdk.takes(url, token, &meeting.nonce, &steps.concat());
    let mut rest = said.as_slice();
    let judged = cells.iter().zip(&steps).map(|(cell, steps)| {
        let (own, later) = rest.split_at(steps.len());
        rest = later;
        meeting.fault(cell, steps, own)
    });
    judged.collect()
}

/// Whether each server was told that its client gave a call up.
fn cancellations(place: &Place) -> Vec<Outcome> {
    let calls = place.run(&["calls", "--limit", "500", "--format", "json"]).json();
    let calls = calls.as_array().unwrap();
    let gives_up = |cell: &Cell| cell.expected == Expected::Cancelled;
    let servers = SERVERS.into_iter().filter(|(_, cells)| cells.iter().any(gives_up));
    let told = |sdk: Sdk, server: &'static str| {
        let of_both =
            calls.iter().filter(|row| row["client"] == format!("{sdk:?}") && row["server"]["name"] == server);
        let count = of_both.filter(|row| row["outcome"] == "cancelled").count();
        // The Python SDK 1 tells nobody that its caller does not wait any more: such a call runs to its end.
        let expected = usize::from(sdk != Sdk::Python1);
        let fault = (count != expected).then(|| format!("{count} calls are recorded as cancelled"));
        Outcome { sdk, server, what: "cancel is recorded", fault }
    };
    servers.flat_map(|(server, _)| ALL.map(|sdk| told(sdk, server))).collect()
}

fn id_of<'a>(status: &'a Value, server: &str) -> &'a str {
    let tools = status["tools"].as_array().unwrap();
    tools.iter().find(|row| row["owner"] == server).unwrap()["server"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reference_client_does_everything_with_servers_of_both_eras() {
    let place = Place::new();
    std::fs::write(place.config(), "gateway: { per_client: [everything-stdio] }\n").unwrap();
    let serving = serving(&place);
    let _servers = start_servers(&place).await;
    let status = status(&place);
    let url = format!("{}/mcp", serving.url);
    assert_eq!(status["url"], url.as_str());
    let lists = [json!({ "do": "resources" }), json!({ "do": "templates" }), json!({ "do": "prompts" })];
    let listed = Sdk::TypeScript1.takes(&url, &token(&place, "lists"), "", &lists);
    let names = PublicNames::new(&status, &listed);
    let alike = ["everything-http", "everything-sse", "everything-stdio"];
    names.assert_apart(&alike, "demo://resource/static/document/features.md", "args-prompt");
    let mut outcomes = Vec::new();
    for sdk in ALL {
        let token = token(&place, &format!("{sdk:?}"));
        for (server, cells) in SERVERS {
            let cells: Vec<Cell> =
                cells.iter().copied().filter(|cell| cell.of.is_none_or(|era| era == sdk.era())).collect();
            let meeting = Meeting { names: &names, server, nonce: format!("nonce-{sdk:?}-{server}") };
            let of_one = format!("{}/servers/{}/mcp", serving.url, id_of(&status, server));
            for (is_alone, url) in [(false, &url), (true, &of_one)] {
                let cells: Vec<Cell> =
                    cells.iter().copied().filter(|cell| cell.is_alone == is_alone).collect();
                if cells.is_empty() {
                    continue;
                }
                let faults = meet(sdk, url, &token, &meeting, &cells);
                let of_cell = |(cell, fault): (&Cell, _)| Outcome { sdk, server, what: cell.what, fault };
                outcomes.extend(cells.iter().zip(faults).map(of_cell));
            }
        }
    }
    outcomes.extend(cancellations(&place));
    for Outcome { sdk, server, what, fault } in &outcomes {
        let (client, came) = (format!("{sdk:?}"), fault.as_deref().unwrap_or("ok"));
        println!("{client:<12} {server:<17} {what:<29} {came}");
    }
    let red = outcomes.iter().filter(|outcome| outcome.fault.is_some()).count();
    assert_eq!(red, 0, "of {} cells", outcomes.len());
}
