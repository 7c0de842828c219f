//! What clients see besides tools: resources, their templates, and prompts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use mcp::wire::raw::members;
use model::config::Config;
use model::{Allowed, Schema, Server, ServerInfo, fold};
use registry::Snapshot;
use serde_json::value::RawValue;

use crate::catalog::{SeenGroup, alone, group_owner, unavailable};
use crate::listing::{ListedEntry, PagedList, members_but};
use crate::names::{NameSpace, OfferOrigin, Unnamed};
use crate::template::UriTemplate;

/// The owner of something, and its name there.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    pub(crate) server: Arc<ServerInfo>,
    pub(crate) own: String,
    /// The name of its server or group.
    pub(crate) owner_name: String,
    /// The reason why it cannot be used now.
    pub(crate) unavailable: Option<String>,
}

/// Everything at one moment.
#[derive(Debug)]
pub(crate) struct CatalogBeside {
    pub(crate) resources: PagedList<Offered>,
    pub(crate) templates: PagedList<Offered>,
    pub(crate) prompts: PagedList<Offered>,
}

/// The kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferedKind {
    /// Resources.
    Resources,
    /// Templates of resources.
    Templates,
    /// Prompts.
    Prompts,
}

impl OfferedKind {
    /// The member of a definition that is the name.
    fn key(self) -> &'static str {
        match self {
            Self::Resources => "uri",
            Self::Templates => "uriTemplate",
            Self::Prompts => "name",
        }
    }

    /// Its capability.
    fn capability(self, own: &str) -> String {
        match self {
            Self::Resources | Self::Templates => format!("resource:{own}"),
            Self::Prompts => fold(&format!("prompt:{own}")),
        }
    }

    /// The entries that a server lists, by its own names, with the definitions that are known.
    fn listed(self, info: &ServerInfo) -> BTreeMap<String, String> {
        let (names, defined) = match self {
            Self::Resources => (&info.resources[..], &info.definitions.resources),
            Self::Templates => (&[][..], &info.definitions.templates),
            Self::Prompts => (&info.prompts[..], &info.definitions.prompts),
        };
        // A resource has a name beside its URI (MCP, `Resource`).
        let bare = |name: &String| match self {
            Self::Resources => format!(r#","name":{}"#, mcp::wire::raw::quoted(name)),
            Self::Templates | Self::Prompts => String::new(),
        };
        let mut listed: BTreeMap<String, String> =
            names.iter().map(|name| (name.clone(), bare(name))).collect();
        listed.extend(defined.iter().filter_map(|definition| self.named(definition)));
        listed
    }

    fn named(self, definition: &Schema) -> Option<(String, String)> {
        let raw: &RawValue = serde_json::from_str(definition.as_str()).ok()?;
        let name = members(raw)?.text(self.key())?;
        Some((name, members_but(raw, self.key())))
    }
}

