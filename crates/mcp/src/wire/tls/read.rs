//! Reads a certificate for people. Its contents are hostile text.

use model::{Certificate, Fingerprint, Millis};
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::words::tame;

/// Names that are shown; a certificate of a large site has hundreds.
const MOST_NAMES: usize = 20;

/// The contents of a certificate, and what only a judge needs.
pub(super) struct Parsed {
    pub(super) certificate: Certificate,
    /// Whether it claims to be signed by itself.
    pub(super) is_own_issuer: bool,
    /// Its key, in DER; absent when it cannot be read.
    pub(super) key: Option<Vec<u8>>,
}

/// For a certificate that cannot be read, only the fingerprint is known.
pub(super) fn read(der: &[u8]) -> Parsed {
    let fingerprint = Fingerprint::of_digest(Sha256::digest(der).into());
    let Ok((_, parsed)) = X509Certificate::from_der(der) else {
        return Parsed { certificate: Certificate::known_by(fingerprint), is_own_issuer: false, key: None };
    };
    let validity = parsed.validity();
    let certificate = Certificate {
        fingerprint,
        subject: tame(&parsed.subject().to_string()),
        names: names(&parsed),
        issuer: tame(&parsed.issuer().to_string()),
        not_before: Some(millis(validity.not_before.timestamp())),
        not_after: Some(millis(validity.not_after.timestamp())),
    };
    let is_own_issuer = parsed.subject().as_raw() == parsed.issuer().as_raw();
    Parsed { certificate, is_own_issuer, key: Some(parsed.public_key().raw.to_vec()) }
}

fn names(parsed: &X509Certificate<'_>) -> Vec<String> {
    let alternatives = parsed.subject_alternative_name().ok().flatten();
    let names = alternatives.iter().flat_map(|names| &names.value.general_names);
    names.filter_map(name).take(MOST_NAMES).collect()
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(tame(name)),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(v4).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|v6| std::net::Ipv6Addr::from(v6).to_string())
}

fn millis(seconds: i64) -> Millis {
    seconds.saturating_mul(1000)
}
