//! A page of what a server lists, and the tools in it. An entry that cannot be used is left out and named; it never costs
//! the others.

use std::collections::HashSet;

use model::{Era, Schema, Tool, ToolHints, nests_within};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::mirror;
use super::raw::{self, Members, fits, members};
use crate::words::tame;

/// How deep a schema can be nested. Records are sent inside other JSON (exports, peers), whose readers stop at 64 and 128
/// levels: one such schema would make a whole file unreadable.
const DEEPEST_SCHEMA: usize = 40;
/// How many elements a tool can have. Trees of values cost by their number.
const MOST_ELEMENTS: usize = 20_000;
/// How much of all tools of a server is kept, in bytes: a record can have 4 MiB, and contains more than tools.
const MOST_BYTES: usize = 3 * 1024 * 1024;
/// How much of that is for tools whose descriptions and schemas had no room.
const RESERVE: usize = 512 * 1024;

/// One of the lists of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Tools.
    Tools,
    /// Resources.
    Resources,
    /// Resource templates.
    Templates,
    /// Prompts.
    Prompts,
}

impl List {
    /// The list that a method requests.
    pub fn asked_by(method: &str) -> Option<Self> {
        let all = [Self::Tools, Self::Resources, Self::Templates, Self::Prompts];
        all.into_iter().find(|list| list.method() == method)
    }

    /// The member of a page that contains the entries.
    pub fn key(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
            Self::Prompts => "prompts",
        }
    }

    /// The method that requests it.
    pub fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
            Self::Prompts => "prompts/list",
        }
    }
}

/// One page.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) entries: Vec<&'a RawValue>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

/// Reads a page; an error says what is wrong with the member that should contain the list. `null` is how some languages
/// write an empty list.
pub(crate) fn page(result: &RawValue, list: List, era: Era) -> Result<Page<'_>, String> {
    let said = members(result).ok_or("it is not an object")?;
    if !said.has(list.key()) {
        return Err("it is missing".to_owned());
    }
    let entries = match said.get(list.key()) {
        None => Vec::new(),
        Some(entries) => raw::items(entries).ok_or("it is not a list")?,
    };
    Ok(Page { entries, next: next_cursor(&said, era) })
}

/// In the modern era any cursor counts, an empty one too (MCP 2026-07-28, "Pagination"); in the legacy one an empty cursor
/// is how some servers write the end.
fn next_cursor(said: &Members<'_>, era: Era) -> Option<String> {
    said.text("nextCursor").filter(|cursor| era == Era::Modern || !cursor.is_empty())
}

/// How much of the names of a list is kept, in bytes.
const MOST_NAMES: usize = 96 * 1024;

/// The names of the entries of a list of resources or prompts, as many as a record has room for, and whether that is less
/// than all.
pub(crate) fn names(entries: &[Box<RawValue>], list: List) -> (Vec<String>, bool) {
    let key = if list == List::Resources { "uri" } else { "name" };
    let (mut seen, mut bytes, mut is_cut) = (HashSet::new(), 0, false);
    let mut kept = Vec::new();
    for text in entries.iter().filter_map(|entry| members(entry)?.text(key)) {
        if !seen.insert(text.clone()) {
            continue;
        }
        bytes += text.len();
        is_cut |= bytes > MOST_NAMES;
        if bytes <= MOST_NAMES {
            kept.push(text);
        }
    }
    (kept, is_cut)
}

/// How much of the definitions of a list is kept, in bytes.
const MOST_DEFINED: usize = 160 * 1024;

/// The definitions among the entries of a list of resources, templates or prompts, as they came; what has no room is left
/// out.
pub(crate) fn definitions(entries: &[Box<RawValue>]) -> Vec<Schema> {
    let mut bytes = 0;
    let fitting = entries.iter().filter(|entry| {
        let is_definition = members(entry).is_some() && fits(entry, MOST_ELEMENTS, DEEPEST_SCHEMA);
        let has_room = is_definition && bytes + entry.get().len() <= MOST_DEFINED;
        bytes += if has_room { entry.get().len() } else { 0 };
        has_room
    });
    fitting.filter_map(|entry| serde_json::from_str(entry.get()).ok()).collect()
}

/// The tools among some entries.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    pub(crate) kept: Vec<Tool>,
    /// One sentence for each entry that is left out, or kept in part.
    pub(crate) left_out: Vec<String>,
    names: HashSet<String>,
    bytes: usize,
}

