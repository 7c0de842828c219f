//! Nothing that a client keeps secret is told; and what a person agrees to is held against the file.

use std::collections::BTreeMap;

use discovery::clients::{EntryError, System, WantedEntry};

use super::{Bench, entry, file};

const FORTY: usize = 40;

/// Forty secrets, in every place where clients keep them.
fn files(bench: &Bench) -> Vec<std::path::PathBuf> {
    let mut made = 0;
    let mut canary = || {
        made += 1;
        format!("canary{made:02}x")
    };
    let mut paths = Vec::new();
    let mut http = Vec::new();
    for at in 0..5 {
        http.push(format!(
            "\"h{at}\": {{\"url\": \"https://user:{}@mcp.example.com/{at}?api_key={}&a=1\", \"headers\": {{\"Authorization\": \"Bearer {}\", \"X-Key\": \"{}\"}}}}",
            canary(), canary(), canary(), canary()
        ));
    }
    paths.push(bench.write(".cursor/mcp.json", format!("{{\"mcpServers\": {{{}}}}}", http.join(",\n"))));
    let mut stdio = Vec::new();
    for at in 0..3 {
        stdio.push(format!(
            "\"s{at}\": {{\"command\": \"npx\", \"args\": [\"--token={}\", \"--api-key\", \"{}\", \"-c\", \"run --password {}\"], \"env\": {{\"A\": \"{}\"}}}}",
            canary(), canary(), canary(), canary()
        ));
    }
    paths.push(bench.write(".claude.json", format!("{{\"mcpServers\": {{{}}}}}", stdio.join(",\n"))));
    let toml = format!(
        "[mcp_servers.a]\ncommand = \"x\"\nenv = {{ A = \"{}\", B = \"{}\" }}\n[mcp_servers.b]\nurl = \"http://127.0.0.1:1/?token={}\"\nhttp_headers = {{ Authorization = \"Bearer {}\" }}\n",
        canary(),
        canary(),
        canary(),
        canary()
    );
    paths.push(bench.write(".codex/config.toml", toml));
    let yaml = format!(
        "extensions:\n  a: {{cmd: x, envs: {{A: {}}}}}\n  b:\n    uri: 'http://u:{}@h/\u{24}{{HOST:-{}}}'\n",
        canary(),
        canary(),
        canary()
    );
    paths.push(bench.write(".config/goose/config.yaml", yaml));
    // A file that is broken right beside its secret.
    paths.push(bench.write(
        ".kiro/settings/mcp.json",
        format!("{{\"mcpServers\": {{\"a\": {{\"env\": {{\"A\": {}", canary()),
    ));
    assert_eq!(made, FORTY);
    paths
}

#[test]
fn forty_secrets_are_in_nothing_that_is_told() {
    let bench = Bench::new(System::Linux);
    let paths = files(&bench);
    let list = bench.list();
    for path in &paths {
        file(&list, path);
    }
    let told = serde_json::to_string(&list).unwrap();
    assert!(!told.contains("canary"), "{told}");
    assert!(!format!("{list:?}").contains("canary"));
    // The names are there, so nothing was left out to get there.
    for name in ["Authorization", "X-Key", "--token=…", "api_key", "HOST"] {
        assert!(told.contains(name), "{name} in {told}");
    }
}

#[test]
fn an_entry_is_read_again_and_tells_when_it_is_another() {
    let bench = Bench::new(System::Linux);
    let clients = bench.clients();
    let write = |args: &str| {
        let text = format!(
            "{{\"mcpServers\": {{\"a\": {{\"command\": \"npx\", \"args\": [{args}], \"env\": {{\"TOKEN\": \"hunter2\"}}}}}}}}"
        );
        bench.write(".cursor/mcp.json", text)
    };
    let path = write("\"one\"");
    let wanted = WantedEntry { client: "cursor", file: &path, name: "a", project: None, consent: None };
    let none = BTreeMap::new();
    let first = clients.entry(wanted, &none).unwrap();
    assert_eq!(first.consent(), first.shown().consent);
    let (info, given) = first.whole.server.clone().unwrap();
    assert_eq!(info.args, ["one"]);
    assert_eq!(given.env["TOKEN"].as_deref(), Some("hunter2"));
    write("\"two\"");
    assert_ne!(clients.entry(wanted, &none).unwrap().consent(), first.consent());
    write("\"one\"");
    assert_eq!(clients.entry(wanted, &none).unwrap().consent(), first.consent());
    // A file that is no client's is not read, whoever asks.
    let other = bench.write("secret.json", std::fs::read(&path).unwrap());
    let error = clients.entry(WantedEntry { file: &other, ..wanted }, &none).unwrap_err();
    assert!(matches!(error, EntryError::NoFile(_)), "{error}");
    let error = clients.entry(WantedEntry { client: "kiro", ..wanted }, &none).unwrap_err();
    assert!(matches!(error, EntryError::NoFile(_)), "{error}");
    let error = clients.entry(WantedEntry { name: "b", ..wanted }, &none).unwrap_err();
    assert!(matches!(error, EntryError::NoEntry(_)), "{error}");
    std::fs::write(&path, "{").unwrap();
    let error = clients.entry(wanted, &none).unwrap_err();
    assert!(matches!(error, EntryError::Unread(..)), "{error}");
}

#[test]
fn placeholders_are_shown_as_they_are_written_and_filled_with_what_is_given() {
    let bench = Bench::new(System::Linux);
    let text = r#"{"inputs": [], "servers": {
        "a": {"url": "https://${input:host}/mcp", "headers": {"Authorization": "Bearer ${input:token}"}},
        "b": {"command": "npx", "args": ["--db=${DB:-hunter2}"], "env": {"KEY": "${input:key}", "OWN": "${OWN}"}}
    }}"#;
    let path = bench.write(".config/Code/User/mcp.json", text);
    let list = bench.list();
    let (a, b) = (entry(file(&list, &path), "a"), entry(file(&list, &path), "b"));
    assert_eq!((a.address.as_str(), a.notes.len()), ("https://${input:host}/mcp", 0));
    assert_eq!(a.placeholders, ["${input:host}", "${input:token}"]);
    assert_eq!(b.address, "npx --db=${DB:-…}");
    assert_eq!(b.placeholders, ["${DB:-…}", "${input:key}"]);
    assert_eq!(b.env, ["KEY", "OWN"]);
    let clients = bench.clients();
    let filled = [
        ("${DB:-…}", "mine"),
        ("${input:key}", "${input:token}"),
        ("${input:host}", "h"),
        ("${input:token}", "t"),
    ];
    let filled: BTreeMap<String, String> =
        filled.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let wanted =
        WantedEntry { client: "vscode", file: &path, name: "b", project: None, consent: Some(&b.consent) };
    let read = clients.entry(wanted, &filled).unwrap();
    assert_eq!(read.consent(), b.consent, "what a person agreed to is what is written");
    let (info, given) = read.whole.server.unwrap();
    assert_eq!(info.args, ["--db=mine"]);
    assert_eq!(given.env["OWN"], None);
    let read = clients.entry(WantedEntry { name: "a", consent: None, ..wanted }, &filled).unwrap();
    let (info, given) = read.whole.server.unwrap();
    assert_eq!(info.url.as_deref(), Some("https://h/mcp"));
    assert_eq!(given.headers["Authorization"], "Bearer t");
}
