//! What is logged, for all our programs.

/// Our own crates, as the targets of their messages.
const OURS: [&str; 20] = [
    "api",
    "app",
    "checks",
    "demo",
    "discovery",
    "gateway",
    "http_face",
    "intake",
    "ledger",
    "mcp",
    "mcp_discovery",
    "mcp_discovery_app",
    "mcp_discovery_metrics",
    "mesh",
    "model",
    "registry",
    "settings",
    "store",
    "testkit",
    "vault",
];

/// A filter for this level. Messages of libraries are included only from `debug` on: what matters in them is returned to us
/// as an error and logged in our own words, once.
pub fn log_filter(level: &str) -> String {
    match level {
        "error" | "warn" | "info" => {
            OURS.iter().fold("off".to_owned(), |filter, name| format!("{filter},{name}={level}"))
        }
        // It names its targets, or wants to hear everybody.
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_of_ours_is_heard_and_no_other() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        for entry in std::fs::read_dir(folder).unwrap() {
            let manifest = std::fs::read_to_string(entry.unwrap().path().join("Cargo.toml")).unwrap();
            let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
            let name = name.trim_matches('"').replace('-', "_");
            assert!(OURS.contains(&name.as_str()), "{name} is not heard");
        }
        let filter = log_filter("error");
        assert!(filter.starts_with("off,") && filter.contains(",mcp=error") && !filter.contains("rustls"));
        assert_eq!(
            (log_filter("debug"), log_filter("mcp=debug")),
            ("debug".to_owned(), "mcp=debug".to_owned())
        );
    }
}
