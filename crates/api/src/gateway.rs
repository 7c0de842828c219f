//! The gateway: its address for AI clients, which of them have a token, what they see.

use model::{Millis, ServerId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The gateway as it is now.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct GatewayStatus {
    /// The address for AI clients, such as `http://127.0.0.1:8090/mcp`; absent while it is not served.
    pub url: Option<String>,
    /// The reason why it is not served.
    pub reason: Option<String>,
    /// Whether a token is needed.
    pub needs_token: bool,
    /// Whether it is served beyond this computer without encryption, where others can read what clients send, including
    /// tokens.
    pub in_clear: bool,
    /// The clients that have a token, by name.
    pub clients: Vec<GatewayClientRow>,
    /// The tools that clients see, by name.
    pub tools: Vec<GatewayToolRow>,
    /// The other things they see, by kind and name.
    pub others: Vec<GatewayOfferRow>,
    /// The profiles, each with its own endpoint, as in the configuration.
    pub profiles: Vec<GatewayProfileRow>,
}

/// What clients see besides tools.
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

/// Something other than a tool that clients see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GatewayOfferRow {
    /// Its kind.
    pub kind: OfferKind,
    /// What clients call it.
    pub name: String,
    /// What its server calls it.
    pub own: String,
    /// Its server, or its group of replicas, by name.
    pub owner: String,
    /// The server; for a group the one that is asked now.
    pub server: ServerId,
    /// Why it cannot be used now.
    pub unavailable: Option<String>,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GatewayProfileRow {
    /// Its name.
    pub name: String,
    /// Its address for clients; absent while the gateway is not served.
    pub url: Option<String>,
    /// How many tools it shows.
    pub tools: usize,
}

/// A client that has a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GatewayClientRow {
    /// The part of its token that is not secret.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it got its token.
    pub created_at: Millis,
    /// When it last made a request.
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

/// A client that should get a token.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct GatewayTokenArgs {
    /// The name of the client: 1 to 64 characters. If a client of this name has a token already, that token is revoked.
    pub name: String,
}

/// A new token.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct GatewayToken {
    /// The client.
    pub client: GatewayClientRow,
    /// The token, `mcpd_<id>_<secret>`. It is shown only this once: only its hash is kept.
    pub token: String,
}

/// A client whose token is to be revoked.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct GatewayRevokeArgs {
    /// Its name or its id.
    pub client: String,
}

/// A token that was revoked.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct GatewayRevoked {
    /// The client.
    pub client: GatewayClientRow,
}
