//! The judgement of a certificate: whether it is trusted, and everything that is wrong with it. There is only one, for every
//! caller.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use model::{Certificate, Flaw, Millis, RefusedCertificate};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::read::{Parsed, read};
use super::{RefusedHandshake, TlsFault, Trust};
use crate::words::tame;

/// The verdict of a judge on the certificate it saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct SeenCertificate(Arc<Mutex<Option<CertificateVerdict>>>);

/// A certificate, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateVerdict {
    /// The certificate that was presented.
    pub shown: Certificate,
    /// Why it is not trusted; nothing when it is.
    pub refused: Option<RefusedCertificate>,
}

impl SeenCertificate {
    /// The verdict.
    pub(crate) fn take(&self) -> Option<CertificateVerdict> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, verdict: CertificateVerdict) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
    }

    /// It did not prove that the certificate is its own.
    fn unproven(&self, error: &rustls::Error) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(verdict) = seen.as_mut() else { return };
        let refused = verdict.refused.get_or_insert_with(|| blank(&verdict.shown, String::new()));
        refused.flaws.push(Flaw::Unusable);
        refused.note = Some(format!(
            "the server does not prove that the certificate is its own ({})",
            tame(&error.to_string())
        ));
    }
}

fn blank(shown: &Certificate, asked: String) -> RefusedCertificate {
    RefusedCertificate { shown: shown.clone(), flaws: Vec::new(), asked, agreed: None, note: None }
}

/// Judges for one trust.
#[derive(Debug)]
pub(super) struct CertificateJudge {
    trust: Trust,
    crypto: Arc<CryptoProvider>,
    stance: Stance,
    seen: SeenCertificate,
}

/// What a judge does with a certificate that is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stance {
    /// Ends the handshake: nothing is sent.
    Refuses,
    /// Only records it. For callers that want to know what is there, and send no secret.
    Looks,
}

impl CertificateJudge {
    pub(super) fn new(trust: Trust, stance: Stance, seen: SeenCertificate) -> Self {
        Self { trust, crypto: crate::crypto::provider(), stance, seen }
    }

    fn judge(&self, parsed: &Parsed, case: &CertificateCase<'_>) -> Option<RefusedCertificate> {
        let shown = &parsed.certificate;
        match &self.trust {
            Trust::Agreed(agreed) if agreed.fingerprint == shown.fingerprint => None,
            Trust::Agreed(agreed) => {
                let mut refused = case
                    .refused(parsed, &Chain::System)
                    .unwrap_or_else(|| blank(shown, case.name.to_str().into_owned()));
                refused.flaws.insert(0, Flaw::Changed);
                refused.agreed = Some((**agreed).clone());
                Some(refused)
            }
            Trust::System => case.refused(parsed, &Chain::System),
            Trust::Ca(roots) => case.refused(parsed, &Chain::Ca(roots)),
        }
    }

    /// A certificate of the first version is refused by the usual way, and its key proves as much as any other.
    fn proven(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms).or_else(|error| {
            let key = read(certificate).key.map(SubjectPublicKeyInfoDer::from).ok_or(error)?;
            verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
        })
    }

    fn or_noted(
        &self,
        proven: Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match (self.stance, proven) {
            (Stance::Looks, Err(error)) => {
                self.seen.unproven(&error);
                Ok(HandshakeSignatureValid::assertion())
            }
            (_, proven) => proven,
        }
    }
}

