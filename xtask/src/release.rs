//! What is made now and then: the TypeScript types, measurements, the Debian package.
//! `cargo xtask bench size`: how large the programs are, and what a cold release build of them costs.
//!
//! Other profiles are tried with cargo's own variables, such as `CARGO_PROFILE_RELEASE_LTO=fat`.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::command::Length;
use crate::needs::{BUILD, METRICS, PEERS, PROXIES, TESTS, WINDOW};
use crate::workspace::{Stop, TaskResult, Workspace, failed, run};
use crate::{install, node, peers, ui};

/// Writes `ui/src/host/bindings.ts` and `docs/configuration.md`.
pub(crate) fn bindings(workspace: &Workspace) -> TaskResult {
    for (package, test) in [("api", "bindings"), ("model", "documents::the_table")] {
        let mut cargo = workspace.cargo();
        run(cargo
            .args(["test", "--quiet", "--package", package, "--lib", test])
            .env("UPDATE_BINDINGS", "1"))?;
    }
    Ok(())
}

/// Measures, optimised.
pub(crate) fn bench(workspace: &Workspace, name: &str, rest: &[OsString]) -> TaskResult {
    if name == "ui" {
        peers::ensure_one(workspace, "long-npm-map")?;
        return in_browser(workspace, "tests/browser/bench-ui.mjs", rest);
    }
    if name == "size" {
        return measure(workspace);
    }
    if name == "decide" {
        install::ensure(workspace, BUILD.iter().chain(PEERS))?;
        let manifest = workspace.at("crates/mesh/benches/decide/Cargo.toml");
        return run(workspace
            .cargo()
            .args(["run", "--release", "--manifest-path"])
            .arg(manifest)
            .arg("--")
            .args(rest));
    }
    if name == "gateway" {
        return gateway(workspace, rest);
    }
    if name == "metrics" {
        install::ensure(workspace, METRICS)?;
    }
    let (package, name) = match name {
        "discovery" => ("discovery", "clients"),
        name => (package_of(name)?, name),
    };
    run(workspace.cargo().args(["bench", "--package", package, "--bench", name, "--"]).args(rest))?;
    // A draft costs the core and the page, and so do rules and recorded calls.
    match name {
        "config" => in_browser(workspace, "tests/browser/bench-config.mjs", &[]),
        "explain" => in_browser(workspace, "tests/browser/bench-routing.mjs", &[]),
        // What is found costs, and so does what is remembered of it.
        "clients" => run(workspace.cargo().args(["bench", "--package", package, "--bench", "memory"])),
        _ => Ok(()),
    }
}

/// The program itself, as it is released, beside other proxies.
fn gateway(workspace: &Workspace, rest: &[OsString]) -> TaskResult {
    let mut workspace = workspace.clone();
    // Debian keeps servers where the path of most people does not lead.
    workspace.prefer(Path::new("/usr/sbin"))?;
    install::ensure(&workspace, BUILD.iter().chain(PROXIES))?;
    node::ensure(&mut workspace)?;
    ui::ensure_built(&workspace)?;
    peers::ensure_one(&workspace, "py-fastmcp")?;
    run(workspace.cargo().args(["build", "--release", "--package", "mcp-discovery"]))?;
    let program = workspace.built("release", "mcp-discovery");
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--package", "testkit", "--bench", "gateway", "--"]).args(rest);
    run(cargo.env("MCP_DISCOVERY_BIN", program))
}

/// The crate that has the benchmark of this name.
fn package_of(name: &str) -> TaskResult<&'static str> {
    match name {
        "config" => Ok("settings"),
        "explain" => Ok("ledger"),
        "health" => Ok("checks"),
        "metrics" => Ok("http-face"),
        "registry" => Ok("registry"),
        "scan" => Ok("discovery"),
        "wire" => Ok("mcp"),
        other => Err(Stop::Usage(format!("there is no benchmark `{other}`"))),
    }
}

/// Takes the pictures of the documentation: every screen in both themes, against real servers.
pub(crate) fn pictures(workspace: &Workspace) -> TaskResult {
    in_browser(workspace, "tests/browser/pictures.mjs", &[])
}

