use std::net::SocketAddr;

use serde::Serialize;

use super::describe::{Branch, KeyDoc, KeyKind, leaf, section};
use super::gateway_access::{AccessRules, ClientAccess, GatewayProfile};
use super::section::Section;
use super::tree::{Node, Yaml};
use super::values::Seconds;
use super::{gateway_access, values};

/// The clients that can use the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayAuth {
    /// Clients with a token.
    #[default]
    Token,
    /// Any program on this computer.
    None,
}

/// When a tool's name is prefixed with its server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Naming {
    /// When two servers have a tool of the same name.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Which definition of a tool clients read when its server changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AdoptChanges {
    /// The accepted one.
    #[default]
    Ask,
    /// The newest.
    Auto,
}

/// Limits of clients.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GatewayLimits {
    /// The largest body of a request, in MiB.
    pub body: u64,
    /// How many connections are open at once, of clients, UI and API together.
    pub connections: u64,
    /// How long after its last call the session of a legacy client keeps its conversations with servers.
    pub session: Seconds,
}

impl Default for GatewayLimits {
    fn default() -> Self {
        Self { body: 16, connections: 10_000, session: Seconds(1_800.0) }
    }
}

/// The MCP server that AI clients see, and the listener it shares with the UI and the API.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GatewayConfig {
    /// Whether AI clients are served.
    pub enabled: bool,
    /// The address; loopback unless the user chose another.
    pub listen: SocketAddr,
    /// The clients that can use it.
    pub auth: GatewayAuth,
    /// How its tools are named.
    pub naming: Naming,
    /// Which definitions of tools clients read.
    pub adopt: AdoptChanges,
    /// How long a server can be silent in a call that has no timeout by a rule.
    pub idle_timeout: Seconds,
    /// Limits of clients.
    pub limits: GatewayLimits,
    /// Web pages that can use it, by their origin.
    pub allowed_origins: Vec<String>,
    /// Servers that run one child process for each client, by name or id.
    pub per_client: Vec<String>,
    /// What all clients can see and call.
    #[serde(flatten)]
    pub rules: AccessRules,
    /// Profiles, each under its own path.
    pub profiles: Vec<GatewayProfile>,
    /// What individual clients can see and call.
    pub clients: Vec<ClientAccess>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: SocketAddr::from(([127, 0, 0, 1], 8090)),
            auth: GatewayAuth::Token,
            naming: Naming::Auto,
            adopt: AdoptChanges::Ask,
            idle_timeout: Seconds(300.0),
            limits: GatewayLimits::default(),
            allowed_origins: Vec::new(),
            per_client: Vec::new(),
            rules: AccessRules::default(),
            profiles: Vec::new(),
            clients: Vec::new(),
        }
    }
}

/// Every key of the section.
pub(super) const KEYS: &[Branch] = &[
    leaf(KeyDoc::new("enabled", KeyKind::Truth, "true", "Serve AI clients")),
    leaf(
        KeyDoc::new(
            "listen",
            KeyKind::Listen,
            "127.0.0.1:8090",
            "Where UI, API and gateway are served; beyond loopback only if it is set here",
        )
        .restart(),
    ),
    leaf(KeyDoc::new(
        "auth",
        KeyKind::Word(&["token", "none"]),
        "token",
        "Who can use the gateway; `none` is possible only on loopback",
    )),
    leaf(KeyDoc::new(
        "naming",
        KeyKind::Word(&["auto", "always", "never"]),
        "auto",
        "When the name of a tool begins with that of its server",
    )),
    leaf(KeyDoc::new(
        "adopt",
        KeyKind::Word(&["ask", "auto"]),
        "ask",
        "When a server changes its tools, clients keep seeing those that you accepted, or with `auto` the new ones",
    )),
    leaf(KeyDoc::new(
        "idle_timeout",
        KeyKind::Seconds(1.0),
        "300",
        "How long a server can be silent in a call that has no timeout by a rule; no call takes more than an hour",
    )),
    section(KeyDoc::new("limits", KeyKind::Section, "{ body: 16 }", "Limits of clients"), LIMITS),
    leaf(KeyDoc::new(
        "allowed_origins",
        KeyKind::List(&KeyKind::Text),
        "[\"https://chat.example\"]",
        "Web pages that can use the gateway, by their origin; they still need a token",
    )),
    leaf(KeyDoc::new(
        "per_client",
        KeyKind::List(&KeyKind::Text),
        "[browser]",
        "Servers, by name, that run one process for each AI client: they can then ask the client questions",
    )),
    gateway_access::ALLOW,
    gateway_access::DENY,
    section(
        KeyDoc::new(
            "profiles",
            KeyKind::Named(&KeyKind::Section),
            "{ coding: { servers: [github, files] } }",
            "Subsets of what is offered, each for clients at `/profiles/<name>/mcp`",
        ),
        gateway_access::PROFILE,
    ),
    section(
        KeyDoc::new(
            "clients",
            KeyKind::Named(&KeyKind::Section),
            "{ cursor: { deny: [files.write_file] } }",
            "What individual clients can see and call, by the name of their token",
        ),
        gateway_access::CLIENT,
    ),
];