impl ServerCertVerifier for CertificateJudge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let parsed = read(end_entity);
        let refused = self.judge(&parsed, &CertificateCase { end_entity, intermediates, name, ocsp, now });
        self.seen.note(CertificateVerdict { shown: parsed.certificate, refused: refused.clone() });
        match refused.filter(|_| self.stance == Stance::Refuses) {
            None => Ok(ServerCertVerified::assertion()),
            Some(refused) => {
                let refused = RefusedHandshake(Box::new(refused));
                Err(CertificateError::Other(OtherError(Arc::new(refused))).into())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        self.or_noted(verify_tls12_signature(message, certificate, signature, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.or_noted(self.proven(message, certificate, signature))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}

/// The possible issuers.
enum Chain<'a> {
    System,
    Ca(&'a super::Roots),
}

impl Chain<'_> {
    fn verify(&self, case: &CertificateCase<'_>, now: UnixTime) -> Result<(), rustls::Error> {
        let verifier: &dyn ServerCertVerifier = match self {
            Self::System => match system() {
                Ok(verifier) => verifier,
                Err(fault) => return Err(rustls::Error::General(fault.to_string())),
            },
            Self::Ca(roots) => &*roots.verifier,
        };
        verifier.verify_server_cert(case.end_entity, case.intermediates, case.name, case.ocsp, now).map(drop)
    }

    /// The server's own certificate is among the trusted: that is intended, also where it calls itself a CA, as those do
    /// that `openssl req -x509` makes.
    fn names_itself(&self, certificate: &CertificateDer<'_>) -> bool {
        match self {
            Self::System => system_certificates().contains(certificate),
            Self::Ca(roots) => roots.certificates.contains(certificate),
        }
    }
}

/// One certificate at one moment.
struct CertificateCase<'a> {
    end_entity: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
    name: &'a ServerName<'a>,
    ocsp: &'a [u8],
    now: UnixTime,
}

impl CertificateCase<'_> {
    /// All that is wrong with it; nothing when it is trusted.
    fn refused(&self, parsed: &Parsed, chain: &Chain<'_>) -> Option<RefusedCertificate> {
        let Err(error) = chain.verify(self, self.now) else { return None };
        let shown = &parsed.certificate;
        let mut refused = blank(shown, self.name.to_str().into_owned());
        // Verifiers stop at the first thing that is wrong. Within its time, only what is wrong with who signed it is left.
        let signed = chain.verify(self, within(shown, self.now)).err();
        if let Some((flaw, note)) = signed.and_then(|error| self.issuer_flaw(&error, parsed, chain)) {
            refused.flaws.push(flaw);
            refused.note = note;
        }
        refused.flaws.extend(self.time_flaw(shown));
        refused.flaws.extend(self.name_flaw());
        let is_named = refused.flaws.is_empty() && chain.names_itself(self.end_entity);
        if refused.flaws.is_empty() && !is_named {
            refused.flaws.push(Flaw::Unusable);
            refused.note = Some(tame(&error.to_string()));
        }
        (!is_named).then_some(refused)
    }

    fn issuer_flaw(
        &self,
        error: &rustls::Error,
        parsed: &Parsed,
        chain: &Chain<'_>,
    ) -> Option<(Flaw, Option<String>)> {
        let rustls::Error::InvalidCertificate(fault) = error else {
            let no_list = (Flaw::Unusable, Some(tame(&error.to_string())));
            return Some(if parsed.is_own_issuer { (Flaw::SelfSigned, None) } else { no_list });
        };
        match fault {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => None,
            CertificateError::Revoked => Some((Flaw::Revoked, None)),
            _ if chain.names_itself(self.end_entity) => None,
            _ if parsed.is_own_issuer => Some((Flaw::SelfSigned, None)),
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                Some((Flaw::UnknownIssuer, None))
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Some((
                Flaw::Unusable,
                Some("the certificate of its issuer has expired, or is not valid yet".to_owned()),
            )),
            _ => Some((Flaw::Unusable, Some(tame(&error.to_string())))),
        }
    }

    fn time_flaw(&self, shown: &Certificate) -> Option<Flaw> {
        let now = millis(self.now);
        let (Some(begin), Some(end)) = (shown.not_before, shown.not_after) else {
            return Some(Flaw::Unusable);
        };
        if now > end {
            return Some(Flaw::Expired);
        }
        (now < begin).then_some(Flaw::NotYetValid)
    }

    fn name_flaw(&self) -> Option<Flaw> {
        let parsed = ParsedCertificate::try_from(self.end_entity);
        let named = parsed.and_then(|parsed| verify_server_name(&parsed, self.name));
        named.is_err().then_some(Flaw::WrongName)
    }
}

fn millis(at: UnixTime) -> Millis {
    i64::try_from(at.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000)
}

/// The time itself, or the nearest at which the certificate is valid.
fn within(shown: &Certificate, now: UnixTime) -> UnixTime {
    let (Some(begin), Some(end)) = (shown.not_before, shown.not_after) else { return now };
    let at = millis(now).min(end).max(begin);
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at / 1000).unwrap_or_default()))
}

/// The platform's own verifier; made once.
fn system() -> Result<&'static Verifier, TlsFault> {
    static SYSTEM: OnceLock<Result<Verifier, TlsFault>> = OnceLock::new();
    let made = SYSTEM.get_or_init(|| {
        Verifier::new(crate::crypto::provider()).map_err(|error| {
            TlsFault::Handshake(format!("this computer has no list of CAs that it trusts: {error}"))
        })
    });
    made.as_ref().map_err(Clone::clone)
}

/// What this computer trusts, certificate by certificate; read once, and only when a certificate was refused.
fn system_certificates() -> &'static [CertificateDer<'static>] {
    static CERTIFICATES: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    CERTIFICATES.get_or_init(|| rustls_native_certs::load_native_certs().certs)
}
