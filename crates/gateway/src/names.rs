//! The names of tools, prompts and resources at the gateway. Models accept at most 64 characters of `[A-Za-z0-9_-]` as the
//! name of a tool; a server's own name stays where that is so and no other server has it, and so does the URI of a resource.
//! How a name is chosen is here, pure; `file` keeps it.

use std::collections::{HashMap, HashSet};

use model::config::Naming;
use sha2::{Digest, Sha256};

use crate::clients::hex;

/// The longest name.
pub(crate) const LONGEST: usize = 64;
/// The longest part of it for a server.
const LONGEST_SLUG: usize = 24;
/// How many characters of a hash are added to distinguish names.
const HASH: usize = 6;

/// The kinds that have separate names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum NameSpace {
    Tools(Naming),
    Prompts(Naming),
    /// Resources and their templates. No way of naming changes a URI that only one server has.
    Uris,
}

impl NameSpace {
    pub(crate) const ALL: [Self; 7] = [
        Self::Tools(Naming::Auto),
        Self::Tools(Naming::Always),
        Self::Tools(Naming::Never),
        Self::Prompts(Naming::Auto),
        Self::Prompts(Naming::Always),
        Self::Prompts(Naming::Never),
        Self::Uris,
    ];
}

/// The owner, for good: the id of its server, or a group; and its name there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct OfferOrigin {
    pub(crate) owner: String,
    pub(crate) own: String,
}

/// An entry that needs a name.
#[derive(Debug, Clone)]
pub(crate) struct Unnamed {
    pub(crate) origin: OfferOrigin,
    /// The name of its server or group.
    pub(crate) owner_name: String,
}

/// The names that were given, in both directions.
#[derive(Debug, Default)]
pub(crate) struct GivenNames {
    by_origin: HashMap<OfferOrigin, String>,
    by_name: HashMap<String, OfferOrigin>,
}

impl GivenNames {
    pub(crate) fn name(&self, origin: &OfferOrigin) -> Option<&str> {
        self.by_origin.get(origin).map(String::as_str)
    }

    pub(crate) fn keep(&mut self, origin: OfferOrigin, name: String) {
        self.by_name.insert(name.clone(), origin.clone());
        self.by_origin.insert(origin, name);
    }

