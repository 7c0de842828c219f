use std::net::IpAddr;

use url::{Host, Position, Url};

use super::{ProbeTarget, Scheme};
use crate::Lack;
use crate::names::{self, Unresolved};

/// Why a URL is not a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It cannot be read, or is not `http` or `https`.
    #[error("`{url}` is not the URL of a server: {why}")]
    InvalidUrl {
        /// What was given, without user, password and query.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The name is unknown.
    #[error("no address for `{name}`: {why}")]
    NoAddress {
        /// The name.
        name: String,
        /// The message of the resolver.
        why: String,
    },
    /// A resource for asking a resolver has run out.
    #[error("{0}")]
    Lacking(Lack),
    /// The name has addresses on this computer or network and others on the internet: a sign of DNS
    /// rebinding.
    #[error(
        "`{name}` has both private and public addresses, which looks like DNS rebinding; use the address itself"
    )]
    MixedAddresses {
        /// The name.
        name: String,
    },
}

/// Turns the URL that a user typed into a target. A name is resolved here, once; the probe uses that address.
pub async fn resolve(url: &str) -> Result<ProbeTarget, TargetError> {
    let url = parse(url)?;
    let port = url.port_or_known_default().unwrap_or(80);
    let (name, addresses) = match url.host() {
        Some(Host::Ipv4(ip)) => (None, vec![IpAddr::V4(ip)]),
        Some(Host::Ipv6(ip)) => (None, vec![IpAddr::V6(ip)]),
        Some(Host::Domain(name)) => (Some(name.to_owned()), look_up(name, port).await?),
        None => return Err(invalid(&url, "it has no host")),
    };
    let Some((&host, rest)) = addresses.split_first() else {
        let name = name.unwrap_or_default();
        return Err(TargetError::NoAddress { name, why: "the resolver returned none".to_owned() });
    };
    // The query is part of it: some hosts keep a server behind each (`?profile=a`).
    let path = Some(&url[Position::BeforePath..Position::AfterQuery]).filter(|path| *path != "/");
    Ok(ProbeTarget {
        host,
        alternatives: if host.is_loopback() { rest.to_vec() } else { Vec::new() },
        port,
        host_name: name,
        scheme: if url.scheme() == "https" { Scheme::Https } else { Scheme::Http },
        path: path.map(str::to_owned),
        asked_by_name: true,
    })
}

/// `localhost:8080` and `10.0.0.5:3000/mcp` are accepted as people write them.
fn parse(text: &str) -> Result<Url, TargetError> {
    let text = text.trim();
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let fail = |why: String| TargetError::InvalidUrl { url: without_secrets(text), why };
    let url = Url::parse(&full).map_err(|error| fail(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(fail(format!("the scheme is `{}`, not `http` or `https`", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fail("it has a user name or password in it".to_owned()));
    }
    Ok(url)
}

fn invalid(url: &Url, why: &str) -> TargetError {
    TargetError::InvalidUrl { url: without_secrets(url.as_str()), why: why.to_owned() }
}

/// Drops user, password and query, which may be credentials.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let (authority, path) =
        rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    path.map_or_else(|| format!("{scheme}{host}"), |path| format!("{scheme}{host}/{path}"))
}

async fn look_up(name: &str, port: u16) -> Result<Vec<IpAddr>, TargetError> {
    names::look_up(name, port).await.map_err(|unresolved| match unresolved {
        Unresolved::Unknown(why) => TargetError::NoAddress { name: name.to_owned(), why },
        Unresolved::Lacking(lack) => TargetError::Lacking(lack),
        Unresolved::Mixed => TargetError::MixedAddresses { name: name.to_owned() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_reach_the_message() {
        for text in ["ftp://ann:pw@host/x?token=t", "http://ann:pw@host/x?token=t"] {
            let message = parse(text).unwrap_err().to_string();
            assert!(!message.contains("pw") && !message.contains("token"), "{message}");
        }
    }

    #[tokio::test]
    async fn an_address_without_scheme_is_http() {
        let target = resolve("127.0.0.1:3000/mcp").await.unwrap();
        assert_eq!((target.port, target.scheme, target.path.as_deref()), (3000, Scheme::Http, Some("/mcp")));
        assert!(target.asked_by_name);
    }

    #[tokio::test]
    async fn a_query_stays() {
        for (url, path) in [("127.0.0.1/mcp?profile=a#x", "/mcp?profile=a"), ("127.0.0.1?k=1", "/?k=1")] {
            assert_eq!(resolve(url).await.unwrap().path.as_deref(), Some(path));
        }
    }

    #[tokio::test]
    async fn a_bare_host_uses_the_usual_paths() {
        let target = resolve("https://[::1]").await.unwrap();
        assert_eq!((target.port, target.scheme, target.path), (443, Scheme::Https, None));
        assert_eq!(ProbeTarget::new(target.host, 443).authority(), "[::1]:443");
    }

    #[tokio::test]
    async fn localhost_keeps_its_name_and_both_addresses() {
        let target = resolve("localhost:8080").await.unwrap();
        assert!(target.host.is_loopback());
        assert_eq!(target.authority(), "localhost:8080");
        assert!(target.alternatives.iter().all(IpAddr::is_loopback));
    }
}
