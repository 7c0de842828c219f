//! The endpoints of the gateway.

use model::ServerId;

/// The endpoint of a request, by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayPath {
    /// `/mcp`: all servers.
    All,
    /// `/profiles/<name>/mcp`: the part of them in a profile.
    Profile(String),
    /// `/servers/<id>/mcp`: one server, whose tools have their own names.
    Server(ServerId),
}

impl GatewayPath {
    /// Parses a path; `None` when it is not an endpoint of the gateway.
    pub fn of(path: &str) -> Option<Self> {
        if path == "/mcp" {
            return Some(Self::All);
        }
        let profile = path.strip_prefix("/profiles/").and_then(|rest| rest.strip_suffix("/mcp"));
        if let Some(name) = profile.filter(|name| !name.is_empty() && !name.contains('/')) {
            return Some(Self::Profile(name.to_owned()));
        }
        let id = path.strip_prefix("/servers/")?.strip_suffix("/mcp")?;
        ServerId::parse(id).map(Self::Server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_endpoints_are() {
        let id = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
        assert_eq!(GatewayPath::of("/mcp"), Some(GatewayPath::All));
        assert_eq!(
            GatewayPath::of(&format!("/servers/{id}/mcp")),
            ServerId::parse(id).map(GatewayPath::Server)
        );
        assert_eq!(GatewayPath::of("/profiles/a/mcp"), Some(GatewayPath::Profile("a".to_owned())));
        for other in [
            "/",
            "/mcp/",
            "/mcp2",
            "/servers/x/mcp",
            "/servers//mcp",
            "/servers/mcp",
            "/profiles/mcp",
            "/profiles//mcp",
            "/profiles/a/b/mcp",
        ] {
            assert_eq!(GatewayPath::of(other), None, "{other}");
        }
    }
}
