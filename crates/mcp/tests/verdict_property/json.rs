//! One part of a JSON text, changed as text: so it can stand there twice, or be a number that no program writes.

use serde_json::Value;

/// What becomes of a part.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Drop,
    Become(&'static str),
    /// It stands there twice; this one first.
    TwiceFirst(&'static str),
    TwiceLast(&'static str),
}

/// What parts become.
pub(crate) const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e400",
    "123456789012345678901234567890",
    "\"\"",
    "\" \"",
    "\"text\"",
    "\"\\u0000\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "[]",
    "{}",
    "[null]",
    "[[[[[[[[[[]]]]]]]]]]",
    "{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}",
    "2.0",
    "\"1.0\"",
    "\"10203040506070\"",
    "10203040506070.0",
    "10203040506071",
    "\"server-error\"",
    "\"2026-07-28\"",
    "\"2025-06-18\"",
    "\"2024-11-05\"",
    "\"2027-01-01\"",
    "[\"2026-07-28\"]",
    "[\"2025-06-18\"]",
    "[\"2027-01-01\"]",
    "[\"2026-01-01\"]",
    "[]",
    "-32601",
    "-32600",
    "-32000",
    "-32602",
    "-32020",
    "-32021",
    "-32022",
    "\"-32601\"",
    "-32601.0",
    "{\"code\":-32601,\"message\":\"no\"}",
    "{\"code\":-32022,\"message\":\"no\",\"data\":{\"supported\":[\"2026-07-28\",\"2025-06-18\"]}}",
    "\"server/discover\"",
    "[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"a\"}]",
];

/// The text with one of its parts changed; as it was when it is no JSON, or has no parts.
pub(crate) fn changed(text: &str, place: proptest::sample::Index, change: Change) -> Option<String> {
    let mut json: Value = serde_json::from_str(text).ok()?;
    let mut places = Vec::new();
    collect(&json, "", 0, &mut places);
    if places.is_empty() {
        return None;
    }
    let place = place.get(&places).clone();
    let (parent, key) = place.rsplit_once('/')?;
    let old = json.pointer(&place)?.to_string();
    if let Change::Drop = change {
        match json.pointer_mut(parent)? {
            Value::Object(members) => drop(members.shift_remove(&unescaped(key))),
            Value::Array(items) => drop(items.remove(key.parse().ok()?)),
            _ => {}
        }
        return Some(json.to_string());
    }
    *json.pointer_mut(&place)? = Value::from("\u{1}");
    let is_member = json.pointer(parent)?.is_object();
    let name = if is_member { format!("{}:", Value::from(unescaped(key))) } else { String::new() };
    let marked = format!("{name}{}", Value::from("\u{1}"));
    let now = match change {
        Change::Drop => return None,
        Change::Become(value) => format!("{name}{value}"),
        Change::TwiceFirst(value) => format!("{name}{value},{name}{old}"),
        Change::TwiceLast(value) => format!("{name}{old},{name}{value}"),
    };
    Some(json.to_string().replacen(&marked, &now, 1))
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

/// The places of all parts that anybody may look at.
fn collect(json: &Value, at: &str, depth: usize, places: &mut Vec<String>) {
    let mut go = |key: &str, value: &Value| {
        let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        // Those near the top decide, so they are changed more often.
        places.extend(std::iter::repeat_n(place.clone(), 4_usize.saturating_sub(depth).max(1)));
        if depth < 4 {
            collect(value, &place, depth + 1, places);
        }
    };
    match json {
        Value::Object(members) => members.iter().for_each(|(key, value)| go(key, value)),
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                go(&place.to_string(), value);
            }
        }
        _ => {}
    }
}
