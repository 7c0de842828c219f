//! `clients`: the servers that AI clients are set up with; and `add --from`, which adds one of them.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use api::{AddArgs, ClientsArgs, FromClient, Operations};
use clap::Args;
use model::{ClientEntry, ClientFile, ClientReport, ClientScope, EntryKind, FileProblem};

use super::CommandSession;
use crate::args::Format;
use crate::failure::{CommandFailure, exit};
use crate::layout::on_one_line;
use crate::print::{Column, note, word};

/// An entry and its place.
struct EntryLine<'a> {
    client: &'a ClientReport,
    file: &'a ClientFile,
    entry: &'a ClientEntry,
}

pub(super) async fn clients(session: &CommandSession, args: &ClientsFlags) -> Result<(), CommandFailure> {
    let list = session.core.clients(ClientsArgs { projects: whole(&args.project)? }).await?;
    if session.print.format() == Format::Table {
        let rows: Vec<EntryLine<'_>> = rows(&list.clients).collect();
        session.print.list(&told(&rows), COLUMNS)?;
        if list.clients.is_empty() {
            note("no known AI client has a file here");
        }
        list.clients.iter().for_each(say_problems);
        return Ok(());
    }
    // Programs get all of it, each client with its files.
    session.print.list(&list.clients, &[])?;
    Ok(())
}

#[derive(serde::Serialize)]
struct ClientLine {
    client: String,
    name: String,
    state: String,
    address: String,
    gets: String,
    scope: String,
}

const COLUMNS: &[Column<ClientLine>] = &[
    Column { heading: "CLIENT", cell: |row| row.client.clone() },
    Column { heading: "NAME", cell: |row| row.name.clone() },
    Column { heading: "STATE", cell: |row| row.state.clone() },
    Column { heading: "ADDRESS", cell: |row| row.address.clone() },
    Column { heading: "GIVEN", cell: |row| row.gets.clone() },
    Column { heading: "SCOPE", cell: |row| row.scope.clone() },
];

fn told(rows: &[EntryLine<'_>]) -> Vec<ClientLine> {
    let one = |EntryLine { client, file, entry }: &EntryLine<'_>| {
        let project = entry.project.as_ref().or(file.project.as_ref());
        let scope = if entry.project.is_some() { word(ClientScope::Project) } else { word(file.scope) };
        ClientLine {
            client: client.id.clone(),
            name: entry.name.clone(),
            state: state(entry),
            address: entry.address.clone(),
            gets: gets(entry).join(", "),
            scope: project.map_or(scope.clone(), |folder| format!("{scope} {folder}")),
        }
    };
    rows.iter().map(one).collect()
}

fn rows(clients: &[ClientReport]) -> impl Iterator<Item = EntryLine<'_>> {
    clients.iter().flat_map(|client| {
        let files = client.files.iter();
        files.flat_map(move |file| file.entries.iter().map(move |entry| EntryLine { client, file, entry }))
    })
}

/// Its state, without a request to it.
fn state(entry: &ClientEntry) -> String {
    let mut said = vec![match entry.kind {
        EntryKind::Here => "on this computer",
        EntryKind::Elsewhere => "not checked: outside this computer",
        EntryKind::Command => "not started",
        EntryKind::Own => "this app",
        EntryKind::Unusable => "cannot be used",
    }];
    if entry.disabled {
        said.push("disabled there");
    }
    match (entry.known, entry.changed) {
        (true, true) => said.push("added, and changed there since"),
        (true, false) => said.push("in your list"),
        _ => {}
    }
    said.join(", ")
}

/// The names of the values that it is given.
fn gets(entry: &ClientEntry) -> Vec<String> {
    let of = |what: &'static str, names: &[String]| -> Vec<String> {
        names.iter().map(|name| format!("{what} {name}")).collect()
    };
    let mut all = of("variable", &entry.env);
    all.extend(of("header", &entry.headers));
    all.extend(of("key", &entry.query));
    all
}

fn say_problems(client: &ClientReport) {
    for file in &client.files {
        for problem in &file.problems {
            note(&said(file, None, problem));
        }
        for entry in &file.entries {
            entry.notes.iter().for_each(|problem| note(&said(file, Some(entry), problem)));
        }
    }
}

fn said(file: &ClientFile, entry: Option<&ClientEntry>, problem: &FileProblem) -> String {
    let place = match (problem.line, problem.column) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        _ => String::new(),
    };
    let name = entry.map(|entry| format!("`{}`: ", entry.name)).unwrap_or_default();
    format!("{}{place}: {name}{}", file.path, problem.message)
}

