//! The name of a server and what it offers, with defaults for tests.

use std::time::Duration;

use serde_json::{Value, json};

/// The name of a server and what it offers.
#[derive(Debug, Clone, Default)]
pub struct Persona {
    /// `serverInfo.name`.
    pub name: &'static str,
    /// `serverInfo.title`.
    pub title: &'static str,
    /// `serverInfo.version`.
    pub version: &'static str,
    /// How to use it.
    pub instructions: &'static str,
    /// In the order of the list.
    pub tools: Vec<PersonaTool>,
    /// In the order of the list.
    pub resources: Vec<Resource>,
    /// In the order of the list.
    pub prompts: Vec<Prompt>,
}

/// A tool: how it is listed, and what a call does.
#[derive(Debug, Clone)]
pub struct PersonaTool {
    /// The name that a call must use.
    pub name: &'static str,
    /// MCP's `Tool`; absent for one that is not listed.
    pub listed: Option<Value>,
    /// From arguments to what happens. Pure: the same call has the same answer.
    pub act: fn(&Value) -> Act,
}

/// What a call does.
#[derive(Debug)]
pub enum Act {
    /// Answers this `CallToolResult`.
    Answer(Value),
    /// Answers this text as its `CallToolResult`, byte for byte: JSON on one line, for what a tree of values would round.
    Exactly(&'static str),
    /// Answers a JSON-RPC error.
    Fail {
        /// Its code.
        code: i64,
        /// Its message.
        message: &'static str,
        /// Its data.
        data: Value,
    },
    /// Works for a while.
    Steps(Steps),
}

/// Work that reports its progress, and can be cancelled.
#[derive(Debug)]
pub struct Steps {
    /// From one report to the next.
    pub every: Duration,
    /// How many.
    pub count: u64,
    /// The message of a step, counted from 0.
    pub message: fn(u64) -> String,
    /// The `CallToolResult` at the end.
    pub result: Value,
}

/// A text that can be read.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its key.
    pub uri: &'static str,
    /// The name that people read.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// A prompt without arguments.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Its key.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The message.
    pub text: &'static str,
}

impl Persona {
    /// The tool of this name, listed or not.
    pub fn tool(&self, name: &str) -> Option<&PersonaTool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// `serverInfo` of MCP.
    pub(crate) fn server_info(&self) -> Value {
        json!({ "name": self.name, "title": self.title, "version": self.version })
    }
}

/// A tool that is listed with this definition beside its name.
pub(crate) fn tool(name: &'static str, mut definition: Value, act: fn(&Value) -> Act) -> PersonaTool {
    if let Some(fields) = definition.as_object_mut() {
        fields.insert("name".to_owned(), name.into());
    }
    PersonaTool { name, listed: Some(definition), act }
}

/// An answer that is data: structured, and the same as a text for clients that know no structure (MCP, "Structured
/// Content").
pub fn answer(value: &Value) -> Value {
    json!({ "content": [{ "type": "text", "text": value.to_string() }], "structuredContent": value, "isError": false })
}

/// An answer that is a sentence.
pub fn said(text: impl Into<String>) -> Value {
    json!({ "content": [{ "type": "text", "text": text.into() }], "isError": false })
}

/// A tool that says no.
pub fn refusal(text: impl Into<String>) -> Act {
    Act::Answer(json!({ "content": [{ "type": "text", "text": text.into() }], "isError": true }))
}

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