const LIMITS: &[Branch] = &[
    leaf(KeyDoc::new("body", KeyKind::Whole(1, LARGEST_BODY), "16", "The largest body of a request, in MiB")),
    leaf(
        KeyDoc::new(
            "connections",
            KeyKind::Whole(16, MOST_CONNECTIONS),
            "10000",
            "How many connections are open at once, of clients, UI and API together; the longest idle are \
             closed first",
        )
        .restart(),
    ),
    leaf(KeyDoc::new(
        "session",
        KeyKind::Seconds(1.0),
        "1800",
        "How long after its last call the session of a client keeps its sessions with servers; a sixth of it when nothing \
         was called",
    )),
];

/// In MiB.
const LARGEST_BODY: u64 = 1_024;
const MOST_CONNECTIONS: u64 = 1_000_000;

fn limits(mut section: Section<'_>) -> GatewayLimits {
    let default = GatewayLimits::default();
    let read = GatewayLimits {
        body: section.whole("body", 1, LARGEST_BODY).unwrap_or(default.body),
        connections: section.whole("connections", 16, MOST_CONNECTIONS).unwrap_or(default.connections),
        session: section.seconds("session", 1.0).unwrap_or(default.session),
    };
    section.finish();
    read
}

pub(super) fn read(mut section: Section<'_>) -> GatewayConfig {
    let default = GatewayConfig::default();
    let auth_place = section.place_of("auth");
    let profiles = gateway_access::profiles(section.section("profiles"));
    let read = GatewayConfig {
        enabled: section.truth("enabled").unwrap_or(default.enabled),
        listen: section.take("listen").and_then(|node| listen(&section, &node)).unwrap_or(default.listen),
        auth: section
            .one_of("auth", &[("token", GatewayAuth::Token), ("none", GatewayAuth::None)])
            .unwrap_or_default(),
        naming: section
            .one_of("naming", &[("auto", Naming::Auto), ("always", Naming::Always), ("never", Naming::Never)])
            .unwrap_or_default(),
        adopt: section
            .one_of("adopt", &[("ask", AdoptChanges::Ask), ("auto", AdoptChanges::Auto)])
            .unwrap_or_default(),
        idle_timeout: section.seconds("idle_timeout", 1.0).unwrap_or(default.idle_timeout),
        limits: limits(section.section("limits")),
        allowed_origins: values::origins(&mut section, "allowed_origins"),
        per_client: section.texts("per_client").unwrap_or_default(),
        rules: gateway_access::rules(&mut section),
        clients: gateway_access::clients(section.section("clients"), &profiles),
        profiles,
    };
    if let Some(place) =
        auth_place.filter(|_| read.auth == GatewayAuth::None && !read.listen.ip().is_loopback())
    {
        let message =
            "without a token only this computer can be served: write `auth: token`, or listen on `127.0.0.1`";
        section.error(place, "auth", message);
    }
    section.finish();
    read
}

/// An address with a port, such as `127.0.0.1:8090`, or only a port.
fn listen(section: &Section<'_>, node: &Node) -> Option<SocketAddr> {
    let read = match &node.value {
        Yaml::Text(text) => text.replace("localhost:", "127.0.0.1:").parse().ok(),
        Yaml::Number(number) => {
            let port = number.as_u64().and_then(|port| u16::try_from(port).ok());
            port.map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
        }
        _ => None,
    };
    if read.is_none() {
        let message = format!("{} is not an address to listen on: write `127.0.0.1:8090`", node.kind());
        section.error(node.place, "listen", message);
    }
    read
}
