//! What clients see, as it is shown to the user.

use model::ServerId;

use crate::Gateway;
use crate::beside::{CatalogBeside, OfferedKind};

/// A tool of the gateway, as it is shown to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayTool {
    /// Its name for clients.
    pub name: String,
    /// Its name at its server.
    pub tool: String,
    /// Its server or group.
    pub owner: String,
    /// The server; absent for a group.
    pub server: Option<ServerId>,
    /// The reason why it cannot be called now.
    pub unavailable: Option<String>,
}

/// A resource, template or prompt of the gateway, as it is shown to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayOffer {
    /// Its kind.
    pub kind: OfferedKind,
    /// Its name for clients.
    pub name: String,
    /// Its name at its server.
    pub own: String,
    /// Its server or group.
    pub owner: String,
    /// The server; for a group the one that is asked now.
    pub server: ServerId,
    /// The reason why it cannot be used now.
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

    /// What clients see besides tools, by kind and name.
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
