//! A home with every client, on each system.

use std::collections::BTreeSet;

use discovery::clients::System;
use model::servers_json::{Form, read_as};
use model::{ClientScope, EntryKind, Transport};

use super::{Bench, entry, file};

const JSON: &str = "{\n  // ours\n  KEY: {\n    \"docs\": { HTTP \"URL\": \"http://127.0.0.1:29001/mcp\", \"headers\": {\"X-Key\": \"hunter2\"} },\n    \"files\": { \"command\": \"npx\", \"args\": [\"-y\", \"files\", \"/tmp\"], \"env\": {\"ROOT\": \"hunter2\"} },\n    \"off\": { \"command\": \"uvx\", \"args\": [\"off\"], \"disabled\": true },\n    \"own\": { \"command\": \"/opt/bin/mcp-discovery\", \"args\": [\"bridge\"] }\n  }\n}\n";

fn json(key: &str, kind: &str, url: &str) -> String {
    JSON.replace("KEY", &format!("\"{key}\"")).replace("HTTP", kind).replace("URL", url)
}

/// With a byte order mark and the line ends of Windows.
fn windows(text: &str) -> String {
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

/// `OpenCode` has a list for a command and words of its own.
fn open_code() -> String {
    r#"{
  "mcp": {
    "docs": { "type": "remote", "url": "http://127.0.0.1:29001/mcp", "headers": {"X-Key": "hunter2"}, "enabled": true },
    "files": { "type": "local", "command": ["npx", "-y", "files", "/tmp"], "environment": {"ROOT": "hunter2"}, "enabled": true },
    "off": { "type": "local", "command": ["uvx", "off"], "enabled": false },
    "own": { "type": "local", "command": ["mcp-discovery", "bridge"], "enabled": true },
  },
}"#
    .to_owned()
}

const TOML: &str = r#"# ours
model = "x"

[mcp_servers.docs]
url = "http://127.0.0.1:29001/mcp"
http_headers = { "X-Key" = "hunter2" }

[mcp_servers.files]
command = "npx"
args = [ "-y", "files", "/tmp" ] # all
env.ROOT = "hunter2"

[mcp_servers.off]
command = "uvx"
args = ["off"]
enabled = false

[mcp_servers.own]
command = 'C:\bin\mcp-discovery.exe'
args = ["bridge"]
"#;

const GOOSE: &str = r"# ours
extensions:
  docs:
    name: docs
    type: streamable_http
    uri: http://127.0.0.1:29001/mcp
    headers: {X-Key: hunter2}
    enabled: true
    timeout: 300
  files: {type: stdio, cmd: npx, args: [-y, files, /tmp], envs: {ROOT: hunter2}, enabled: true}
  'off':
    type: stdio
    cmd: uvx
    args:
    - 'off'
    enabled: false
  own:
    type: stdio
    cmd: mcp-discovery
    args: [bridge]
    enabled: true
  developer:
    type: builtin
    enabled: true
";

const CONTINUE: &str = r"name: Mine
version: 1.0.0
mcpServers:
  - name: docs
    type: streamable-http
    url: http://127.0.0.1:29001/mcp
    requestOptions:
      headers:
        X-Key: hunter2
  - name: files
    command: npx
    args: [-y, files, /tmp]
    env:
      ROOT: hunter2
  - {name: 'off', command: uvx, args: ['off'], disabled: true}
  - {name: own, command: mcp-discovery, args: [bridge]}
";

