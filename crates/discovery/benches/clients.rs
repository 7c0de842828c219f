//! `cargo xtask bench discovery`: reading the files of AI clients, medians of 5: files of every form with a `~/.claude.json` of 20 MB,
//! 10,000 entries, and a look at files that nobody changed, of which one comes every 30 seconds.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program for contributors"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "wall-clock time is what is measured"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use discovery::clients::{Clients, Folders, System, ThisApp};

const ROUNDS: usize = 5;
/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(30);

fn main() {
    let home = tempfile::tempdir().unwrap();
    fixtures(home.path());
    println!("every client, and 20 MB of ~/.claude.json: {:.1} ms (aim 150)", read(home.path(), 20_000_000));
    let clients = at(home.path());
    let before = clients.list(Vec::new(), &ThisApp::default());
    let (files, entries) = (
        before.iter().flat_map(|client| &client.files),
        before.iter().flat_map(model::ClientReport::entries),
    );
    println!("  {} files, {} entries", files.count(), entries.count());
    let look = median(|| {
        let begun = Instant::now();
        assert!(!clients.is_stale());
        begun.elapsed()
    });
    let share = look / (EVERY.as_secs_f64() * 1e3) * 100.0;
    println!("a look at all of them, every 30 s: {look:.2} ms, {share:.4} % of a core (aim 0.1)");

    let home = tempfile::tempdir().unwrap();
    let entries: Vec<String> = (0..10_000)
        .map(|at| format!("\"s{at}\": {{\"command\": \"npx\", \"args\": [\"-y\", \"server-{at}\"], \"env\": {{\"KEY\": \"v\"}}}}"))
        .collect();
    write(home.path(), ".cursor/mcp.json", &format!("{{\"mcpServers\": {{{}}}}}", entries.join(",\n")));
    let many = median(|| once(home.path()));
    println!("10,000 entries: {many:.1} ms (aim 300)");
}

/// In milliseconds; `size` is that of the large file.
fn read(home: &Path, size: usize) -> f64 {
    let turn = "{\"display\": \"what was said, with \\\"quotes\\\" and a path such as /home/me/work\", \"at\": 1790000000000}";
    let turns = vec![turn; size / 300 / (turn.len() + 2)].join(", ");
    let projects: Vec<String> = (0..300)
        .map(|at| {
            let folder = home.join(format!("work/{at}"));
            fs::create_dir_all(&folder).unwrap();
            format!("{:?}: {{\"history\": [{turns}], \"mcpServers\": {{}}}}", folder.display().to_string())
        })
        .collect();
    let text = format!(
        "{{\"projects\": {{{}}}, \"mcpServers\": {{\"a\": {{\"command\": \"npx\"}}}}}}",
        projects.join(",\n")
    );
    write(home, ".claude.json", &text);
    median(|| once(home))
}

fn once(home: &Path) -> Duration {
    let clients = at(home);
    let begun = Instant::now();
    assert!(!clients.list(Vec::new(), &ThisApp::default()).is_empty());
    begun.elapsed()
}

fn median(mut measure: impl FnMut() -> Duration) -> f64 {
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| measure()).collect();
    times.sort_unstable();
    times[ROUNDS / 2].as_secs_f64() * 1e3
}

fn at(home: &Path) -> Clients {
    let home = home.to_owned();
    let variables = BTreeMap::new();
    Clients::new(Some(Folders { system: System::Linux, home, roaming: None, local: None, variables }))
}

fn write(home: &Path, path: &str, text: &str) {
    let path = home.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Ten servers in a file of each client.
fn fixtures(home: &Path) {
    let json = |key: &str| {
        let one = |at| {
            format!(
                "\"s{at}\": {{\"url\": \"http://127.0.0.1:3{at:03}/mcp\", \"headers\": {{\"X-Key\": \"v\"}}}}"
            )
        };
        let entries: Vec<String> = (0..10).map(one).collect();
        format!("{{ // ours\n\"{key}\": {{{}}}}}", entries.join(",\n"))
    };
    for path in [
        ".cursor/mcp.json",
        ".config/Claude/claude_desktop_config.json",
        ".copilot/mcp-config.json",
        ".codeium/windsurf/mcp_config.json",
        ".gemini/settings.json",
        ".gemini/config/mcp_config.json",
        ".cline/data/settings/cline_mcp_settings.json",
        ".lmstudio/mcp.json",
        ".junie/mcp/mcp.json",
        ".kiro/settings/mcp.json",
        ".warp/.mcp.json",
        ".kimi-code/mcp.json",
        ".pi/agent/mcp.json",
        ".mastracode/mcp.json",
        ".mcporter/mcporter.json",
    ] {
        write(home, path, &json("mcpServers"));
    }
    for (path, key) in [
        (".config/Code/User/mcp.json", "servers"),
        (".config/Code - Insiders/User/mcp.json", "servers"),
        (".config/VSCodium/User/mcp.json", "servers"),
        (".config/zed/settings.json", "context_servers"),
        (".config/kilo/kilo.json", "mcp"),
        (".config/opencode/opencode.jsonc", "mcp"),
        (".config/crush/crush.json", "mcp"),
        (".fx/mcp.json", "mcp"),
    ] {
        write(home, path, &json(key));
    }
    let toml = |at| {
        format!(
            "[mcp_servers.s{at}]\ncommand = \"npx\"\nargs = [\"-y\", \"s{at}\"]\nenv = {{ KEY = \"v\" }}\n"
        )
    };
    let toml: String = (0..10).map(toml).collect();
    write(home, ".codex/config.toml", &toml);
    write(home, ".grok/config.toml", &toml);
    let yaml: Vec<String> =
        (0..10).map(|at| format!("  s{at}: {{cmd: npx, args: [-y, s{at}], envs: {{KEY: v}}}}")).collect();
    write(home, ".config/goose/config.yaml", &format!("extensions:\n{}\n", yaml.join("\n")));
}
