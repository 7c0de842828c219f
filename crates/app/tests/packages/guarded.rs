//! Packages that ask who we are: a scan sees that they do, and with what a person gives they are added, listed and called.

use serde_json::{Value, json};
use testkit::packages::{GUARDED, Guarded};

use crate::{port, quiet, support};

const SECRET: &str = "s3cret-of-a-package";

async fn opened(guarded: &Guarded) -> Result<(), String> {
    let port = port();
    let server = guarded.serve(port, SECRET).await?;
    let core = quiet().await;
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [port.to_string()] });
    let report = core.scanned(async { drop(core.perform("scan_start", scan).await) }).await;
    let row = &report["rows"][0];
    let asks = row["auth_required"] == true && row["outcome"] != "not_mcp";
    let refused = core.app.perform("add", json!({ "url": server.url })).await;
    let mut add = json!({ "url": server.url, "name": "guarded", "token_place": "file" });
    match guarded.header {
        Some(header) => add["headers"] = json!({ header: SECRET }),
        None => add["token"] = json!(SECRET),
    }
    let added = core.app.perform("add", add).await.map(|added| support::read(&added));
    let mut healthy = Vec::new();
    for _ in 0..3 {
        let checked = core.app.perform("check", json!({ "id": "guarded" })).await;
        healthy.push(checked.map(|checked| support::read(&checked)["health"]["status"].clone()));
    }
    let arguments: Value = serde_json::from_str(guarded.arguments).unwrap();
    let call = json!({ "capability": guarded.tool, "arguments": arguments, "server": "guarded" });
    let called = core.app.perform("call", call).await.map(|called| support::read(&called));
    core.app.shutdown().await;
    let is_right = asks
        && refused.is_err()
        && healthy.iter().all(|status| status.as_ref().is_ok_and(|status| status == "healthy"))
        && match &called {
            Ok(called) => called["result"].is_object(),
            Err(error) => guarded.asks_away && error.detail["error"]["code"].is_i64(),
        };
    let name = guarded.name;
    if is_right {
        println!("{name}: scanned as {}, added, healthy, called", row["outcome"]);
        return Ok(());
    }
    Err(format!("{name}: {row}\n{refused:?}\n{added:?}\n{healthy:?}\n{called:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: packages that only long runs have"]
async fn packages_that_ask_who_we_are_open_to_what_a_person_gives() {
    let mut wrong = Vec::new();
    for guarded in &GUARDED {
        wrong.extend(opened(guarded).await.err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
