use std::fmt;

use mcp::Secret;
use serde::{Deserialize, Deserializer};

use super::Slot;

/// The longest a secret may be, in bytes: the least that all keyrings take.
const LONGEST: usize = 2_500;

/// A secret on its way in. It is never printed, not even when it is refused.
#[derive(Clone)]
pub struct GivenSecret(Secret);

/// What is wrong with a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing is left of it.
    #[error("the secret is empty: give it on one line")]
    Empty,
    /// Bytes other than printable ASCII.
    #[error(
        "the secret has a line break or a letter that no header can carry: give it on one line, as it was issued"
    )]
    Letters,
    /// More than keyrings keep.
    #[error("the secret is longer than {LONGEST} bytes, more than keyrings keep: is it the right text?")]
    TooLong,
}

impl GivenSecret {
    /// A secret that a file had.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Secret::new(text))
    }

    /// The secret as it is sent, without what people copy along: blanks around it and the word `Bearer`.
    pub fn fit_for(&self, slot: &Slot) -> Result<Secret, Unfit> {
        if matches!(slot, Slot::Env(_)) {
            return self.fit_for_a_child();
        }
        let mut text = self.0.expose().trim();
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        if *slot == Slot::Token && word.eq_ignore_ascii_case("bearer") {
            text = rest.trim();
        }
        if text.is_empty() {
            return Err(Unfit::Empty);
        }
        if text.len() > LONGEST {
            return Err(Unfit::TooLong);
        }
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(Unfit::Letters);
        }
        Ok(Secret::new(text))
    }

    /// A variable may hold any text, such as a private key of many lines; only the end of the line that it was read as is
    /// left out.
    fn fit_for_a_child(&self) -> Result<Secret, Unfit> {
        let text = self.0.expose().trim_end_matches(['\r', '\n']);
        match text {
            "" => Err(Unfit::Empty),
            text if text.len() > LONGEST => Err(Unfit::TooLong),
            text if text.contains('\0') => Err(Unfit::Letters),
            text => Ok(Secret::new(text)),
        }
    }
}

impl fmt::Debug for GivenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenSecret(…)")
    }
}

impl<'de> Deserialize<'de> for GivenSecret {
    /// serde would quote a number that somebody sent in the place of a text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer) {
            Ok(serde_json::Value::String(text)) => Ok(Self(Secret::new(text))),
            _ => Err(serde::de::Error::custom("a secret is a text")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fit(text: &str, slot: &Slot) -> Result<String, Unfit> {
        let given: GivenSecret = serde_json::from_value(json!(text)).unwrap();
        given.fit_for(slot).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn what_was_copied_along_is_left_out() {
        let header = Slot::Header("x-key".to_owned());
        for (text, slot, sent) in [
            ("abc", &Slot::Token, "abc"),
            (" abc\n", &Slot::Token, "abc"),
            ("Bearer abc", &Slot::Token, "abc"),
            ("bearer abc", &header, "bearer abc"),
            (" abc ", &Slot::Query("key".to_owned()), "abc"),
            (" two\nlines \n", &Slot::Env("KEY".to_owned()), " two\nlines "),
        ] {
            assert_eq!(fit(text, slot).as_deref(), Ok(sent));
        }
    }

    #[test]
    fn what_no_header_can_carry_is_refused_without_being_shown() {
        for (text, why) in [
            ("", Unfit::Empty),
            ("Bearer ", Unfit::Empty),
            ("a\nb", Unfit::Letters),
            ("pässwort", Unfit::Letters),
            (&"x".repeat(LONGEST + 1), Unfit::TooLong),
        ] {
            assert_eq!(fit(text, &Slot::Token), Err(why));
        }
        let refused = serde_json::from_value::<GivenSecret>(json!(12_345_678)).unwrap_err().to_string();
        assert!(!refused.contains("12345678"), "{refused}");
        let given: GivenSecret = serde_json::from_value(json!("hunter2")).unwrap();
        assert!(!format!("{given:?}").contains("hunter2"));
    }
}