/// Runs a script that drives Chromium against an optimised core.
fn in_browser(workspace: &Workspace, script: &str, rest: &[OsString]) -> TaskResult {
    let mut workspace = workspace.clone();
    install::ensure(&workspace, BUILD.iter().chain(TESTS))?;
    node::ensure(&mut workspace)?;
    ui::ensure_built(&workspace)?;
    peers::ensure(&workspace, Length::Plain)?;
    run(workspace.cargo().args(["build", "--release", "--package", "mcp-discovery"]))?;
    let program = workspace.built("release", "mcp-discovery");
    run(workspace.command("node").arg(workspace.at(script)).args(rest).env("MCP_DISCOVERY_BIN", program))
}

/// Builds the Debian package with the window and the command line in it.
pub(crate) fn bundle(workspace: &Workspace) -> TaskResult {
    let mut workspace = workspace.clone();
    install::ensure(&workspace, BUILD.iter().chain(WINDOW))?;
    node::ensure(&mut workspace)?;
    ui::ensure_built(&workspace)?;
    run(workspace.cargo().args(["build", "--release", "--package", "mcp-discovery"]))?;
    let tauri = packager(&workspace)?;
    run(workspace
        .command(tauri)
        .args(["build", "--bundles", "deb"])
        .env("CARGO_TARGET_DIR", workspace.target()))
}

/// Tauri's own command line: a program inside an npm package, for this checkout alone.
fn packager(workspace: &Workspace) -> TaskResult<std::path::PathBuf> {
    let folder = workspace.at(".tools/tauri");
    let program = folder.join("node_modules/.bin/tauri");
    if !program.exists() {
        std::fs::create_dir_all(&folder).map_err(failed("create `.tools/tauri`"))?;
        let mut npm = workspace.command("npm");
        run(npm
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(&folder)
            .arg("@tauri-apps/cli@2"))?;
    }
    Ok(program)
}

/// The programs of the product, and how large each should be at most, in MB of 1,000,000 bytes.
const PROGRAMS: [(&str, u64); 2] = [("mcp-discovery", 30), ("mcp-discovery-app", 35)];

/// The unit in which Linux reports processor times: `getconf CLK_TCK`, 100 on every platform it runs on.
const TICKS: u64 = 100;

pub(crate) fn measure(workspace: &Workspace) -> TaskResult {
    let mut workspace = workspace.clone();
    install::ensure(&workspace, BUILD.iter().chain(WINDOW))?;
    node::ensure(&mut workspace)?;
    ui::ensure_built(&workspace)?;
    let target = workspace.target().join("cold");
    let removed = || fs::remove_dir_all(&target);
    if target.exists() {
        removed().map_err(failed("remove the last cold build"))?;
    }
    let before = children_ticks();
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--target-dir"]).arg(&target);
    run(PROGRAMS.iter().fold(&mut cargo, |cargo, (name, _)| cargo.args(["--package", name])))?;
    let after = children_ticks();
    println!("\n{:24} {:>10} {:>8}", "program", "size", "aim");
    for (name, aim) in PROGRAMS {
        println!("{name:24} {:>7} MB {aim:>5} MB", megabytes(&target.join("release").join(name))?);
    }
    match (before, after) {
        (Some(before), Some(after)) => {
            let seconds = (after - before) / TICKS;
            println!("processor time of the cold build: {} min {} s", seconds / 60, seconds % 60);
        }
        _ => println!("processor time of the cold build: only measured on Linux"),
    }
    removed().map_err(failed("remove the cold build"))
}

fn megabytes(program: &Path) -> TaskResult<String> {
    let bytes = fs::metadata(program).map_err(failed("read the size of a program"))?.len();
    Ok(format!("{}.{}", bytes / 1_000_000, bytes % 1_000_000 / 100_000))
}

/// Processor time, user's and system's, of all ended children and of theirs.
fn children_ticks() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program is in brackets and can contain spaces; what follows is numbered from 3 on.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(13).map_while(|field| field.parse::<u64>().ok());
    Some(times.next()? + times.next()?)
}
