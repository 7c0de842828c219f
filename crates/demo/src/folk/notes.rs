//! Notes of a team: the server that asks who one is.

use serde_json::{Value, json};

use super::{reads, text};
use crate::persona::{Act, Persona, answer, tool};

const NOTES: &[(&str, &str)] = &[
    ("Rate limits", "Each tenant may make 600 calls a minute; bursts of 50 are fine."),
    ("On call", "Mondays at ten. Bring the list of alerts that nobody understood."),
    ("Naming", "A server is named after what it knows, then its region, then a letter."),
];

pub(crate) fn notes() -> Persona {
    Persona {
        name: "notes",
        title: "Team notes (demo)",
        version: "3.2.0",
        instructions: "Notes of a team that does not exist.",
        tools: vec![tool(
            "notes.search",
            json!({
                "title": "Search the notes",
                "description": "Notes whose title or text has these words.",
                "inputSchema": {
                    "type": "object",
                    "properties": { "words": { "type": "string", "title": "Words" } },
                },
                "annotations": reads(),
            }),
            search,
        )],
        ..Persona::default()
    }
}

fn search(arguments: &Value) -> Act {
    let words = text(arguments, "words").to_lowercase();
    let fits = |note: &str| words.split_whitespace().all(|word| note.to_lowercase().contains(word));
    let found: Vec<Value> = NOTES
        .iter()
        .filter(|(title, body)| fits(&format!("{title} {body}")))
        .map(|(title, body)| json!({ "title": title, "text": body }))
        .collect();
    Act::Answer(answer(&json!({ "notes": found })))
}
