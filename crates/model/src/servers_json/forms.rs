//! Where a file keeps its servers: the guide's `servers.json`, and what AI clients write, each under a key of its own.

use super::tree::{Json, Node};

/// An entry of a file.
#[derive(Debug)]
pub(super) struct FileEntry {
    /// What the file calls it.
    pub(super) key: Option<String>,
    pub(super) node: Node,
    /// The folder of the project that it is for, where the file says so.
    pub(super) project: Option<String>,
    /// It is written as the guide's library writes it.
    pub(super) is_guide: bool,
}

/// Keys under which clients keep the address of a server.
pub(super) const URLS: [&str; 4] = ["url", "serverUrl", "httpUrl", "uri"];

/// Keys under which clients keep their servers: most of them; VS Code, and the guide; Zed; Codex.
const LISTS: [&str; 4] = ["mcpServers", "servers", "context_servers", "mcp_servers"];

/// So deep one list may stand within another: an editor's user file wraps entries, some people wrap whole files.
const DEEPEST: usize = 3;

/// The entries of a file, or the place that is not as expected.
pub(super) fn servers_of(root: Node) -> Result<Vec<FileEntry>, usize> {
    let (at, mut found, mut is_known) = (root.at, Vec::new(), false);
    let keys = match root.value {
        Json::Map(keys) => keys,
        value => {
            list(Node { at, value }, None, true, &mut found)?;
            return Ok(found);
        }
    };
    let is_bare = !keys.is_empty() && keys.iter().all(|(_, node)| is_entry(node));
    if is_bare && !keys.iter().any(|(key, _)| LISTS.contains(&key.as_str())) {
        list(Node { at, value: Json::Map(keys) }, None, false, &mut found)?;
        return Ok(found);
    }
    for (key, node) in keys {
        match key.as_str() {
            "mcp" => is_known |= settings(node, &mut found)?,
            "projects" => is_known |= projects(node, &mut found)?,
            key if LISTS.contains(&key) => {
                is_known = true;
                list(node, None, key == "servers", &mut found)?;
            }
            _ => {}
        }
    }
    if is_known { Ok(found) } else { Err(at) }
}

/// `mcp` of VS Code's settings has the list in it, that of `OpenCode`, Kilo and Crush is the list.
fn settings(node: Node, found: &mut Vec<FileEntry>) -> Result<bool, usize> {
    let Json::Map(keys) = node.value else { return Ok(false) };
    if !keys.iter().any(|(key, _)| LISTS.contains(&key.as_str())) {
        list(Node { at: node.at, value: Json::Map(keys) }, None, false, found)?;
        return Ok(true);
    }
    for (_, node) in keys.into_iter().filter(|(key, _)| LISTS.contains(&key.as_str())) {
        list(node, None, false, found)?;
    }
    Ok(true)
}

/// Claude Code keeps servers of its own for each folder.
fn projects(node: Node, found: &mut Vec<FileEntry>) -> Result<bool, usize> {
    let Json::Map(folders) = node.value else { return Ok(false) };
    let mut is_known = false;
    for (folder, node) in folders {
        let Json::Map(keys) = node.value else { continue };
        for (_, node) in keys.into_iter().filter(|(key, _)| key == "mcpServers") {
            is_known = true;
            list(node, Some(&folder), false, found)?;
        }
    }
    Ok(is_known)
}

fn list(
    node: Node,
    project: Option<&str>,
    may_be_guide: bool,
    found: &mut Vec<FileEntry>,
) -> Result<(), usize> {
    let entries: Vec<(Option<String>, Node)> = match node.value {
        Json::Map(entries) => entries.into_iter().map(|(key, node)| (Some(key), node)).collect(),
        Json::List(items) => items.into_iter().map(|node| (None, node)).collect(),
        _ => return Err(node.at),
    };
    for (key, node) in entries {
        unwrapped(
            FileEntry { key, node, project: project.map(str::to_owned), is_guide: may_be_guide },
            0,
            found,
        );
    }
    Ok(())
}

/// The entry itself: what wraps it has only its name.
fn unwrapped(listed: FileEntry, depth: usize, found: &mut Vec<FileEntry>) {
    let FileEntry { key, node, project, is_guide } = listed;
    let Json::Map(mut fields) = node.value else {
        found.push(FileEntry { key, node, project, is_guide });
        return;
    };
    let wraps = |fields: &[(String, Node)], name: &str| {
        fields.iter().position(|(own, node)| own == name && matches!(node.value, Json::Map(_)))
    };
    let is_wrapper = depth < DEEPEST && !has_address(&fields);
    if let Some(at) = wraps(&fields, "config").filter(|_| is_wrapper) {
        let (_, node) = fields.swap_remove(at);
        return unwrapped(FileEntry { key, node, project, is_guide: false }, depth + 1, found);
    }
    if let Some(at) = wraps(&fields, "mcpServers").filter(|_| is_wrapper) {
        let (_, node) = fields.swap_remove(at);
        if let Json::Map(inner) = node.value {
            for (key, node) in inner {
                let listed = FileEntry { key: Some(key), node, project: project.clone(), is_guide: false };
                unwrapped(listed, depth + 1, found);
            }
        }
        return;
    }
    // The guide's entries have a name and a transport; without both they are a client's if they have an address.
    let says = |name: &str| fields.iter().any(|(own, _)| own == name);
    let is_guide = is_guide && (says("transport") || says("name") || !has_address(&fields));
    found.push(FileEntry { key, node: Node { at: node.at, value: Json::Map(fields) }, project, is_guide });
}

fn is_entry(node: &Node) -> bool {
    matches!(&node.value, Json::Map(fields) if has_address(fields))
}

fn has_address(fields: &[(String, Node)]) -> bool {
    fields.iter().any(|(key, node)| {
        let is_text = matches!(node.value, Json::Text(_));
        (is_text && (URLS.contains(&key.as_str()) || key == "cmd"))
            || (key == "command" && (is_text || matches!(node.value, Json::List(_))))
    })
}
