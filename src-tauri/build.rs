//! Prepares the desktop shell: what a window may ask for, and a page to embed when the UI was not built yet.

use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>MCP Discovery</title>\n\
    <p>The interface was not built. Run <code>cargo xtask run</code>.</p>\n";

fn main() {
    ensure_page();
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=icons");
    // The pages are embedded by a macro that does not watch them.
    println!("cargo:rerun-if-changed=ui/dist");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        // A command that is not named here may be called by every window without a permission.
        .app_manifest(tauri_build::AppManifest::new().commands(&["call", "unsaved", "close"]));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
    }
}

/// Embedding fails to compile when the folder is missing, so a clone without a built UI gets one page that says so.
fn ensure_page() {
    let page = Path::new("ui/dist/index.html");
    if page.exists() {
        return;
    }
    let written = std::fs::create_dir_all("ui/dist").and_then(|()| std::fs::write(page, PLACEHOLDER));
    if let Err(error) = written {
        println!("cargo::error=cannot write `{}`: {error}", page.display());
    }
}
