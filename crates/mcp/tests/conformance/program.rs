//! A client as thin as can be: it lists all there is, calls every tool, reads every resource, gets every prompt, and says yes to
//! whatever it is asked.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use mcp::wire::{Client, RpcError};
use mcp::{CallOptions, Session, Target};
use model::Tool;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

/// Less than the suite's own 30 s, so that we say why.
const PATIENCE: Duration = Duration::from_secs(20);
/// Less than a conversation gives itself for it: a stream that is still open holds nothing up.
const GOODBYE: Duration = Duration::from_secs(5);

#[tokio::main]
pub(crate) async fn run(scenario: &str, url: &str) -> Result<(), Box<dyn Error>> {
    let session = Session::connect_as(&Target::http(url), PATIENCE, Arc::new(Consent)).await?;
    let outcome = talk(scenario, &session).await;
    timeout(GOODBYE, session.close()).await?;
    outcome
}

async fn talk(scenario: &str, session: &Session) -> Result<(), Box<dyn Error>> {
    let contents = session.contents(PATIENCE).await?;
    // One call that fails must not keep the others from being made.
    let mut outcome = Ok(());
    for Call { name, arguments } in calls(scenario, &contents.tools)? {
        if let Err(error) = session.call_tool(&name, arguments, options()).await {
            outcome = Err(format!("`{name}`: {error}").into());
        }
    }
    for uri in contents.resources {
        session.request("resources/read", &to_raw_value(&json!({ "uri": uri }))?, options()).await?;
    }
    for name in contents.prompts {
        session.request("prompts/get", &to_raw_value(&json!({ "name": name }))?, options()).await?;
    }
    outcome
}

fn options() -> CallOptions {
    CallOptions { deadline: PATIENCE, ..CallOptions::default() }
}

/// A call to make.
#[derive(Deserialize)]
struct Call {
    name: String,
    arguments: Map<String, Value>,
}

fn calls(scenario: &str, tools: &[Tool]) -> Result<Vec<Call>, Box<dyn Error>> {
    // Its server lists a tool and knows no calls.
    if scenario == "json-schema-ref-no-deref" {
        return Ok(Vec::new());
    }
    // Some scenarios say themselves what to call.
    if let Ok(context) = std::env::var("MCP_CONFORMANCE_CONTEXT") {
        let mut context: Value = serde_json::from_str(&context)?;
        return Ok(serde_json::from_value(context["toolCalls"].take())?);
    }
    Ok(tools.iter().map(|tool| Call { name: tool.name.clone(), arguments: arguments(tool) }).collect())
}

/// Something for everything that the tool requires.
fn arguments(tool: &Tool) -> Map<String, Value> {
    let schema = tool.input_schema.to_value();
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    required.map(|name| (name.to_owned(), example(&schema["properties"][name]))).collect()
}

fn example(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("number" | "integer") => json!(2),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        Some("null") => Value::Null,
        _ => json!("something"),
    }
}

/// A person who fills in no form and agrees to all that is filled in.
struct Consent;

impl Client for Consent {
    fn capabilities(&self) -> Value {
        json!({ "elicitation": {} })
    }

    fn answer<'a>(
        &'a self,
        method: &'a str,
        params: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, RpcError>> {
        ready(if method == "elicitation/create" {
            let params =
                params.and_then(|params| serde_json::from_str(params.get()).ok()).unwrap_or_default();
            Ok(to_raw_value(&json!({ "action": "accept", "content": defaults(&params) })).unwrap())
        } else {
            Err(RpcError::new(RpcError::METHOD_NOT_FOUND, "there is no such method"))
        })
        .boxed()
    }
}

fn defaults(params: &Value) -> Map<String, Value> {
    let fields = params["requestedSchema"]["properties"].as_object().into_iter().flatten();
    fields.filter_map(|(name, field)| Some((name.clone(), field.get("default")?.clone()))).collect()
}
