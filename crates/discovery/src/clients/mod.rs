//! The files in which AI clients keep their MCP servers: found, read, and shown without secrets. They are data: because of
//! one nothing is started, looked up or sent, and none is ever written.

mod entry;
mod places;
mod read;
mod table;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::servers_json::ClientServer;
use model::{ClientEntry, ClientFile, ClientReport, EntryKind, FileProblem, Millis};

use crate::memory::SeenServer;
pub use entry::ThisApp;
use entry::consent;
use places::ClientPath;
pub use places::{Folders, System};
use read::Signature;
use tokio::time::Instant;

use table::{CLIENTS, ClientSpec};

/// The longest wait of a request.
const PATIENCE: Duration = Duration::from_secs(5);
/// When unchanged files are reported again, so that it is known when they were last seen.
const AGAIN: Duration = Duration::from_mins(5);
/// More entries of one file are counted, and not listed.
const MOST_ENTRIES: usize = 1_000;
/// More folders than that of one file are not looked in.
const MOST_FOLDERS: usize = 300;
/// More names of one folder are not gathered.
const MOST_NAMES: usize = 2_000;

/// The clients of this computer. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Clients(Arc<SharedClients>);

struct SharedClients {
    folders: Option<Folders>,
    state: Mutex<ClientsState>,
    /// One reads at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct ClientsState {
    /// Folders of projects that the user gave.
    given: BTreeSet<PathBuf>,
    files: HashMap<PathBuf, FileAsRead>,
    /// Every path that was checked, and what was found there.
    seen: HashMap<PathBuf, Option<Signature>>,
    /// Which servers were last reported, and when.
    noted: Option<(HashSet<SeenServer>, Instant)>,
}

/// A file as it was read last.
struct FileAsRead {
    signature: Signature,
    file: Arc<ReadFile>,
}

struct ReadFile {
    entries: Vec<ClientEntry>,
    more: usize,
    problems: Vec<FileProblem>,
    folders: Vec<PathBuf>,
}

/// Identifies an entry of a file.
#[derive(Debug, Clone, Copy)]
pub struct WantedEntry<'a> {
    /// The client's id.
    pub client: &'a str,
    /// The file.
    pub file: &'a Path,
    /// Its name in the client.
    pub name: &'a str,
    /// The folder of the project that it is for, if the file says so for this entry.
    pub project: Option<&'a str>,
    /// Which of several with this name: the hash that was agreed to.
    pub consent: Option<&'a str>,
}

/// An entry as it is in its file now.
#[derive(Debug, Clone)]
pub struct Reread {
    /// As it is written: consent is given to this.
    pub plain: ClientServer,
    /// With values in the place of placeholders.
    pub whole: ClientServer,
}

impl Reread {
    /// The hash for consent.
    pub fn consent(&self) -> String {
        consent(&self.plain)
    }

    /// As it is listed.
    pub fn shown(&self) -> ClientEntry {
        entry::shown(&self.plain)
    }
}

/// The files could not be read in time.
#[derive(Debug, thiserror::Error)]
#[error(
    "the files of AI clients could not be read within {} s: is one of their folders on a computer that cannot be reached?",
    PATIENCE.as_secs()
)]
pub struct ReadTooSlowly;

/// Why an entry is not available.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// No client is known to keep servers there.
    #[error("`{0}` is not a file of this client: `clients` lists its files")]
    NoFile(PathBuf),
    /// The file is not one of this client.
    #[error(transparent)]
    Slow(#[from] ReadTooSlowly),
    /// The file cannot be read now.
    #[error("{}: {}", .0.display(), told(.1))]
    Unread(PathBuf, FileProblem),
    /// The file does not contain such a server.
    #[error("the file has no server `{0}` any more")]
    NoEntry(String),
}

fn told(problem: &FileProblem) -> String {
    match (problem.line, problem.column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}: {}", problem.message),
        _ => problem.message.clone(),
    }
}

impl Clients {
    /// Those below these folders; none without any.
    pub fn new(folders: Option<Folders>) -> Self {
        Self(Arc::new(SharedClients { folders, state: Mutex::default(), turn: Arc::default() }))
    }

    /// Like [`Clients::list`], on a thread where it can block.
    pub async fn read(
        &self,
        projects: Vec<PathBuf>,
        own: ThisApp,
    ) -> Result<Vec<ClientReport>, ReadTooSlowly> {
        self.on_a_thread(move |clients| clients.list(projects, &own)).await
    }

