//! A list that clients read in pages: entries by their public names, as the JSON that is sent.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Bound;
use std::sync::Arc;

use mcp::wire::raw::{members, quoted};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The entry of `_meta` with the reason why something cannot be used now.
const UNAVAILABLE: &str = "mcp-discovery/unavailable";
/// How many entries are on one page: many clients read no second one.
pub(crate) const PAGE: usize = 1_000;

/// Something that clients see.
#[derive(Debug)]
pub(crate) struct ListedEntry<T> {
    pub(crate) to: T,
    /// Its definition without its name and the braces: JSON members, each after a comma.
    pub(crate) definition: String,
    /// The reason why it cannot be used now.
    pub(crate) unavailable: Option<String>,
}

/// Everything that clients see of one kind.
#[derive(Debug)]
pub(crate) struct PagedList<T> {
    /// The member of an entry that is its name.
    key: &'static str,
    entries: BTreeMap<String, Arc<ListedEntry<T>>>,
    /// Pages as JSON lists, and the last name on each.
    pages: Vec<(String, String)>,
}

impl<T> PagedList<T> {
    pub(crate) fn new(key: &'static str, entries: BTreeMap<String, ListedEntry<T>>) -> Self {
        Self::of(key, entries.into_iter().map(|(name, entry)| (name, Arc::new(entry))).collect())
    }

    /// The entries that can be seen.
    pub(crate) fn only(&self, is_seen: impl Fn(&str, &T) -> bool) -> Self {
        let seen = self.entries.iter().filter(|(name, entry)| is_seen(name, &entry.to));
        Self::of(self.key, seen.map(|(name, entry)| (name.clone(), entry.clone())).collect())
    }

    fn of(key: &'static str, entries: BTreeMap<String, Arc<ListedEntry<T>>>) -> Self {
        let mut rest = entries.iter();
        let mut pages = Vec::new();
        while let (text, Some(last)) = list(key, rest.by_ref().take(PAGE)) {
            pages.push((text, last));
        }
        Self { key, entries, pages }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&ListedEntry<T>> {
        self.entries.get(name).map(Arc::as_ref)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &ListedEntry<T>)> {
        self.entries.iter().map(|(name, entry)| (name, entry.as_ref()))
    }

    /// The page that follows a name: a JSON list, and the name that the next one follows.
    pub(crate) fn page(&self, after: Option<&str>) -> (String, Option<String>) {
        let Some(after) = after else {
            let first = self.pages.first().map_or("[]", |(list, _)| list.as_str());
            let last = self.pages.first().filter(|_| self.pages.len() > 1).map(|(_, last)| last.clone());
            return (first.to_owned(), last);
        };
        let mut rest = self.entries.range::<str, _>((Bound::Excluded(after), Bound::Unbounded));
        let (list, last) = list(self.key, rest.by_ref().take(PAGE));
        let is_over = rest.next().is_none();
        (list, last.filter(|_| !is_over))
    }

    /// Identifies a list; whether something can be used now does not count.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (name, entry) in &self.entries {
            let definition = &entry.definition;
            hash.update(format!("{}:{name}{}:{definition}", name.len(), definition.len()));
        }
        hash.finalize().into()
    }
}

/// These entries as a JSON list, and the last name.
fn list<'a, T: 'a>(
    key: &str,
    entries: impl Iterator<Item = (&'a String, &'a Arc<ListedEntry<T>>)>,
) -> (String, Option<String>) {
    let (mut text, mut last) = (String::from("["), None);
    for (name, entry) in entries {
        if last.is_some() {
            text.push(',');
        }
        write_entry(&mut text, key, name, entry);
        last = Some(name.clone());
    }
    text.push(']');
    (text, last)
}

/// `_meta` of an entry may come from its server; ours is one entry of it.
fn write_entry<T>(
    text: &mut String,
    key: &str,
    name: &str,
    ListedEntry { definition, unavailable, .. }: &ListedEntry<T>,
) {
    // Writing to a text never fails.
    let _ = write!(text, r#"{{"{key}":{}"#, quoted(name));
    let Some(why) = unavailable else {
        text.push_str(definition);
        text.push('}');
        return;
    };
    let whole = RawValue::from_string(format!("{{{}}}", definition.trim_start_matches(',')));
    let said = whole.as_deref().ok().and_then(members).map(|said| said.0).unwrap_or_default();
    let mut meta = String::new();
    for (key, value) in &said {
        if key == "_meta" {
            let inside = value.get().trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            inside.unwrap_or_default().trim().clone_into(&mut meta);
        } else {
            let _ = write!(text, ",{}:{}", quoted(key), value.get());
        }
    }
    let comma = if meta.is_empty() { "" } else { "," };
    let _ = write!(text, r#","_meta":{{{meta}{comma}"{UNAVAILABLE}":{}}}}}"#, quoted(why));
}

/// The members of a definition except one, each after a comma.
pub(crate) fn members_but(definition: &RawValue, key: &str) -> String {
    let mut text = String::new();
    for (member, value) in members(definition).map(|said| said.0).unwrap_or_default() {
        if member != key {
            let _ = write!(text, ",{}:{}", quoted(&member), value.get());
        }
    }
    text
}
