//! JSON that is read in parts without parsing all of it: what is not read costs nothing and stays as it came.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How many members of an object, or items of a list, are read; the rest is skipped.
const MOST: usize = 10_000;

/// The members of an object in their order.
#[derive(Debug)]
pub struct Members<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

/// The members of an object; `None` when it is not one.
pub fn members(raw: &RawValue) -> Option<Members<'_>> {
    serde_json::from_str(raw.get()).ok()
}

impl<'a> Members<'a> {
    /// The value under a key, of several the last. `null` counts as absent.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| *value);
        found.filter(|value| value.get() != "null")
    }

    /// A member that is text.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(text)
    }

    /// Whether there is a member of this name, even if it is `null`.
    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(name, _)| name == key)
    }
}

/// The value under a key of an object.
pub fn member<'a>(raw: &'a RawValue, key: &str) -> Option<&'a RawValue> {
    members(raw)?.get(key)
}

/// The items of a list, up to the limit; `None` when it is not one.
pub fn items(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok().map(|Items(items)| items)
}

/// The items of a list that is not parsed yet, up to the limit; none when it is not one.
pub fn items_in(bytes: &[u8]) -> Vec<&RawValue> {
    serde_json::from_slice(bytes).map(|Items(items)| items).unwrap_or_default()
}

/// Whether a value has at most this many elements (members, items and the values themselves), and is nested at most this
/// deep. A tree of values costs by their number, not by bytes.
pub(crate) fn fits(raw: &RawValue, most: usize, deepest: usize) -> bool {
    let (mut depth, mut elements, mut in_text, mut escaped) = (0_usize, 1_usize, false, false);
    for byte in raw.get().bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => (depth, elements) = (depth + 1, elements + 1),
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' | b':' => elements += 1,
            _ => {}
        }
        if depth > deepest || elements > most {
            return false;
        }
    }
    true
}

/// A text; `None` when it is not one.
pub fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// Whether it is an object.
pub fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// Text as JSON.
pub fn quoted(text: &str) -> String {
    // Text is always valid JSON.
    serde_json::to_string(text).unwrap_or_default()
}

/// Whether an object has a member of one of these names. It is read no further than to the first.
pub(crate) fn has_one_of(raw: &RawValue, names: &[&str]) -> bool {
    struct Find<'a>(&'a [&'a str], &'a mut bool);
    impl<'de> Visitor<'de> for Find<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(Text(key)) = map.next_key()? {
                if self.0.contains(&&*key) {
                    *self.1 = true;
                    break;
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }
    let mut found = false;
    // Leaving early is an error to the reader, and none here.
    let _ = serde_json::Deserializer::from_str(raw.get()).deserialize_map(Find(names, &mut found));
    found
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AllMembers;
        impl<'de> Visitor<'de> for AllMembers {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(Text(key)) = map.next_key()? {
                    let value = map.next_value()?;
                    if members.len() < MOST {
                        members.push((key, value));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(AllMembers)
    }
}

struct Items<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AllItems;
        impl<'de> Visitor<'de> for AllItems {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items<'de>, A::Error> {
                let mut items = Vec::new();
                while items.len() < MOST {
                    match list.next_element()? {
                        Some(item) => items.push(item),
                        None => return Ok(Items(items)),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(AllItems)
    }
}

/// A string, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn elements_are_counted_outside_of_text() {
        let value = raw(r#"{"a":[1,2,{"b":"{[,:\"\\"}],"c":null}"#);
        assert!(fits(&value, 11, 3) && !fits(&value, 9, 3) && !fits(&value, 11, 2));
        assert!(fits(&raw("\"[[[[[[\""), 1, 0));
    }

    #[test]
    fn members_are_found_by_any_of_their_names_whatever_comes_after() {
        let is_there = |text| has_one_of(&raw(text), &["content", "task"]);
        assert!(is_there(r#"{"isError":true,"content":null,"x":[{}]}"#) && is_there(r#"{"ta\u0073k":1}"#));
        for absent in ["{}", r#"{"a":{"content":1}}"#, r#"["content"]"#, r#""content""#, "null"] {
            assert!(!is_there(absent), "{absent}");
        }
    }

    #[test]
    fn of_very_long_lists_and_objects_the_beginning_is_looked_at() {
        let list = raw(&format!("[{}0]", "0,".repeat(MOST + 5)));
        assert_eq!(items(&list).map(|items| items.len()), Some(MOST));
        let object = raw(&format!("{{{}\"z\":0}}", "\"a\":0,".repeat(MOST + 5)));
        assert_eq!(members(&object).map(|members| members.0.len()), Some(MOST));
        assert!(items(&object).is_none() && members(&list).is_none());
    }
}
