//! The allowed targets of a redirect: the same origin, so that neither a credential nor a request goes elsewhere.

use url::Url;

use super::answer::Answer;
use crate::names::leads_here;

/// Path and query of a reference, if it stays at the scheme, host and port of `base`. `localhost` and `127.0.0.1` are one
/// place: whatever the name, only the address of the conversation is connected to.
pub(crate) fn same_place(base: &Url, reference: &str) -> Option<String> {
    let next = base.join(reference).ok()?;
    let same_port = next.port_or_known_default() == base.port_or_known_default();
    let same_host = next.host() == base.host() || (leads_here(base) && leads_here(&next));
    let query = next.query().map(|query| format!("?{query}")).unwrap_or_default();
    (next.scheme() == base.scheme() && same_port && same_host).then(|| format!("{}{query}", next.path()))
}

/// The target of the same request: only a redirect that keeps the method and the body (307, 308) counts.
pub(crate) fn target(base: &Url, answer: &Answer) -> Option<String> {
    if !matches!(answer.status.as_u16(), 307 | 308) {
        return None;
    }
    same_place(base, answer.header("location")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_stays_at_its_place() {
        for (base, reference, expected) in [
            ("http://a:1/mcp", "/mcp/", Some("/mcp/")),
            ("http://a:1/mcp", "http://a:1/x?y=1", Some("/x?y=1")),
            ("http://127.0.0.1:1/mcp", "http://localhost:1/mcp/", Some("/mcp/")),
            ("http://127.0.0.1:1/mcp", "http://localhost:2/mcp/", None),
            ("http://a:1/mcp", "https://a:1/mcp", None),
            ("http://a:1/mcp", "http://b:1/mcp", None),
            ("https://a/mcp", "//b/mcp", None),
            ("https://a/mcp", "https://a:443/mcp", Some("/mcp")),
        ] {
            let led = same_place(&Url::parse(base).unwrap(), reference);
            assert_eq!(led.as_deref(), expected, "{base} {reference}");
        }
    }
}
