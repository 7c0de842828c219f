//! The trust for a server: the certificate that was accepted, or the CA that was named.

use crate::{Intake, IntakeError};
use api::AddArgs;
use std::path::Path;

use mcp::ProbeReport;
use model::{Certificate, Fingerprint, Flaw, Outcome, RefusedCertificate, Server, ServerInfo, Tls};

impl Intake {
    /// The trust of a server that is added: as given, else as kept for it already.
    pub(crate) fn trusted_at(&self, info: &ServerInfo, args: &AddArgs) -> Result<Option<Tls>, IntakeError> {
        let given = given(args, info.target().unwrap_or_default())?;
        let snapshot = self.registry.snapshot();
        // What was given without a path has the id of the place where it was found.
        let is_there = |known: &&Server| known.info.url == info.url || known.info.endpoint == info.url;
        let known =
            self.first_at(info.id).or_else(|| snapshot.iter().find(is_there).map(|at| at.info.clone()));
        let known = known.filter(|known| known.tls.is_some());
        match (given, known) {
            (SaidTrust::ThisComputer, Some(known)) => Err(IntakeError::arguments(format!(
                "`{}` has its own trusted certificate or CA, and adding it again does not remove that: edit it",
                known.name
            ))),
            (said, known) => Ok(said.over(known.and_then(|known| known.tls.clone()))),
        }
    }
}

/// The trust that is given.
pub(crate) enum SaidTrust {
    Nothing,
    ThisComputer,
    One(Tls),
}

impl SaidTrust {
    /// The new trust, where this one was kept before.
    pub(crate) fn over(self, before: Option<Tls>) -> Option<Tls> {
        match self {
            Self::Nothing => before,
            Self::ThisComputer => None,
            Self::One(tls) => Some(tls),
        }
    }
}

/// The trust that is given for this address.
pub(crate) fn given(args: &AddArgs, url: &str) -> Result<SaidTrust, IntakeError> {
    if !args.says_whom_to_trust() {
        return Ok(SaidTrust::Nothing);
    }
    only_over_tls(url)?;
    match named(args.trust_certificate.as_deref(), args.ca.as_deref())? {
        Some(_) if args.system_trust => Err(one_of_them()),
        Some(tls) => Ok(SaidTrust::One(tls)),
        None => Ok(SaidTrust::ThisComputer),
    }
}

/// The accepted certificate is kept with its details, so that another can be shown beside it.
pub(crate) fn seen(tls: Option<Tls>, report: &ProbeReport) -> Option<Tls> {
    match (tls, &report.certificate) {
        (Some(Tls::Agreed(agreed)), Some(shown)) if agreed.fingerprint == shown.fingerprint => {
            Some(Tls::Agreed(shown.clone()))
        }
        (tls, _) => tls,
    }
}

/// A CA whose file is not usable is refused before a request is sent, and is not kept.
pub(crate) async fn usable(tls: Option<&Tls>) -> Result<(), IntakeError> {
    let Some(tls) = tls else { return Ok(()) };
    mcp::check_trust(tls).await.map_err(|fault| IntakeError::arguments(fault.to_string()))
}

fn named(fingerprint: Option<&str>, ca: Option<&str>) -> Result<Option<Tls>, IntakeError> {
    match (fingerprint, ca) {
        (None, None) => Ok(None),
        (Some(text), None) => {
            let fingerprint =
                Fingerprint::parse(text).map_err(|error| IntakeError::arguments(error.to_string()))?;
            Ok(Some(Tls::Agreed(Certificate::known_by(fingerprint))))
        }
        (None, Some(ca)) if Path::new(ca).is_absolute() => Ok(Some(Tls::Ca { ca: ca.to_owned() })),
        (None, Some(ca)) => Err(IntakeError::arguments(format!(
            "`{ca}` is not a full path: give the full path of the CA's file on the computer where MCP Discovery runs"
        ))),
        (Some(_), Some(_)) => Err(one_of_them()),
    }
}

fn one_of_them() -> IntakeError {
    IntakeError::arguments("give one of a certificate, a CA's file, and the trust of this computer")
}

fn only_over_tls(url: &str) -> Result<(), IntakeError> {
    if model::Endpoint::parse(url).is_ok_and(|endpoint| endpoint.url().scheme() == "https") {
        return Ok(());
    }
    Err(IntakeError::arguments(format!("`{url}` is not an https:// address: only TLS has a certificate")))
}

/// Whether the certificate is not trusted, and nothing else is wrong with this server.
pub(crate) fn stands_in_the_way(report: &ProbeReport, is_signed: bool) -> Option<&RefusedCertificate> {
    let is_one = matches!(report.outcome, Outcome::Mcp | Outcome::NeedsSignIn | Outcome::Probable);
    report.untrusted.as_deref().filter(|_| is_one || is_signed)
}

pub(crate) fn untrusted(url: &str, refused: RefusedCertificate, report: ProbeReport) -> IntakeError {
    IntakeError::Untrusted { url: url.to_owned(), refused: Box::new(refused), report: Box::new(report) }
}

/// A scan has no trust of its own: an accepted certificate of a known server counts in its row as well.
pub(crate) fn as_agreed(
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
