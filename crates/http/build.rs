//! The UI may not be built yet, for example when only the core is tested: a page that says so takes its place.

use std::{fs, path::Path};

const NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>MCP Discovery</title>\
<p>The user interface was not built. <code>cargo xtask run</code> builds it.</p>";

fn main() -> std::io::Result<()> {
    let dist = Path::new("../../ui/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    if !dist.join("index.html").exists() {
        fs::create_dir_all(dist)?;
        fs::write(dist.join("index.html"), NOT_BUILT)?;
    }
    Ok(())
}
