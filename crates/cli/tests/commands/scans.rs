//! The memory of scans at the command line, with real servers that come, go, change and move.

use std::net::Ipv4Addr;

use crate::api::Api;
use crate::support::Place;
use serde_json::{Value, json};
use testkit::decoy::Decoy;
use testkit::fake::{Fake, Running};
use testkit::{Act, Persona, PersonaTool};

const HOST: Ipv4Addr = Ipv4Addr::new(127, 0, 43, 1);

/// A server with a name and tools of its own.
async fn server(name: &'static str, tool: &'static str, port: u16) -> Running {
    let listed = json!({ "name": tool, "description": "x", "inputSchema": { "type": "object" } });
    let persona = Persona {
        name,
        title: name,
        version: "1.0.0",
        instructions: "",
        tools: vec![PersonaTool {
            name: tool,
            listed: Some(listed),
            act: |_| Act::Answer(json!({ "content": [] })),
        }],
        resources: Vec::new(),
        prompts: Vec::new(),
    };
    Fake::modern().with_persona(persona).on(HOST).on_port(port).start().await
}

fn scan<'a>(ports: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["scan", "127.0.43.1", "--ports", ports];
    args.extend(more);
    args
}

fn names<'a>(rows: &'a Value, key: &str) -> Vec<&'a str> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| if key.is_empty() { row } else { &row[key] }["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_added_one_stopped_one_changed_and_one_moved_are_told_as_that() {
    let place = Place::new();
    let stays = server("stays", "stay", 0).await;
    let stops = server("stops", "stop", 0).await;
    let changes = server("changes", "before", 0).await;
    let moves = server("moves", "walk", 0).await;
    let (adds, walks) = (server("added", "add", 0).await, server("spare", "spare", 0).await);
    let all = [&stays, &stops, &changes, &moves, &adds, &walks].map(|one| one.address().port());
    let ports = all.map(|port| port.to_string()).join(",");
    let (added, moved, changed) = (all[4], all[5], all[2]);
    adds.stop().await;
    walks.stop().await;
    let first = place.run(&scan(&ports, &["--save", "lab", "--compare"]));
    assert_eq!(first.code(), 0, "{}", first.stderr());
    assert_eq!(first.json()["with"], Value::Null, "{}", first.stdout());

    stops.stop().await;
    moves.stop().await;
    changes.stop().await;
    let _added = server("added", "add", added).await;
    let _moved = server("moves", "walk", moved).await;
    let _changed = server("changes", "after", changed).await;
    let second = place.run(&["scan", "@lab", "--compare"]);
    assert_eq!(second.code(), 0, "{}", second.stderr());
    let told = second.json();
    assert_eq!(names(&told["new"], ""), ["added"], "{told}");
    assert_eq!(names(&told["gone"], "row"), ["stops"], "{told}");
    assert_eq!(names(&told["changed"], "row"), ["changes"], "{told}");
    assert_eq!(told["changed"][0]["added"], json!(["after"]));
    assert_eq!(told["changed"][0]["removed"], json!(["before"]));
    assert_eq!(names(&told["moved"], "row"), ["moves"], "{told}");
    assert_eq!((&told["same"], &told["not_asked"]), (&json!(1), &json!([])), "{told}");

    let table = place.run(&["scan", "@lab", "--compare", first_id(&place).as_str(), "--format", "table"]);
    let text = table.stdout();
    for line in
        ["new        added", "gone       stops", "changed    changes", "moved      moves", "1 as before"]
    {
        assert!(text.contains(line), "`{line}` is not in: {text}");
    }
}

/// The oldest scan that is kept.
fn first_id(place: &Place) -> String {
    let scans = place.run(&["scans"]).json();
    scans.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned()
}

