use std::collections::HashSet;

use model::{Schema, Tool, ToolHints, nests_within};
use rmcp::model::{
    ClientRequest, ListPromptsRequest, ListResourcesRequest, ListToolsRequest, PaginatedRequestParams,
};
use serde_json::{Value, json};

use super::{Contents, Session};
use crate::McpError;
use crate::transport::http::ANSWER_LIMIT;

/// The most pages of one list that are read.
const MOST_PAGES: usize = 100;
/// The most entries of one list that are kept.
const MOST_ENTRIES: usize = 10_000;
/// How deep a schema may nest. Records travel inside other JSON (exports, peers), whose readers stop at 64 and 128 levels:
/// one such schema would make a whole file unreadable.
const DEEPEST_SCHEMA: usize = 40;
/// JSON-RPC's code for a method the server does not know.
const METHOD_NOT_FOUND: i64 = -32601;

/// One of the lists of a server.
#[derive(Debug, Clone, Copy)]
enum List {
    Tools,
    Resources,
    Prompts,
}

impl List {
    fn key(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
            Self::Prompts => "prompts",
        }
    }

    fn request(self, cursor: Option<String>) -> ClientRequest {
        let params = cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
        match self {
            Self::Tools => ClientRequest::ListToolsRequest(page(ListToolsRequest::default(), params)),
            Self::Resources => {
                ClientRequest::ListResourcesRequest(page(ListResourcesRequest::default(), params))
            }
            Self::Prompts => ClientRequest::ListPromptsRequest(page(ListPromptsRequest::default(), params)),
        }
    }
}

fn page<M>(
    mut request: rmcp::model::RequestOptionalParam<M, PaginatedRequestParams>,
    params: Option<PaginatedRequestParams>,
) -> rmcp::model::RequestOptionalParam<M, PaginatedRequestParams> {
    request.params = params;
    request
}

pub(super) async fn contents(session: &Session) -> Result<Contents, McpError> {
    let declared = session.peer().peer_info();
    let declares = |list: List| match (&declared, list) {
        (Some(info), List::Resources) => info.capabilities.resources.is_some(),
        (Some(info), List::Prompts) => info.capabilities.prompts.is_some(),
        // Some servers forget to declare their tools: asking costs one round trip.
        (_, List::Tools) | (None, _) => true,
    };
    let tools = tools(session).await?;
    let resources =
        if declares(List::Resources) { entries(session, List::Resources).await? } else { Vec::new() };
    let prompts = if declares(List::Prompts) { entries(session, List::Prompts).await? } else { Vec::new() };
    Ok(Contents {
        identity: session.identity.clone(),
        tools,
        resources: texts(&resources, "uri"),
        prompts: texts(&prompts, "name"),
    })
}

/// The tools of a server; entries without a name are left out, since they cannot be called.
pub(super) async fn tools(session: &Session) -> Result<Vec<Tool>, McpError> {
    Ok(distinct(entries(session, List::Tools).await?))
}

/// The tools of a list; of those with one name the first, since a call can name only one.
pub(crate) fn distinct(entries: impl IntoIterator<Item = Value>) -> Vec<Tool> {
    let mut names = HashSet::new();
    entries.into_iter().filter_map(tool).filter(|tool| names.insert(tool.name.clone())).collect()
}

/// All pages of a list. A server that does not know the method has an empty list.
async fn entries(session: &Session, list: List) -> Result<Vec<Value>, McpError> {
    let mut entries = Vec::new();
    let (mut cursor, mut bytes) = (None, 0);
    for _ in 0..MOST_PAGES {
        let mut answer = match session.ask(list.request(cursor)).await {
            Err(McpError::Protocol { code: METHOD_NOT_FOUND, .. }) => break,
            answer => answer?,
        };
        bytes += size(&answer);
        if bytes > ANSWER_LIMIT {
            let what = format!("the list of {} of {}", list.key(), session.place.name());
            return Err(McpError::TooLarge { what, limit: ANSWER_LIMIT });
        }
        let page = answer.get_mut(list.key()).map(Value::take).unwrap_or_default();
        let Value::Array(page) = page else {
            let message =
                format!("the server's answer to `{}/list` has no list of {}", list.key(), list.key());
            return Err(McpError::Transport { message });
        };
        entries.extend(page.into_iter().take(MOST_ENTRIES - entries.len()));
        cursor = answer
            .get("nextCursor")
            .and_then(Value::as_str)
            .filter(|next| !next.is_empty())
            .map(str::to_owned);
        if cursor.is_none() || entries.len() >= MOST_ENTRIES {
            break;
        }
    }
    Ok(entries)
}

/// How long a value is as JSON, in bytes.
pub(crate) fn size(value: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting cannot fail, and what cannot be written takes no room.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

fn texts(entries: &[Value], key: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let texts = entries.iter().filter_map(|entry| entry.get(key)?.as_str());
    texts.filter(|text| seen.insert(*text)).map(str::to_owned).collect()
}

/// A tool as a server lists it; without a name it is none. In place of a schema that nests too deep stands one that allows
/// anything, so that the tool can still be called.
pub(crate) fn tool(mut entry: Value) -> Option<Tool> {
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let annotations = entry.get("annotations").cloned().unwrap_or_default();
    let hint = |key: &str| annotations.get(key).and_then(Value::as_bool);
    Some(Tool {
        name: text(&entry, "name").filter(|name| !name.trim().is_empty())?,
        title: text(&entry, "title").or_else(|| text(&annotations, "title")),
        description: text(&entry, "description"),
        input_schema: entry
            .get_mut("inputSchema")
            .map(Value::take)
            .map(shallow)
            .map(Schema::from)
            .unwrap_or_default(),
        output_schema: entry
            .get_mut("outputSchema")
            .map(Value::take)
            .map(shallow)
            .filter(|schema| !schema.is_null())
            .map(Schema::from),
        hints: ToolHints {
            read_only: hint("readOnlyHint"),
            destructive: hint("destructiveHint"),
            idempotent: hint("idempotentHint"),
            open_world: hint("openWorldHint"),
        },
    })
}

fn shallow(schema: Value) -> Value {
    if nests_within(&schema, DEEPEST_SCHEMA) { schema } else { json!({}) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_keeps_its_hints_and_schemas() {
        let tool = tool(json!({
            "name": "rm", "inputSchema": { "type": "object" },
            "annotations": { "title": "Remove", "destructiveHint": true, "readOnlyHint": "yes" },
        }))
        .unwrap();
        assert_eq!((tool.name.as_str(), tool.title.as_deref()), ("rm", Some("Remove")));
        assert_eq!((tool.hints.destructive, tool.hints.read_only), (Some(true), None));
        assert_eq!((tool.input_schema, tool.output_schema), (json!({ "type": "object" }).into(), None));
    }

    #[test]
    fn an_entry_without_a_name_is_left_out() {
        assert_eq!(tool(json!({ "title": "nameless" })), None);
        assert_eq!(tool(json!({ "name": " " })), None);
        assert_eq!(tool(json!(3)), None);
    }

    #[test]
    fn a_schema_that_no_file_could_hold_is_left_out() {
        let schema = |levels| (0..levels).fold(json!("x"), |inner, _| json!([inner]));
        let kept = |levels| {
            tool(json!({ "name": "a", "inputSchema": schema(levels) })).unwrap().input_schema.to_value()
        };
        assert_eq!((kept(40), kept(41)), (schema(40), json!({})));
    }
}