impl Tools {
    /// Adds the usable ones of these entries; of those with one name the first, since a call can name only one. `is_http`:
    /// the headers that a tool requires must be possible.
    pub(crate) fn add(&mut self, entries: &[&RawValue], is_http: bool) {
        for entry in entries {
            if let Err(why) = self.add_one(entry, is_http) {
                self.left_out.push(why);
            }
        }
    }

    fn add_one(&mut self, entry: &RawValue, is_http: bool) -> Result<(), String> {
        let said = members(entry);
        let name = said.as_ref().and_then(|said| said.text("name")).filter(|name| !name.trim().is_empty());
        let (Some(said), Some(name)) = (said, name) else {
            return Err("a tool without a name was left out".to_owned());
        };
        if self.names.contains(&name) {
            return Ok(());
        }
        let shown = tame(&name);
        let fits = fits(entry, MOST_ELEMENTS, DEEPEST_SCHEMA + 1);
        let has_room = self.bytes + entry.get().len() <= MOST_BYTES - RESERVE;
        if fits && has_room {
            let tool = tool(name.clone(), &said, is_http)
                .map_err(|why| format!("the tool `{shown}` was left out: {why}"))?;
            self.take(tool, entry.get().len());
            return Ok(());
        }
        let why = if fits { "the list is too large" } else { "it has too many parts, or nests too deep" };
        if self.bytes + name.len() > MOST_BYTES {
            return Err(format!("the tool `{shown}` was left out: {why}"));
        }
        let bytes = name.len();
        self.take(named_only(name), bytes);
        Err(format!("the tool `{shown}` is kept without its description and schema: {why}"))
    }

    fn take(&mut self, tool: Tool, bytes: usize) {
        self.bytes += bytes;
        self.names.insert(tool.name.clone());
        self.kept.push(tool);
    }
}

/// What was left out, in one sentence; nothing when nothing was.
pub(crate) fn in_short(left_out: &[String]) -> Option<String> {
    let (first, rest) = left_out.split_first()?;
    let more = if rest.is_empty() { String::new() } else { format!(", and {} more like it", rest.len()) };
    Some(format!("{first}{more}"))
}

/// A tool as a server lists it. An invalid schema is replaced by one that allows anything, so that the tool can still be
/// called.
fn tool(name: String, said: &Members<'_>, is_http: bool) -> Result<Tool, String> {
    let value = |key: &str| -> Value {
        said.get(key).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    };
    let input = value("inputSchema");
    if is_http {
        mirror::headers(&input)?;
    }
    let annotations = value("annotations");
    let hint = |key: &str| annotations.get(key).and_then(Value::as_bool);
    let titled = annotations.get("title").and_then(Value::as_str).map(str::to_owned);
    Ok(Tool {
        name,
        title: said.text("title").or(titled),
        description: said.text("description"),
        input_schema: schema(input).unwrap_or_else(|| json!({}).into()),
        output_schema: schema(value("outputSchema")),
        hints: ToolHints {
            read_only: hint("readOnlyHint"),
            destructive: hint("destructiveHint"),
            idempotent: hint("idempotentHint"),
            open_world: hint("openWorldHint"),
        },
        more: more(said, &annotations),
    })
}

/// Members that a tool has a field for.
const FIELDS: [&str; 5] = ["name", "title", "description", "inputSchema", "outputSchema"];
/// The same for its annotations.
const HINTS: [&str; 4] = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];

/// Everything else that a server says about a tool: it is passed on to clients of the gateway unchanged.
fn more(said: &Members<'_>, annotations: &Value) -> Option<Schema> {
    let is_told = |key: &str| match key {
        "annotations" => annotations.as_object().is_none_or(|members| {
            members.iter().all(|(key, hint)| HINTS.contains(&key.as_str()) && hint.is_boolean())
        }),
        other => FIELDS.contains(&other),
    };
    let mut members = serde_json::Map::new();
    for (key, value) in said.0.iter().filter(|(key, _)| !is_told(key)) {
        members.insert(key.to_string(), serde_json::from_str(value.get()).ok()?);
    }
    (!members.is_empty()).then(|| Value::Object(members).into())
}

fn schema(schema: Value) -> Option<Schema> {
    schema.is_object().then(|| shallow(schema).into())
}

