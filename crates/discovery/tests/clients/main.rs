//! The files of AI clients, in homes that are made for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod bad;
mod home;
mod secrets;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use discovery::clients::{Clients, Folders, System, ThisApp};
use model::{ClientEntry, ClientFile, ClientReport};

/// A home folder of one's own.
struct Bench {
    folder: tempfile::TempDir,
    system: System,
    variables: BTreeMap<String, PathBuf>,
}

impl Bench {
    fn new(system: System) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), system, variables: BTreeMap::new() }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn path(&self, below_home: &str) -> PathBuf {
        self.home().join(below_home)
    }

    fn write(&self, below_home: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(below_home);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn clients(&self) -> Clients {
        Clients::new(Some(Folders {
            system: self.system,
            home: self.home(),
            roaming: Some(self.path("AppData/Roaming")),
            local: Some(self.path("AppData/Local")),
            variables: self.variables.clone(),
        }))
    }

    fn list(&self) -> Vec<ClientReport> {
        self.list_with(&[])
    }

    fn list_with(&self, projects: &[&Path]) -> Vec<ClientReport> {
        let own = ThisApp { listens: Some("http://127.0.0.1:8090".to_owned()) };
        self.clients().list(projects.iter().map(|path| path.to_path_buf()).collect(), &own)
    }
}

#[track_caller]
fn file<'a>(list: &'a [ClientReport], path: &Path) -> &'a ClientFile {
    let found = list.iter().flat_map(|client| &client.files).find(|file| Path::new(&file.path) == path);
    found.unwrap_or_else(|| panic!("{} is not listed: {list:#?}", path.display()))
}

#[track_caller]
fn entry<'a>(file: &'a ClientFile, name: &str) -> &'a ClientEntry {
    let found = file.entries.iter().find(|entry| entry.name == name);
    found.unwrap_or_else(|| panic!("no `{name}` in {file:#?}"))
}
