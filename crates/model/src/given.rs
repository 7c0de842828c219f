//! What an entry or a user gives besides an address: folder, environment, headers, keys, which distinguish servers at one
//! address; and secrets as input.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;
use zeroize::Zeroizing;

use crate::ServerId;

/// What a user or a file gives for a server besides its address. The values may be secrets: no `Debug` shows them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// The id that it has in a file of ours, where that is not the id of its address: values are not written to files, so
    /// there is no other distinction there.
    pub id: Option<ServerId>,
    /// The folder in which a command starts.
    pub cwd: Option<String>,
    /// Environment variables of a command. If the value is absent, only the name is known.
    pub env: BTreeMap<String, Option<String>>,
    /// Headers of requests.
    pub headers: BTreeMap<String, String>,
    /// Keys in the query of the URL.
    pub query: BTreeMap<String, String>,
}

impl Given {
    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every value, with its purpose in the words of the command line: `--env NAME`.
    pub fn values(&self) -> Vec<(String, &str)> {
        let env =
            self.env.iter().filter_map(|(name, value)| Some((format!("--env {name}"), value.as_deref()?)));
        let headers = self.headers.iter().map(|(name, value)| {
            let is_token = name.eq_ignore_ascii_case("authorization");
            let flag = if is_token { "(its token)".to_owned() } else { format!("--header {name}") };
            (flag, value.as_str())
        });
        let query = self.query.iter().map(|(name, value)| (format!("--query {name}"), value.as_str()));
        env.chain(headers).chain(query).collect()
    }

    /// All of it as a text that is unique. It contains secrets: only for a keyed hash.
    pub fn key(&self) -> String {
        match self.id {
            // Ids that were made from this text before stay what they are.
            None => serde_json::json!([self.cwd, self.env, self.headers, self.query]).to_string(),
            Some(id) => serde_json::json!([self.cwd, self.env, self.headers, self.query, id]).to_string(),
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<Vec<_>>();
        f.debug_struct("Given")
            .field("id", &self.id)
            .field("cwd", &self.cwd)
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .field("headers", &names(&self.headers))
            .field("query", &names(&self.query))
            .finish()
    }
}

/// Whether a value in a file is a placeholder for one that its reader has: `${NAME}`, `${env:NAME}`, `${input:x}`, or only
/// `$NAME`.
pub fn is_reference(value: &str) -> bool {
    value.contains("${") || bare_variable(value).is_some()
}

/// `NAME` of `$NAME`, where that is the whole text. In capitals, as variables are: other texts may begin so and be secrets.
pub(crate) fn bare_variable(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix('$')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    Some(name).filter(|_| is_name)
}

/// A URL and the parameters of it that look like keys, by their names. Text that is not a URL stays as it is.
pub fn without_keys(text: &str) -> (String, BTreeMap<String, String>) {
    let Ok(mut url) = url::Url::parse(text.trim()) else { return (text.to_owned(), BTreeMap::new()) };
    let mut keys = BTreeMap::new();
    let mut rest = Vec::new();
    for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        match url::form_urlencoded::parse(pair.as_bytes()).next() {
            Some((name, value)) if crate::secrets::is_secret_pair(&name, &value) => {
                keys.insert(name.into_owned(), value.into_owned());
            }
            _ => rest.push(pair.to_owned()),
        }
    }
    if keys.is_empty() {
        return (text.to_owned(), keys);
    }
    url.set_query((!rest.is_empty()).then(|| rest.join("&")).as_deref());
    (url.into(), keys)
}

/// Where secrets are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretPlace {
    /// The keyring of this computer: encrypted, open while its owner is logged in.
    Keyring,
    /// A file in the data directory that only its owner can read; not encrypted.
    File,
}

/// A secret that a user gave. It is never printed, not even when it is refused, and its memory is overwritten.
#[derive(Clone)]
pub struct GivenSecret(Zeroizing<String>);

impl GivenSecret {
    /// A secret as it was typed or as it is in a file.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, to keep or send it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for GivenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenSecret(…)")
    }
}

/// Serialised: a face sends it to the core, which may be another process of the same user.
impl Serialize for GivenSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for GivenSecret {
    /// serde would quote a number that was sent in the place of a text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer) {
            Ok(serde_json::Value::String(text)) => Ok(Self::new(text)),
            _ => Err(serde::de::Error::custom("a secret is a text")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_look_like_keys_are_taken_out_and_others_stay() {
        for (text, url, keys) in [
            (
                "http://a:1/mcp?tavilyApiKey=k-1&profile=a%20b",
                "http://a:1/mcp?profile=a%20b",
                &["tavilyApiKey"][..],
            ),
            ("http://a:1/mcp?api_key=x&exaApiKey=y", "http://a:1/mcp", &["api_key", "exaApiKey"]),
            ("http://a:1/mcp?profile=a", "http://a:1/mcp?profile=a", &[]),
            ("http://a:1", "http://a:1", &[]),
            ("nonsense?key=1", "nonsense?key=1", &[]),
        ] {
            let (rest, taken) = without_keys(text);
            assert_eq!(
                (rest.as_str(), taken.keys().map(String::as_str).collect::<Vec<_>>()),
                (url, keys.to_vec())
            );
        }
    }

    #[test]
    fn what_was_given_does_not_print() {
        let env = BTreeMap::from([("A".to_owned(), Some("hunter2".to_owned()))]);
        let query = BTreeMap::from([("key".to_owned(), "hunter2".to_owned())]);
        let given = Given { env, query, ..Given::default() };
        assert!(!format!("{given:?}").contains("hunter2"));
        assert_ne!(given.key(), Given::default().key());
    }
}
