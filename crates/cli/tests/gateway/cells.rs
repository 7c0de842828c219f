//! How a cell of the matrix is asked, and how it is judged.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::matrix::{Cell, Expected};

/// What the gateway calls what its servers have.
pub(crate) struct PublicNames {
    tools: Value,
    uris: BTreeSet<String>,
    prompts: BTreeSet<String>,
}

impl PublicNames {
    /// From the state of the gateway, and from the resources, templates and prompts that a client listed.
    pub(crate) fn new(status: &Value, listed: &[Value]) -> Self {
        let [resources, templates, prompts] = listed else { panic!("{listed:?}") };
        let resources = texts(&resources["result"]["resources"], "uri");
        let templates = texts(&templates["result"]["resourceTemplates"], "uriTemplate");
        Self {
            tools: status["tools"].clone(),
            uris: resources.chain(templates).collect(),
            prompts: texts(&prompts["result"]["prompts"], "name").collect(),
        }
    }

    /// Servers that have the same resource and the same prompt have names of their own for them.
    pub(crate) fn assert_apart(&self, servers: &[&str], uri: &str, prompt: &str) {
        let uris: BTreeSet<String> = servers.iter().map(|server| self.uri(server, uri)).collect();
        let prompts: BTreeSet<String> = servers.iter().map(|server| self.prompt(server, prompt)).collect();
        assert_eq!((uris.len(), prompts.len()), (servers.len(), servers.len()), "{uris:?} {prompts:?}");
    }

    fn tools_of(&self, server: &str) -> BTreeSet<String> {
        let rows = self.tools.as_array().unwrap().iter().filter(|row| row["owner"] == server);
        rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    }

    /// One that is not offered has a name that nothing has.
    fn tool(&self, server: &str, own: &str) -> String {
        let mut rows = self.tools.as_array().unwrap().iter();
        let found = rows.find(|row| row["owner"] == server && row["tool"] == own);
        found.map_or_else(|| format!("{server}__{own}"), |row| row["name"].as_str().unwrap().to_owned())
    }

    fn uri(&self, server: &str, own: &str) -> String {
        let apart = format!("mcp-discovery://{server}/{own}");
        if self.uris.contains(&apart) { apart } else { own.to_owned() }
    }

    fn prompt(&self, server: &str, own: &str) -> String {
        let apart = format!("{server}__{own}");
        if self.prompts.contains(&apart) { apart } else { own.to_owned() }
    }
}

fn texts(rows: &Value, key: &'static str) -> impl Iterator<Item = String> {
    rows.as_array().unwrap().iter().map(move |row| row[key].as_str().unwrap().to_owned())
}

/// One client before one server.
pub(crate) struct Meeting<'a> {
    pub(crate) names: &'a PublicNames,
    pub(crate) server: &'a str,
    /// Nobody else says this.
    pub(crate) nonce: String,
}

impl Meeting<'_> {
    /// The steps of a cell as the client takes them.
    pub(crate) fn steps(&self, cell: &Cell) -> Vec<Value> {
        let steps: Vec<Value> = serde_json::from_str(cell.steps).unwrap();
        steps.into_iter().map(|step| self.filled(step)).collect()
    }

    fn filled(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(all) => Value::Array(all.into_iter().map(|one| self.filled(one)).collect()),
            Value::Object(all) => {
                Value::Object(all.into_iter().map(|(key, one)| (key, self.filled(one))).collect())
            }
            other => other,
        }
    }

    fn text(&self, text: &str) -> String {
        let text = text.replace("$nonce", &self.nonce);
        let (kind, own) = text.split_once(':').unwrap_or_default();
        match kind {
            "tool" => self.names.tool(self.server, own),
            "prompt" => self.names.prompt(self.server, own),
            "uri" | "template" => self.names.uri(self.server, own),
            "filled" => of_template(&self.names.uri(self.server, own)),
            _ => text.clone(),
        }
    }

    /// What is wrong with what came of the steps of a cell.
    pub(crate) fn fault(&self, cell: &Cell, steps: &[Value], said: &[Value]) -> Option<String> {
        let (last, before) = said.split_last().unwrap();
        let may_fail = cell.expected == Expected::Cancelled;
        let failed = before.iter().chain((!may_fail).then_some(last)).find(|step| !step["error"].is_null());
        if let Some(failed) = failed {
            return Some(failed["error"].to_string());
        }
        let is_good = match cell.expected {
            Expected::Tools => self.lists_tools(last),
            Expected::Lists(text) => {
                let quoted = Value::String(self.text(text)).to_string();
                last["result"].to_string().contains(&quoted)
            }
            Expected::Says(text) => self.says(last, text),
            Expected::Progress(text) => {
                self.says(last, text)
                    && last["progress"].as_array().is_some_and(|reports| !reports.is_empty())
            }
            Expected::Cancelled => !last["error"].is_null(),
            Expected::Logged(text) => heard(last, "notifications/message")
                .any(|params| params["data"].as_str().is_some_and(|data| data.contains(text))),
            Expected::Updated => heard(last, "notifications/resources/updated").any(|params| {
                steps.iter().any(|step| step["do"] == "subscribe" && step["uri"] == params["uri"])
            }),
        };
        (!is_good).then(|| last.to_string().chars().take(400).collect())
    }

    fn lists_tools(&self, said: &Value) -> bool {
        let (listed, expected) = (texts(&said["tools"], "name").collect(), self.names.tools_of(self.server));
        !expected.is_empty() && expected.is_subset(&listed)
    }

    fn says(&self, said: &Value, text: &str) -> bool {
        let result = &said["result"];
        result["isError"] != true && result.to_string().contains(&text.replace("$nonce", &self.nonce))
    }
}

fn heard<'a>(said: &'a Value, method: &'static str) -> impl Iterator<Item = &'a Value> {
    let all = said["heard"].as_array().unwrap().iter();
    all.filter(move |one| one["method"] == method).map(|one| &one["params"])
}

/// A URI that a template describes.
fn of_template(template: &str) -> String {
    let (before, rest) = template.split_once('{').unwrap();
    let (_, after) = rest.split_once('}').unwrap();
    format!("{before}7{after}")
}
