//! Values that several sections hold.

use url::Url;

use super::SecretReference;
use super::section::Section;
use super::tree::{Node, Yaml};
use crate::CapabilityPattern;

/// Absolute URLs of one of these schemes.
pub(super) fn url(section: &Section<'_>, node: &Node, key: &str, schemes: &[&str]) -> Option<String> {
    let text = section.text_of(node, key)?;
    let listed = schemes.join("`, `");
    match Url::parse(&text) {
        Ok(url) if schemes.contains(&url.scheme()) && url.has_host() => Some(text),
        _ => {
            let scheme = schemes.first().copied().unwrap_or("http");
            let message = format!(
                "`{}` is no URL with the scheme `{listed}`: write one such as `{scheme}://host:port`",
                crate::secrets::redact_url(&text)
            );
            section.error(node.place, key, message);
            None
        }
    }
}

/// A list of capability globs.
pub(super) fn patterns(section: &mut Section<'_>, key: &'static str) -> Option<Vec<CapabilityPattern>> {
    let items = section.list(key)?;
    Some(
        items
            .iter()
            .enumerate()
            .filter_map(|(i, item)| pattern(section, item, &format!("{key}[{i}]")))
            .collect(),
    )
}

fn pattern(section: &Section<'_>, node: &Node, key: &str) -> Option<CapabilityPattern> {
    let text = section.text_of(node, key)?;
    CapabilityPattern::parse(&text).map_err(|error| section.error(node.place, key, error.to_string())).ok()
}

/// A value that is a secret: a warning when it stands in the file in plain text.
pub(super) fn secret(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let node = section.take(key)?;
    let Yaml::Text(text) = &node.value else {
        // What stands there is not repeated: messages end up in logs.
        let name = key.to_uppercase();
        let message =
            format!("expected the name of a variable: write `{key}: ${{{name}}}` and set that variable");
        section.error(node.place, key, message);
        return None;
    };
    let name = key.to_uppercase();
    if SecretReference::parse(text).is_some() {
        return Some(text.clone());
    }
    if text.starts_with("${") {
        let message = format!(
            "this names neither a variable nor a kept secret: write `{key}: ${{{name}}}` or `{key}: ${{keyring:{key}}}`"
        );
        section.error(node.place, key, message);
        return None;
    }
    section.warn(
        node.place,
        key,
        format!("a secret in plain text: write `{key}: ${{keyring:{key}}}` and keep it under that name, or `{key}: ${{{name}}}` and set that variable"),
    );
    Some(text.clone())
}

/// The items of a list, or the one value that stands instead of it.
pub(super) fn one_or_many(node: Node) -> Vec<Node> {
    match node.value {
        Yaml::List(items) => items,
        _ => vec![node],
    }
}
