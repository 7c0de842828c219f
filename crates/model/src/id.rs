use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// The key of a server. Minted once (see [`ServerId::mint`]) and kept when the record is edited,
/// so history, statistics and undo follow a server through a rename or a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct ServerId(Uuid);

/// The namespace of our version 5 ids. Never change it: an import must find the record it made before.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d63_7064_6973_636f_7665_7279_2e76_3101);

impl ServerId {
    /// A stable id for whatever `key` names: the same key gives the same id on every computer (RFC 9562, version 5).
    pub fn mint(key: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, key.as_bytes()))
    }

    /// Reads the hyphenated form, as [`Display`](std::fmt::Display) writes it.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::parse_str(text).ok().map(Self)
    }

    /// The 16 bytes, for stores that keep ids in binary.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The reverse of [`ServerId::as_bytes`].
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl std::fmt::Display for ServerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
