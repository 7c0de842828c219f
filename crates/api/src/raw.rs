//! Reads parts of JSON text without parsing all of it: what is read stays the text that a server sent, with its long numbers
//! and its unknown fields. What cannot be read is absent.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The value at the end of this path of keys; of two under one key, the last. Nothing else is kept, however many keys the
/// object of a server has.
pub fn at<'a>(json: &'a RawValue, path: &[&str]) -> Option<&'a RawValue> {
    path.iter().try_fold(json, |json, key| {
        let mut reader = serde_json::Deserializer::from_str(json.get());
        Under(key).deserialize(&mut reader).ok()?
    })
}

/// A key, which is copied only where it is escaped.
#[derive(Deserialize)]
struct MemberKey<'a>(#[serde(borrow)] Cow<'a, str>);

/// Looks for one key of an object.
struct Under<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for Under<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Under<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(MemberKey(key)) = map.next_key()? {
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// The text at the end of this path of keys.
pub fn text(json: &RawValue, path: &[&str]) -> Option<String> {
    serde_json::from_str(at(json, path)?.get()).ok()
}

/// Whether the value of this key is `true`.
pub fn says(json: &RawValue, key: &str) -> bool {
    at(json, &[key]).is_some_and(|value| value.get() == "true")
}

/// The items of a list; none when it is not a list.
pub fn items(json: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(json.get()).unwrap_or_default()
}

/// The first items of a list, at most this many; none when it is not a list.
pub fn first_items(json: &RawValue, most: usize) -> Vec<&RawValue> {
    struct FirstItems(usize);
    impl<'de> Visitor<'de> for FirstItems {
        type Value = Vec<&'de RawValue>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = list.next_element()? {
                items.push(item);
                if items.len() == self.0 {
                    while list.next_element::<IgnoredAny>()?.is_some() {}
                    break;
                }
            }
            Ok(items)
        }
    }
    serde_json::Deserializer::from_str(json.get()).deserialize_seq(FirstItems(most)).unwrap_or_default()
}

/// Whether lists and objects are nested at most this deep. The text is JSON.
pub fn nests_within(json: &str, levels: usize) -> bool {
    // Most texts have so few that their position does not matter.
    if json.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count() <= levels {
        return true;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > levels {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn what_is_looked_at_is_the_text_that_was_sent() {
        let json = raw(
            r#"{"a": {"n": 12345678901234567890123, "d": 1e400}, "t": "x\u00e9", "list": [1.0, {"b":2}]}"#,
        );
        assert_eq!(at(&json, &["a", "n"]).unwrap().get(), "12345678901234567890123");
        assert_eq!(at(&json, &["a"]).unwrap().get(), r#"{"n": 12345678901234567890123, "d": 1e400}"#);
        assert_eq!(text(&json, &["t"]).unwrap(), "xé");
        let list: Vec<&str> = items(at(&json, &["list"]).unwrap()).into_iter().map(RawValue::get).collect();
        assert_eq!(list, ["1.0", r#"{"b":2}"#]);
    }

    #[test]
    fn what_cannot_be_read_is_absent() {
        for json in ["3", "[1]", r#"{"a": 1}"#, "null", r#"{"isError": "true"}"#] {
            let json = raw(json);
            assert!(at(&json, &["a", "b"]).is_none() && text(&json, &["a"]).is_none(), "{json}");
            assert!(!says(&json, "isError"), "{json}");
        }
        assert!(says(&raw(r#"{"isError" : true }"#), "isError"));
        assert!(items(&raw("{}")).is_empty());
    }

    #[test]
    fn depth_is_counted_outside_of_texts() {
        assert!(nests_within(r#"[{"[[[": "]{\"[", "a": []}]"#, 3));
        assert!(!nests_within(r#"[{"a": []}]"#, 2));
        assert!(nests_within(&"[],".repeat(1_000), 1));
        assert!(!nests_within(&"[".repeat(1_000_000), 120));
    }
}