    /// Does blocking work, when it is its turn. A network folder that does not answer blocks one thread, and further
    /// requests get an error.
    pub async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, ReadTooSlowly> {
        let (clients, turn) = (self.clone(), self.0.turn.clone());
        let done = async move {
            let turn = turn.lock_owned().await;
            let work = move || {
                let done = work(&clients);
                drop(turn);
                done
            };
            tokio::task::spawn_blocking(work).await
        };
        tokio::time::timeout(PATIENCE, done).await.ok().and_then(Result::ok).ok_or(ReadTooSlowly)
    }

    /// Reads what changed since it was last read, and lists all. It blocks while it reads. `projects` are searched from now
    /// on.
    pub fn list(&self, projects: Vec<PathBuf>, own: &ThisApp) -> Vec<ClientReport> {
        let mut state = self.lock();
        state.given.extend(projects.into_iter().filter(|folder| folder.is_absolute()));
        let found = self.look(&mut state);
        let mut reports = Vec::new();
        for (client, candidates) in found {
            let files: Vec<ClientFile> =
                candidates.iter().filter_map(|candidate| state.file(candidate, own)).collect();
            if !files.is_empty() {
                reports.push(ClientReport { id: client.id.to_owned(), name: client.name.to_owned(), files });
            }
        }
        reports
    }

    /// Reads an entry again, as it is in its file now, with values in the place of placeholders.
    pub fn entry(
        &self,
        wanted: WantedEntry<'_>,
        filled: &BTreeMap<String, String>,
    ) -> Result<Reread, EntryError> {
        // Only what is known to be a client's is read: a path alone could be any file of this computer.
        let is_known = self.look(&mut self.lock()).iter().any(|(client, candidates)| {
            client.id == wanted.client && candidates.iter().any(|candidate| candidate.path == wanted.file)
        });
        if !is_known {
            return Err(EntryError::NoFile(wanted.file.to_owned()));
        }
        let unread = |problem| EntryError::Unread(wanted.file.to_owned(), problem);
        // Read once: what the user agreed to and what is used come from one text.
        let text = read::text(wanted.file).map_err(unread)?;
        let plain = read::parsed(wanted.file, &text, &BTreeMap::new(), now()).map_err(unread)?.servers;
        let is_it =
            |server: &ClientServer| server.name == wanted.name && server.project.as_deref() == wanted.project;
        let is_agreed = |server: &ClientServer| wanted.consent == Some(consent(server).as_str());
        let agreed = plain.iter().position(|server| is_it(server) && is_agreed(server));
        let gone = || EntryError::NoEntry(wanted.name.to_owned());
        let at = agreed.or_else(|| plain.iter().rposition(is_it)).ok_or_else(gone)?;
        let whole = if filled.is_empty() {
            plain.clone()
        } else {
            read::parsed(wanted.file, &text, filled, now()).map_err(unread)?.servers
        };
        let nth = |servers: Vec<ClientServer>| servers.into_iter().nth(at).ok_or_else(gone);
        Ok(Reread { plain: nth(plain)?, whole: nth(whole)? })
    }

    /// The servers that clients are set up with, for the sightings; nothing when they were reported recently and are the
    /// same.
    pub fn news(&self, reports: &[ClientReport]) -> Option<HashSet<SeenServer>> {
        let mut seen = HashSet::new();
        for report in reports {
            for file in &report.files {
                let entries = file.entries.iter().filter(|entry| entry.kind != EntryKind::Own);
                let place = format!("{}: {}", report.id, file.path);
                seen.extend(
                    entries.filter_map(|entry| Some(SeenServer { server: entry.id?, place: place.clone() })),
                );
            }
        }
        let mut state = self.lock();
        let is_known =
            |(before, at): &(HashSet<SeenServer>, Instant)| *before == seen && at.elapsed() < AGAIN;
        if state.noted.as_ref().is_some_and(is_known) {
            return None;
        }
        state.noted = Some((seen.clone(), Instant::now()));
        Some(seen)
    }

    /// Every file that may exist, each once; those that exist are read.
    fn look(&self, state: &mut ClientsState) -> Vec<(&'static ClientSpec, Vec<ClientPath>)> {
        let Some(folders) = &self.0.folders else { return Vec::new() };
        state.seen.clear();
        let mut paths = HashSet::new();
        let mut once = |candidates: Vec<ClientPath>| -> Vec<ClientPath> {
            candidates.into_iter().filter(|candidate| paths.insert(candidate.path.clone())).collect()
        };
        let mut found: Vec<_> = CLIENTS.iter().map(|client| (client, once(folders.own(client)))).collect();
        for candidate in found.iter().flat_map(|(_, candidates)| candidates) {
            state.read(&candidate.path);
        }
        for folder in state.folders() {
            let names = state.names(&folder);
            for (client, candidates) in &mut found {
                let mut new = Folders::of_project(client, &folder);
                new.retain(|candidate| names.may_have(&folder, &candidate.path));
                let new = once(new);
                for candidate in &new {
                    state.read(&candidate.path);
                }
                candidates.extend(new);
            }
        }
        let seen = &state.seen;
        state.files.retain(|path, _| seen.get(path).is_some_and(Option::is_some));
        found
    }