/// The cells in which a spreadsheet library (`SheetJS`) sees a formula.
fn formulas(csv: &str) -> Value {
    let script = "const { read } = require(process.argv[1]); const { Sheets: { Sheet1 } } = read(process.argv[2], { type: 'string' });
        console.log(JSON.stringify(Object.keys(Sheet1).filter((cell) => Sheet1[cell].f !== undefined)))";
    let library = testkit::real::tools().join("npm-spreadsheet/node_modules/xlsx");
    let ran =
        std::process::Command::new("node").arg("-e").arg(script).arg(library).arg(csv).output().unwrap();
    serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ran.stderr)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_is_exported_read_in_again_forgotten_and_brought_back() {
    let place = Place::new();
    let fake = server("=cmd()", "x", 0).await;
    let port = fake.address().port().to_string();
    assert_eq!(place.run(&scan(&port, &[])).code(), 0);
    let csv = place.run(&["export", "--as", "scan.csv"]).stdout();
    assert!(csv.contains("\"'=cmd()\""), "{csv}");
    assert_eq!(formulas(&csv), json!([]), "a spreadsheet takes it as text: {csv}");
    assert_eq!(formulas("a,b\n=1+1,\"=cmd()\"\n"), json!(["A2", "B2"]), "and would tell a formula");
    let json = place.run(&["export", "--as", "scan.json", "--scan", &first_id(&place)]).stdout();
    let file = place.dir.path().join("scan.json");
    std::fs::write(&file, json).unwrap();
    let imported = place.run(&["import", file.to_str().unwrap()]);
    assert_eq!(imported.code(), 0, "{}", imported.stderr());
    let copy = imported.json()["scan"]["id"].as_str().unwrap().to_owned();
    let compared = place.run(&scan(&port, &["--compare", &copy])).json();
    assert_eq!((&compared["same"], &compared["new"], &compared["gone"]), (&json!(1), &json!([]), &json!([])));
    assert_eq!(place.run(&["forget-scan", &copy]).code(), 0);
    let count = |place: &Place| place.run(&["scans"]).json().as_array().unwrap().len();
    assert_eq!(count(&place), 2);
    assert_eq!(place.run(&["undo"]).code(), 0);
    assert_eq!(count(&place), 3);
    assert_eq!(place.run(&["redo"]).code(), 0);
    assert_eq!(count(&place), 2);
    place.run(&["forget-scan", "nobody"]).refused(3, &["nobody"]);
    place.run(&["export", "--scan", &copy]).refused(2, &["scan.json"]);
    place.run(&["scan", "@nowhere"]).refused(2, &["nowhere", "--save"]);
    place.run(&scan(&port, &["--save", "lab"]));
    assert_eq!(place.run(&["ranges"]).json()[0]["targets"], json!(["127.0.43.1"]));
    assert_eq!(place.run(&["ranges", "--forget", "@lab"]).code(), 0);
    assert_eq!(place.run(&["ranges"]).json(), json!([]));
    assert_eq!(place.run(&["undo"]).code(), 0);
    assert_eq!(place.run(&["ranges"]).json()[0]["name"], "lab");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_runs_when_the_core_is_killed_ended_with_it_and_its_rows_are_there() {
    let place = Place::new();
    let fake = server("early", "x", 0).await;
    let mute = Decoy::Mute.start_on(HOST.into()).await;
    let ports = [fake.address().port(), mute.address().port()].map(|port| port.to_string());
    let core = Api::of(&place, place.serve(&["--no-local-discovery"]));
    let started = core
        .perform("scan_start", json!({ "targets": ["127.0.43.1"], "ports": ports, "timeout": 600 }))
        .await;
    let id = started["id"].as_str().unwrap().to_owned();
    // Its row is in the file, which only the core has open for writing.
    let file = place.data().join("discovery.db");
    let rows = || {
        rusqlite::Connection::open(&file)
            .and_then(|file| file.query_row("SELECT count(*) FROM scan_rows", [], |row| row.get::<_, i64>(0)))
            .unwrap_or_default()
    };
    while rows() == 0 {
        tokio::task::yield_now().await;
    }
    let mut serving = core.serving;
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
    drop(serving);

    let core = Api::of(&place, place.serve(&["--no-local-discovery"]));
    let report = core.perform("scan", json!({ "scan": id })).await;
    assert_eq!(report["scan"]["state"], "ended_with_the_core", "{report}");
    assert_eq!(names(&report["rows"], ""), ["early"], "{report}");
    let only = &ports[..1];
    core.perform("scan_start", json!({ "targets": ["127.0.43.1"], "ports": only })).await;
    let told = core.perform("scan_compare", json!({ "scan": id, "with": id })).await;
    assert_eq!(told["same"], 1, "{told}");
}
