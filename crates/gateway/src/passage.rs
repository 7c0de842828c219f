//! The headers of a request that are passed on to servers: the gateways that it passed (`Via`, RFC 9110, section 7.6.3), to
//! which we add ourselves, and its trace (W3C Trace Context). A request that has passed here already is refused: a server
//! that leads back to us would be asked for ever.

use api::{ApiError, ErrorCode};
use http::header::VIA;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::reply::Rejected;

/// The variable by which our child processes learn which gateways are before them: an HTTP header does not get through a
/// pipe.
pub const VIA_VARIABLE: &str = "MCP_DISCOVERY_VIA";
/// The longest chain of gateways: a longer one is a loop of a gateway that does not detect loops.
const MOST_HOPS: usize = 16;
const TRACE: [HeaderName; 2] =
    [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

/// The entry of a gateway of this instance in `Via`.
pub(crate) fn via(instance: &str) -> String {
    format!("1.1 mcp-discovery-{instance}")
}

/// The gateways before this process. A process that was started by a child process of itself counts as having none.
pub(crate) fn before(own: &str) -> String {
    let said = std::env::var(VIA_VARIABLE).unwrap_or_default();
    if said.split(',').any(|hop| hop.trim() == own) { String::new() } else { said }
}

/// The variable for child processes of a gateway of this instance.
pub fn via_of_children(instance: &str) -> String {
    let (own, before) = (via(instance), before(&via(instance)));
    if before.is_empty() { own } else { format!("{before}, {own}") }
}

/// The headers to pass on, if the request is allowed.
pub(crate) fn going_on(
    headers: &HeaderMap,
    before: &str,
    own: &str,
) -> Result<Vec<(HeaderName, HeaderValue)>, Rejected> {
    let said = headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok());
    let sent = said.flat_map(|value| value.split(','));
    let mut way: Vec<&str> =
        before.split(',').chain(sent).map(str::trim).filter(|hop| !hop.is_empty()).collect();
    if way.contains(&own) || way.len() >= MOST_HOPS {
        return Err(is_a_loop(&way, own));
    }
    way.push(own);
    let via = HeaderValue::from_str(&way.join(", ")).ok().map(|via| (VIA, via));
    let trace = TRACE.into_iter().filter_map(|name| {
        let value = headers.get(&name)?.clone();
        Some((name, value))
    });
    Ok(via.into_iter().chain(trace).collect())
}

fn is_a_loop(way: &[&str], own: &str) -> Rejected {
    let from = way.iter().position(|hop| *hop == own).unwrap_or_default();
    let named: Vec<String> = way.iter().skip(from).chain([&own]).map(|hop| mcp::tame(hop)).collect();
    let why = format!(
        "this is a loop: the request has passed {}. A server in the registry of one of these leads back to it: remove that server",
        named.join(", then ")
    );
    Rejected::of_api(StatusCode::LOOP_DETECTED, &ApiError::new(ErrorCode::Forbidden, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(said: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            headers.append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_way_grows_and_the_trace_goes_on() {
        let said = headers(&[
            ("via", "1.1 proxy"),
            ("via", "1.0 a, 1.1 b"),
            ("traceparent", "00-1"),
            ("cookie", "x=1"),
        ]);
        let on = going_on(&said, "1.1 parent", "1.1 us").unwrap();
        let on: Vec<_> = on.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(on, [("via", "1.1 parent, 1.1 proxy, 1.0 a, 1.1 b, 1.1 us"), ("traceparent", "00-1")]);
    }

    #[test]
    fn what_has_passed_here_is_refused_and_the_loop_is_named() {
        for (before, sent) in [("", "1.1 x, 1.1 us,1.1 b"), ("1.1 us, 1.1 b", "")] {
            let refused = going_on(&headers(&[("via", sent)]), before, "1.1 us").unwrap_err();
            assert_eq!(refused.status, StatusCode::LOOP_DETECTED);
            assert!(
                refused.message.contains("passed 1.1 us, then 1.1 b, then 1.1 us."),
                "{}",
                refused.message
            );
        }
        let many = vec!["1.1 x"; MOST_HOPS].join(",");
        assert!(going_on(&headers(&[("via", &many)]), "", "1.1 us").is_err());
    }
}
