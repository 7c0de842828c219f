use mcp::Secret;
use model::GivenSecret;

use super::SecretPurpose;

/// The longest a secret may be, in bytes: the least that all keyrings take.
const LONGEST: usize = 2_500;

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

impl SecretPurpose {
    /// The secret as it is sent here, without what people copy along: blanks around it and the word `Bearer`.
    pub fn fit(&self, given: &GivenSecret) -> Result<Secret, Unfit> {
        if matches!(self, Self::Env(_)) {
            return fit_for_a_child(given.expose());
        }
        let mut text = given.expose().trim();
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        if *self == Self::Token && word.eq_ignore_ascii_case("bearer") {
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
}

/// A variable may hold any text, such as a private key of many lines; only the end of the line that it was read as is left
/// out.
fn fit_for_a_child(text: &str) -> Result<Secret, Unfit> {
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(Unfit::Empty),
        text if text.len() > LONGEST => Err(Unfit::TooLong),
        text if text.contains('\0') => Err(Unfit::Letters),
        text => Ok(Secret::new(text)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fit(text: &str, slot: &SecretPurpose) -> Result<String, Unfit> {
        let given: GivenSecret = serde_json::from_value(json!(text)).unwrap();
        slot.fit(&given).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn what_was_copied_along_is_left_out() {
        let header = SecretPurpose::Header("x-key".to_owned());
        for (text, slot, sent) in [
            ("abc", &SecretPurpose::Token, "abc"),
            (" abc\n", &SecretPurpose::Token, "abc"),
            ("Bearer abc", &SecretPurpose::Token, "abc"),
            ("bearer abc", &header, "bearer abc"),
            (" abc ", &SecretPurpose::Query("key".to_owned()), "abc"),
            (" two\nlines \n", &SecretPurpose::Env("KEY".to_owned()), " two\nlines "),
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
            assert_eq!(fit(text, &SecretPurpose::Token), Err(why));
        }
        let refused = serde_json::from_value::<GivenSecret>(json!(12_345_678)).unwrap_err().to_string();
        assert!(!refused.contains("12345678"), "{refused}");
        let given: GivenSecret = serde_json::from_value(json!("hunter2")).unwrap();
        assert!(!format!("{given:?}").contains("hunter2"));
    }
}
