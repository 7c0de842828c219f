//! What clients see, as a person is shown it.

use model::ServerId;

use crate::Gateway;
use crate::beside::{CatalogBeside, OfferedKind};

/// How a person sees the gateway's tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayTool {
    /// What clients call it.
    pub name: String,
    /// What its server calls it.
    pub tool: String,
    /// The server or the group that it is of.
    pub owner: String,
    /// The server; absent for a group.
    pub server: Option<ServerId>,
    /// Why it cannot be called now.
    pub unavailable: Option<String>,
}

/// How a person sees what clients see beside tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayOffer {
    /// What it is.
    pub kind: OfferedKind,
    /// What clients call it.
    pub name: String,
    /// What its server calls it.
    pub own: String,
    /// The server or the group that it is of.
    pub owner: String,
    /// The server; of a group the one that is asked now.
    pub server: ServerId,
    /// Why it cannot be used now.
    pub unavailable: Option<String>,
}

impl Gateway {
    /// The tools that clients see, by name.
    pub fn tools(&self) -> Vec<GatewayTool> {
        let catalog = self.catalog();
        let tools = catalog.tools.iter().map(|(name, entry)| GatewayTool {
            name: name.clone(),
            tool: entry.to.origin.own.clone(),
            owner: entry.to.owner_name.clone(),
            server: ServerId::parse(&entry.to.origin.owner),
            unavailable: entry.unavailable.clone(),
        });
        tools.collect()
    }

    /// What they see beside tools, by kind and name.
    pub fn others(&self) -> Vec<GatewayOffer> {
        let catalog = self.catalog();
        let CatalogBeside { resources, templates, prompts } = &catalog.beside;
        let kinds = [
            (OfferedKind::Resources, resources),
            (OfferedKind::Templates, templates),
            (OfferedKind::Prompts, prompts),
        ];
        let offers = kinds.into_iter().flat_map(|(kind, list)| list.iter().map(move |one| (kind, one)));
        let offers = offers.map(|(kind, (name, entry))| GatewayOffer {
            kind,
            name: name.clone(),
            own: entry.to.own.clone(),
            owner: entry.to.owner_name.clone(),
            server: entry.to.server.id,
            unavailable: entry.unavailable.clone(),
        });
        offers.collect()
    }
}
