//! An entry of a client's file as it is shown: what it refers to, and only by name the values it is given.

use std::path::Path;

use model::servers_json::{ClientServer, Note};
use model::{ClientEntry, Endpoint, EntryKind, FileProblem, Given, ServerInfo, Transport, secrets};
use sha2::{Digest, Sha256};

/// What identifies this program, where a client is set up with it.
#[derive(Debug, Clone, Default)]
pub struct ThisApp {
    /// Its address: `http://127.0.0.1:8090`.
    pub listens: Option<String>,
}

impl ThisApp {
    /// The entry, marked as ours where it leads to us.
    pub(super) fn marked(&self, entry: &ClientEntry) -> ClientEntry {
        let is_own = entry.kind == EntryKind::Here && self.is_at(&entry.address);
        let kind = if is_own { EntryKind::Own } else { entry.kind };
        ClientEntry { kind, ..entry.clone() }
    }

    fn is_at(&self, address: &str) -> bool {
        let port = |url: &str| Endpoint::parse(url).ok().and_then(|url| url.url().port_or_known_default());
        self.listens.as_deref().is_some_and(|own| port(own).is_some() && port(own) == port(address))
    }
}

/// Our program, with the argument that makes it a server for clients.
fn is_bridge(info: &ServerInfo) -> bool {
    let command = info.command.as_deref().unwrap_or_default();
    let file = command.rsplit(['/', '\\']).next().unwrap_or_default();
    let program = Path::new(file).file_stem().and_then(|stem| stem.to_str());
    let own = program.is_some_and(|name| name.eq_ignore_ascii_case("mcp-discovery"));
    own && info.args.iter().any(|arg| arg == "bridge")
}

/// What the user agrees to: command, arguments, folder and the names of the given values, in a hash.
pub(super) fn consent(server: &ClientServer) -> String {
    let text = match &server.server {
        Some((info, given)) => {
            let names = names(given);
            let way = (&info.transport, &info.url, &info.command, &info.args, &given.cwd);
            serde_json::json!([way, names, info.token_env, info.header_env, server.placeholders])
        }
        None => serde_json::json!([server.written, server.placeholders]),
    };
    let hash = Sha256::digest(text.to_string());
    let digits =
        |byte: u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'));
    hash.iter().take(16).flat_map(|byte| digits(*byte)).collect()
}

fn names(given: &Given) -> [Vec<&String>; 3] {
    [given.env.keys().collect(), given.headers.keys().collect(), given.query.keys().collect()]
}

/// A text that can be shown, without a secret.
pub(super) fn shown(server: &ClientServer) -> ClientEntry {
    let mut entry = ClientEntry {
        name: server.name.clone(),
        project: server.project.clone(),
        line: server.line,
        column: server.column,
        kind: EntryKind::Unusable,
        transport: None,
        address: server.written.clone().unwrap_or_default(),
        cwd: None,
        env: Vec::new(),
        headers: Vec::new(),
        query: Vec::new(),
        reads: Vec::new(),
        placeholders: server.placeholders.clone(),
        disabled: server.disabled,
        id: None,
        known: false,
        changed: false,
        consent: consent(server),
        notes: Vec::new(),
    };
    let (refused, notes): (Vec<&Note>, Vec<&Note>) =
        server.notes.iter().partition(|note| note.message.starts_with(&left_out(server)));
    match &server.server {
        Some((info, given)) => with_record(&mut entry, info, given, server),
        // An address that needs a value is not a mistake.
        None if server.written.is_some() && !server.placeholders.is_empty() => {
            entry.kind = EntryKind::Elsewhere;
            entry.notes = notes.into_iter().map(|note| of_entry(note, server)).collect();
            return entry;
        }
        None => {}
    }
    entry.notes = refused.into_iter().chain(notes).map(|note| of_entry(note, server)).collect();
    entry
}

fn with_record(entry: &mut ClientEntry, info: &ServerInfo, given: &Given, server: &ClientServer) {
    let list = |names: &[&String]| names.iter().map(|name| (*name).clone()).collect::<Vec<String>>();
    let [env, headers, query] = names(given);
    entry.transport = Some(info.transport);
    entry.address = secrets::without_defaults(&info.address());
    entry.kind = match info.transport {
        Transport::Stdio if is_bridge(info) => EntryKind::Own,
        Transport::Stdio => EntryKind::Command,
        _ => match info.url.as_deref().map(Endpoint::parse) {
            Some(Ok(url)) if url.is_loopback() => EntryKind::Here,
            _ => EntryKind::Elsewhere,
        },
    };
    entry.cwd.clone_from(&given.cwd);
    (entry.env, entry.headers, entry.query) = (list(&env), list(&headers), list(&query));
    entry.headers.extend(server.waiting_headers.clone());
    let token = info.token_env.iter().map(|variable| format!("its token is read from `{variable}`"));
    let named = info.header_env.iter();
    let named = named.map(|(name, variable)| format!("its header `{name}` is read from `{variable}`"));
    entry.reads = token.chain(named).collect();
    entry.id = Some(info.address_id());
}

fn left_out(server: &ClientServer) -> String {
    format!("`{:.80}` was left out: ", server.name)
}

/// Beside its entry, a note need not name it.
fn of_entry(note: &Note, server: &ClientServer) -> FileProblem {
    let mut problem = problem(note.clone());
    for start in [left_out(server), format!("`{:.80}`: ", server.name)] {
        if let Some(rest) = problem.message.strip_prefix(&start) {
            problem.message = rest.to_owned();
        }
    }
    problem
}

pub(super) fn problem(note: Note) -> FileProblem {
    let Note { line, column, message } = note;
    FileProblem { line: Some(line), column: Some(column), message, unread: false }
}
