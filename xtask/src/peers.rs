//! The real MCP servers that tests talk to: from npm and PyPI, into `.tools`, as `crates/testkit/peers` lists them.
//! What only long runs need stands in `long-*.txt`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Length;
use crate::stamp::{Stamp, text_of};
use crate::stop::{TaskResult, failed};
use crate::workspace::{Workspace, run};

const LISTS: &str = "crates/testkit/peers";

/// Installs every peer of runs of this length whose list changed since it was installed.
pub(crate) fn ensure(workspace: &Workspace, length: Length) -> TaskResult {
    for list in lists(&workspace.at(LISTS))? {
        if kind(&name_of(&list)).1 == length {
            install(workspace, &list)?;
        }
    }
    Ok(())
}

/// Installs the peers of one list, for a benchmark that is measured beside them, and says where they are.
pub(crate) fn ensure_one(workspace: &Workspace, name: &str) -> TaskResult<PathBuf> {
    install(workspace, &workspace.at(LISTS).join(name).with_extension("txt"))?;
    Ok(workspace.at(".tools").join(name))
}

fn install(workspace: &Workspace, list: &Path) -> TaskResult {
    let name = name_of(list);
    let folder = workspace.at(".tools").join(&name);
    let wanted = text_of(list)?;
    let stamp = Stamp::new(folder.join(".installed-from"));
    if stamp.holds(&wanted) {
        return Ok(());
    }
    eprintln!("Installing the test peers of `{LISTS}/{name}.txt`");
    // One folder a list: the suite brings a Node of its own, which the servers must not run on.
    match kind(&name).0 {
        kind if kind.starts_with("npm") => from_npm(workspace, &folder, &wanted)?,
        kind if kind.starts_with("uv") => for_uvx(workspace, &folder, &wanted)?,
        _ => from_pypi(workspace, &folder, list)?,
    }
    stamp.set(&wanted)
}

fn name_of(list: &Path) -> String {
    list.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// `npm…`, `uv…` or `py…`, and which runs need it.
fn kind(name: &str) -> (&str, Length) {
    name.strip_prefix("long-").map_or((name, Length::Plain), |kind| (kind, Length::Long))
}

fn lists(folder: &Path) -> TaskResult<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(failed(format_args!("read `{LISTS}`")))?;
    let files = entries.flatten().map(|entry| entry.path());
    let mut lists: Vec<_> = files.filter(|file| file.extension().is_some_and(|is| is == "txt")).collect();
    lists.sort();
    Ok(lists)
}

fn from_npm(workspace: &Workspace, folder: &Path, wanted: &str) -> TaskResult {
    fs::create_dir_all(folder).map_err(failed(format_args!("create `{}`", folder.display())))?;
    let mut npm = workspace.command("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(folder).args(packages(wanted));
    run(&mut npm)
}

/// Each list is a requirements file with an environment of its own: two of them hold the same package in two versions.
fn from_pypi(workspace: &Workspace, folder: &Path, list: &Path) -> TaskResult {
    run(workspace.command("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    run(workspace
        .command(folder.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "-r"])
        .arg(list))
}

/// The first package is `uv` itself, the others are what `uvx` finds without asking anybody.
fn for_uvx(workspace: &Workspace, folder: &Path, wanted: &str) -> TaskResult {
    let mut wanted = packages(wanted);
    run(workspace.command("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    let uv = wanted.next().unwrap_or("uv");
    run(workspace.command(folder.join("bin/python")).args(["-m", "pip", "install", "--quiet", uv]))?;
    for package in wanted {
        let mut install = workspace.command(folder.join("bin/uv"));
        install.args(["tool", "install", "--quiet", package]).env("UV_TOOL_DIR", folder.join("tools"));
        install.env("UV_TOOL_BIN_DIR", folder.join("tool-bin")).env("UV_CACHE_DIR", folder.join("cache"));
        run(install.env("UV_PYTHON_DOWNLOADS", "never"))?;
    }
    Ok(())
}

/// One package a line; `#` starts a comment.
fn packages(list: &str) -> impl Iterator<Item = &str> {
    let lines = list.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_tells_by_its_name_what_needs_it() {
        assert_eq!(kind("npm-others"), ("npm-others", Length::Plain));
        assert_eq!(kind("long-py-fastmcp2"), ("py-fastmcp2", Length::Long));
        assert_eq!(kind("long-uv-lines"), ("uv-lines", Length::Long));
    }

    #[test]
    fn a_list_may_have_comments() {
        let list = "# servers\n@modelcontextprotocol/server-memory\n\nother@1.2 # old\n";
        assert_eq!(packages(list).collect::<Vec<_>>(), ["@modelcontextprotocol/server-memory", "other@1.2"]);
    }
}
