//! Lists: empty ones that are `null`, those that fail, and pages that never end.

use serde_json::{Value, json};

use super::trial::{Trial, over, row};

fn set(method: &str, fields: Value) -> Value {
    json!({ method: { "set": fields } })
}

#[tokio::test]
async fn null_is_an_empty_list_wherever_it_stands() {
    let trial = Trial::of(vec![
        row("resources", set("resources/list", json!({ "resources": null }))),
        row("prompts", set("prompts/list", json!({ "prompts": null }))),
        row("resource", set("resources/list", json!({ "resources": [null, { "uri": null }] }))),
        row("prompt", set("prompts/list", json!({ "prompts": [{ "name": null }, null] }))),
        row("tool", set("tools/list", json!({ "tools.1": null }))),
        row(
            "fields",
            set(
                "tools/list",
                json!({
                    "tools.0.description": null, "tools.0.title": null, "tools.0.annotations": null,
                    "tools.0.inputSchema": null, "tools.0.outputSchema": null, "tools.0._meta": null, "tools.0.icons": null,
                    "nextCursor": null, "_meta": null,
                }),
            ),
        ),
        row(
            "greeting",
            set(
                "initialize",
                json!({
                    "capabilities.resources": null, "capabilities.logging": null, "instructions": null, "_meta": null,
                    "serverInfo.title": null, "serverInfo.version": null,
                }),
            ),
        ),
        row("who", set("initialize", json!({ "serverInfo": null }))),
        row("call", set("tools/call", json!({ "structuredContent": null, "isError": null, "_meta": null }))),
        row("envelope", json!({ "*": { "envelope": { "error": null } } })),
        over(
            "http",
            "modern",
            "modern",
            json!({
                "server/discover": { "set": { "capabilities.prompts": null, "instructions": null } },
                "resources/list": { "set": { "resources": null } }, "tools/list": { "set": { "tools.1": null } },
            }),
        ),
        over("sse", "legacy", "sse", set("resources/list", json!({ "resources": null }))),
        over("stdio", "legacy", "stdio", set("prompts/list", json!({ "prompts": null }))),
        over("stdio", "modern", "stdio-modern", set("resources/list", json!({ "resources": null }))),
    ]);
    trial.await.all_work().await;
}

#[tokio::test]
async fn a_server_whose_list_of_tools_is_null_has_none_and_is_well() {
    let trial = Trial::of(vec![
        row("legacy", set("tools/list", json!({ "tools": null }))),
        row("empty", set("tools/list", json!({ "tools": [] }))),
        over("http", "modern", "modern", set("tools/list", json!({ "tools": null }))),
        over("stdio", "legacy", "stdio", set("tools/list", json!({ "tools": null }))),
    ])
    .await;
    for (name, row) in trial.rows() {
        let visit = trial.visit(row).await;
        assert_eq!(
            visit.added.as_ref().unwrap()["server"]["health"]["status"],
            "healthy",
            "{name}: {visit:?}"
        );
        assert_eq!((visit.tools.len(), &visit.health["status"]), (0, &json!("healthy")), "{name}: {visit:?}");
    }
    trial.core.app.shutdown().await;
}

/// Each way to fail, for one list.
fn failing(list: &str) -> Vec<Value> {
    let error = |code: i64| json!({ "error": { "code": code, "message": "cannot list" } });
    let ways = [
        ("unknown", error(-32601)),
        ("internal", error(-32603)),
        ("params", error(-32602)),
        ("odd", error(7)),
        ("http-500", json!({ "status": 500, "type": "text/plain", "body": "Internal Server Error" })),
        ("http-404", json!({ "status": 404, "type": "text/html", "body": "<h1>Not Found</h1>" })),
        ("html", json!({ "type": "text/html", "body": "<h1>Hello</h1>" })),
        ("no-list", json!({ "result": { "items": [] } })),
        ("no-object", json!({ "result": [] })),
        ("text", json!({ "result": "none" })),
        (
            "later-page",
            json!({ "pages": [{ list: [], "nextCursor": "2" }, { "error": { "code": -32603, "message": "no" } }] }),
        ),
    ];
    let named =
        |(name, how): (&str, Value)| row(&format!("{list}-{name}"), json!({ format!("{list}/list"): how }));
    ways.map(named).into()
}

#[tokio::test]
async fn a_list_of_resources_or_prompts_that_fails_costs_no_tools() {
    Trial::of([failing("resources"), failing("prompts")].concat()).await.all_work().await;
}

