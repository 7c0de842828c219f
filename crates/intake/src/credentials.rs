//! The credentials that are given with an address: headers and secrets, what is sent with the first request, and what is
//! kept of them and where.

use std::collections::BTreeMap;
use std::net::IpAddr;

use api::{AddArgs, KeptIn};
use mcp::Credentials;
use model::{GivenSecret, SecretPlace, ServerInfo, Transport};
use vault::{Key, SecretPurpose};

use crate::{Intake, IntakeError};

/// What was given for one server.
pub(crate) struct Presented<'a> {
    /// As it is sent.
    pub(crate) credentials: Credentials,
    secrets: Vec<(SecretPurpose, &'a GivenSecret)>,
    args: &'a AddArgs,
}

impl<'a> Presented<'a> {
    /// Reads what was given. A variable that is not set is reported by the first check.
    pub(crate) fn read(args: &'a AddArgs) -> Result<Self, IntakeError> {
        // Two places for one token would leave open which of them counts.
        if args.token.is_some() && args.token_env.is_some() {
            return Err(IntakeError::arguments("give either a token or the variable that holds it"));
        }
        let mut given = Self { credentials: Credentials::default(), secrets: Vec::new(), args };
        if let Some(token) = &args.token {
            given.credentials.bearer = Some(fit(token, &SecretPurpose::Token)?);
            given.secrets.push((SecretPurpose::Token, token));
        }
        for (name, secret) in &args.headers {
            let slot = slot(Some(name))?;
            given.credentials.headers.push((name.clone(), fit(secret, &slot)?));
            given.secrets.push((slot, secret));
        }
        for (name, secret) in &args.query {
            let slot = slot_of(None, None, Some(name))?;
            given.credentials.query.push((name.clone(), fit(secret, &slot)?));
        }
        let variable = |name: &String| std::env::var(name).ok().map(mcp::Secret::new);
        if let Some(token) = args.token_env.as_ref().and_then(variable) {
            given.credentials.bearer = Some(token);
        }
        for (name, variable_name) in &args.header_env {
            if let Some(secret) = variable(variable_name) {
                given.credentials.headers.push((name.clone(), secret));
            }
        }
        Ok(given)
    }

    /// Whether only the address was given. A variable that is not set yet counts: it will be sent when it is.
    pub(crate) fn is_nothing(&self) -> bool {
        let args = self.args;
        self.credentials.is_empty() && args.token_env.is_none() && args.header_env.is_empty()
    }

    /// The address with a scheme. People write `localhost:3000`; with a secret it is TLS beyond this computer.
    pub(crate) fn with_scheme(&self, url: &str) -> String {
        let url = url.trim();
        if url.contains("://") || url.is_empty() {
            return url.to_owned();
        }
        let plain = format!("http://{url}");
        let may_be_plain = !self.args.says_whom_to_trust() && (self.is_nothing() || is_here(&plain));
        if may_be_plain { plain } else { format!("https://{url}") }
    }

    /// Unencrypted secrets are sent beyond this computer only with the user's consent.
    pub(crate) fn may_go_to(&self, url: &str, host: IpAddr) -> Result<(), IntakeError> {
        if self.is_nothing() {
            return Ok(());
        }
        in_clear(url, host.is_loopback(), self.args.in_clear)
    }

    /// The same for an address that is not resolved.
    pub(crate) fn may_stay_at(&self, url: &str) -> Result<(), IntakeError> {
        if self.is_nothing() { Ok(()) } else { in_clear(url, is_here(url), self.args.in_clear) }
    }
}

/// Whether a secret may be sent to this URL.
pub fn in_clear(url: &str, is_loopback: bool, is_agreed: bool) -> Result<(), IntakeError> {
    let is_secure = model::Endpoint::parse(url).is_ok_and(|endpoint| endpoint.url().scheme() == "https");
    if is_secure || is_loopback || is_agreed {
        return Ok(());
    }
    Err(IntakeError::InTheClear)
}

fn fit(secret: &GivenSecret, slot: &SecretPurpose) -> Result<mcp::Secret, IntakeError> {
    slot.fit(secret).map_err(|error| IntakeError::arguments(error.to_string()))
}

