//! Which servers look like replicas of one: those of one product whose tools agree. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::ServerId;

use super::shape::ShapeHash;
use crate::names::slug;

/// What is known about a server that is in no group.
#[derive(Debug, Clone)]
pub(crate) struct UngroupedServer<'a> {
    pub(crate) id: ServerId,
    /// The name of its record.
    pub(crate) name: &'a str,
    /// The product that it reports, `serverInfo.name`.
    pub(crate) product: Option<&'a str>,
    pub(crate) shape: ShapeHash,
}

/// Servers that look like replicas of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlikeServers {
    /// The product that they report, if they do.
    pub(crate) product: Option<String>,
    pub(crate) shape: ShapeHash,
    /// At least two, by id.
    pub(crate) servers: Vec<ServerId>,
    /// A proposed name that no group has.
    pub(crate) name: String,
}

/// Finds them, the most servers first. Names in `taken` belong to others. The order of the candidates does not matter.
pub(crate) fn alike(candidates: &[UngroupedServer<'_>], taken: &HashSet<String>) -> Vec<AlikeServers> {
    let mut by_shape: HashMap<ShapeHash, Vec<&UngroupedServer<'_>>> = HashMap::new();
    for candidate in candidates {
        by_shape.entry(candidate.shape).or_default().push(candidate);
    }
    let sets = by_shape.into_values().filter(|all| all.len() > 1).flat_map(by_product);
    let mut sets: Vec<_> = sets.filter(|(_, all)| all.len() > 1).collect();
    for (_, all) in &mut sets {
        all.sort_unstable_by_key(|one| one.id);
    }
    sets.sort_by_cached_key(|(_, all)| (std::cmp::Reverse(all.len()), all.first().map(|one| one.id)));
    let mut taken = taken.clone();
    let named = sets.into_iter().filter_map(|(product, all)| {
        let name = free(&name_of(product.as_deref(), &all), &mut taken);
        let shape = all.first()?.shape;
        Some(AlikeServers { product, shape, servers: all.iter().map(|one| one.id).collect(), name })
    });
    named.collect()
}

type OneProduct<'c, 'a> = (Option<String>, Vec<&'c UngroupedServer<'a>>);

/// Servers of different products are not replicas, however alike their tools are. A server that reports no product belongs
/// to the others if those are of one product.
fn by_product<'c, 'a>(all: Vec<&'c UngroupedServer<'a>>) -> Vec<OneProduct<'c, 'a>> {
    let key = |one: &UngroupedServer<'_>| one.product.map(|name| unnumbered(name).to_lowercase());
    let known: BTreeSet<String> = all.iter().filter_map(|one| key(one)).collect();
    let only = known.first().cloned().filter(|_| known.len() == 1);
    let mut products: BTreeMap<Option<String>, Vec<&UngroupedServer<'_>>> = BTreeMap::new();
    for one in all {
        products.entry(key(one).or_else(|| only.clone())).or_default().push(one);
    }
    // As it is written, the least of the ways to write it.
    let written = |all: &[&UngroupedServer<'_>]| {
        all.iter().filter_map(|one| one.product).map(unnumbered).min().map(str::to_owned)
    };
    products.into_values().map(|all| (written(&all), all)).collect()
}

/// Replicas are often numbered: `weather-1` and `weather-2` are one product.
fn unnumbered(name: &str) -> &str {
    let is_number = |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '-' | '_' | '.' | '#');
    let stem = name.trim().trim_end_matches(is_number);
    if stem.is_empty() { name.trim() } else { stem }
}

/// A possible name: the product, else the words that the names of their records start with.
fn name_of(product: Option<&str>, all: &[&UngroupedServer<'_>]) -> String {
    let has_word = |name: &str| name.chars().any(|c| c.is_ascii_alphanumeric());
    if let Some(product) = product.filter(|name| has_word(name)) {
        return slug(product);
    }
    let mut names = all.iter().map(|one| words(one.name));
    let first = names.next().unwrap_or_default();
    let common = names.fold(first, |common, words| {
        common.into_iter().zip(words).take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
    });
    if common.is_empty() { "replicas".to_owned() } else { slug(&common.join("-")) }
}

fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}

fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let numbered = (2_u32..).map(|number| format!("{name}-{number}"));
    let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken.contains(name));
    let free = free.unwrap_or_default();
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use model::Tool;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::replicas::shape::Shapes;

    fn candidate<'a>(id: &str, name: &'a str, product: Option<&'a str>, shape: u8) -> UngroupedServer<'a> {
        UngroupedServer { id: ServerId::mint(id), name, product, shape: [shape; 16] }
    }

    fn names(candidates: &[UngroupedServer<'_>], taken: &[&str]) -> Vec<String> {
        let taken = taken.iter().map(|name| (*name).to_owned()).collect();
        alike(candidates, &taken).into_iter().map(|set| set.name).collect()
    }

    #[test]
    fn a_name_is_what_they_say_or_what_their_names_begin_with_and_nobody_elses() {
        let said =
            [candidate("1", "a", Some("Team Notes!"), 1), candidate("2", "b", Some("team notes! "), 1)];
        assert_eq!(names(&said, &[]), ["team-notes"]);
        assert_eq!(names(&said, &["team-notes", "team-notes-2"]), ["team-notes-3"]);
        let silent = [candidate("1", "weather-eu-1", None, 1), candidate("2", "Weather EU 2", None, 1)];
        assert_eq!(names(&silent, &[]), ["weather-eu"]);
        let numbered = [candidate("1", "a", Some("node 1"), 1), candidate("2", "b", Some("node 02"), 1)];
        assert_eq!(names(&numbered, &[]), ["node"]);
        let odd = [candidate("1", "天気", Some("天気"), 1), candidate("2", "other", Some("天気"), 1)];
        assert_eq!(names(&odd, &[]), ["replicas"]);
    }

    #[test]
    fn servers_of_different_products_are_not_one() {
        let two = [candidate("1", "a", Some("one"), 1), candidate("2", "b", Some("other"), 1)];
        assert!(alike(&two, &HashSet::new()).is_empty());
        // Without a product name a server can be either.
        let [one, other] = two;
        let three = [one.clone(), other, candidate("3", "c", None, 1)];
        assert!(alike(&three, &HashSet::new()).is_empty());
        let known = [one, candidate("3", "c", None, 1)];
        assert_eq!(alike(&known, &HashSet::new())[0].product.as_deref(), Some("one"));
    }

    fn tool(name: &str, kind: &str, words: &str, turned: bool) -> Tool {
        let property = json!({ "type": kind, "description": words, "title": words });
        let (one, other) = (("x".to_owned(), property.clone()), ("y".to_owned(), property));
        let properties: serde_json::Map<String, Value> =
            if turned { [other, one] } else { [one, other] }.into_iter().collect();
        let required = if turned { json!(["y", "x"]) } else { json!(["x", "y"]) };
        Tool {
            name: name.to_owned(),
            description: Some(words.to_owned()),
            input_schema: json!({ "properties": properties, "required": required, "type": "object" }).into(),
            ..Tool::default()
        }
    }

    /// A server: its product, the type of each of its tools, and the texts that only people read.
    type Made = (Option<u8>, Vec<bool>, String, bool);

    fn found(made: &[(usize, Made)]) -> Vec<AlikeServers> {
        let listed: Vec<(String, Option<String>, Vec<Tool>)> = made
            .iter()
            .map(|(at, (product, types, words, turned))| {
                let kind = |is_text: &bool| if *is_text { "string" } else { "number" };
                let mut tools: Vec<Tool> = types
                    .iter()
                    .enumerate()
                    .map(|(at, one)| tool(&format!("t{at}"), kind(one), words, *turned))
                    .collect();
                if *turned {
                    tools.reverse();
                }
                (
                    format!("server-{at}"),
                    product.map(|product| format!("{}-{at}", ["a", "b", "c"][usize::from(product)])),
                    tools,
                )
            })
            .collect();
        let mut shapes = Shapes::default();
        let candidates: Vec<UngroupedServer<'_>> = listed
            .iter()
            .map(|(name, product, tools)| UngroupedServer {
                id: ServerId::mint(name),
                name,
                product: product.as_deref(),
                shape: shapes.of(tools),
            })
            .collect();
        alike(&candidates, &HashSet::new())
    }

    /// The same computed naively: which servers are in one set.
    fn naive(made: &[(usize, Made)]) -> BTreeSet<BTreeSet<ServerId>> {
        let mut sets = BTreeSet::new();
        for (_, (_, types, ..)) in made {
            let alike = made.iter().filter(|(_, (_, other, ..))| other == types);
            let known: BTreeSet<u8> = alike.clone().filter_map(|(_, (product, ..))| *product).collect();
            let product =
                |one: &Option<u8>| one.or(if known.len() == 1 { known.first().copied() } else { None });
            for (_, (own, ..)) in alike.clone() {
                let same = alike.clone().filter(|(_, (other, ..))| product(other) == product(own));
                let ids: BTreeSet<ServerId> =
                    same.map(|(at, _)| ServerId::mint(&format!("server-{at}"))).collect();
                if ids.len() > 1 {
                    sets.insert(ids);
                }
            }
        }
        sets
    }

    fn made() -> impl Strategy<Value = Made> {
        (prop::option::of(0_u8..3), prop::collection::vec(any::<bool>(), 1..3), "[a-z]{0,6}", any::<bool>())
    }

    proptest! {
        /// Neither the order of servers, nor that of tools or keys, nor texts for people count; a type does.
        #[test]
        fn whose_tools_agree_are_found_whatever_else_differs(
            made in prop::collection::vec(made(), 0..12),
            seed in any::<u64>(),
        ) {
            let mut numbered: Vec<(usize, Made)> = made.into_iter().enumerate().collect();
            let sets = found(&numbered);
            let ids: BTreeSet<BTreeSet<ServerId>> = sets.iter().map(|set| set.servers.iter().copied().collect()).collect();
            prop_assert_eq!(&ids, &naive(&numbered));
            let names: HashSet<&str> = sets.iter().map(|set| set.name.as_str()).collect();
            prop_assert_eq!(names.len(), sets.len());
            for (_, (_, _, words, turned)) in &mut numbered {
                words.push('!');
                *turned = !*turned;
            }
            numbered.sort_by_key(|(at, _)| (*at as u64).wrapping_mul(seed | 1));
            prop_assert_eq!(&found(&numbered), &sets, "only what people read and the order changed");
            if let Some((_, (_, types, ..))) = numbered.first_mut() {
                types[0] = !types[0];
                let id = ServerId::mint(&format!("server-{}", numbered[0].0));
                let with = |sets: &[AlikeServers]| sets.iter().find(|set| set.servers.contains(&id)).map(|set| set.shape);
                prop_assert!(with(&found(&numbered)).is_none_or(|shape| Some(shape) != with(&sets)), "a type changed");
            }
        }
    }
}
