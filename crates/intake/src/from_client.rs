//! The entries of AI clients' files: compared with the list, and added with the user's consent, read again and as if they
//! had been given by hand. Values go from the file to the vault and are never sent to a face.

use std::collections::HashMap;
use std::path::PathBuf;

use api::{AddArgs, FromClient};
use discovery::clients::{Clients, EntryError, Reread, WantedEntry};
use model::servers_json::ClientServer;
use model::{AddedFrom, ClientEntry, ClientReport, EntryKind, Given, GivenSecret, ServerInfo, Transport};
use registry::Snapshot;

use crate::{Intake, IntakeError};

/// The arguments made from an entry.
pub(crate) struct Agreed {
    /// As if they had been given by hand.
    pub(crate) args: AddArgs,
    /// What its client calls it.
    pub(crate) name: String,
    pub(crate) from: AddedFrom,
}

impl Intake {
    /// The arguments of an entry, if it is what the user agreed to.
    pub(crate) async fn agreed(&self, args: AddArgs, from: FromClient) -> Result<Agreed, IntakeError> {
        if args.url.is_some() || args.stdio.is_some() {
            return Err(IntakeError::arguments("give either `from`, a `url` or a `stdio` command"));
        }
        let read = self.reread(&from).await?;
        let consent = read.consent();
        if from.consent.as_ref() != Some(&consent) {
            let changed = from.consent.is_some();
            return Err(IntakeError::NotAgreed { entry: Box::new(read.shown()), changed });
        }
        if read.shown().kind == EntryKind::Own {
            return Err(IntakeError::arguments(
                "this entry is this program itself: it does not need to be added",
            ));
        }
        let Reread { whole, .. } = read;
        if !whole.placeholders.is_empty() {
            return Err(IntakeError::NotFilled { placeholders: whole.placeholders });
        }
        let ClientServer { name, notes, server, .. } = whole;
        let Some((info, given)) = server else {
            let why =
                notes.into_iter().next().map_or_else(|| "it cannot be used".to_owned(), |note| note.message);
            return Err(IntakeError::arguments(why));
        };
        let FromClient { client, file, name: entry, project, .. } = from;
        let from = AddedFrom { client, file, name: entry, project, consent };
        Ok(Agreed { args: with_entry(args, info, given), name, from })
    }

    async fn reread(&self, from: &FromClient) -> Result<Reread, IntakeError> {
        let from = from.clone();
        let read = move |clients: &Clients| {
            let filled = from.filled.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
            let file = PathBuf::from(&from.file);
            let wanted = WantedEntry {
                client: &from.client,
                file: &file,
                name: &from.name,
                project: from.project.as_deref(),
                consent: from.consent.as_deref(),
            };
            clients.entry(wanted, &filled.collect())
        };
        Ok(self.clients.on_a_thread(read).await.map_err(EntryError::from)??)
    }
}

/// What is given with the entry overrides what the entry says.
fn with_entry(mut args: AddArgs, info: ServerInfo, given: Given) -> AddArgs {
    if info.transport == Transport::Stdio {
        args.stdio = Some(info.command.into_iter().chain(info.args).collect());
        args.cwd = args.cwd.or(given.cwd);
        for (name, value) in given.env {
            args.env.entry(name).or_insert_with(|| value.map(GivenSecret::new));
        }
        return args;
    }
    args.url = info.url;
    let has_token = args.token.is_some() || args.token_env.is_some();
    for (name, value) in given.headers {
        let value = GivenSecret::new(value);
        if name.eq_ignore_ascii_case("authorization") {
            args.token = args.token.or_else(|| (!has_token).then_some(value));
        } else {
            args.headers.entry(name).or_insert(value);
        }
    }
    if args.token.is_none() {
        args.token_env = args.token_env.or(info.token_env);
    }
    for (name, variable) in info.header_env {
        args.header_env.entry(name).or_insert(variable);
    }
    for (name, value) in given.query {
        args.query.entry(name).or_insert_with(|| GivenSecret::new(value));
    }
    args
}

/// What identifies an entry: client, file, name, project.
type EntryPlace<'a> = (&'a str, &'a str, &'a str, Option<&'a str>);

fn place(from: &AddedFrom) -> EntryPlace<'_> {
    (&from.client, &from.file, &from.name, from.project.as_deref())
}

impl Intake {
    /// With the servers in the list that the entries are.
    pub fn compared(&self, mut reports: Vec<ClientReport>) -> Vec<ClientReport> {
        let snapshot = self.registry.snapshot();
        let added =
            snapshot.iter().filter_map(|server| Some((server.info.added_from.as_deref()?, &server.info)));
        let added: HashMap<EntryPlace<'_>, _> =
            added.map(|(from, info)| (place(from), (from, info))).collect();
        for report in &mut reports {
            for file in &mut report.files {
                for entry in &mut file.entries {
                    let place = (&*report.id, &*file.path, &*entry.name, entry.project.as_deref());
                    match added.get(&place) {
                        Some((from, info)) => {
                            (entry.id, entry.known) = (Some(info.id), true);
                            entry.changed = from.consent != entry.consent;
                        }
                        None => by_address(&snapshot, entry),
                    }
                }
            }
        }
        reports
    }
}

/// The server at the address of an entry with the same values, as far as names tell.
fn by_address(snapshot: &Snapshot, entry: &mut ClientEntry) {
    let Some(id) = entry.id.filter(|_| entry.kind != EntryKind::Own) else { return };
    let is_it = |info: &ServerInfo| {
        entry.kind != EntryKind::Command || (info.cwd == entry.cwd && info.env.iter().eq(entry.env.iter()))
    };
    if let Some(server) = snapshot.at_address(id).find(|server| is_it(&server.info)) {
        (entry.id, entry.known) = (Some(server.info.id), true);
    }
}