/// Where the files are, by hand from the reference and not from the table that is tested.
fn places(system: System) -> Vec<(&'static str, String, String)> {
    let support = match system {
        System::Linux => ".config",
        System::Mac => "Library/Application Support",
        System::Windows => "AppData/Roaming",
    };
    let storage = format!("{support}/Code/User/globalStorage");
    let standard = || json("mcpServers", "\"type\": \"http\",", "url");
    let servers = || json("servers", "\"type\": \"http\",", "url");
    let zed = json("context_servers", "\"source\": \"custom\",", "url");
    let mut all = vec![
        ("claude-desktop", format!("{support}/Claude/claude_desktop_config.json"), windows(&standard())),
        ("claude-code", ".claude.json".into(), standard()),
        ("cursor", ".cursor/mcp.json".into(), json("mcpServers", "", "url")),
        ("vscode", format!("{support}/Code/User/mcp.json"), servers()),
        ("vscode", format!("{support}/Code/User/profiles/a1/mcp.json"), windows(&servers())),
        (
            "vscode",
            format!("{support}/Code/User/settings.json"),
            format!("{{\"editor.fontSize\": 14, \"mcp\": {}}}", servers()),
        ),
        ("vscode-insiders", format!("{support}/Code - Insiders/User/mcp.json"), servers()),
        ("vscodium", format!("{support}/VSCodium/User/mcp.json"), servers()),
        ("copilot-cli", ".copilot/mcp-config.json".into(), standard()),
        ("windsurf", ".codeium/windsurf/mcp_config.json".into(), json("mcpServers", "", "serverUrl")),
        ("zed", ".config/zed/settings.json".into(), zed.clone()),
        ("codex", ".codex/config.toml".into(), TOML.into()),
        ("gemini-cli", ".gemini/settings.json".into(), json("mcpServers", "", "httpUrl")),
        ("antigravity", ".gemini/config/mcp_config.json".into(), json("mcpServers", "", "serverUrl")),
        ("cline", format!("{storage}/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"), standard()),
        ("cline", ".cline/data/settings/cline_mcp_settings.json".into(), standard()),
        ("roo", format!("{storage}/rooveterinaryinc.roo-cline/settings/mcp_settings.json"), standard()),
        ("kilo", ".config/kilo/kilo.jsonc".into(), open_code()),
        ("opencode", ".config/opencode/opencode.json".into(), open_code()),
        ("continue", ".continue/config.yaml".into(), windows(CONTINUE)),
        ("lm-studio", ".lmstudio/mcp.json".into(), json("mcpServers", "", "url")),
        ("junie", ".junie/mcp/mcp.json".into(), standard()),
        ("kiro", ".kiro/settings/mcp.json".into(), json("mcpServers", "", "url")),
        ("kiro", ".aws/amazonq/mcp.json".into(), standard()),
        ("warp", ".warp/.mcp.json".into(), standard()),
        ("crush", ".config/crush/crush.json".into(), json("mcp", "\"type\": \"http\",", "url")),
        ("grok-build", ".grok/config.toml".into(), windows(TOML)),
        ("kimi-code", ".kimi-code/mcp.json".into(), standard()),
        ("pi", ".pi/agent/mcp.json".into(), standard()),
        ("mastracode", ".mastracode/mcp.json".into(), standard()),
        ("mcporter", ".mcporter/mcporter.json".into(), standard()),
        ("fx", ".fx/mcp.json".into(), open_code()),
    ];
    match system {
        System::Linux => all.push(("goose", ".config/goose/config.yaml".into(), GOOSE.into())),
        System::Mac => all.push(("zed", format!("{support}/Zed/settings.json"), zed)),
        System::Windows => {
            all.push(("goose", format!("{support}/Block/goose/config/config.yaml"), windows(GOOSE)));
            let store = "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude";
            all.push(("claude-desktop", format!("{store}/claude_desktop_config.json"), standard()));
        }
    }
    all
}

