//! Which calls stay with one server: rendezvous hashing (highest random weight), so that a server that comes or goes moves
//! only the keys that it gets or had.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use model::ServerId;
use sha2::Sha256;

/// Hashes the key of an affinity to a number. It is recorded with calls, and reveals nothing about the value without the
/// secret key.
#[derive(Clone, Default)]
pub struct AffinityKey([u8; 32]);

impl AffinityKey {
    /// With this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The number of a value: the first bytes of its HMAC.
    pub fn of(&self, value: &[u8]) -> u64 {
        // A key of any length will do.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return 0 };
        mac.update(value);
        let hash = mac.finalize().into_bytes();
        hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

impl fmt::Debug for AffinityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AffinityKey(…)")
    }
}

/// The weight of a server for a key. Stable across restarts and versions: FNV-1a over both, mixed (splitmix64).
pub(super) fn fit(key: u64, id: ServerId) -> u64 {
    mix(hash(key.to_le_bytes().into_iter().chain(*id.as_bytes())))
}

fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Splitmix64: every bit of the input moves half of the output.
pub(super) fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
