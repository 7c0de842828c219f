//! The certificate that a server shows.

use model::{Certificate, RefusedCertificate, Tls};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Whose certificate to look at: that of a server, or of an address.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
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
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
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
