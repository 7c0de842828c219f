//! The interface: its packages and its build, each only when something changed.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::install::{Stamp, text_of};
use crate::workspace::{Stop, TaskResult, Workspace, run};

/// The inputs of the build, beside the packages.
const SOURCES: &[&str] = &[
    "ui/src",
    "ui/public",
    "ui/index.html",
    "ui/package.json",
    "ui/package-lock.json",
    "ui/svelte.config.js",
    "ui/tsconfig.json",
    "ui/vite.config.ts",
];

/// `npm ci`, when the lock file is not the one that was installed.
pub(crate) fn install(workspace: &Workspace) -> TaskResult {
    packages(workspace, "ui")
}

/// Installs what the lock file in this folder names, unless that was done.
pub(crate) fn packages(workspace: &Workspace, folder: &str) -> TaskResult {
    let lock = text_of(&workspace.at(folder).join("package-lock.json"))?;
    let modules = workspace.at(folder).join("node_modules");
    // In the folder itself: deleting it deletes the stamp.
    let stamp = Stamp::new(modules.join(".installed-from"));
    if stamp.holds(&lock) {
        return Ok(());
    }
    eprintln!("Installing the packages of `{folder}`");
    npm(workspace, folder, &["ci", "--no-audit", "--no-fund"])?;
    stamp.set(&lock)
}

/// Builds the interface when its sources are newer than the last build.
pub(crate) fn ensure_built(workspace: &Workspace) -> TaskResult {
    install(workspace)?;
    // `ui/dist/index.html` may be the placeholder of the desktop shell; a real build has assets.
    let built = newest(&workspace.at("ui/dist/assets"));
    let changed = SOURCES.iter().filter_map(|source| newest(&workspace.at(source))).max();
    if built.is_some() && built >= changed {
        return Ok(());
    }
    eprintln!("Building the interface");
    npm(workspace, "ui", &["run", "build"])
}

/// Runs npm in a folder of the checkout.
pub(crate) fn npm(workspace: &Workspace, folder: &str, arguments: &[&str]) -> TaskResult {
    run(workspace.command("npm").args(arguments).current_dir(workspace.at(folder)))
        .map_err(|stop| Stop::Failed(format!("{stop} in `{folder}`")))
}

/// When this file, or the newest file below this folder, was written.
fn newest(path: &Path) -> Option<SystemTime> {
    let about = fs::metadata(path).ok()?;
    if about.is_file() {
        return about.modified().ok();
    }
    let below = fs::read_dir(path).ok()?.flatten().filter_map(|entry| newest(&entry.path()));
    below.max()
}
