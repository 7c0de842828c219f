//! Links in results. Where two servers have a resource of the same URI, clients know one of them by another URI; references
//! to it from its own server must lead there, and not to the other server's.

use std::collections::HashMap;

use api::raw;
use mcp::wire::raw::{Members, members, quoted};
use model::ServerId;
use serde_json::value::RawValue;

use crate::beside::Offered;
use crate::listing::PagedList;

/// The clients' URIs of resources of a server whose own URI belongs to another, by that URI.
pub(crate) type RenamedUris = HashMap<ServerId, HashMap<String, String>>;

/// The resources that clients know by another URI. `members_of` has all servers of the owner of an entry.
pub(crate) fn renamed_in(
    resources: &PagedList<Offered>,
    members_of: impl Fn(&Offered) -> Vec<ServerId>,
) -> RenamedUris {
    let mut renamed = RenamedUris::new();
    for (public, listed) in resources.iter().filter(|(public, listed)| **public != listed.to.own) {
        for server in members_of(&listed.to) {
            renamed.entry(server).or_default().insert(listed.to.own.clone(), public.clone());
        }
    }
    renamed
}

/// The same result with the URIs that its client knows; all else stays the same bytes.
pub(crate) fn with_public_uris(result: String, names: &HashMap<String, String>) -> String {
    let Some(mut spans) = spans(&result, names) else { return result };
    spans.sort_unstable_by_key(|(from, ..)| *from);
    let (mut text, mut at) = (String::with_capacity(result.len() + 64), 0);
    for (from, to, name) in spans {
        text.push_str(result.get(at..from).unwrap_or_default());
        text.push_str(&quoted(name));
        at = to;
    }
    text.push_str(result.get(at..).unwrap_or_default());
    text
}

/// The places of URIs that have another name, and that name.
fn spans<'n>(result: &str, names: &'n HashMap<String, String>) -> Option<Vec<(usize, usize, &'n str)>> {
    let whole: &RawValue = serde_json::from_str(result).ok()?;
    let said = members(whole)?;
    let list = |key: &str| said.get(key).map(raw::items).unwrap_or_default();
    let of_messages = list("messages").into_iter().filter_map(|message| members(message)?.get("content"));
    let in_messages = of_messages.flat_map(|content| match members(content) {
        Some(_) => vec![content],
        None => raw::items(content),
    });
    let parts = list("content").into_iter().chain(list("contents")).chain(in_messages);
    let found = parts.filter_map(|part| {
        let uri = uri_in(&members(part)?)?;
        let name = names.get(&serde_json::from_str::<String>(uri.get()).ok()?)?;
        let from = uri.get().as_ptr().addr().checked_sub(result.as_ptr().addr())?;
        Some((from, from + uri.get().len(), name.as_str()))
    });
    let found: Vec<_> = found.collect();
    (!found.is_empty()).then_some(found)
}

/// In a link, a content of a resource, or an embedded resource (MCP, `ContentBlock`).
fn uri_in<'a>(part: &Members<'a>) -> Option<&'a RawValue> {
    part.get("uri").or_else(|| members(part.get("resource")?)?.get("uri"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(result: &str) -> String {
        let names = HashMap::from([("x://1".to_owned(), "mcp-discovery://b/x://1".to_owned())]);
        with_public_uris(result.to_owned(), &names)
    }

    #[test]
    fn uris_that_are_called_otherwise_are_replaced_wherever_links_stand() {
        let tool = r#"{ "content": [{"type":"resource_link","uri":"x:\/\/1","name":"x://1"}, {"type":"resource","resource":{"uri" : "x://1","text":"x://1"}},1,{"uri":"x://2"}], "n": 1e400 }"#;
        let expected = r#"{ "content": [{"type":"resource_link","uri":"mcp-discovery://b/x://1","name":"x://1"}, {"type":"resource","resource":{"uri" : "mcp-discovery://b/x://1","text":"x://1"}},1,{"uri":"x://2"}], "n": 1e400 }"#;
        assert_eq!(told(tool), expected);
        assert_eq!(
            told(r#"{"contents":[{"uri":"x://1"}]}"#),
            r#"{"contents":[{"uri":"mcp-discovery://b/x://1"}]}"#
        );
        assert_eq!(
            told(r#"{"messages":[{"content":{"uri":"x://1"}},{"content":[{"resource":{"uri":"x://1"}}]}]}"#),
            r#"{"messages":[{"content":{"uri":"mcp-discovery://b/x://1"}},{"content":[{"resource":{"uri":"mcp-discovery://b/x://1"}}]}]}"#
        );
    }

    #[test]
    fn what_has_no_other_name_stays_as_it_is() {
        for result in [
            r#"{"content":[{"uri":"x://2"}],"structuredContent":{"uri":"x://1"}}"#,
            "[]",
            "{}",
            r#"{"content":{}}"#,
        ] {
            assert_eq!(told(result), result);
        }
    }
}
