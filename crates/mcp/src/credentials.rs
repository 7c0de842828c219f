use http::{HeaderName, HeaderValue, header};

use crate::wire::scrub::Scrub;
use crate::{Remote, Secret};

/// The credentials given for one origin. They are sent there with every request, and nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Sent as `Authorization: Bearer …`.
    pub bearer: Option<Secret>,
    /// More headers, by name.
    pub headers: Vec<(String, Secret)>,
    /// Keys in the query of the URL, by name.
    pub query: Vec<(String, Secret)>,
}

impl Credentials {
    /// Those of a known server.
    pub fn of(remote: &Remote) -> Self {
        Self { bearer: remote.bearer.clone(), headers: remote.headers.clone(), query: remote.query.clone() }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.bearer.is_none() && self.headers.is_empty() && self.query.is_empty()
    }

    /// As headers; what no header can carry was refused when it was given, and is left out.
    pub(crate) fn as_headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let bearer =
            self.bearer.iter().map(|token| (header::AUTHORIZATION, format!("Bearer {}", token.expose())));
        let others = self.headers.iter().filter_map(|(name, secret)| {
            Some((HeaderName::try_from(name.as_str()).ok()?, secret.expose().to_owned()))
        });
        let secret = |(name, value): (HeaderName, String)| {
            let mut value = HeaderValue::try_from(value).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        };
        bearer.chain(others).filter_map(secret).collect()
    }

    pub(crate) fn scrub(&self) -> Scrub {
        let named = self.headers.iter().chain(&self.query).map(|(_, secret)| secret);
        Scrub::of(self.bearer.iter().chain(named))
    }
}
