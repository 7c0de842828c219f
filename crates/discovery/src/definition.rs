//! The tools of a server as a hash, so that two states of it can be compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use model::{Schema, Tool, sorted_text};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many bytes of a hash are kept of all tools, and of each: enough to distinguish, not to prove.
const ALL: usize = 16;
const EACH: usize = 8;

/// The tools of a server: a hash of all of them, and of each by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The hash of all tools.
    pub hash: String,
    /// The hash of each tool.
    pub tools: BTreeMap<String, String>,
}

impl Definition {
    /// Computed from these tools, in whatever order they were listed. Their names, descriptions and schemas count, and
    /// nothing else: hints and titles are for people.
    pub fn of(tools: &[Tool]) -> Self {
        let each = tools.iter().map(|tool| (tool.name.clone(), hex(&tool_hash(tool), EACH)));
        Self::of_hashes(each.collect())
    }

    /// Computed from tools whose hashes are known.
    pub(crate) fn of_hashes(tools: BTreeMap<String, String>) -> Self {
        let mut all = Sha256::new();
        for part in tools.iter().flat_map(|(name, hash)| [name, hash]) {
            part_of(&mut all, Some(part));
        }
        Self { hash: hex(&all.finalize(), ALL), tools }
    }
}

fn tool_hash(tool: &Tool) -> impl AsRef<[u8]> + use<> {
    let mut hash = Sha256::new();
    part_of(&mut hash, Some(&tool.name));
    part_of(&mut hash, tool.description.as_deref());
    part_of(&mut hash, Some(&canonical(&tool.input_schema)));
    part_of(&mut hash, tool.output_schema.as_ref().map(canonical).as_deref());
    hash.finalize()
}

/// With its length before it, so that no two lists of parts are one text.
fn part_of(hash: &mut Sha256, part: Option<&str>) {
    match part {
        Some(part) => {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        None => hash.update(u64::MAX.to_le_bytes()),
    }
}

fn canonical(schema: &Schema) -> String {
    sorted_text(&schema.to_value())
}

fn hex(bytes: &(impl AsRef<[u8]> + ?Sized), length: usize) -> String {
    bytes.as_ref().iter().take(length).fold(String::new(), |mut text, byte| {
        // Writing into memory cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tool(name: &str, description: Option<&str>, schema: Value) -> Tool {
        let description = description.map(str::to_owned);
        Tool { name: name.to_owned(), description, input_schema: schema.into(), ..Tool::default() }
    }

    #[test]
    fn neither_the_order_of_tools_nor_that_of_keys_counts() {
        let a = [tool("a", None, json!({ "x": 1, "y": { "b": [1], "a": 2 } })), tool("b", None, json!({}))];
        let mut b = a.clone();
        b.reverse();
        b[1].input_schema = serde_json::from_str(r#"{"y":{"a":2,"b":[1]},"x":1}"#).unwrap();
        assert_eq!(Definition::of(&a), Definition::of(&b));
        assert_eq!(Definition::of(&a).hash.len(), 2 * ALL);
    }

    #[test]
    fn name_description_and_each_schema_count() {
        let base = tool("a", Some("x"), json!({}));
        let mut others = vec![
            tool("b", Some("x"), json!({})),
            tool("a", None, json!({})),
            tool("a", Some(""), json!({})),
            tool("a", Some("x"), json!({ "type": "object" })),
            Tool { output_schema: Some(json!({}).into()), ..base.clone() },
        ];
        others.push(base);
        let hashes: std::collections::BTreeSet<String> =
            others.iter().map(|tool| Definition::of(std::slice::from_ref(tool)).hash).collect();
        assert_eq!(hashes.len(), others.len());
    }
}
