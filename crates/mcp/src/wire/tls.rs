//! TLS, for probes, checks, lists and calls alike: the trust of a server's record ([`Trust`]), the one judgement of a
//! certificate (`judge`), and what is wrong as an error.

mod judge;
mod read;
mod roots;

use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

use model::{Certificate, Fingerprint, RefusedCertificate, Tls};
use rustls::{CertificateError, ClientConfig};

use crate::words::tame;
use judge::CertificateJudge;
pub use judge::CertificateVerdict;
pub(crate) use judge::{SeenCertificate, Stance};
use roots::Roots;

/// What is wrong with a TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFault {
    /// The certificate is not trusted, or it is not the accepted one.
    Certificate(Box<RefusedCertificate>),
    /// The CA's file cannot be used; nothing was sent.
    CaFile(String),
    /// A resource for reading the CA's file has run out.
    Lacking(crate::Lack),
    /// Another error, in the library's words.
    Handshake(String),
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(refused) => refused.fmt(f),
            Self::CaFile(why) | Self::Handshake(why) => f.write_str(why),
            Self::Lacking(lack) => lack.fmt(f),
        }
    }
}

impl TlsFault {
    /// What an error is about; `None` when it is not about TLS.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(error) = error.downcast_ref::<rustls::Error>() {
                return Some(Self::of_rustls(error));
            }
            // An `io::Error` hides what it carries from the chain.
            next = match error.downcast_ref::<std::io::Error>() {
                Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
                None => error.source(),
            };
        }
        None
    }

    /// The same of an error that a handshake ended with.
    pub(crate) fn of_handshake(error: &(dyn Error + 'static)) -> Self {
        Self::of(error).unwrap_or_else(|| Self::Handshake(tame(&error.to_string())))
    }

    fn of_rustls(error: &rustls::Error) -> Self {
        if let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error
            && let Some(RefusedHandshake(refused)) = other.0.downcast_ref()
        {
            return Self::Certificate(refused.clone());
        }
        Self::Handshake(tame(&error.to_string()))
    }

    /// The certificate that is refused, if that is it.
    pub fn certificate(&self) -> Option<&RefusedCertificate> {
        match self {
            Self::Certificate(refused) => Some(refused),
            Self::CaFile(_) | Self::Lacking(_) | Self::Handshake(_) => None,
        }
    }
}

/// A refusal on its way through the libraries.
#[derive(Debug)]
struct RefusedHandshake(Box<RefusedCertificate>);

impl fmt::Display for RefusedHandshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for RefusedHandshake {}

/// The trust of a conversation, ready for use.
#[derive(Debug, Clone)]
pub(crate) enum Trust {
    /// The CAs that this computer trusts.
    System,
    /// The certificates that this CA signed.
    Ca(Arc<Roots>),
    /// Exactly this certificate.
    Agreed(Box<Certificate>),
}

/// Identifies a trust: connections are never shared between two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TrustKey {
    System,
    Ca([u8; 32]),
    Agreed(Fingerprint),
}

impl Trust {
    /// The trust of a record. The file of a CA is read now, so that a new one counts from the next conversation on.
    pub(crate) async fn of(tls: Option<&Tls>) -> Result<Self, TlsFault> {
        match tls {
            None => Ok(Self::System),
            Some(Tls::Agreed(certificate)) => Ok(Self::Agreed(Box::new(certificate.clone()))),
            Some(Tls::Ca { ca }) => Ok(Self::Ca(Arc::new(Roots::of_file(ca).await?))),
        }
    }

    pub(crate) fn key(&self) -> TrustKey {
        match self {
            Self::System => TrustKey::System,
            Self::Ca(roots) => TrustKey::Ca(roots.key),
            Self::Agreed(certificate) => TrustKey::Agreed(certificate.fingerprint.clone()),
        }
    }

    /// The configuration of conversations: without a trusted certificate the handshake fails, before anything is sent. That
    /// of the system is made once; others are not shared, so that nothing is resumed under another trust.
    pub(crate) fn strict(&self) -> Result<Arc<ClientConfig>, TlsFault> {
        static SYSTEM: OnceLock<Result<Arc<ClientConfig>, TlsFault>> = OnceLock::new();
        match self {
            Self::System => {
                SYSTEM.get_or_init(|| self.noting(Stance::Refuses).map(|(config, _)| config)).clone()
            }
            Self::Ca(_) | Self::Agreed(_) => Ok(self.noting(Stance::Refuses)?.0),
        }
    }

    /// A configuration for one handshake, and the verdict on the certificate.
    pub(crate) fn noting(&self, stance: Stance) -> Result<(Arc<ClientConfig>, SeenCertificate), TlsFault> {
        let seen = SeenCertificate::default();
        Ok((config(CertificateJudge::new(self.clone(), stance, seen.clone()))?, seen))
    }
}

/// Whether this trust can be determined: the file of a CA may be missing, or not that of a CA.
pub async fn check_trust(tls: &Tls) -> Result<(), TlsFault> {
    Trust::of(Some(tls)).await.map(drop)
}

fn config(judge: CertificateJudge) -> Result<Arc<ClientConfig>, TlsFault> {
    let builder = ClientConfig::builder_with_provider(crate::crypto::provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsFault::Handshake(error.to_string()))?;
    // "Dangerous" since it is ours: it refuses what the platform's verifier refuses, except for what the user accepted.
    let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(judge)).with_no_client_auth();
    Ok(Arc::new(config))
}
