//! The forms of a file of servers: its format, by its name, and where it keeps the servers (the guide's `servers.json`, AI
//! clients' files under their own key), as one tree.

use std::collections::HashSet;

use super::tree::{FileNode, Json};
use super::{FileError, toml, tree, yaml};

/// An entry of a file.
#[derive(Debug)]
pub(super) struct FileEntry {
    /// Its name in the file.
    pub(super) key: Option<String>,
    pub(super) node: FileNode,
    /// The folder of the project that it is for, if the file says so.
    pub(super) project: Option<String>,
    /// Whether it is in the format of the guide's library.
    pub(super) is_guide: bool,
    /// Whether another entry of this name is before it.
    pub(super) is_again: bool,
}

/// The servers in a file.
#[derive(Debug, Default)]
pub(super) struct FileEntries {
    pub(super) entries: Vec<FileEntry>,
    /// Whether it has a list of servers, which may be empty.
    pub(super) has_list: bool,
    /// A list in the place of a map, which clients that write JSON do not read.
    pub(super) listed_at: Option<usize>,
    form: Option<Form>,
}

/// What is in the place of a list of servers.
#[derive(Debug)]
pub(super) struct NoList {
    pub(super) at: usize,
    pub(super) kind: &'static str,
}

/// Keys under which clients keep the address of a server.
pub(super) const URLS: [&str; 4] = ["url", "serverUrl", "httpUrl", "uri"];

/// Keys under which clients keep their servers: most of them; VS Code, and the guide; Zed; Codex.
const LISTS: [&str; 4] = ["mcpServers", "servers", "context_servers", "mcp_servers"];

/// How deep lists can be nested: an editor's user file wraps entries, some people wrap whole files.
const DEEPEST: usize = 3;

/// The entries of a file, or the place where it is not as expected.
pub(super) fn servers_of(root: FileNode, form: Form) -> Result<FileEntries, NoList> {
    let mut found = FileEntries { form: Some(form), ..FileEntries::default() };
    let keys = match root.value {
        Json::Map(keys) => keys,
        value => {
            found.list(FileNode { at: root.at, value }, None, true)?;
            return Ok(found);
        }
    };
    let is_bare = !keys.is_empty() && keys.iter().all(|(_, node)| is_entry(node));
    if is_bare && !keys.iter().any(|(key, _)| LISTS.contains(&key.as_str())) {
        found.list(FileNode { at: root.at, value: Json::Map(keys) }, None, false)?;
        return Ok(found);
    }
    for (key, node) in keys {
        match key.as_str() {
            "mcp" => found.settings(node)?,
            "projects" => found.projects(node)?,
            // Goose keeps all that it can be extended by in one map; other clients mean something else by the word.
            "extensions" if form == Form::Yaml => found.list(node, None, false)?,
            key if LISTS.contains(&key) => {
                if matches!(node.value, Json::List(_)) && form == Form::Json {
                    found.listed_at.get_or_insert(node.at);
                }
                found.list(node, None, key == "servers")?;
            }
            _ => {}
        }
    }
    Ok(found)
}

impl FileEntries {
    /// `mcp` in VS Code's settings contains the list; in `OpenCode`, Kilo and Crush it is the list.
    fn settings(&mut self, node: FileNode) -> Result<(), NoList> {
        let Json::Map(keys) = node.value else { return Ok(()) };
        if !keys.iter().any(|(key, _)| LISTS.contains(&key.as_str())) {
            return self.list(FileNode { at: node.at, value: Json::Map(keys) }, None, false);
        }
        for (_, node) in keys.into_iter().filter(|(key, _)| LISTS.contains(&key.as_str())) {
            self.list(node, None, false)?;
        }
        Ok(())
    }

