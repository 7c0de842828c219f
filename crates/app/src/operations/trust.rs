//! Whom a person trusts for a server: the certificate they agreed to, or the CA they name.

use api::{AddArgs, Advice, CertificateArgs, ErrorCode, ShownCertificate};
use std::path::Path;
use std::time::Duration;

use mcp::ProbeReport;
use model::{Certificate, Fingerprint, Flaw, Outcome, RefusedCertificate, Server, ServerInfo, Tls};
use serde_json::json;

use super::add::evidence;
use super::look::find;
use crate::App;
use crate::error::OperationError;

/// For the handshake that shows a certificate.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

impl App {
    pub(super) async fn certificate(
        &self,
        args: CertificateArgs,
    ) -> Result<ShownCertificate, OperationError> {
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
                let target = target.map_err(|error| OperationError::arguments(error.to_string()))?;
                (url, None, target)
            }
            _ => return Err(OperationError::arguments("give either the `id` of a server or a `url`")),
        };
        let looked = mcp::certificate(&target, tls.as_ref(), LOOK_WITHIN).await?;
        Ok(ShownCertificate { url, shown: looked.shown, refused: looked.refused, tls })
    }

    /// Whom a server that is added trusts: what is given, else whom a person trusts for it already.
    pub(super) fn trusted_at(
        &self,
        info: &ServerInfo,
        args: &AddArgs,
    ) -> Result<Option<Tls>, OperationError> {
        let given = given(args, info.target().unwrap_or_default())?;
        let snapshot = self.0.registry.snapshot();
        // What was given without a path has the id of the place where it was found.
        let is_there = |known: &&Server| known.info.url == info.url || known.info.endpoint == info.url;
        let known =
            self.first_at(info.id).or_else(|| snapshot.iter().find(is_there).map(|at| at.info.clone()));
        let known = known.filter(|known| known.tls.is_some());
        match (given, known) {
            (Said::ThisComputer, Some(known)) => Err(OperationError::arguments(format!(
                "`{}` is trusted for a certificate or a CA of its own, and adding it again takes nothing away: edit it",
                known.name
            ))),
            (said, known) => Ok(said.over(known.and_then(|known| known.tls.clone()))),
        }
    }
}

/// Whom a person says to trust.
pub(super) enum Said {
    Nothing,
    ThisComputer,
    One(Tls),
}

impl Said {
    /// Whom to trust then, where this one was trusted before.
    pub(super) fn over(self, before: Option<Tls>) -> Option<Tls> {
        match self {
            Self::Nothing => before,
            Self::ThisComputer => None,
            Self::One(tls) => Some(tls),
        }
    }
}

/// Whom a person says to trust at this address.
pub(super) fn given(args: &AddArgs, url: &str) -> Result<Said, OperationError> {
    if !args.says_whom_to_trust() {
        return Ok(Said::Nothing);
    }
    only_over_tls(url)?;
    match named(args.trust_certificate.as_deref(), args.ca.as_deref())? {
        Some(_) if args.system_trust => Err(one_of_them()),
        Some(tls) => Ok(Said::One(tls)),
        None => Ok(Said::ThisComputer),
    }
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

/// A CA whose file is of no use says so before anybody is asked, and is not kept.
pub(super) async fn usable(tls: Option<&Tls>) -> Result<(), OperationError> {
    let Some(tls) = tls else { return Ok(()) };
    mcp::check_trust(tls).await.map_err(|fault| OperationError::arguments(fault.to_string()))
}

fn named(fingerprint: Option<&str>, ca: Option<&str>) -> Result<Option<Tls>, OperationError> {
    match (fingerprint, ca) {
        (None, None) => Ok(None),
        (Some(text), None) => {
            let fingerprint =
                Fingerprint::parse(text).map_err(|error| OperationError::arguments(error.to_string()))?;
            Ok(Some(Tls::Agreed(Certificate::known_by(fingerprint))))
        }
        (None, Some(ca)) if Path::new(ca).is_absolute() => Ok(Some(Tls::Ca { ca: ca.to_owned() })),
        (None, Some(ca)) => Err(OperationError::arguments(format!(
            "`{ca}` is no whole path: give the CA's file from the root on, as it is called on the computer where MCP Discovery runs"
        ))),
        (Some(_), Some(_)) => Err(one_of_them()),
    }
}

fn one_of_them() -> OperationError {
    OperationError::arguments("give one of a certificate, a CA's file, and the trust of this computer")
}

fn only_over_tls(url: &str) -> Result<(), OperationError> {
    if model::Endpoint::parse(url).is_ok_and(|endpoint| endpoint.url().scheme() == "https") {
        return Ok(());
    }
    Err(OperationError::arguments(format!(
        "`{url}` is no https:// address: only over TLS there is a certificate"
    )))
}

/// Nobody vouches for the certificate, and nothing else stands between a person and this server.
pub(super) fn stands_in_the_way(report: &ProbeReport, is_signed: bool) -> Option<&RefusedCertificate> {
    let is_one = matches!(report.outcome, Outcome::Mcp | Outcome::NeedsSignIn | Outcome::Probable);
    report.untrusted.as_deref().filter(|_| is_one || is_signed)
}

/// The certificate as it was shown is what a person agrees to, or not.
pub(super) fn untrusted(url: &str, refused: &RefusedCertificate, report: &ProbeReport) -> OperationError {
    let message = format!(
        "the certificate of `{url}` is not trusted: {refused}. Nothing was kept, and nothing secret was sent"
    );
    OperationError::new(ErrorCode::UntrustedCertificate, message)
        .with(json!({ "certificate": refused, "evidence": evidence(report) }))
        .advise(Advice::TrustCertificate)
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