#[tokio::test]
async fn a_list_of_resources_or_prompts_that_hangs_costs_no_tools() {
    let hanging = |transport: &str, list: &str| {
        over(
            transport,
            "legacy",
            &format!("{transport}-{list}"),
            json!({ format!("{list}/list"): { "silent": true } }),
        )
    };
    let both = json!({ "resources/list": { "silent": true }, "prompts/list": { "silent": true } });
    let later = json!({ "prompts/list": { "delay": 60 } });
    let rows = vec![
        hanging("http", "resources"),
        hanging("http", "prompts"),
        hanging("sse", "prompts"),
        hanging("stdio", "prompts"),
        row("both", both),
        over("http", "modern", "modern", later),
    ];
    let trial = Trial::of(rows).await;
    for ((name, _), visit) in trial.rows().zip(trial.visits().await) {
        assert!(visit.is_good(), "{name}: {visit:?}");
    }
    trial.core.app.shutdown().await;
}

/// Pages by cursor; each holds one tool, named after its place.
fn pages(cursors: &[Value]) -> Value {
    let name = |place: usize| if place == 0 { "echo".to_owned() } else { format!("tool-{place}") };
    let page = |(place, cursor): (usize, &Value)| {
        let mut page = json!({ "tools": [{ "name": name(place) }] });
        if cursor != "end" {
            page["nextCursor"] = cursor.clone();
        }
        page
    };
    json!({ "tools/list": { "pages": cursors.iter().enumerate().map(page).collect::<Vec<_>>() } })
}

#[tokio::test]
async fn pages_end_where_they_end() {
    let of = |cursors: &[&str]| pages(&cursors.iter().map(|cursor| json!(cursor)).collect::<Vec<_>>());
    let long: Vec<String> = (1..30).map(|page| page.to_string()).chain(["end".to_owned()]).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    // As many tools as there are, and as many questions as that takes at most.
    let cases = [
        (row("three", of(&["2", "3", "end"])), 3, 3),
        (row("thirty", of(&long)), 30, 30),
        (row("null", pages(&[json!("2"), json!(null)])), 2, 2),
        (row("number", pages(&[json!(7)])), 1, 1),
        (row("empty", of(&["2", ""])), 2, 2),
        (row("first-empty", of(&["", "end"])), 1, 1),
        (row("blank", of(&[" ", "end"])), 2, 2),
        (row("same", of(&["2", "2"])), 2, 2),
        (row("period-two", of(&["a", "b", "a"])), 3, 3),
        (row("period-three", of(&["a", "b", "c", "a"])), 4, 4),
        (row("late-circle", of(&["a", "b", "c", "b"])), 4, 4),
        (over("http", "modern", "modern-empty", of(&["", "end"])), 2, 2),
        (over("http", "modern", "modern-empty-later", of(&["2", "", "end"])), 3, 3),
        (over("http", "modern", "modern-empty-for-ever", of(&["", ""])), 2, 2),
        (over("http", "modern", "modern-null", pages(&[json!("2"), json!(null)])), 2, 2),
        (over("http", "modern", "modern-period-two", of(&["a", "b", "a"])), 3, 3),
        (over("sse", "legacy", "sse", of(&["a", "b", "a"])), 3, 3),
        (over("stdio", "legacy", "stdio", of(&["a", "b", "a"])), 3, 3),
        (over("stdio", "modern", "stdio-modern", of(&["", "end"])), 2, 2),
    ];
    let trial = Trial::of(cases.iter().map(|(row, ..)| row.clone()).collect()).await;
    let scanned = trial.scanned().await;
    for ((name, row), (_, tools, questions)) in trial.rows().zip(&cases) {
        if let Some(scanned) = scanned.get(name) {
            assert_eq!(scanned["tools"], json!(tools), "{name}: {scanned}");
        }
        let visit = trial.visit(row).await;
        assert!(visit.is_good() && visit.tools.len() == *tools, "{name}: {visit:?}");
        if row["over"] == "stdio" {
            continue;
        }
        // A circle is noticed when it closes: one question more for whoever goes round.
        let before = trial.odd.seen(name).await.count("tools/list");
        trial.core.check(name).await;
        let asked = trial.odd.seen(name).await.count("tools/list") - before;
        assert!(asked <= questions + 1, "{name}: a check asks {asked} times");
    }
    trial.core.app.shutdown().await;
}
