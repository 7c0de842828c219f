//! What one client sees: what `gateway`, its profile and its own settings allow. What is not seen is in no list, and cannot
//! be read or called.

use std::collections::HashMap;
use std::sync::Arc;

use http::StatusCode;
use model::config::{AccessRules, Config, GatewayProfile};
use model::{ServerInfo, fold};
use parking_lot::Mutex;

use api::{ApiError, ErrorCode};

use crate::Gateway;
use crate::beside::{CatalogBeside, Offered};
use crate::catalog::{CallTo, Catalog, CatalogTool};
use crate::endpoint::GatewayPath;
use crate::post::PostedRequest;
use crate::reply::Rejected;

/// How many different views are kept.
const MOST_KEPT: usize = 256;

/// The views, each with the catalog that it was made from.
pub(crate) type KeptViews = Mutex<HashMap<(Option<String>, Option<String>), (Arc<Catalog>, Arc<Catalog>)>>;

/// What is visible.
#[derive(Debug, Default)]
pub(crate) struct View<'a> {
    rules: Vec<&'a AccessRules>,
    /// Servers and groups, by name or id; each list must contain one.
    servers: Vec<&'a [String]>,
}

impl<'a> View<'a> {
    fn of(config: &'a Config, profile: Option<&'a GatewayProfile>, client: Option<&str>) -> Self {
        let gateway = &config.gateway;
        let own = gateway.clients.iter().find(|access| client == Some(access.name.as_str()));
        let of_own = own.and_then(|own| own.profile.as_ref());
        let own_profile = of_own.and_then(|name| gateway.profiles.iter().find(|one| one.name == *name));
        // A client with a missing profile sees nothing, rather than everything.
        let nothing: &[String] = &[];
        let is_lost = of_own.is_some() && own_profile.is_none();
        let profiles = [profile, own_profile];
        let profiles = profiles.iter().flatten();
        let rules = profiles.clone().map(|profile| &profile.rules).chain(own.map(|own| &own.rules));
        Self {
            rules: rules.chain([&gateway.rules]).filter(|rules| !rules.is_open()).collect(),
            servers: profiles
                .filter_map(|profile| profile.servers.as_deref())
                .chain(is_lost.then_some(nothing))
                .collect(),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.rules.is_empty() && self.servers.is_empty()
    }

    fn has(&self, owner: &str, server: Option<&ServerInfo>) -> bool {
        let names = |list: &&[String]| {
            list.iter().any(|one| {
                one == owner
                    || server.is_some_and(|server| *one == server.name || *one == server.id.to_string())
            })
        };
        self.servers.iter().all(names)
    }

    /// `words` are its names, folded.
    fn lets(&self, words: &[String]) -> bool {
        self.rules.iter().all(|rules| rules.let_through(words))
    }

    /// A tool by its own name and by its server's with it, as everywhere, and by its name for clients.
    pub(crate) fn lets_tool(&self, server: &ServerInfo, tool: &str, public: &str) -> bool {
        let words = [fold(tool), fold(&format!("{}.{tool}", server.slug())), fold(public)];
        self.has(&server.name, Some(server)) && self.lets(&words)
    }

    fn lets_entry(&self, public: &str, tool: &CatalogTool) -> bool {
        match &tool.to {
            CallTo::Server(server, _) => self.lets_tool(server, &tool.origin.own, public),
            CallTo::Group(group) => {
                let own = &tool.origin.own;
                let words = [fold(own), fold(&format!("{}.{own}", group.name)), fold(public)];
                self.has(&group.name, None) && self.lets(&words)
            }
        }
    }

    pub(crate) fn lets_resource(&self, offered: &Offered) -> bool {
        self.has(&offered.owner_name, Some(&offered.server))
            && self.lets(&[format!("resource:{}", offered.own)])
    }

    pub(crate) fn lets_prompt(&self, offered: &Offered) -> bool {
        self.has(&offered.owner_name, Some(&offered.server))
            && self.lets(&[fold(&format!("prompt:{}", offered.own))])
    }

    /// The visible part of this.
    pub(crate) fn beside(&self, all: &CatalogBeside) -> CatalogBeside {
        CatalogBeside {
            resources: all.resources.only(|_, offered| self.lets_resource(offered)),
            templates: all.templates.only(|_, offered| self.lets_resource(offered)),
            prompts: all.prompts.only(|_, offered| self.lets_prompt(offered)),
        }
    }

    fn catalog(&self, all: &Catalog) -> Catalog {
        let tools = all.tools.only(|public, tool| self.lets_entry(public, tool));
        all.with(tools, self.beside(&all.beside))
    }
}

impl Gateway {
    /// Works with what a client sees.
    pub(crate) fn with_view<T>(
        &self,
        ask: &PostedRequest,
        then: impl FnOnce(&View<'_>) -> T,
    ) -> Result<T, Rejected> {
        let config = self.config();
        let profile = match &ask.to {
            GatewayPath::Profile(name) => Some(profile(&config, name)?),
            GatewayPath::All | GatewayPath::Server(_) => None,
        };
        Ok(then(&View::of(&config, profile, ask.caller.name.as_deref())))
    }

    /// How many tools a profile shows.
    pub fn tools_of_profile(&self, name: &str) -> usize {
        let (all, config) = (self.catalog(), self.config());
        let found = config.gateway.profiles.iter().find(|profile| profile.name == name);
        found.map_or(0, |profile| {
            let view = View::of(&config, Some(profile), None);
            all.tools.iter().filter(|(public, tool)| view.lets_entry(public, &tool.to)).count()
        })
    }

    /// Whether a client sees everything.
    pub(crate) fn sees_all(&self, ask: &PostedRequest) -> bool {
        #[expect(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime alone")]
        let sees_all = self.with_view(ask, |view| view.is_open());
        sees_all.unwrap_or(false)
    }

    /// What a client sees of all servers.
    pub(crate) fn seen(&self, ask: &PostedRequest) -> Result<Arc<Catalog>, Rejected> {
        let all = self.catalog();
        let profile = match &ask.to {
            GatewayPath::Profile(name) => Some(name.clone()),
            GatewayPath::All | GatewayPath::Server(_) => None,
        };
        let key = (profile, ask.caller.name.as_deref().map(str::to_owned));
        self.with_view(ask, |view| {
            if view.is_open() {
                return all.clone();
            }
            let mut kept = self.0.views.lock();
            if let Some((_, seen)) = kept.get(&key).filter(|(of, _)| Arc::ptr_eq(of, &all)) {
                return seen.clone();
            }
            let seen = Arc::new(view.catalog(&all));
            kept.retain(|_, (of, _)| Arc::ptr_eq(of, &all));
            if kept.len() < MOST_KEPT {
                kept.insert(key, (all.clone(), seen.clone()));
            }
            seen
        })
    }
}

fn profile<'a>(config: &'a Config, name: &str) -> Result<&'a GatewayProfile, Rejected> {
    let found = config.gateway.profiles.iter().find(|profile| profile.name == name);
    found.ok_or_else(|| {
        let why = format!("there is no profile `{}`: write it below `gateway.profiles`", mcp::tame(name));
        Rejected::of_api(StatusCode::NOT_FOUND, &ApiError::new(ErrorCode::NotFound, why))
    })
}