    /// Frees the names of an owner that is gone for good.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(&str) -> bool) -> bool {
        let before = self.by_origin.len();
        self.by_origin.retain(|origin, _| !is_gone(&origin.owner));
        self.by_name.retain(|_, origin| !is_gone(&origin.owner));
        before != self.by_origin.len()
    }

    fn is_free(&self, name: &str) -> bool {
        !self.by_name.contains_key(name)
    }

    /// Gives names to those that have none, in their order.
    pub(crate) fn name_all(&mut self, unnamed: Vec<Unnamed>, space: NameSpace) -> Vec<(OfferOrigin, String)> {
        match space {
            NameSpace::Tools(naming) | NameSpace::Prompts(naming) => self.name_words(unnamed, naming),
            NameSpace::Uris => self.name_uris(unnamed),
        }
    }

    /// The first that has a URI keeps it; the others are distinguished by the names of their servers.
    fn name_uris(&mut self, unnamed: Vec<Unnamed>) -> Vec<(OfferOrigin, String)> {
        let mut named = Vec::with_capacity(unnamed.len());
        for Unnamed { origin, owner_name } in unnamed {
            let name = if self.is_free(&origin.own) {
                origin.own.clone()
            } else {
                self.uri_apart(&origin, &owner_name)
            };
            self.keep(origin.clone(), name.clone());
            named.push((origin, name));
        }
        named
    }

    /// A URI with its owner, or one with a hash.
    fn uri_apart(&self, origin: &OfferOrigin, owner_name: &str) -> String {
        let slug = slug(owner_name);
        let mut name = format!("mcp-discovery://{slug}/{}", origin.own);
        let mut turns = 0_u32..;
        while !self.is_free(&name) {
            let hash = hash(origin, turns.next().unwrap_or_default());
            name = format!("mcp-discovery://{slug}-{hash}/{}", origin.own);
        }
        name
    }

    fn name_words(&mut self, unnamed: Vec<Unnamed>, naming: Naming) -> Vec<(OfferOrigin, String)> {
        let contested = contested(&unnamed);
        let mut named = Vec::with_capacity(unnamed.len());
        for one in unnamed {
            let name = self.alone_or_apart(&one, naming, contested.contains(&legal(&one.origin.own)));
            self.keep(one.origin.clone(), name.clone());
            named.push((one.origin, name));
        }
        named
    }

    /// The name that it would get now.
    pub(crate) fn alone_or_apart(&self, one: &Unnamed, naming: Naming, is_contested: bool) -> String {
        let Unnamed { origin, owner_name } = one;
        let own = legal(&origin.own);
        let may_stand_alone = match naming {
            Naming::Auto => !is_contested,
            Naming::Always => false,
            Naming::Never => true,
        };
        let wanted = match naming {
            Naming::Never => own.clone(),
            Naming::Auto | Naming::Always => format!("{}__{own}", slug(owner_name)),
        };
        let alone = Some(own).filter(|own| may_stand_alone && own.len() <= LONGEST && self.is_free(own));
        alone.unwrap_or_else(|| self.apart(wanted, origin))
    }

    /// The wanted name, or one with a hash.
    fn apart(&self, wanted: String, origin: &OfferOrigin) -> String {
        if wanted.len() <= LONGEST && self.is_free(&wanted) {
            return wanted;
        }
        let stem: String = wanted.chars().take(LONGEST - HASH - 1).collect();
        let mut turns = 0_u32..;
        loop {
            let name = format!("{stem}_{}", hash(origin, turns.next().unwrap_or_default()));
            if self.is_free(&name) {
                return name;
            }
        }
    }
}

/// Names that several of them want at once: none of them has a better claim to it than the others.
fn contested(unnamed: &[Unnamed]) -> HashSet<String> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    let mut contested = HashSet::new();
    for Unnamed { origin, .. } in unnamed {
        let own = legal(&origin.own);
        if let Some(other) = seen.insert(own.clone(), &origin.owner)
            && other != origin.owner
        {
            contested.insert(own);
        }
    }
    contested
}

/// A name with characters replaced that models do not accept; an empty one becomes `tool`.
fn legal(name: &str) -> String {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let legal: String = name.chars().map(|c| if is_legal(c) { c } else { '_' }).collect();
    if legal.is_empty() { "tool".to_owned() } else { legal }
}

/// The part of a name for a server: `[a-z0-9-]`, 1 to 24 characters.
pub(crate) fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let cut: String = slug.chars().take(LONGEST_SLUG).collect();
    let cut = cut.trim_end_matches('-');
    if cut.is_empty() { "server".to_owned() } else { cut.to_owned() }
}

