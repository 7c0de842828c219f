//! The files of AI clients, in homes that are made for it. Those that cannot be read, or not as their clients mean them, are
//! named with their place, while all others are read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use discovery::clients::{Clients, Folders, System, ThisApp};
use model::{ClientEntry, ClientFile, ClientReport};

mod home;
mod secrets;

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

const GOOD: &str = r#"{"mcpServers": {"good": {"command": "npx"}}}"#;

/// What is said of the file at a place that a client has, while another is well.
#[track_caller]
fn of(bench: &Bench, path: &Path) -> ClientFile {
    let well = bench.write(".kiro/settings/mcp.json", GOOD);
    let list = bench.list();
    assert_eq!(entry(file(&list, &well), "good").address, "npx");
    file(&list, path).clone()
}

#[track_caller]
fn says(file: &ClientFile, place: (usize, usize), words: &str) {
    let of_entries = file.entries.iter().flat_map(|entry| &entry.notes);
    let mut all = file.problems.iter().chain(of_entries);
    let found = all.any(|problem| {
        (problem.line, problem.column) == (Some(place.0), Some(place.1)) && problem.message.contains(words)
    });
    assert!(found, "{file:#?}");
}

#[test]
fn what_is_wrong_in_a_text_is_named_with_its_place() {
    for (text, place, words, entries) in [
        ("{\"mcpServers\": {\n  \"a\": {\"command\": \"x\"", (2, 23), "ends", 0),
        ("{\"mcpServers\": {\n  \"a\": {\"command\": \"x\",},\n}}", (2, 23), "comma", 1),
        (
            "{\"mcpServers\": {\n \"a\": {\"command\": \"x\"},\n \"a\": {\"command\": \"y\"}}}",
            (3, 7),
            "twice",
            2,
        ),
        ("{\n \"mcpServers\": [{\"name\": \"a\", \"command\": \"x\"}]}", (2, 16), "got a list", 1),
        ("{\n \"mcpServers\": 5}", (2, 16), "got a number", 0),
        ("{\"mcpServers\": {\n  \"a\": {\"command\": 5}}}", (2, 20), "`command` is a number", 1),
        ("{\"mcpServers\": {\n  \"a\": 5}}", (2, 8), "got a number", 1),
        ("{\"mcpServers\": {\n  \"a\": {\"note\": 1}}}", (2, 8), "neither", 1),
        ("{\"mcpServers\": {\"a\": {\n \"command\": hunter2}}}", (2, 13), "double quotes", 0),
    ] {
        let bench = Bench::new(System::Linux);
        let path = bench.write(".cursor/mcp.json", text);
        let found = of(&bench, &path);
        says(&found, place, words);
        assert_eq!(found.entries.len(), entries, "{text}");
        assert!(!format!("{found:?}").contains("hunter2"));
    }
}

#[test]
fn the_same_in_toml_and_yaml() {
    let bench = Bench::new(System::Linux);
    let toml = bench.write(".codex/config.toml", "[mcp_servers.a]\ncommand = \"x\"\ncommand = \"y\"\n");
    says(&of(&bench, &toml), (3, 1), "duplicate");
    let toml = bench.write(".codex/config.toml", "[mcp_servers.a]\ncommand = \"x\n");
    says(&of(&bench, &toml), (2, 13), "string");
    let toml = bench.write(".codex/config.toml", "[mcp_servers.a]\ncommand = 5\n");
    says(&of(&bench, &toml), (2, 11), "`command` is a number");
    let deep = format!("{} = 1\n", vec!["a"; 100_000].join("."));
    let toml = bench.write(".codex/config.toml", deep);
    says(&of(&bench, &toml), (1, 1), "nests deeper");
    let yaml = bench.write(".config/goose/config.yaml", "extensions:\n  a: {cmd: x\n");
    assert!(of(&bench, &yaml).problems[0].unread);
    let yaml = bench.write(".config/goose/config.yaml", "extensions:\n  a:\n    cmd: 5\n");
    says(&of(&bench, &yaml), (3, 10), "`cmd` is a number");
    let lists = "[".repeat(100_000);
    let yaml = bench.write(".config/goose/config.yaml", format!("extensions: {lists}"));
    assert!(of(&bench, &yaml).problems[0].unread);
    let laughs = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, at| {
        let before = at - 1;
        format!("{text}a{at}: &a{at} [*a{before}, *a{before}]\n")
    });
    let yaml = bench.write(".config/goose/config.yaml", laughs);
    assert!(of(&bench, &yaml).problems[0].message.contains("aliases"));
}

#[test]
fn what_is_no_text_is_named() {
    let bench = Bench::new(System::Linux);
    let utf16: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [[&[0xff, 0xfe], &utf16[..]].concat(), utf16] {
        let path = bench.write(".cursor/mcp.json", bytes);
        says(&of(&bench, &path), (1, 1), "UTF-16");
    }
    let path = bench.write(".cursor/mcp.json", b"{\n \"\xff\": 1}");
    says(&of(&bench, &path), (2, 3), "not UTF-8");
}

#[test]
fn what_is_too_large_or_no_file_is_named_and_not_read() {
    let bench = Bench::new(System::Linux);
    let path = bench.write(".cursor/mcp.json", "");
    fs::File::options().write(true).open(&path).unwrap().set_len(40 * 1024 * 1024).unwrap();
    assert!(of(&bench, &path).problems[0].message.contains("40 MiB"));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(of(&bench, &path).problems[0].message.contains("folder"));
}

#[cfg(unix)]
#[test]
fn pipes_links_and_permissions_are_named() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let bench = Bench::new(System::Linux);
    let path = bench.write(".cursor/mcp.json", "");
    let again = |make: &dyn Fn()| {
        fs::remove_file(&path).unwrap();
        make();
        of(&bench, &path).problems[0].message.clone()
    };
    let pipe = || assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(again(&pipe).contains("pipe"));
    assert!(again(&|| symlink(&path, &path).unwrap()).contains("loop"));
    assert!(again(&|| symlink(bench.path("nowhere"), &path).unwrap()).contains("not there"));
    fs::remove_file(&path).unwrap();
    // A link to a file that is well is read like one.
    symlink(bench.write("dotfiles/mcp.json", GOOD), &path).unwrap();
    assert_eq!(of(&bench, &path).entries.len(), 1);
    fs::remove_file(&path).unwrap();
    fs::write(&path, GOOD).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever may read everything reads this as well.
    if fs::read(&path).is_err() {
        assert!(of(&bench, &path).problems[0].message.contains("permissions"));
    }
}

#[test]
fn ten_thousand_entries_are_counted_and_a_thousand_listed() {
    let bench = Bench::new(System::Linux);
    let entries: Vec<String> =
        (0..10_000).map(|at| format!("\"s{at}\": {{\"command\": \"x{at}\"}}")).collect();
    let path =
        bench.write(".cursor/mcp.json", format!("{{\"mcpServers\": {{\n{}\n}}}}", entries.join(",\n")));
    let found = of(&bench, &path);
    assert_eq!((found.entries.len(), found.more), (1_000, 9_000));
    says(&found, (1_002, 10), "10000 servers");
}
