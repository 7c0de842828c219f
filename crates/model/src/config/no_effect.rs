//! Settings that are read and checked, and change nothing yet. Whoever makes one work takes its line out.

/// Sections and keys, each with what happens instead. A section stands for all of its keys; of a key that promises safety
/// it is said once more.
const NO_EFFECT: &[(&str, &str)] = &[
    ("service_registry", "servers are kept in the data directory alone, whatever is named here"),
    ("service_registry.config.encrypt_server_info", "nothing is encrypted"),
    ("registries", "no other registry is read or written"),
    ("network_discovery", "nothing is scanned by schedule; `mcp-discovery scan` scans when it is asked to"),
    ("notifications", "nobody is told outside the app"),
    ("security.encrypt_server_info", "nothing is encrypted"),
    ("security.key_file", "nothing is encrypted"),
    ("security.tls_verify", "certificates are judged as if it were not there"),
    ("security.ca_file", "certificates are judged as if it were not there"),
    ("security.allow_scripts", "there are no checks by script"),
    ("kubernetes", "no cluster is asked"),
    ("autoscaling", "nothing is scaled"),
    ("custom_checks", "only the built-in checks run"),
];

/// Keys that do something, within a section that does not yet.
const IN_EFFECT: &[&str] = &["service_registry.config.allowed_capabilities"];

/// What happens instead of a setting that has no effect yet, by the path of its key.
pub(super) fn instead(path: &str) -> Option<&'static str> {
    NO_EFFECT.iter().find(|(known, _)| *known == path).map(|(_, instead)| *instead)
}

/// Whether a setting, or the section it stands in, changes nothing yet.
pub fn has_no_effect(path: &str) -> bool {
    !IN_EFFECT.contains(&path)
        && NO_EFFECT.iter().any(|(known, _)| {
            path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
}
