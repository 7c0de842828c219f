//! What we sent comes back now and then: servers quote a token in an error, an instruction, a result. It is taken out of
//! every byte that is read, before anything is made of it: so it is in no record, log, event or export.
//!
//! Taken out is a secret as it is, as any writer of JSON may escape it (PHP's writes `\/`, .NET's `\u002B`), as a URL has
//! it, without the word before it (`Basic …`), and each line of one that has several. Not what a server made of it: its
//! base64, its hash, a part of it.

use std::sync::Arc;

use memchr::memmem;
use zeroize::Zeroizing;

use super::escaped::without_escaped;
use crate::{Launch, Remote, Secret};

/// The shortest secret: shorter ones are part of other words.
const SHORTEST: usize = 6;
/// The same for one line of several: short ones are braces and common words.
const SHORTEST_LINE: usize = 12;
/// Its replacement.
const HIDDEN: &str = "…";

/// The secrets of one conversation. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Scrub(Arc<[Zeroizing<String>]>);

impl Scrub {
    /// The secrets that are sent to a server behind a URL.
    pub(crate) fn of_remote(remote: &Remote) -> Self {
        let keys = remote.query.iter().map(|(_, secret)| secret);
        let headers = remote.headers.iter().map(|(_, secret)| secret);
        Self::of(remote.bearer.iter().chain(headers).chain(keys))
    }

    /// The secrets that a child process is given.
    pub(crate) fn of_launch(launch: &Launch) -> Self {
        Self::of(launch.env.iter().map(|(_, secret)| secret))
    }

    /// In all known forms.
    pub(crate) fn of<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Self {
        let mut needles = Vec::new();
        for secret in secrets.map(Secret::expose) {
            let parts = std::iter::once(secret).chain(without_its_word(secret)).chain(its_lines(secret));
            for part in parts.filter(|part| part.len() >= SHORTEST) {
                needles.push(Zeroizing::new(part.to_owned()));
                needles.extend(in_a_url(part));
            }
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
        let plain = self.0.iter().fold(bytes, |bytes, needle| without(bytes, needle.as_bytes()));
        if self.0.is_empty() || !plain.contains(&b'\\') {
            return plain;
        }
        self.0
            .iter()
            .fold(plain, |bytes, needle| without_escaped(bytes, needle.as_bytes(), HIDDEN.as_bytes()))
    }

    /// The text without the secrets.
    pub(crate) fn text(&self, text: String) -> String {
        let is_clean =
            |needle: &Zeroizing<String>| memmem::find(text.as_bytes(), needle.as_bytes()).is_none();
        if self.0.iter().all(is_clean) && (self.0.is_empty() || !text.contains('\\')) {
            return text;
        }
        String::from_utf8_lossy(&self.bytes(text.into_bytes())).into_owned()
    }
}

/// `Bearer x`, `Basic x`: some quote what follows the word.
fn without_its_word(secret: &str) -> Option<&str> {
    let (word, rest) = secret.split_once(' ')?;
    let is_word = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_word.then(|| rest.trim())
}

/// A key of several lines is printed line by line.
fn its_lines(secret: &str) -> impl Iterator<Item = &str> {
    secret.lines().map(str::trim).filter(move |line| *line != secret && line.len() >= SHORTEST_LINE)
}

fn in_a_url(secret: &str) -> Option<Zeroizing<String>> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if secret.bytes().all(is_plain) {
        return None;
    }
    let written = secret.bytes().map(|byte| match byte {
        byte if is_plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    Some(Zeroizing::new(written.collect()))
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

    fn of(secret: &str) -> Scrub {
        let headers = vec![("x".to_owned(), Secret::new(secret))];
        Scrub::of_remote(&Remote { headers, ..Remote::new("http://a") })
    }

    #[test]
    fn every_way_to_escape_a_secret_is_known() {
        let scrub = of("ab/c+d\"é=");
        for written in [
            r#"ab/c+d\"é="#,
            r#"ab\/c+d\"é="#,
            r"ab\/c\u002Bd\u0022\u00e9=",
            r"\u0061\u0062\u002f\u0063\u002b\u0064\u0022\u00E9\u003d",
            "ab%2Fc%2Bd%22%C3%A9%3D",
        ] {
            assert_eq!(scrub.text(format!("\\\\{written}\\\\ a\\/b")), r"\\…\\ a\/b", "{written}");
        }
        assert_eq!(scrub.text(r"ab\/c+e \u00 \".to_owned()), r"ab\/c+e \u00 \");
    }

    #[test]
    fn what_stands_behind_a_word_and_each_of_several_lines_are_secrets_too() {
        assert_eq!(of("Basic dXNlcjpw").text("for dXNlcjpw!".to_owned()), "for …!");
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n";
        assert_eq!(of(key).text("read MIIEvQIBADANBg".to_owned()), "read …");
        assert_eq!(of(key).text(format!("{key:?}")), r#""…\n…\n…\n""#);
    }
}