    fn lock(&self) -> MutexGuard<'_, ClientsState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientsState {
    /// Reads a file, unless it is as it was.
    fn read(&mut self, path: &Path) {
        let signature = read::look(path);
        self.seen.insert(path.to_owned(), signature.clone());
        let Some(signature) = signature else { return };
        if self.files.get(path).is_some_and(|known| known.signature == signature) {
            return;
        }
        let file = Arc::new(ReadFile::of(path));
        self.files.insert(path.to_owned(), FileAsRead { signature, file });
    }

    /// Folders that the user or a client's own file names.
    fn folders(&self) -> BTreeSet<PathBuf> {
        let named = self.files.values().flat_map(|known| known.file.folders.iter().take(MOST_FOLDERS));
        named.chain(&self.given).cloned().collect()
    }

    /// The content of a folder. When something is created or deleted there, its time changes.
    fn names(&mut self, folder: &Path) -> FolderNames {
        self.seen.insert(folder.to_owned(), read::look(folder));
        let Ok(listed) = std::fs::read_dir(folder) else { return FolderNames::Some(HashSet::new()) };
        let names: HashSet<OsString> =
            listed.flatten().take(MOST_NAMES).map(|entry| entry.file_name()).collect();
        if names.len() == MOST_NAMES { FolderNames::Many } else { FolderNames::Some(names) }
    }

    fn file(&self, candidate: &ClientPath, own: &ThisApp) -> Option<ClientFile> {
        let file = &self.files.get(&candidate.path)?.file;
        let project = candidate.project.as_ref().map(|folder| folder.display().to_string());
        Some(ClientFile {
            path: candidate.path.display().to_string(),
            scope: candidate.scope,
            project,
            entries: file.entries.iter().map(|entry| own.marked(entry)).collect(),
            more: file.more,
            problems: file.problems.clone(),
        })
    }
}

/// The names in a folder of a project, so that each possible file is not looked up one by one.
enum FolderNames {
    Some(HashSet<OsString>),
    /// Above this number, looking up each costs less.
    Many,
}

impl FolderNames {
    fn may_have(&self, folder: &Path, path: &Path) -> bool {
        let Self::Some(names) = self else { return true };
        let first = path.strip_prefix(folder).ok().and_then(|below| below.iter().next());
        first.is_some_and(|first| names.contains(first))
    }
}

impl ReadFile {
    fn of(path: &Path) -> Self {
        let read = match read::servers(path, now()) {
            Ok(read) => read,
            Err(problem) => {
                return Self { entries: Vec::new(), more: 0, problems: vec![problem], folders: Vec::new() };
            }
        };
        let mut problems: Vec<_> = read.notes.into_iter().map(entry::problem).collect();
        if let Some(first) = read.servers.get(MOST_ENTRIES) {
            let count = read.servers.len();
            problems.push(FileProblem {
                line: Some(first.line),
                column: Some(first.column),
                message: format!("it has {count} servers: from here on they are not listed"),
                unread: false,
            });
        }
        let folders: Vec<PathBuf> =
            read.folders.iter().map(PathBuf::from).filter(|folder| folder.is_absolute()).collect();
        if folders.len() > MOST_FOLDERS {
            let message =
                format!("it names {} folders: the first {MOST_FOLDERS} are searched", folders.len());
            problems.push(FileProblem { line: None, column: None, message, unread: false });
        }
        Self {
            entries: read.servers.iter().take(MOST_ENTRIES).map(entry::shown).collect(),
            more: read.servers.len().saturating_sub(MOST_ENTRIES),
            problems,
            folders,
        }
    }
}

/// The addresses of this computer that clients are set up with: a scan of it probes them as well.
pub fn here(clients: &[ClientReport]) -> Vec<String> {
    let entries = clients.iter().flat_map(ClientReport::entries);
    let here = entries.filter(|entry| entry.kind == EntryKind::Here).map(|entry| entry.address.clone());
    here.collect::<BTreeSet<_>>().into_iter().collect()
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