fn named_only(name: String) -> Tool {
    Tool {
        name,
        title: None,
        description: None,
        input_schema: json!({}).into(),
        output_schema: None,
        hints: ToolHints::default(),
        more: None,
    }
}

fn shallow(schema: Value) -> Value {
    if nests_within(&schema, DEEPEST_SCHEMA) { schema } else { json!({}) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(value: &Value) -> Box<RawValue> {
        serde_json::value::to_raw_value(value).unwrap()
    }

    fn one(entry: &Value) -> Tool {
        let mut tools = Tools::default();
        tools.add(&[&raw(entry)], true);
        tools.kept.remove(0)
    }

    #[test]
    fn a_tool_keeps_its_hints_and_schemas() {
        let tool = one(&json!({
            "name": "rm", "inputSchema": { "type": "object" },
            "annotations": { "title": "Remove", "destructiveHint": true, "readOnlyHint": "yes" },
        }));
        assert_eq!((tool.name.as_str(), tool.title.as_deref()), ("rm", Some("Remove")));
        assert_eq!((tool.hints.destructive, tool.hints.read_only), (Some(true), None));
        assert_eq!((tool.input_schema, tool.output_schema), (json!({ "type": "object" }).into(), None));
    }

    #[test]
    fn an_entry_that_cannot_be_called_is_left_out_and_named() {
        let mut tools = Tools::default();
        let entries = [
            json!({ "title": "nameless" }),
            json!({ "name": " " }),
            json!(null),
            json!({ "name": "twice", "inputSchema": [] }),
            json!({ "name": "twice" }),
            json!({ "name": "bad", "inputSchema": { "properties": { "a": { "type": "string", "x-mcp-header": "" } } } }),
        ];
        let entries: Vec<_> = entries.iter().map(raw).collect();
        tools.add(&entries.iter().map(|entry| &**entry).collect::<Vec<_>>(), true);
        assert_eq!(tools.kept.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["twice"]);
        assert_eq!(tools.left_out.len(), 4);
        assert!(tools.left_out[3].contains("`bad`"), "{:?}", tools.left_out);
    }

    #[test]
    fn a_schema_that_no_file_could_hold_is_left_out() {
        let schema = |levels| (0..levels).fold(json!("x"), |inner, _| json!({ "a": inner }));
        let kept =
            |levels| one(&json!({ "name": "a", "inputSchema": schema(levels) })).input_schema.to_value();
        assert_eq!((kept(40), kept(41), kept(400)), (schema(40), json!({}), json!({})));
    }

    #[test]
    fn what_would_cost_too_much_is_kept_by_its_name() {
        let many = json!({ "name": "many", "inputSchema": { "x": vec![json!({ "": 0 }); 20_000] } });
        let large: Vec<Value> = (0..10)
            .map(|n| json!({ "name": format!("t{n}"), "description": "d".repeat(360 * 1024) }))
            .collect();
        let mut tools = Tools::default();
        for entry in [&many].into_iter().chain(&large) {
            tools.add(&[&raw(entry)], true);
        }
        assert_eq!(tools.kept.len(), 11);
        assert_eq!(tools.kept.iter().filter(|tool| tool.description.is_some()).count(), 7);
        assert!(in_short(&tools.left_out).unwrap().contains("`many`"), "{:?}", tools.left_out);
        assert_eq!(in_short(&[]), None);
    }

    #[test]
    fn pages_end_as_their_era_says() {
        for (result, era, expected) in [
            (json!({ "tools": [] }), Era::Legacy, Ok((0, None))),
            (json!({ "tools": null, "nextCursor": null }), Era::Modern, Ok((0, None))),
            (json!({ "tools": [{}], "nextCursor": "" }), Era::Legacy, Ok((1, None))),
            (json!({ "tools": [{}], "nextCursor": "" }), Era::Modern, Ok((1, Some("")))),
            (json!({ "tools": [{}], "nextCursor": 2 }), Era::Modern, Ok((1, None))),
            (json!({ "tools": {} }), Era::Modern, Err("it is not a list")),
            (json!({}), Era::Modern, Err("it is missing")),
            (json!([]), Era::Modern, Err("it is not an object")),
        ] {
            let result = raw(&result);
            let read = page(&result, List::Tools, era).map(|page| (page.entries.len(), page.next));
            let expected =
                expected.map(|(count, next)| (count, next.map(str::to_owned))).map_err(str::to_owned);
            assert_eq!(read, expected, "{result}");
        }
    }
}