fn hash(OfferOrigin { owner, own }: &OfferOrigin, turn: u32) -> String {
    let digest = Sha256::digest(format!("{owner}\0{own}\0{turn}").as_bytes());
    hex(&digest).chars().take(HASH).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unnamed(owner: &str, owner_name: &str, tool: &str) -> Unnamed {
        let origin = OfferOrigin { owner: owner.to_owned(), own: tool.to_owned() };
        Unnamed { origin, owner_name: owner_name.to_owned() }
    }

    fn names(given: &mut GivenNames, unnamed: Vec<Unnamed>, naming: Naming) -> Vec<String> {
        given.name_all(unnamed, NameSpace::Tools(naming)).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn a_name_stays_alone_until_somebody_else_has_it() {
        let mut given = GivenNames::default();
        assert_eq!(
            names(&mut given, vec![unnamed("1", "Weather EU", "weather.current")], Naming::Auto),
            ["weather_current"]
        );
        let later = vec![unnamed("2", "Weather US!", "weather.current"), unnamed("2", "Weather US!", "time")];
        assert_eq!(names(&mut given, later, Naming::Auto), ["weather-us__weather_current", "time"]);
    }

    #[test]
    fn of_several_that_come_at_once_none_has_the_name_alone() {
        let both = vec![unnamed("1", "a", "echo"), unnamed("2", "b", "echo")];
        assert_eq!(names(&mut GivenNames::default(), both, Naming::Auto), ["a__echo", "b__echo"]);
    }

    #[test]
    fn always_and_never_mean_that() {
        let one = || vec![unnamed("1", "a", "echo")];
        assert_eq!(names(&mut GivenNames::default(), one(), Naming::Always), ["a__echo"]);
        let mut given = GivenNames::default();
        assert_eq!(names(&mut given, one(), Naming::Never), ["echo"]);
        let other = names(&mut given, vec![unnamed("2", "b", "echo")], Naming::Never);
        assert!(other[0].starts_with("echo_") && other[0].len() == "echo_".len() + HASH, "{other:?}");
    }

    #[test]
    fn what_is_forgotten_can_be_given_again() {
        let mut given = GivenNames::default();
        names(&mut given, vec![unnamed("1", "a", "echo")], Naming::Auto);
        assert!(given.forget(|owner| owner == "1"));
        assert_eq!(names(&mut given, vec![unnamed("2", "b", "echo")], Naming::Auto), ["echo"]);
    }

    #[test]
    fn the_first_keeps_its_uri_and_a_template_its_braces() {
        let mut given = GivenNames::default();
        let uris = |given: &mut GivenNames, all| -> Vec<String> {
            given.name_all(all, NameSpace::Uris).into_iter().map(|(_, name)| name).collect()
        };
        let both = vec![unnamed("1", "Notes", "file:///a"), unnamed("2", "Other Notes", "file:///a")];
        assert_eq!(uris(&mut given, both), ["file:///a", "mcp-discovery://other-notes/file:///a"]);
        let third = vec![unnamed("3", "Other notes", "file:///a"), unnamed("3", "Other notes", "x://{id}")];
        let names = uris(&mut given, third);
        assert!(names[0].starts_with("mcp-discovery://other-notes-"), "{names:?}");
        assert_eq!(names[1], "x://{id}");
    }

    fn word() -> impl Strategy<Value = String> {
        prop_oneof!["[a-c.]{0,3}", "[a-z_]{60,90}", any::<String>()]
    }

    proptest! {
        /// Servers come one after the other, with names of any kind.
        #[test]
        fn every_name_is_legal_unique_unchanged_and_leads_back(
            rounds in prop::collection::vec(
                prop::collection::vec((0_u8..6, word(), word()), 1..12), 1..6),
            naming in prop_oneof![Just(Naming::Auto), Just(Naming::Always), Just(Naming::Never)],
        ) {
            let mut given = GivenNames::default();
            let mut known: HashMap<OfferOrigin, String> = HashMap::new();
            for round in rounds {
                let mut fresh: Vec<Unnamed> = Vec::new();
                for (owner, owner_name, tool) in round {
                    let one = unnamed(&owner.to_string(), &owner_name, &tool);
                    let is_new = given.name(&one.origin).is_none()
                        && fresh.iter().all(|other| other.origin != one.origin);
                    if is_new {
                        fresh.push(one);
                    }
                }
                for (origin, name) in given.name_all(fresh, NameSpace::Tools(naming)) {
                    prop_assert!(known.insert(origin, name).is_none());
                }
                let mut seen = HashSet::new();
                for (origin, name) in &known {
                    prop_assert_eq!(given.name(origin), Some(name.as_str()));
                    prop_assert_eq!(given.by_name.get(name), Some(origin));
                    prop_assert!(seen.insert(name.clone()));
                    prop_assert!((1..=LONGEST).contains(&name.len()), "{}", name);
                    prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
                }
            }
        }
    }
}
