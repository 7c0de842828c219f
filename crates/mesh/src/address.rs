use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::sync::LazyLock;

use mcp::Target;
use model::{ServerInfo, Transport};

/// Different in each process, so that hashes of a secret here reveal nothing elsewhere.
static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// What decides how a server is asked. When it changes, what was remembered of the server is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(u64);

impl Address {
    /// For this record.
    pub fn of(info: &ServerInfo) -> Self {
        let mut hasher = DefaultHasher::new();
        info.transport.hash(&mut hasher);
        (&info.url, &info.endpoint, &info.command, &info.args).hash(&mut hasher);
        (&info.env, &info.cwd, info.secret_set, &info.tls).hash(&mut hasher);
        (&info.token_env, &info.header_env, &info.health_endpoint, &info.reach).hash(&mut hasher);
        Self(hasher.finish())
    }

    /// The same for these credentials: a conversation that was started with others is not continued.
    pub(crate) fn signed(self, target: &Target) -> Self {
        let mut hasher = KEYS.build_hasher();
        self.0.hash(&mut hasher);
        match target {
            Target::Http(remote) | Target::Sse(remote) => {
                remote.bearer.as_ref().map(mcp::Secret::expose).hash(&mut hasher);
                hash_all(&remote.headers, &mut hasher);
                hash_all(&remote.query, &mut hasher);
            }
            Target::Stdio(launch) => hash_all(&launch.env, &mut hasher),
        }
        Self(hasher.finish())
    }
}

fn hash_all(secrets: &[(String, mcp::Secret)], hasher: &mut impl Hasher) {
    secrets.len().hash(hasher);
    for (name, secret) in secrets {
        (name, secret.expose()).hash(hasher);
    }
}

/// The host of a server: the requests to it together are bounded.
pub fn host(info: &ServerInfo) -> &str {
    if info.transport == Transport::Stdio {
        return "";
    }
    let url = info.target().unwrap_or_default();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(ipv6) => ipv6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use model::Source;

    use super::*;

    fn at(url: &str) -> ServerInfo {
        ServerInfo::new_http("a", url, Source::Manual, 0).unwrap()
    }

    #[test]
    fn a_host_is_the_part_of_a_url_that_names_a_computer() {
        for (url, expected) in [
            ("http://10.0.0.1:8080/mcp", "10.0.0.1"),
            ("https://[::1]:8080/mcp", "::1"),
            ("http://weather.example", "weather.example"),
        ] {
            assert_eq!(host(&at(url)), expected);
        }
    }

    #[test]
    fn another_secret_is_another_conversation() {
        let address = Address::of(&at("http://10.0.0.5:8080/mcp"));
        let with = |token: &str| {
            let bearer = Some(mcp::Secret::new(token));
            address
                .signed(&Target::Sse(mcp::Remote { bearer, ..mcp::Remote::new("http://10.0.0.5:8080/mcp") }))
        };
        assert_eq!(with("a"), with("a"));
        assert_ne!(with("a"), with("b"));
        assert_ne!(with("a"), address.signed(&Target::sse("http://10.0.0.5:8080/mcp")));
    }

    #[test]
    fn another_token_is_another_address_and_another_name_is_not() {
        let server = at("http://10.0.0.1:8080/mcp");
        let token = ServerInfo { token_env: Some("T".to_owned()), ..server.clone() };
        let name = ServerInfo { name: "b".to_owned(), ..server.clone() };
        assert_ne!(Address::of(&server), Address::of(&token));
        assert_eq!(Address::of(&server), Address::of(&name));
    }
}
