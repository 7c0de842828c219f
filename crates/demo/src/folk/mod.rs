//! The servers of the demo fleet: what each is called, offers and answers.

mod notes;
mod parcels;
mod units;
mod weather;

pub(crate) use notes::notes;
pub(crate) use parcels::parcels;
pub(crate) use units::units;
pub(crate) use weather::weather;

use serde_json::{Value, json};

/// A tool that changes nothing and reaches nothing outside.
fn reads() -> Value {
    json!({ "readOnlyHint": true, "idempotentHint": true, "openWorldHint": false })
}

/// The text under a key, without spaces around it.
fn text<'a>(arguments: &'a Value, key: &str) -> &'a str {
    arguments.get(key).and_then(Value::as_str).unwrap_or_default().trim()
}

/// A number that only this text has: where a demo would otherwise throw dice (FNV-1a).
fn seed(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// An element of a list, chosen by a number.
fn pick<T: Copy + Default>(list: &[T], number: u64) -> T {
    let at = usize::try_from(number % list.len().max(1) as u64).unwrap_or(0);
    list.get(at).copied().unwrap_or_default()
}