/// Whether a URL names this computer literally.
pub fn is_here(url: &str) -> bool {
    let Ok(endpoint) = model::Endpoint::parse(url) else { return false };
    let host = endpoint.url().host_str().unwrap_or_default().trim_matches(['[', ']']);
    mcp::is_localhost(host) || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl Intake {
    /// Keeps what was given, under the server it was given for: another key is another server. Returns where the token and
    /// where the keys were put.
    pub(crate) async fn keep_credentials(
        &self,
        info: &mut ServerInfo,
        given: &Presented<'_>,
    ) -> Result<(Option<KeptIn>, Option<KeptIn>), IntakeError> {
        let args = given.args;
        self.told_apart_by_query(info, args).await?;
        if let Some(variable) = &args.token_env
            && self.vault().list(Some(info)).iter().any(|(key, _)| key.slot == SecretPurpose::Token)
        {
            return Err(IntakeError::TokenIsKept { variable: variable.clone(), server: info.id });
        }
        let mut kept = None;
        for (slot, secret) in &given.secrets {
            kept = Some(self.keep_secret(info, slot.clone(), secret, args.token_place).await?);
        }
        Ok((kept, self.keep_query(info, args).await?))
    }
}

impl Intake {
    /// Puts a secret where secrets are kept.
    pub async fn keep_secret(
        &self,
        info: &ServerInfo,
        slot: SecretPurpose,
        secret: &GivenSecret,
        place: Option<SecretPlace>,
    ) -> Result<KeptIn, IntakeError> {
        if matches!(slot, SecretPurpose::Env(_)) != (info.transport == Transport::Stdio) {
            return Err(match info.transport {
                Transport::Stdio => {
                    IntakeError::WantsEnvironment("a command takes no token, header or key of a query")
                }
                Transport::Http | Transport::Sse => IntakeError::arguments(
                    "only a command takes an environment: give a token, a header or a key of the query",
                ),
            });
        }
        let secret = slot.fit(secret).map_err(|error| IntakeError::arguments(error.to_string()))?;
        let key = Key::of(info, slot)
            .ok_or_else(|| IntakeError::arguments(format!("`{}` has no address to send it to", info.name)))?;
        let (place, why) = match place {
            Some(place) => (place, None),
            None => self.vault().place().await?,
        };
        self.vault().put(key, secret, place).await?;
        Ok(KeptIn { place, why })
    }
}

/// What a secret is for; a token when nothing else is given.
pub fn slot_of(
    header: Option<&str>,
    env: Option<&str>,
    query: Option<&str>,
) -> Result<SecretPurpose, IntakeError> {
    match (header, env, query) {
        (None, None, None) => Ok(SecretPurpose::Token),
        (Some(name), None, None) => slot(Some(name)),
        (None, Some(name), None) => {
            let is_name = !name.is_empty() && !name.contains(['=', '\0']);
            let wrong =
                || IntakeError::arguments(format!("`{name}` is not the name of an environment variable"));
            is_name.then(|| SecretPurpose::Env(name.to_owned())).ok_or_else(wrong)
        }
        (None, None, Some(name)) => {
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
            let wrong = || {
                IntakeError::arguments(format!(
                    "`{name}` is not the name of a parameter: give one such as `apiKey`"
                ))
            };
            is_name.then(|| SecretPurpose::Query(name.to_owned())).ok_or_else(wrong)
        }
        _ => Err(IntakeError::arguments("give one of `header`, `env` and `query`")),
    }
}

/// Header names that can be sent, and are not the protocol's own.
pub(crate) fn checked(headers: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, IntakeError> {
    const OURS: [&str; 5] = ["host", "content-length", "content-type", "accept", "origin"];
    for name in headers.keys() {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let lower = name.to_ascii_lowercase();
        if name.is_empty()
            || !name.bytes().all(letters)
            || OURS.contains(&lower.as_str())
            || lower.starts_with("mcp-")
        {
            let message = format!("`{name}` is not a header that can be added: give one such as `X-Api-Key`");
            return Err(IntakeError::arguments(message));
        }
    }
    Ok(headers.clone())
}

/// What a secret is for: this header, or the bearer token.
pub(crate) fn slot(header: Option<&str>) -> Result<SecretPurpose, IntakeError> {
    let Some(name) = header else { return Ok(SecretPurpose::Token) };
    checked(&BTreeMap::from([(name.to_owned(), String::new())]))?;
    if name.eq_ignore_ascii_case("authorization") {
        return Err(IntakeError::arguments(
            "`Authorization` carries the token: leave the header out and give the token",
        ));
    }
    Ok(SecretPurpose::Header(name.to_ascii_lowercase()))
}
