//! Where clients keep their files on each system, below given folders: so all three are tested on one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::ClientScope;

use super::table::{CLIENTS, ClientSpec};

/// An operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux and similar systems.
    Linux,
    /// macOS.
    Mac,
    /// Windows.
    Windows,
}

/// The folder that a path of the table is below.
#[derive(Debug, Clone, Copy)]
pub(super) enum Base {
    /// The user's home folder.
    Home,
    /// `~/.config`, on every system; and `XDG_CONFIG_HOME` if that is another.
    Config,
    /// `XDG_CONFIG_HOME`, where it is set.
    Xdg,
    /// The folder of application data: `~/Library/Application Support`, `%APPDATA%`, or the folder of `XDG_CONFIG_HOME`.
    Support,
    /// `%LOCALAPPDATA%`.
    Local,
    /// The folder of data of VS Code extensions.
    Storage,
    /// The folder that a variable names, else one below the user's home folder.
    Dot(&'static str, &'static str),
}

/// The folders that places are below.
#[derive(Debug, Clone)]
pub struct Folders {
    /// Whose places they are.
    pub system: System,
    /// The user's home folder.
    pub home: PathBuf,
    /// `%APPDATA%`, on Windows.
    pub roaming: Option<PathBuf>,
    /// `%LOCALAPPDATA%`, on Windows.
    pub local: Option<PathBuf>,
    /// Variables that move a client's folder, by name: `CODEX_HOME`, `XDG_CONFIG_HOME`.
    pub variables: BTreeMap<String, PathBuf>,
}

/// A file of a client that may exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClientPath {
    pub(super) path: PathBuf,
    pub(super) scope: ClientScope,
    pub(super) project: Option<PathBuf>,
}

/// A folder with more files than that in the place of a `*` is not a client's.
const MOST_MATCHES: usize = 200;

impl Folders {
    /// Those of the current user; nothing without a home folder.
    pub fn here() -> Option<Self> {
        let system = match std::env::consts::OS {
            "windows" => System::Windows,
            "macos" => System::Mac,
            _ => System::Linux,
        };
        let home = std::env::home_dir().filter(|home| home.is_absolute())?;
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let places = CLIENTS.iter().flat_map(|client| client.files);
        let names = places.filter_map(|place| match place.base {
            Base::Dot(name, _) => Some(name),
            _ => None,
        });
        let variables = names.chain(["XDG_CONFIG_HOME"]);
        Some(Self {
            system,
            home,
            roaming: folder("APPDATA"),
            local: folder("LOCALAPPDATA"),
            variables: variables.filter_map(|name| Some((name.to_owned(), folder(name)?))).collect(),
        })
    }

    /// The files of a client for the person and their profiles, whether or not they are there.
    pub(super) fn own(&self, client: &ClientSpec) -> Vec<ClientPath> {
        let places =
            client.files.iter().filter(|place| place.only.is_none_or(|system| system == self.system));
        let mut found = Vec::new();
        for place in places {
            let scope = if place.is_of_profile { ClientScope::Profile } else { ClientScope::User };
            for folder in self.below(place.base) {
                let paths = matches(&folder, place.path);
                found.extend(paths.into_iter().map(|path| ClientPath { path, scope, project: None }));
            }
        }
        found
    }

    /// The files of a client for a project, whether or not they are there.
    pub(super) fn of_project(client: &ClientSpec, folder: &Path) -> Vec<ClientPath> {
        let paths = client.project.iter().flat_map(|path| matches(folder, path));
        paths
            .map(|path| ClientPath { path, scope: ClientScope::Project, project: Some(folder.to_owned()) })
            .collect()
    }

    fn below(&self, base: Base) -> Vec<PathBuf> {
        let xdg = self.variables.get("XDG_CONFIG_HOME").filter(|_| self.system == System::Linux);
        let support = match self.system {
            System::Linux => xdg.cloned().unwrap_or_else(|| self.home.join(".config")),
            System::Mac => self.home.join("Library/Application Support"),
            System::Windows => self.roaming.clone().unwrap_or_else(|| self.home.join("AppData/Roaming")),
        };
        match base {
            Base::Home => vec![self.home.clone()],
            Base::Config => {
                let dot = self.home.join(".config");
                let other = xdg.filter(|xdg| **xdg != dot).cloned();
                [Some(dot), other].into_iter().flatten().collect()
            }
            Base::Xdg => xdg.cloned().into_iter().collect(),
            Base::Support => vec![support],
            Base::Local => {
                vec![self.local.clone().unwrap_or_else(|| self.home.join("AppData/Local"))]
            }
            Base::Storage => vec![support.join("Code/User/globalStorage")],
            Base::Dot(variable, below) => {
                vec![self.variables.get(variable).cloned().unwrap_or_else(|| self.home.join(below))]
            }
        }
    }
}

/// The path below a folder; where one of its segments has a `*`, those that are there.
fn matches(folder: &Path, path: &str) -> Vec<PathBuf> {
    let segments: Vec<&str> = path.split('/').collect();
    let Some(at) = segments.iter().position(|segment| segment.contains('*')) else {
        return vec![folder.join(path)];
    };
    let (before, rest) = segments.split_at(at);
    let Some((pattern, after)) = rest.split_first() else { return Vec::new() };
    let folder = before.iter().fold(folder.to_owned(), |path, segment| path.join(segment));
    let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
    let fits =
        |name: &str| name.starts_with(start) && name.ends_with(end) && name.len() >= start.len() + end.len();
    let Ok(listed) = std::fs::read_dir(&folder) else { return Vec::new() };
    let names = listed.flatten().take(MOST_MATCHES).map(|entry| entry.file_name());
    let mut names: Vec<_> = names.filter(|name| name.to_str().is_some_and(fits)).collect();
    names.sort();
    names
        .iter()
        .map(|name| after.iter().fold(folder.join(name), |path, segment| path.join(segment)))
        .collect()
}
