//! What a server for tests offers when nobody says otherwise.

use std::time::Duration;

use serde_json::{Value, json};

use crate::persona::{Act, Persona, PersonaTool, Prompt, Resource, Steps, refusal, said, tool};

pub(crate) fn plain() -> Persona {
    let listed =
        |name, act| tool(name, json!({ "description": "A tool.", "inputSchema": { "type": "object" } }), act);
    Persona {
        name: "fake",
        title: "Fake",
        version: "1.0",
        instructions: "A server for tests.",
        tools: vec![
            listed("add", add),
            listed("echo", |arguments| Act::Answer(said(text(arguments, "text")))),
            listed("wait", |_| Act::Steps(wait())),
            listed("refuse", |_| refusal("no")),
            listed("explode", explode),
            PersonaTool { name: "flood", listed: None, act: flood },
        ],
        resources: vec![Resource { uri: "memo://one", name: "one", text: "One." }],
        prompts: vec![Prompt { name: "greet", description: "Greets.", text: "Say hello." }],
    }
}

fn add(arguments: &Value) -> Act {
    let number = |key: &str| arguments.get(key).and_then(Value::as_i64).unwrap_or(0);
    Act::Answer(said((number("a") + number("b")).to_string()))
}

/// 30 s.
fn wait() -> Steps {
    let message = |_| "waiting".to_owned();
    Steps { every: Duration::from_millis(20), count: 1500, message, result: said("waited") }
}

fn explode(_: &Value) -> Act {
    Act::Fail { code: -32000, message: "it exploded", data: json!({ "crater": 3 }) }
}

fn flood(arguments: &Value) -> Act {
    let bytes = arguments.get("bytes").and_then(Value::as_u64).and_then(|bytes| usize::try_from(bytes).ok());
    Act::Answer(said("x".repeat(bytes.unwrap_or(0))))
}

fn text(arguments: &Value, key: &str) -> String {
    arguments.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