#[test]
fn every_client_is_read_on_every_system() {
    for system in [System::Linux, System::Mac, System::Windows] {
        let bench = Bench::new(system);
        let places = places(system);
        for (_, path, text) in &places {
            bench.write(path, text);
        }
        let list = bench.list();
        let ids: BTreeSet<&str> = list.iter().map(|client| client.id.as_str()).collect();
        let wanted: BTreeSet<&str> = places.iter().map(|(id, _, _)| *id).collect();
        assert_eq!(ids, wanted);
        assert_eq!(list.iter().map(|client| client.files.len()).sum::<usize>(), places.len(), "{system:?}");
        for (id, path, _) in &places {
            let found = file(&list, &bench.path(path));
            let client = list.iter().find(|client| client.id == *id).unwrap();
            assert!(client.files.contains(found), "{path} is not of {id}");
            let profile = path.contains("/profiles/");
            assert_eq!(found.scope, if profile { ClientScope::Profile } else { ClientScope::User });
            let docs = entry(found, "docs");
            let http = (docs.kind, docs.transport, docs.address.as_str(), docs.headers.join(","));
            let wanted =
                (EntryKind::Here, Some(Transport::Http), "http://127.0.0.1:29001/mcp", "X-Key".to_owned());
            assert_eq!(http, wanted, "{path}");
            let files = entry(found, "files");
            let command = (files.kind, files.address.as_str(), files.env.join(","), files.disabled);
            assert_eq!(
                command,
                (EntryKind::Command, "npx -y files /tmp", "ROOT".to_owned(), false),
                "{path}"
            );
            assert!(entry(found, "off").disabled, "{path}");
            assert_eq!(entry(found, "own").kind, EntryKind::Own, "{path}");
            assert!(found.problems.iter().all(|problem| !problem.unread), "{path}: {:?}", found.problems);
        }
        // What clients are set up with alike is the same to a person, whoever wrote it.
        let same: BTreeSet<_> = list
            .iter()
            .flat_map(model::ClientReport::entries)
            .filter(|entry| entry.name == "files")
            .collect::<Vec<_>>()
            .iter()
            .map(|entry| entry.consent.clone())
            .collect();
        assert_eq!(same.len(), 1);
    }
}

#[test]
fn a_variable_moves_the_folder_of_a_client() {
    let mut bench = Bench::new(System::Linux);
    for (name, below) in [("CODEX_HOME", "elsewhere/codex"), ("XDG_CONFIG_HOME", "elsewhere/xdg")] {
        bench.variables.insert(name.to_owned(), bench.path(below));
    }
    let codex = bench.write("elsewhere/codex/config.toml", TOML);
    let vscode = bench.write("elsewhere/xdg/Code/User/mcp.json", json("servers", "", "url"));
    let copilot = bench.write("elsewhere/xdg/mcp-config.json", json("mcpServers", "", "url"));
    let zed = bench.write("elsewhere/xdg/zed/settings.json", json("context_servers", "", "url"));
    bench.write(".codex/config.toml", "[mcp_servers.old]\ncommand = 'x'");
    let list = bench.list();
    for path in [codex, vscode, copilot, zed] {
        assert_eq!(file(&list, &path).entries.len(), 4, "{}", path.display());
    }
    assert_eq!(list.iter().map(|client| client.files.len()).sum::<usize>(), 4);
}

#[test]
fn projects_are_looked_for_where_a_file_or_a_person_names_them_and_nowhere_else() {
    let bench = Bench::new(System::Linux);
    let (named, given) = (bench.path("work/named"), bench.path("work/given"));
    let projects = [
        ".mcp.json",
        ".cursor/mcp.json",
        ".zed/settings.json",
        ".gemini/settings.json",
        ".kiro/settings/mcp.json",
        ".junie/mcp/mcp.json",
        ".roo/mcp.json",
        "opencode.json",
        "crush.json",
        ".continue/mcpServers/docs.json",
    ];
    for path in projects {
        let key = match path {
            ".zed/settings.json" => "context_servers",
            "opencode.json" | "crush.json" => "mcp",
            _ => "mcpServers",
        };
        for folder in ["work/named", "work/given", "work/other"] {
            bench.write(&format!("{folder}/{path}"), json(key, "", "url"));
        }
    }
    bench.write("work/named/.vscode/mcp.json", json("servers", "", "url"));
    bench.write("work/named/.codex/config.toml", TOML);
    bench.write("work/named/.continue/mcpServers/more.yaml", CONTINUE);
    let claude = bench.write(
        ".claude.json",
        format!(
            "{{\"projects\": {{\"{}\": {{\"mcpServers\": {{\"local\": {{\"command\": \"npx\"}}}}}}}}}}",
            named.display()
        ),
    );
    let list = bench.list_with(&[&given]);
    let local = entry(file(&list, &claude), "local");
    assert_eq!(local.project.as_deref(), named.to_str());
    for path in projects {
        for folder in [&named, &given] {
            let found = file(&list, &folder.join(path));
            assert_eq!((found.scope, found.project.as_deref()), (ClientScope::Project, folder.to_str()));
            assert_eq!(found.entries.len(), 4, "{path}");
        }
    }
    for path in [".vscode/mcp.json", ".codex/config.toml", ".continue/mcpServers/more.yaml"] {
        assert_eq!(file(&list, &named.join(path)).entries.len(), 4, "{path}");
    }
    let files = || list.iter().flat_map(|client| &client.files);
    assert!(files().all(|file| !file.path.contains("work/other")), "nobody named it");
}

