//! The demo fleet through the core: it is real, its states are true, and nothing of it stays.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::{Core, read};
use api::ErrorCode;
use futures::StreamExt;
use serde_json::{Value, json};
use testkit::fake::Fake;
use tokio::net::TcpStream;

async fn names(core: &Core) -> Vec<String> {
    let list = core.perform("servers", json!({})).await;
    let mut names: Vec<_> =
        list["servers"].as_array().unwrap().iter().map(|row| text(&row["name"])).collect();
    names.sort();
    names
}

/// Nothing in the list, among the removed, or to undo.
async fn holds_nothing(core: &Core) {
    assert_eq!(names(core).await, Vec::<String>::new());
    assert_eq!(core.perform("removed", json!({})).await["servers"], json!([]));
    let refused = core.refused("undo", json!({})).await;
    assert_eq!(refused.code, ErrorCode::NotFound, "{refused:?}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn statuses(demo: &Value) -> BTreeMap<String, String> {
    let rows = demo["servers"].as_array().unwrap().iter();
    rows.map(|row| (text(&row["name"]), text(&row["health"]["status"]))).collect()
}

fn ports(demo: &Value) -> Vec<u16> {
    let urls = demo["servers"].as_array().unwrap().iter().map(|row| text(&row["endpoint"]));
    urls.map(|url| url.split([':', '/']).nth(4).unwrap().parse().unwrap()).collect()
}

async fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

#[tokio::test]
async fn six_servers_start_with_states_that_are_true() {
    let core = Core::start().await;
    let demo = core.perform("demo_start", json!({})).await;
    let expected = [
        ("demo-notes", "needs_sign_in"),
        ("demo-parcels", "degraded"),
        ("demo-units", "healthy"),
        ("demo-weather-eu", "healthy"),
        ("demo-weather-a", "healthy"),
        ("demo-weather-b", "healthy"),
    ];
    let expected = expected.map(|(name, status)| (name.to_owned(), status.to_owned())).into();
    assert_eq!(statuses(&demo), expected, "{demo:#}");
    let row = |name: &str| {
        let rows = demo["servers"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap().clone()
    };
    assert_eq!(row("demo-units")["transport"], "sse");
    assert_eq!(row("demo-weather-eu")["region"], "eu-west-1");
    assert_eq!(row("demo-weather-a")["tools"], 5);
    let why = text(&row("demo-parcels")["health"]["reason"]);
    assert!(why.contains("503"), "{why}");

    for filter in ["source:demo", "metadata.demo:true"] {
        let found = core.perform("servers", json!({ "filter": filter })).await;
        assert_eq!(found["servers"].as_array().unwrap().len(), 6, "{filter}");
    }
    let report = core.perform("health", json!({ "ids": ["demo-notes"] })).await;
    let evidence = report["servers"][0]["checks"].to_string();
    assert!(evidence.contains("answers, asks for a token"), "it was asked: {evidence}");
    core.app.shutdown().await;
}

#[tokio::test]
async fn each_of_them_answers_a_call_as_it_should() {
    let core = Core::start().await;
    core.perform("demo_start", json!({})).await;
    let call = |server: &str, tool: &str, arguments: Value| json!({ "server": server, "capability": tool, "arguments": arguments });
    let seattle = json!({ "city": "Seattle" });
    let mut weather = Vec::new();
    for server in ["demo-weather-a", "demo-weather-b", "demo-weather-eu"] {
        let called = core.perform("call", call(server, "weather.current", seattle.clone())).await;
        weather.push(called["result"]["structuredContent"].clone());
    }
    assert_eq!(weather[0]["city"], "Seattle");
    assert!(weather.iter().all(|replica| *replica == weather[0]), "{weather:?}");

    let radar = core.perform("call", call("demo-weather-a", "weather.radar", seattle)).await;
    assert_eq!(radar["result"]["content"][0]["mimeType"], "image/png");
    let alerts = core.perform("call", call("demo-weather-a", "weather.alerts", json!({}))).await;
    assert_eq!(alerts["result"]["content"][1]["type"], "resource_link");
    let miles = json!({ "value": 26.2, "from": "mi", "to": "km" });
    let converted = core.perform("call", call("demo-units", "units.convert", miles)).await;
    assert_eq!(converted["result"]["structuredContent"]["result"], 42.164_813);

    let track = call("demo-parcels", "parcel.track", json!({ "number": "DP204816" }));
    let mut failed = 0;
    for _ in 0..6 {
        match core.app.perform("call", track.clone()).await {
            Ok(called) => assert_eq!(read(&called)["result"]["structuredContent"]["number"], "DP204816"),
            Err(error) => {
                assert_eq!(error.code, ErrorCode::TransportFailed, "{error:?}");
                failed += 1;
            }
        }
    }
    assert_eq!(failed, 2, "one request in three fails");
    let refused = core.app.perform("call", call("demo-notes", "notes.search", json!({}))).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::NoServer, "it lists nothing to strangers");
    core.app.shutdown().await;
}

#[tokio::test]
async fn the_token_in_its_data_opens_the_one_that_asks_and_is_forgotten_with_it() {
    let core = Core::start().await;
    let demo = core.perform("demo_start", json!({})).await;
    let mut rows = demo["servers"].as_array().unwrap().iter();
    let notes = rows.find(|row| row["name"] == "demo-notes").unwrap();
    let note = text(&notes["metadata"]["note"]);
    let token = note.strip_prefix("sign in with ").unwrap();
    let given = json!({ "id": "demo-notes", "secret": token, "place": "file" });
    let set = core.perform("secret_set", given).await;
    assert_eq!(set["health"]["status"], "healthy", "{set}");
    let search = json!({ "capability": "notes.search", "arguments": { "words": "calls" } });
    let called = core.perform("call", search).await;
    let found = &called["result"]["structuredContent"]["notes"];
    assert_eq!(found[0]["title"], "Rate limits", "{called}");

    core.perform("demo_stop", json!({})).await;
    let forgotten = async {
        while core.perform("secrets", json!({})).await["kept"] != json!([]) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), forgotten).await.expect("its token is forgotten");
    core.app.shutdown().await;
}

