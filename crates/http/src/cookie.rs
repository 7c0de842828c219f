//! What a browser keeps: until when it is let in, signed.

use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// How long a browser that opened the link is let in.
pub(crate) const GOOD_FOR: Duration = Duration::from_hours(30 * 24);

/// The value for a browser that is let in now.
pub(crate) fn signed(key: &str, port: u16) -> String {
    let until = now() + GOOD_FOR.as_secs();
    format!("{until}.{}", signature(key, port, until).unwrap_or_default())
}

/// Whether this was signed with the key, for this port, and is still good.
pub(crate) fn is_good(value: &str, key: &str, port: u16) -> bool {
    let Some((until, sent)) = value.split_once('.') else { return false };
    let Ok(until) = until.parse::<u64>() else { return false };
    // Without a signature nothing is good, nor is one that says nothing.
    let Some(signature) = signature(key, port, until) else { return false };
    let is_signed: bool = sent.as_bytes().ct_eq(signature.as_bytes()).into();
    is_signed && until > now()
}

fn signature(key: &str, port: u16, until: u64) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(format!("mcp-discovery browser {port} {until}").as_bytes());
    Some(mac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
        // Writing to a text never fails.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_for_here_and_is_not_over_is_good() {
        let value = signed("key", 8090);
        assert!(is_good(&value, "key", 8090));
        assert!(!is_good(&value, "other", 8090), "another key");
        assert!(!is_good(&value, "key", 8091), "another port");
        let (until, mac) = value.split_once('.').unwrap();
        let longer: u64 = until.parse::<u64>().unwrap() + 1;
        assert!(!is_good(&format!("{longer}.{mac}"), "key", 8090), "another time");
        let over = now() - 1;
        assert!(!is_good(&format!("{over}.{}", signature("key", 8090, over).unwrap()), "key", 8090), "over");
        for odd in ["", ".", "1", "x.y", "99999999999999999999.a"] {
            assert!(!is_good(odd, "key", 8090), "{odd}");
        }
    }
}