#[test]
fn a_script_is_named_and_never_run() {
    let bench = Bench::new(System::Linux);
    let witness = bench.path("ran");
    let script = bench.write(".config/crush/crushrc", format!("touch {}\n", witness.display()));
    let list = bench.list();
    let found = file(&list, &script);
    assert!(found.problems[0].message.contains("script"), "{:?}", found.problems);
    assert!(!witness.exists());
}

#[test]
fn our_own_listener_is_this_app_and_other_hosts_are_outside() {
    let bench = Bench::new(System::Linux);
    let text = r#"{"mcpServers": {
        "gateway": {"url": "http://localhost:8090/mcp"},
        "far": {"url": "https://mcp.example.com/mcp"},
        "near": {"url": "http://192.168.1.9:3000/mcp"},
        "six": {"url": "http://[::1]:3000/mcp"}
    }}"#;
    let path = bench.write(".cursor/mcp.json", text);
    let list = bench.list();
    let kinds = file(&list, &path).entries.iter().map(|entry| entry.kind).collect::<Vec<_>>();
    assert_eq!(kinds, [EntryKind::Own, EntryKind::Elsewhere, EntryKind::Elsewhere, EntryKind::Here]);
}

#[test]
fn a_file_is_read_again_when_it_changed_and_only_then() {
    let bench = Bench::new(System::Linux);
    let clients = bench.clients();
    let path = bench.write(".cursor/mcp.json", json("mcpServers", "", "url"));
    let own = discovery::clients::ThisApp::default();
    assert_eq!(file(&clients.list(Vec::new(), &own), &path).entries.len(), 4);
    assert!(!clients.is_stale());
    bench.write(".cursor/mcp.json", r#"{"mcpServers": {"one": {"command": "x"}}}"#);
    assert!(clients.is_stale());
    assert_eq!(file(&clients.list(Vec::new(), &own), &path).entries.len(), 1);
    assert!(!clients.is_stale());
    bench.write(".kiro/settings/mcp.json", json("mcpServers", "", "url"));
    assert!(clients.is_stale(), "a file that came is a change");
    // In the folder of a project as well, where nothing of a client was before.
    let project = bench.path("work/app");
    bench.write("work/app/readme", "");
    clients.list(vec![project.clone()], &own);
    assert!(!clients.is_stale());
    let new = bench.write("work/app/.cursor/mcp.json", json("mcpServers", "", "url"));
    assert!(clients.is_stale());
    assert_eq!(file(&clients.list(Vec::new(), &own), &new).entries.len(), 4);
    std::fs::remove_file(&new).unwrap();
    assert!(clients.is_stale());
    std::fs::remove_file(&path).unwrap();
    assert_eq!(clients.list(Vec::new(), &own).len(), 1, "Kiro alone");
}

#[test]
fn an_import_takes_each_of_these_files_as_its_client_means_it() {
    for (_, path, text) in [System::Linux, System::Mac, System::Windows].into_iter().flat_map(places) {
        let read = read_as(Form::of(&path), &text, 1).unwrap_or_else(|error| panic!("{path}: {error}"));
        let told: Vec<_> =
            read.servers.iter().map(|info| (info.name.as_str(), info.transport, info.paused)).collect();
        let wanted = [
            ("docs", Transport::Http, false),
            ("files", Transport::Stdio, false),
            ("off", Transport::Stdio, true),
            ("own", Transport::Stdio, false),
        ];
        assert_eq!(told, wanted, "{path}");
        let given = |at: usize| &read.given[at].1;
        assert_eq!(given(0).headers["X-Key"], "hunter2", "{path}");
        assert_eq!(given(1).env["ROOT"].as_deref(), Some("hunter2"), "{path}");
        assert!(!read.warnings.iter().any(|warning| warning.contains("hunter2")), "{path}");
    }
}