/// The entry that is meant, after the user agreed to it.
pub(super) async fn from(
    session: &CommandSession,
    flags: &FromFlags,
) -> Result<Option<FromClient>, CommandFailure> {
    let Some(meant) = &flags.from else { return Ok(None) };
    let (client, name) = meant.split_once('/').ok_or_else(|| {
        CommandFailure::usage(format!("`{meant}` is not an entry: write CLIENT/NAME, such as cursor/weather"))
    })?;
    let projects = whole(flags.project.as_slice())?;
    let project = projects.first().cloned();
    let list = session.core.clients(ClientsArgs { projects }).await?;
    let file = whole(flags.from_file.as_slice())?.pop();
    let is_meant = |row: &EntryLine<'_>| {
        let of = row.entry.project.as_ref().or(row.file.project.as_ref());
        row.client.id == client
            && row.entry.name == name
            && file.as_ref().is_none_or(|file| *file == row.file.path)
            && project.as_ref().is_none_or(|folder| Some(folder) == of)
    };
    let found: Vec<EntryLine<'_>> = rows(&list.clients).filter(is_meant).collect();
    let row = match found.as_slice() {
        [] => {
            let message = format!(
                "`{client}` has no server `{name}`: `mcp-discovery clients` lists those that are there"
            );
            return Err(CommandFailure::new(exit::NO_SERVER, message));
        }
        [row] => row,
        several => {
            let places: Vec<String> = several.iter().map(|row| row.file.path.clone()).collect();
            return Err(CommandFailure::usage(format!(
                "`{name}` is in several files ({}): say which with --from-file or --project",
                places.join(", ")
            )));
        }
    };
    let consent = agreed(row, flags)?;
    Ok(Some(FromClient {
        client: client.to_owned(),
        file: row.file.path.clone(),
        name: name.to_owned(),
        project: row.entry.project.clone(),
        consent: Some(consent),
        ..FromClient::default()
    }))
}

/// Shows what will be run or contacted, and returns the hash of what was shown when the user agrees.
fn agreed(row: &EntryLine<'_>, flags: &FromFlags) -> Result<String, CommandFailure> {
    let shown = &row.entry.consent;
    if let Some(agreed) = &flags.agree {
        return Ok(agreed.clone());
    }
    note(&consent_of(row));
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(CommandFailure::usage(format!("nothing was added: `--agree {shown}` agrees to this")));
    }
    note("Add it? [y/N]");
    let mut answer = String::new();
    let agrees = std::io::stdin().read_line(&mut answer).is_ok();
    if agrees && answer.trim().to_ascii_lowercase().starts_with('y') {
        Ok(shown.clone())
    } else {
        Err(CommandFailure::usage("nothing was added"))
    }
}

fn consent_of(row: &EntryLine<'_>) -> String {
    let EntryLine { client, file, entry } = row;
    let what = if entry.kind == EntryKind::Command { "will be run" } else { "will be contacted" };
    let mut lines = vec![
        format!("{} keeps `{}` in {}. This {what}:", client.name, on_one_line(&entry.name), file.path),
        format!("  {}", on_one_line(&entry.address)),
    ];
    if let Some(folder) = &entry.cwd {
        lines.push(format!("  in the folder {folder}"));
    }
    let gets = gets(entry);
    if !gets.is_empty() {
        lines.push(format!(
            "  with {}: their values are copied from the file to where secrets are kept",
            gets.join(", ")
        ));
    }
    lines.extend(entry.reads.iter().map(|read| format!("  {read}")));
    for placeholder in &entry.placeholders {
        lines.push(format!("  it waits for {placeholder}: --fill '{placeholder}=-'"));
    }
    lines.join("\n")
}

/// The entry with values for its placeholders.
pub(super) fn filled(from: Option<FromClient>, typed: AddArgs) -> AddArgs {
    let Some(mut from) = from else { return typed };
    from.filled = typed.from.map(|typed| typed.filled).unwrap_or_default();
    AddArgs { from: Some(from), ..typed }
}

fn whole(paths: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<Vec<String>, CommandFailure> {
    let one = |path: PathBuf| {
        let path = std::path::absolute(&path).map_err(|error| {
            CommandFailure::usage(format!("`{}` cannot be found: {error}", path.display()))
        })?;
        Ok(path.display().to_string())
    };
    paths.into_iter().map(|path| one(path.as_ref().to_owned())).collect()
}

#[derive(Debug, Args)]
pub(crate) struct ClientsFlags {
    /// The folder of a project whose files are read as well; others are those that a client's own file names
    #[arg(long, value_name = "DIR")]
    pub(crate) project: Vec<PathBuf>,
}

/// The flags of `add` that are about an entry.
#[derive(Debug, Args)]
pub(crate) struct FromFlags {
    /// A server of an AI client's file, such as cursor/weather: `clients` lists them
    ///
    /// Shows first what will be run or contacted, and with which variables and headers. Their values are copied from the
    /// file to where secrets are kept.
    #[arg(long, value_name = "CLIENT/NAME")]
    pub(crate) from: Option<String>,
    /// The file it is in, where the client has several
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(crate) from_file: Option<PathBuf>,
    /// The folder of the project that it is for
    #[arg(long, value_name = "DIR", requires = "from")]
    pub(crate) project: Option<PathBuf>,
    /// Agree to the entry as `clients` showed it, by its `consent`; on a terminal you are asked
    #[arg(long, value_name = "CONSENT", requires = "from")]
    pub(crate) agree: Option<String>,
    /// The value of a placeholder of the entry, such as ${input:token}=-: `-` asks for it, or reads it from standard input
    #[arg(long, value_name = "PLACEHOLDER=-", requires = "from")]
    pub(crate) fill: Vec<String>,
}
