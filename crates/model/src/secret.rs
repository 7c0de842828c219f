//! A secret on its way in, and where it is kept.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;
use zeroize::Zeroizing;

/// Where secrets are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretPlace {
    /// The keyring of this computer: encrypted, open while its owner is logged in.
    Keyring,
    /// A file in the data directory that only its owner can read; not encrypted.
    File,
}

/// A secret that a person gave. It is never printed, not even when it is refused, and its memory is overwritten.
#[derive(Clone)]
pub struct GivenSecret(Zeroizing<String>);

impl GivenSecret {
    /// A secret as it was typed or stands in a file.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for who keeps or sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for GivenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenSecret(…)")
    }
}

/// Written out: a face hands it to the core, which may be another process of the same person.
impl Serialize for GivenSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for GivenSecret {
    /// serde would quote a number that somebody sent in the place of a text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer) {
            Ok(serde_json::Value::String(text)) => Ok(Self::new(text)),
            _ => Err(serde::de::Error::custom("a secret is a text")),
        }
    }
}