impl CatalogBeside {
    pub(crate) fn of(
        snapshot: &Snapshot,
        config: &Config,
        groups: &[SeenGroup<'_>],
        is_seen: &dyn Fn(&Server) -> bool,
        name: &mut dyn FnMut(NameSpace, Vec<Unnamed>) -> HashMap<OfferOrigin, String>,
    ) -> Self {
        let allowed = config.allowed();
        let mut listing = |kind: OfferedKind, space| {
            let mut found = Vec::new();
            for SeenGroup { group, servers } in groups {
                let offered = of_group(kind, servers, &allowed).into_iter();
                found.extend(offered.map(|mut one| {
                    one.to.owner_name.clone_from(&group.name);
                    (group_owner(group), one)
                }));
            }
            for server in alone(snapshot, groups, is_seen) {
                let offered = of_server(kind, server, &allowed);
                found.extend(offered.map(|one| (server.info.id.to_string(), one)));
            }
            named(kind, space, found, name)
        };
        Self {
            resources: listing(OfferedKind::Resources, NameSpace::Uris),
            templates: listing(OfferedKind::Templates, NameSpace::Uris),
            prompts: listing(OfferedKind::Prompts, NameSpace::Prompts(config.gateway.naming)),
        }
    }

    /// What one server offers, by its own names.
    pub(crate) fn of_one(server: &Server, allowed: &Allowed) -> Self {
        let listing = |kind: OfferedKind| {
            let offered = of_server(kind, server, allowed);
            PagedList::new(kind.key(), offered.map(|one| (one.to.own.clone(), one)).collect())
        };
        Self {
            resources: listing(OfferedKind::Resources),
            templates: listing(OfferedKind::Templates),
            prompts: listing(OfferedKind::Prompts),
        }
    }

    /// The owner of the resource with this URI: the server that lists it, else the one with the most specific template for
    /// it, else one that lists resources with the same prefix. Servers link to resources that they do not list.
    pub(crate) fn resource(&self, uri: &str) -> Option<Offered> {
        if let Some(listed) = self.resources.get(uri) {
            return Some(listed.to.clone());
        }
        self.of_template(uri).or_else(|| self.beside_others(uri))
    }

    /// The server that lists resources of the same scheme and authority; of several, the one whose URIs are most alike.
    fn beside_others(&self, uri: &str) -> Option<Offered> {
        let (scheme, rest) = uri.split_once("://")?;
        let (authority, _) = rest.split_once('/').filter(|(authority, _)| !authority.is_empty())?;
        let stem = format!("{scheme}://{authority}/");
        let listed = self.resources.iter().map(|(_, listed)| &listed.to);
        let templated = self.templates.iter().map(|(_, listed)| &listed.to);
        let alike = listed.chain(templated).filter(|one| one.own.starts_with(&stem));
        let likest = alike.max_by_key(|one| {
            let same = one.own.bytes().zip(uri.bytes()).take_while(|(one, other)| one == other).count();
            // Of equals the first.
            (same, std::cmp::Reverse(one.server.id))
        })?;
        Some(Offered { own: uri.to_owned(), ..likest.clone() })
    }

    fn of_template(&self, uri: &str) -> Option<Offered> {
        let fitting = self.templates.iter().filter_map(|(public, listed)| {
            let template = UriTemplate::parse(public);
            template.fits(uri).then_some((template.literal_bytes(), public, listed))
        });
        let (_, public, listed) = fitting.max_by_key(|(literal, ..)| *literal)?;
        // The part that makes equal templates unique comes before the server's own.
        let before = public.strip_suffix(&listed.to.own).unwrap_or_default();
        let own = uri.strip_prefix(before).unwrap_or(uri).to_owned();
        Some(Offered { own, ..listed.to.clone() })
    }

    /// The owners of resources with their templates, and of prompts.
    pub(crate) fn fingerprints(&self) -> [[u8; 32]; 2] {
        let (resources, templates) = (self.resources.fingerprint(), self.templates.fingerprint());
        let mut both = resources;
        for (one, other) in both.iter_mut().zip(templates) {
            *one = one.rotate_left(1) ^ other;
        }
        [both, self.prompts.fingerprint()]
    }
}

fn of_server<'a>(
    kind: OfferedKind,
    server: &'a Server,
    allowed: &'a Allowed,
) -> impl Iterator<Item = ListedEntry<Offered>> + 'a {
    let unavailable = unavailable(server);
    let listed = kind.listed(&server.info).into_iter();
    let let_through = listed.filter(move |(own, _)| allowed.lets(&kind.capability(own)));
    let_through.map(move |(own, definition)| {
        let to = Offered {
            server: server.info.clone(),
            own,
            owner_name: server.info.name.clone(),
            unavailable: unavailable.clone(),
        };
        ListedEntry { to, definition, unavailable: unavailable.clone() }
    })
}

/// What the servers of a group offer, each once: by the first that can be asked for it.
fn of_group(kind: OfferedKind, servers: &[&Server], allowed: &Allowed) -> Vec<ListedEntry<Offered>> {
    let mut found: BTreeMap<String, ListedEntry<Offered>> = BTreeMap::new();
    for server in servers {
        for one in of_server(kind, server, allowed) {
            let is_better = found
                .get(&one.to.own)
                .is_none_or(|known| known.unavailable.is_some() && one.unavailable.is_none());
            if is_better {
                found.insert(one.to.own.clone(), one);
            }
        }
    }
    found.into_values().collect()
}

fn named(
    kind: OfferedKind,
    space: NameSpace,
    mut found: Vec<(String, ListedEntry<Offered>)>,
    name: &mut dyn FnMut(NameSpace, Vec<Unnamed>) -> HashMap<OfferOrigin, String>,
) -> PagedList<Offered> {
    let origin = |owner: &str, one: &ListedEntry<Offered>| OfferOrigin {
        owner: owner.to_owned(),
        own: one.to.own.clone(),
    };
    // Names are assigned in this order: the first server keeps its own.
    found.sort_by_cached_key(|(owner, one)| (one.to.server.created_at, origin(owner, one)));
    let unnamed = found
        .iter()
        .map(|(owner, one)| Unnamed { origin: origin(owner, one), owner_name: one.to.owner_name.clone() });
    let names = name(space, unnamed.collect());
    let mut seen = BTreeSet::new();
    let named = found.into_iter().filter_map(|(owner, one)| {
        let name = names.get(&origin(&owner, &one))?.clone();
        seen.insert(name.clone()).then_some((name, one))
    });
    PagedList::new(kind.key(), named.collect())
}