    /// Claude Code has separate servers for each folder.
    fn projects(&mut self, node: FileNode) -> Result<(), NoList> {
        let Json::Map(folders) = node.value else { return Ok(()) };
        for (folder, node) in folders {
            let Json::Map(keys) = node.value else { continue };
            for (_, node) in keys.into_iter().filter(|(key, _)| key == "mcpServers") {
                self.list(node, Some(&folder), false)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, node: FileNode, project: Option<&str>, may_be_guide: bool) -> Result<(), NoList> {
        let kind = node.kind();
        let entries: Vec<(Option<String>, FileNode)> = match node.value {
            Json::Map(entries) => entries.into_iter().map(|(key, node)| (Some(key), node)).collect(),
            Json::List(items) => items.into_iter().map(|node| (None, node)).collect(),
            // In YAML a list of nothing is often left empty.
            Json::Null if self.form != Some(Form::Json) => Vec::new(),
            _ => return Err(NoList { at: node.at, kind }),
        };
        self.has_list = true;
        let mut seen = HashSet::new();
        for (key, node) in entries {
            let is_again = key.as_ref().is_some_and(|key| !seen.insert(key.clone()));
            let project = project.map(str::to_owned);
            let listed = FileEntry { key, node, project, is_guide: may_be_guide, is_again };
            unwrapped(listed, 0, &mut self.entries);
        }
        Ok(())
    }
}

/// The entry itself: what wraps it has only its name.
fn unwrapped(listed: FileEntry, depth: usize, found: &mut Vec<FileEntry>) {
    let FileEntry { key, node, project, is_guide, is_again } = listed;
    let Json::Map(mut fields) = node.value else {
        found.push(FileEntry { key, node, project, is_guide, is_again });
        return;
    };
    let wraps = |fields: &[(String, FileNode)], name: &str| {
        fields.iter().position(|(own, node)| own == name && matches!(node.value, Json::Map(_)))
    };
    let is_wrapper = depth < DEEPEST && !has_address(&fields);
    if let Some(at) = wraps(&fields, "config").filter(|_| is_wrapper) {
        let (_, node) = fields.swap_remove(at);
        let listed = FileEntry { key, node, project, is_guide: false, is_again };
        return unwrapped(listed, depth + 1, found);
    }
    if let Some(at) = wraps(&fields, "mcpServers").filter(|_| is_wrapper) {
        let (_, node) = fields.swap_remove(at);
        if let Json::Map(inner) = node.value {
            for (key, node) in inner {
                let (key, project) = (Some(key), project.clone());
                let listed = FileEntry { key, node, project, is_guide: false, is_again: false };
                unwrapped(listed, depth + 1, found);
            }
        }
        return;
    }
    // The guide's entries have a name and a transport; without both they are a client's if they have an address.
    let says = |name: &str| fields.iter().any(|(own, _)| own == name);
    let is_guide = is_guide && (says("transport") || says("name") || !has_address(&fields));
    let node = FileNode { at: node.at, value: Json::Map(fields) };
    found.push(FileEntry { key, node, project, is_guide, is_again });
}

fn is_entry(node: &FileNode) -> bool {
    matches!(&node.value, Json::Map(fields) if has_address(fields))
}

fn has_address(fields: &[(String, FileNode)]) -> bool {
    fields.iter().any(|(key, node)| {
        let is_text = matches!(node.value, Json::Text(_));
        (is_text && (URLS.contains(&key.as_str()) || key == "cmd"))
            || (key == "command" && (is_text || matches!(node.value, Json::List(_))))
    })
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON, with comments and extra commas.
    Json,
    /// TOML, as Codex and Grok Build write it.
    Toml,
    /// YAML, as Goose and Continue write it.
    Yaml,
}

impl Form {
    /// By the ending of a file's name; an unknown one counts as JSON.
    pub fn of(name: &str) -> Self {
        let end = name.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
        match end.as_str() {
            "toml" => Self::Toml,
            "yaml" | "yml" => Self::Yaml,
            _ => Self::Json,
        }
    }

    /// Like [`Form::parse`], without the client's own data, which may be most of the file.
    pub(super) fn skim(self, text: &str) -> Result<(FileNode, Option<usize>), FileError> {
        if self == Self::Json { tree::skimmed(text) } else { self.parse(text) }
    }

    /// The text as a tree, and the place of the first extra comma.
    pub(super) fn parse(self, text: &str) -> Result<(FileNode, Option<usize>), FileError> {
        match self {
            Self::Json => tree::parse(text),
            Self::Toml => toml::parse(text).map(|node| (node, None)),
            Self::Yaml => yaml::parse(text).map(|node| (node, None)),
        }
    }
}