#[tokio::test]
async fn the_slow_tool_tells_its_progress_and_can_be_cancelled() {
    let core = Core::start().await;
    core.perform("demo_start", json!({})).await;
    for server in ["demo-weather-a", "demo-weather-eu"] {
        let mut events = Box::pin(core.app.events());
        let slow = json!({
            "server": server, "capability": "weather.history", "call": server,
            "arguments": { "city": "Oslo", "days": 365 },
        });
        let calling = core.app.perform("call", slow);
        let cancelling = async {
            while let Some(batch) = events.next().await {
                let batch = serde_json::to_value(&batch).unwrap();
                let mut seen = batch["events"].as_array().unwrap().iter();
                if let Some(event) = seen.find(|event| event["type"] == "call_progress") {
                    assert_eq!(event["total"], 365.0);
                    break;
                }
            }
            core.perform("cancel", json!({ "call": server })).await;
        };
        let both = async { tokio::join!(calling, cancelling) };
        let (called, ()) = tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
        assert_eq!(called.unwrap_err().code, ErrorCode::Cancelled);
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn it_is_gone_in_one_go_whatever_was_done_to_it() {
    let core = Core::start().await;
    let demo = core.perform("demo_start", json!({})).await;
    core.perform("remove", json!({ "ids": ["demo-weather-a"] })).await;
    core.perform("ignore", json!({ "ids": ["demo-weather-b"] })).await;
    core.perform("pause", json!({ "ids": ["demo-units"] })).await;
    core.perform("edit", json!({ "id": "demo-parcels", "name": "mine now" })).await;
    let stopped = core.perform("demo_stop", json!({})).await;
    assert_eq!((&stopped["running"], &stopped["servers"]), (&json!(false), &json!([])));
    holds_nothing(&core).await;
    for port in ports(&demo) {
        assert!(!listens(port).await, "somebody listens on {port} still");
    }
    assert_eq!(core.perform("demo_stop", json!({})).await["running"], false, "once more is harmless");
    core.app.shutdown().await;
}

#[tokio::test]
async fn starting_twice_is_starting_once() {
    let core = Core::start().await;
    let (one, two) =
        tokio::join!(core.perform("demo_start", json!({})), core.perform("demo_start", json!({})));
    assert_eq!(ports(&one), ports(&two));
    assert_eq!(names(&core).await.len(), 6);
    // What a person removed comes back when they ask for the demo again; what else they did stays.
    core.perform("remove", json!({ "ids": ["demo-units"] })).await;
    core.perform("pause", json!({ "ids": ["demo-weather-a"] })).await;
    let again = core.perform("demo_start", json!({})).await;
    assert_eq!((ports(&again), names(&core).await.len()), (ports(&one), 6));
    assert_eq!(statuses(&again)["demo-weather-a"], "paused");
    core.app.shutdown().await;
}

#[tokio::test]
async fn it_ends_with_the_core_and_is_not_there_at_the_next_start() {
    let core = Core::start().await;
    let demo = core.perform("demo_start", json!({})).await;
    core.app.shutdown().await;
    for port in ports(&demo) {
        assert!(!listens(port).await, "somebody listens on {port} still");
    }
    let Core { app, dir } = core;
    drop(app);
    let core = Core::at(dir).await;
    holds_nothing(&core).await;
    assert_eq!(core.perform("demo", json!({})).await["running"], false);
    core.app.shutdown().await;
}

#[tokio::test]
async fn what_a_killed_process_left_is_forgotten_at_the_next_start() {
    let core = Core::start().await;
    core.perform("demo_start", json!({})).await;
    core.perform("pause", json!({ "ids": ["demo-units"] })).await;
    // The files as a kill leaves them.
    let (data, left) = (core.dir.path().join("data"), core.dir.path().join("left"));
    std::fs::create_dir(&left).unwrap();
    let files = std::fs::read_dir(&data).unwrap().map(Result::unwrap);
    for file in files.filter(|entry| entry.path().is_file()) {
        std::fs::copy(file.path(), left.join(file.file_name())).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::rename(&left, dir.path().join("data")).unwrap();
    let next = Core::at(dir).await;
    holds_nothing(&next).await;
    assert_eq!(names(&core).await.len(), 6, "the first one has them still");
    next.app.shutdown().await;
    core.app.shutdown().await;
}

#[tokio::test]
async fn what_is_real_goes_before_the_demo_and_into_files_alone() {
    let core = Core::start().await;
    core.perform("demo_start", json!({})).await;
    let routed = json!({ "capability": "weather.current", "arguments": { "city": "Oslo" } });
    let called = core.perform("call", routed).await;
    assert!(text(&called["server"]["name"]).starts_with("demo-weather"), "with nothing else it answers");

    let real = Fake::both().start().await;
    core.perform("add", json!({ "url": real.url(), "name": "zz", "capabilities": ["weather.current"] }))
        .await;
    let tagged = core.app.perform("call", json!({ "capability": "weather.current" })).await;
    let refused = tagged.unwrap_err().message;
    assert!(refused.contains("zz"), "the real one is asked, by its tag: {refused}");

    let file = core.perform("export", json!({})).await;
    assert_eq!(file["servers"], 1, "{file}");
    assert!(!text(&file["text"]).contains("demo-"), "{file}");
    core.perform("demo_stop", json!({})).await;
    assert_eq!(names(&core).await, ["zz"]);
    core.app.shutdown().await;
}

#[tokio::test]
async fn scans_do_not_find_it_a_second_time() {
    let core = Core::start().await;
    let demo = core.perform("demo_start", json!({})).await;
    let ports = ports(&demo);
    let report = core.scanned(core.app.look_around()).await;
    let rows = report["rows"].as_array().unwrap();
    let urls: Vec<String> = rows.iter().map(|row| text(&row["url"])).collect();
    let on = |port: &u16| urls.iter().any(|url| url.contains(&format!(":{port}")));
    assert!(!ports.iter().any(on), "{urls:?}");

    // Who asks for these very ports finds what is known, and registers nothing.
    let words: Vec<String> = ports.iter().map(u16::to_string).collect();
    let asked = json!({ "targets": ["127.0.0.1"], "ports": words, "register": true });
    let report = core.scanned(async { drop(core.perform("scan_start", asked).await) }).await;
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6, "{rows:#?}");
    assert!(rows.iter().all(|row| row["known"] == true), "{rows:#?}");
    let all = core.perform("servers", json!({ "filter": "source:demo" })).await;
    assert_eq!((all["total"].as_u64(), all["servers"].as_array().unwrap().len()), (Some(6), 6));
    core.app.shutdown().await;
}
