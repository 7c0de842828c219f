//! A configuration as people and programs may see it: a secret is shown as the name of its variable, or hidden.

use serde_json::Value;

use super::describe::{in_effect, keys};
use super::{Config, SecretReference};
use crate::secrets::{self, HIDDEN, is_secret_name, is_secret_value, redact_url};

/// Keys that are named like a secret but only say whether there is one.
const HARMLESS: &str = "gateway.auth";

impl Config {
    /// The whole configuration in effect, defaults included. `${NAME}` stays; a secret in plain text is hidden, in URLs,
    /// headers and command lines too.
    pub fn shown(&self) -> Value {
        hide("", serde_json::to_value(self).unwrap_or_default())
    }

    /// The keys at the top of the file whose settings differ, in the order of [`Config`]'s fields.
    pub fn changed_sections(&self, newer: &Self) -> Vec<String> {
        InEffect::of(self).changed_sections(&InEffect::of(newer))
    }

    /// The keys whose settings differ and that are only read at start.
    pub fn needs_restart(&self, newer: &Self) -> Vec<String> {
        InEffect::of(self).needs_restart(&InEffect::of(newer))
    }
}

/// Everything in a configuration, defaults included: computed once for comparisons with many others.
#[derive(Debug, Clone, PartialEq)]
pub struct InEffect(Value);

impl InEffect {
    /// The values of a configuration.
    pub fn of(config: &Config) -> Self {
        Self(serde_json::to_value(config).unwrap_or_default())
    }

    /// As [`Config::changed_sections`].
    pub fn changed_sections(&self, newer: &Self) -> Vec<String> {
        let sections = newer.0.as_object().into_iter().flatten();
        let differs = sections.filter(|(key, value)| self.0.get(key.as_str()) != Some(*value));
        differs.map(|(key, _)| key.clone()).collect()
    }

    /// As [`Config::needs_restart`].
    pub fn needs_restart(&self, newer: &Self) -> Vec<String> {
        let keys = keys().iter().filter(|described| described.key.restart);
        let differs = keys.filter(|described| {
            let names: Vec<&str> = described.path.split('.').collect();
            in_effect(&self.0, &names) != in_effect(&newer.0, &names)
        });
        differs.map(|described| described.path.clone()).collect()
    }
}

fn hide(path: &str, value: Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| entry(path, key, value)).collect())
        }
        Value::Array(items) => list(path, items),
        Value::String(text) => Value::String(text_of(path, text)),
        other => other,
    }
}

fn entry(path: &str, key: String, value: Value) -> (String, Value) {
    let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
    let is_secret = is_secret_name(&key) && below != HARMLESS || path.rsplit('.').next() == Some("headers");
    let value = if is_secret { hide_all(value) } else { hide(&below, value) };
    (key, value)
}

/// Everything below a secret's name is a part of the secret.
fn hide_all(value: Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) if names_a_variable(&text) => Value::String(text),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, hide_all(value))).collect(),
        _ => Value::String(HIDDEN.to_owned()),
    }
}

/// In the arguments of a command, what follows `--token` is hidden.
fn list(path: &str, items: Vec<Value>) -> Value {
    let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    match texts {
        Some(texts) if path.rsplit('.').next() == Some("args") => secrets::shown_arguments(&texts).into(),
        _ => items.into_iter().map(|item| hide(path, item)).collect(),
    }
}

fn text_of(path: &str, text: String) -> String {
    if names_a_variable(&text) {
        return text;
    }
    if is_secret_value(&text) {
        return HIDDEN.to_owned();
    }
    let is_webhook = path.split('.').any(|key| key == "webhook");
    match text.split_once("://") {
        Some((scheme, rest)) if is_webhook => {
            // The path of a webhook is its password.
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            format!("{}/{HIDDEN}", redact_url(&format!("{scheme}://{host}")))
        }
        Some(_) => redact_url(&text),
        None => text,
    }
}

/// `${NAME}` or `${keyring:NAME}`, perhaps with words around it as in `Bearer ${NAME}`.
fn names_a_variable(text: &str) -> bool {
    SecretReference::parse(text.strip_prefix("Bearer ").unwrap_or(text)).is_some()
}
