//! `cargo xtask bench size`: how large the programs are, and what a cold release build of them costs.
//!
//! Other profiles are tried with cargo's own variables, such as `CARGO_PROFILE_RELEASE_LTO=fat`.

use std::fs;
use std::path::Path;

use crate::needs::{BUILD, WINDOW};
use crate::stop::{TaskResult, failed};
use crate::workspace::{Workspace, run};
use crate::{install, node, ui};

/// What people start, and how large it should be at most, in MB of 1,000,000 bytes.
const PROGRAMS: [(&str, u64); 2] = [("mcp-discovery", 30), ("mcp-discovery-app", 35)];

/// The unit in which Linux tells processor times: `getconf CLK_TCK`, 100 on every platform it runs on.
const TICKS: u64 = 100;

pub(crate) fn bench(workspace: &Workspace) -> TaskResult {
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
    // The name of the program stands in brackets and may hold spaces; what follows is numbered from 3 on.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(13).map_while(|field| field.parse::<u64>().ok());
    Some(times.next()? + times.next()?)
}
