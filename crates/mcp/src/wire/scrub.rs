//! What we sent comes back now and then: servers quote a token in an error, an instruction, a result. It is taken out of every
//! byte that is read, before anything is made of it: so it is in no record, log, event or export.

use std::sync::Arc;

use memchr::memmem;
use zeroize::Zeroizing;

use super::query::encoded;
use super::raw::quoted;
use crate::{Launch, Remote, Secret};

/// Shorter ones are part of other words; whoever has such a secret has none.
const SHORTEST: usize = 6;
/// What stands in its place.
const HIDDEN: &str = "…";

/// The secrets of one conversation. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Scrub(Arc<[Zeroizing<String>]>);

impl Scrub {
    /// What is sent to a server behind a URL.
    pub(crate) fn of_remote(remote: &Remote) -> Self {
        let keys = remote.query.iter().map(|(_, secret)| secret);
        // A server that quotes its URL has a key as it stands there.
        let written: Vec<Secret> = keys.clone().map(|key| Secret::new(encoded(key.expose()))).collect();
        let headers = remote.headers.iter().map(|(_, secret)| secret);
        Self::of(remote.bearer.iter().chain(headers).chain(keys).chain(&written))
    }

    /// What is given to a child.
    pub(crate) fn of_launch(launch: &Launch) -> Self {
        Self::of(launch.env.iter().map(|(_, secret)| secret))
    }

    /// As they are, and as they stand in JSON.
    fn of<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Self {
        let mut needles = Vec::new();
        for secret in secrets.map(Secret::expose).filter(|secret| secret.len() >= SHORTEST) {
            let written = quoted(secret);
            let written = written.trim_matches('"');
            if written != secret {
                needles.push(Zeroizing::new(written.to_owned()));
            }
            needles.push(Zeroizing::new(secret.to_owned()));
        }
        if needles.is_empty() {
            return Self::default();
        }
        // A longer one may contain a shorter.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        Self(needles.into())
    }

    /// The bytes without the secrets.
    pub(crate) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        self.0.iter().fold(bytes, |bytes, needle| without(bytes, needle.as_bytes()))
    }

    /// The text without the secrets.
    pub(crate) fn text(&self, text: String) -> String {
        if self.0.iter().all(|needle| memmem::find(text.as_bytes(), needle.as_bytes()).is_none()) {
            return text;
        }
        String::from_utf8_lossy(&self.bytes(text.into_bytes())).into_owned()
    }
}

fn without(bytes: Vec<u8>, needle: &[u8]) -> Vec<u8> {
    let mut found = memmem::find_iter(&bytes, needle).peekable();
    if found.peek().is_none() {
        return bytes;
    }
    let (mut clean, mut from) = (Vec::with_capacity(bytes.len()), 0);
    for at in found {
        clean.extend_from_slice(bytes.get(from..at).unwrap_or_default());
        clean.extend_from_slice(HIDDEN.as_bytes());
        from = at + needle.len();
    }
    clean.extend_from_slice(bytes.get(from..).unwrap_or_default());
    clean
}

impl std::fmt::Debug for Scrub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scrub")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_as_they_are_and_as_json_writes_them() {
        let headers =
            vec![("x".to_owned(), Secret::new("pass\"word\n")), ("y".to_owned(), Secret::new("short"))];
        let query = vec![("key".to_owned(), Secret::new("letme/in"))];
        let bearer = Some(Secret::new("s3cret-token"));
        let remote = Remote { bearer, headers, query, ..Remote::new("http://a") };
        let scrub = Scrub::of_remote(&remote);
        let text = r#"{"a":"Bearer s3cret-token","b":"pass\"word\n","c":"short s3cret-toke"}"#;
        assert_eq!(scrub.text(text.to_owned()), r#"{"a":"Bearer …","b":"…","c":"short s3cret-toke"}"#);
        assert_eq!(scrub.text("/mcp?key=letme%2Fin letme/in".to_owned()), "/mcp?key=… …");
        assert_eq!(scrub.bytes(b"pass\"word\n!".to_vec()), "…!".as_bytes());
    }
}
