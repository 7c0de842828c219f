//! Whom a person trusts for a server: the certificate they agreed to, or the CA they name.

use std::path::Path;
use std::time::Duration;

use mcp::{McpError, ProbeReport, TlsFault, Unsent};
use model::{Certificate, Fingerprint, Flaw, Outcome, RefusedCertificate, ServerInfo, Tls};
use serde::{Deserialize, Serialize};
use serde_json::json;
use ts_rs::TS;

use super::look::find;
use super::{AddArgs, ApiError, EditArgs, ErrorCode};
use crate::App;

/// For the handshake that shows a certificate.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

/// Whose certificate to look at: that of a server, or of an address.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct CertificateArgs {
    /// An id, or a name that only one server has.
    #[ts(optional)]
    pub id: Option<String>,
    /// `https://host[:port]`.
    #[ts(optional)]
    pub url: Option<String>,
}

/// The certificate that is shown at an address now.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ShownCertificate {
    /// Where.
    pub url: String,
    /// The certificate.
    pub shown: Certificate,
    /// Why it is not trusted; absent when it is.
    pub refused: Option<RefusedCertificate>,
    /// Who vouches for it; absent means whoever this computer trusts.
    pub tls: Option<Tls>,
}

impl App {
    pub(super) async fn certificate(&self, args: CertificateArgs) -> Result<ShownCertificate, ApiError> {
        let (url, tls, target) = match (args.id, args.url) {
            (Some(id), None) => {
                let info = find(&self.0.registry.snapshot(), &id)?.info;
                let url = info.target().unwrap_or_default().to_owned();
                only_over_tls(&url)?;
                (url, info.tls.clone(), self.0.mesh.contact.place(&info).await?)
            }
            (None, Some(url)) => {
                only_over_tls(&url)?;
                let target = mcp::resolve(&url).await;
                let target = target.map_err(|error| ApiError::arguments(error.to_string()))?;
                (url, None, target)
            }
            _ => return Err(ApiError::arguments("give either the `id` of a server or a `url`")),
        };
        let looked = mcp::certificate(&target, tls.as_ref(), LOOK_WITHIN).await?;
        Ok(ShownCertificate { url, shown: looked.shown, refused: looked.refused, tls })
    }

    /// What `edit` says of whom to trust; nothing when it says nothing. A certificate that the server does not show now is
    /// no agreement but a slip, or an attack.
    pub(super) async fn new_trust(
        &self,
        info: &ServerInfo,
        args: &EditArgs,
    ) -> Result<Option<Option<Tls>>, ApiError> {
        let named = named(args.trust_certificate.as_deref(), args.ca.as_deref())?;
        let tls = match (named, args.system_trust) {
            (None, false) => return Ok(None),
            (None, true) => return Ok(Some(None)),
            (Some(_), true) => return Err(one_of_them()),
            (Some(tls), false) => tls,
        };
        only_over_tls(info.target().unwrap_or_default())?;
        let target = self.0.mesh.contact.place(info).await?;
        let url = info.address();
        match (mcp::certificate(&target, Some(&tls), LOOK_WITHIN).await, &tls) {
            (Ok(looked), Tls::Agreed(_)) => match looked.refused {
                None => Ok(Some(Some(Tls::Agreed(looked.shown)))),
                Some(refused) => Err(untrusted(&url, &refused)),
            },
            (Err(error @ McpError::Unsent { cause: Unsent::Tls(TlsFault::CaFile(_)), .. }), _) => {
                Err(ApiError::arguments(error.to_string()))
            }
            // Who names a CA knows more than a server that is not there, or not renewed yet. A check says whether it fits.
            _ => Ok(Some(Some(tls))),
        }
    }
}

/// What a person gives with an address.
pub(super) fn given(args: &AddArgs, url: &str) -> Result<Option<Tls>, ApiError> {
    let tls = named(args.trust_certificate.as_deref(), args.ca.as_deref())?;
    if tls.is_some() {
        only_over_tls(url)?;
    }
    Ok(tls)
}

/// The certificate that was seen is kept whole, so that another can be shown beside it.
pub(super) fn seen(tls: Option<Tls>, report: &ProbeReport) -> Option<Tls> {
    match (tls, &report.certificate) {
        (Some(Tls::Agreed(agreed)), Some(shown)) if agreed.fingerprint == shown.fingerprint => {
            Some(Tls::Agreed(shown.clone()))
        }
        (tls, _) => tls,
    }
}

fn named(fingerprint: Option<&str>, ca: Option<&str>) -> Result<Option<Tls>, ApiError> {
    match (fingerprint, ca) {
        (None, None) => Ok(None),
        (Some(text), None) => {
            let fingerprint =
                Fingerprint::parse(text).map_err(|error| ApiError::arguments(error.to_string()))?;
            Ok(Some(Tls::Agreed(Certificate::known_by(fingerprint))))
        }
        (None, Some(ca)) if Path::new(ca).is_absolute() => Ok(Some(Tls::Ca { ca: ca.to_owned() })),
        (None, Some(ca)) => Err(ApiError::arguments(format!(
            "`{ca}` is no whole path: give the CA's file from the root on, as it is called on the computer where MCP Discovery runs"
        ))),
        (Some(_), Some(_)) => Err(one_of_them()),
    }
}

fn one_of_them() -> ApiError {
    ApiError::arguments("give one of a certificate, a CA's file, and the trust of this computer")
}

fn only_over_tls(url: &str) -> Result<(), ApiError> {
    if model::Endpoint::parse(url).is_ok_and(|endpoint| endpoint.url().scheme() == "https") {
        return Ok(());
    }
    Err(ApiError::arguments(format!("`{url}` is no https:// address: only over TLS there is a certificate")))
}

/// Nobody vouches for the certificate, and nothing else stands between a person and this server.
pub(super) fn stands_in_the_way(report: &ProbeReport, is_signed: bool) -> Option<&RefusedCertificate> {
    let is_one = matches!(report.outcome, Outcome::Mcp | Outcome::NeedsSignIn | Outcome::Probable);
    report.untrusted.as_deref().filter(|_| is_one || is_signed)
}

/// What can be done about it depends on what was agreed to before.
pub(super) fn untrusted(url: &str, refused: &RefusedCertificate) -> ApiError {
    let fingerprint = &refused.shown.fingerprint;
    let advice = if refused.flaws.contains(&Flaw::Changed) {
        format!("Find out why before you agree to the new one (--trust-certificate {fingerprint})")
    } else {
        format!(
            "If it is the server's own, agree to it (--trust-certificate {fingerprint}), or name the CA that signed it (--ca FILE)"
        )
    };
    let message = format!(
        "the certificate of `{url}` is not trusted: {refused}. Nothing was kept, and nothing secret was sent. {advice}"
    );
    ApiError::new(ErrorCode::UntrustedCertificate, message).with(json!({ "certificate": refused }))
}

/// A scan is a stranger: what was agreed to for a server that is known counts in its row as well.
pub(super) fn as_agreed(
    refused: Box<RefusedCertificate>,
    tls: Option<&Tls>,
) -> Option<Box<RefusedCertificate>> {
    match tls {
        None => Some(refused),
        // Whether it is the CA's only a check can say, which knows its file.
        Some(Tls::Ca { .. }) => None,
        Some(Tls::Agreed(agreed)) if agreed.fingerprint == refused.shown.fingerprint => None,
        Some(Tls::Agreed(agreed)) => {
            let mut refused = refused;
            refused.flaws.insert(0, Flaw::Changed);
            refused.agreed = Some(agreed.clone());
            Some(refused)
        }
    }
}
