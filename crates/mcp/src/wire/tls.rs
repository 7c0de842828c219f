//! Certificates are verified as the platform does it, for checks and calls alike.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::{CertificateError, ClientConfig};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::words::tame;

/// What is wrong with a TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFault {
    /// Nobody we trust has signed the certificate.
    Untrusted,
    /// The certificate's time is over, or has not begun.
    Expired,
    /// The certificate is for another name.
    WrongName,
    /// Anything else, in the library's words.
    Other(String),
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untrusted => f.write_str("nobody this computer trusts has signed it"),
            Self::Expired => f.write_str("it is not valid today"),
            Self::WrongName => f.write_str("it is for another name"),
            Self::Other(why) => f.write_str(why),
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

    fn of_rustls(error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(fault) = error else {
            return Self::Other(tame(&error.to_string()));
        };
        match fault {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::Expired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::Untrusted,
            other => Self::Other(tame(&format!("certificate: {other:?}"))),
        }
    }

    /// Whether it is the certificate that nobody agrees to.
    pub(crate) fn is_about_certificate(&self) -> bool {
        !matches!(self, Self::Other(why) if !why.contains("ertificate"))
    }
}

/// The configuration of every conversation; made once.
pub(crate) fn trusted() -> Result<Arc<ClientConfig>, TlsFault> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, TlsFault>> = OnceLock::new();
    let make = || {
        let builder = ClientConfig::builder_with_provider(crate::crypto::provider())
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(|error| TlsFault::Other(error.to_string()))?;
        Ok(Arc::new(builder.with_no_client_auth()))
    };
    CONFIG.get_or_init(make).clone()
}
