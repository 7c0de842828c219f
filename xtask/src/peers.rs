//! The real MCP servers that tests talk to: from npm and PyPI, into `.tools`, as `crates/testkit/peers/packages.txt` lists
//! them. What only long runs need is in sections `long-…`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Length;
use crate::install::{Stamp, text_of};
use crate::workspace::{Stop, TaskResult, Workspace, failed, run};

const LISTS: &str = "crates/testkit/peers/packages.txt";

/// Installs every peer of runs of this length whose list changed since it was installed.
pub(crate) fn ensure(workspace: &Workspace, length: Length) -> TaskResult {
    for (name, list) in sections(&text_of(&workspace.at(LISTS))?) {
        if kind(&name).1 == length {
            install(workspace, &name, &list)?;
        }
    }
    Ok(())
}

/// Installs the peers of one list, for a benchmark that is measured beside them, and says where they are.
pub(crate) fn ensure_one(workspace: &Workspace, name: &str) -> TaskResult<PathBuf> {
    let found = sections(&text_of(&workspace.at(LISTS))?).into_iter().find(|(section, _)| section == name);
    let (name, list) = found.ok_or_else(|| Stop::Failed(format!("`{LISTS}` has no section `{name}`")))?;
    install(workspace, &name, &list)?;
    Ok(workspace.at(".tools").join(name))
}

fn install(workspace: &Workspace, name: &str, list: &str) -> TaskResult {
    let folder = workspace.at(".tools").join(name);
    let stamp = Stamp::new(folder.join(".installed-from"));
    if stamp.holds(list) {
        return Ok(());
    }
    eprintln!("Installing the test peers `{name}` of `{LISTS}`");
    // One folder a list: the suite brings a Node of its own, which the servers must not run on.
    match kind(name).0 {
        kind if kind.starts_with("npm") => from_npm(workspace, &folder, list)?,
        kind if kind.starts_with("uv") => for_uvx(workspace, &folder, list)?,
        _ => from_pypi(workspace, &folder, list)?,
    }
    stamp.set(list)
}

/// `npm…`, `uv…` or `py…`, and which runs need it.
fn kind(name: &str) -> (&str, Length) {
    name.strip_prefix("long-").map_or((name, Length::Plain), |kind| (kind, Length::Long))
}

/// Each list with its name.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut lists: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            lists.push((name.to_owned(), String::new()));
        } else if let Some((_, list)) = lists.last_mut().filter(|_| !line.is_empty()) {
            list.extend([line, "\n"]);
        }
    }
    lists
}

fn from_npm(workspace: &Workspace, folder: &Path, list: &str) -> TaskResult {
    fs::create_dir_all(folder).map_err(failed(format_args!("create `{}`", folder.display())))?;
    let mut npm = workspace.command("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(folder).args(packages(list));
    run(&mut npm)
}

/// Each list has an environment of its own: two of them hold the same package in two versions.
fn from_pypi(workspace: &Workspace, folder: &Path, list: &str) -> TaskResult {
    run(workspace.command("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    let mut pip = workspace.command(folder.join("bin/python"));
    run(pip.args(["-m", "pip", "install", "--quiet"]).args(packages(list)))
}

/// The first package is `uv` itself, the others are what `uvx` finds without the network.
fn for_uvx(workspace: &Workspace, folder: &Path, list: &str) -> TaskResult {
    let mut wanted = packages(list);
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
    fn a_file_has_a_list_in_each_section() {
        let text = "# all\n\n[npm]\n# servers\n@scope/one\n\n[long-py-two]\ntwo==1.2\n";
        let list = |name: &str, list: &str| (name.to_owned(), list.to_owned());
        assert_eq!(
            sections(text),
            [list("npm", "# servers\n@scope/one\n"), list("long-py-two", "two==1.2\n")]
        );
    }

    #[test]
    fn a_list_may_have_comments() {
        let list = "# servers\n@modelcontextprotocol/server-memory\n\nother@1.2 # old\n";
        assert_eq!(packages(list).collect::<Vec<_>>(), ["@modelcontextprotocol/server-memory", "other@1.2"]);
    }
}
