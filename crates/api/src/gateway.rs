//! The gateway: where AI clients ask, who has a token, what they see.

use model::{Millis, ServerId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The gateway as it is now.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct GatewayStatus {
    /// Where AI clients ask, such as `http://127.0.0.1:8090/mcp`; absent while it is not served.
    pub url: Option<String>,
    /// Why it is not served.
    pub reason: Option<String>,
    /// A token is needed.
    pub needs_token: bool,
    /// It is served beyond this computer, where what clients send, tokens too, can be read on the way.
    pub in_clear: bool,
    /// The clients that have a token, by name.
    pub clients: Vec<GatewayClientRow>,
    /// The tools that clients see, by name.
    pub tools: Vec<GatewayToolRow>,
    /// What else they see, by kind and name.
    pub others: Vec<GatewayOfferRow>,
    /// Parts of it that have an endpoint of their own, as the configuration has them.
    pub profiles: Vec<GatewayProfileRow>,
}

/// What clients see beside tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OfferKind {
    /// A resource; its name is its URI.
    Resource,
    /// A template of resources; its name is a URI template (RFC 6570).
    Template,
    /// A prompt.
    Prompt,
}

/// Something that clients see and that is no tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GatewayOfferRow {
    /// What it is.
    pub kind: OfferKind,
    /// What clients call it.
    pub name: String,
    /// What its server calls it.
    pub own: String,
    /// Its server, or its group of replicas, by name.
    pub owner: String,
    /// The server; of a group the one that is asked now.
    pub server: ServerId,
    /// Why it cannot be used now.
    pub unavailable: Option<String>,
}

/// A part of what there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GatewayProfileRow {
    /// Its name.
    pub name: String,
    /// Where clients ask for it; absent while the gateway is not served.
    pub url: Option<String>,
    /// How many tools are seen there.
    pub tools: usize,
}

/// A client that has a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GatewayClientRow {
    /// The part of its token that is no secret.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// When it got its token.
    pub created_at: Millis,
    /// When it asked for something last.
    pub used_at: Option<Millis>,
}

/// A tool as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GatewayToolRow {
    /// What clients call it.
    pub name: String,
    /// What its server calls it.
    pub tool: String,
    /// Its server, or its group of replicas, by name.
    pub owner: String,
    /// The server; absent for a group.
    pub server: Option<ServerId>,
    /// Why it cannot be called now.
    pub unavailable: Option<String>,
}

/// A client that is to have a token.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct GatewayTokenArgs {
    /// What to call it: 1 to 64 characters. A client of this name that has a token already gets a new one; the old one is
    /// revoked.
    pub name: String,
}

/// A new token.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct GatewayToken {
    /// Whose it is.
    pub client: GatewayClientRow,
    /// The token, `mcpd_<id>_<secret>`. It is shown this once: only its hash is kept.
    pub token: String,
}

/// A client whose token is to be revoked.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct GatewayRevokeArgs {
    /// Its name or its id.
    pub client: String,
}

/// A token that opens nothing any more.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct GatewayRevoked {
    /// Whose it was.
    pub client: GatewayClientRow,
}
