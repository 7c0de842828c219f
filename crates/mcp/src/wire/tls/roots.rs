//! The CA that was named: a file of certificates on this computer.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::TlsFault;
use crate::Lack;

/// A bundle of all public CAs is a fifth of this. In bytes.
const LARGEST: u64 = 1024 * 1024;
/// The time limit: a file may be on a network disk.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// The certificates of a CA's file.
#[derive(Debug)]
pub(crate) struct Roots {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) verifier: Arc<WebPkiServerVerifier>,
    /// The hash of its content.
    pub(super) key: [u8; 32],
}

impl Roots {
    /// Reads the file. Errors name it and say what to do.
    pub(super) async fn of_file(path: &str) -> Result<Self, TlsFault> {
        let fault = |why: String| TlsFault::CaFile(format!("the CA file `{path}` {why}"));
        let bytes = timeout(READ_WITHIN, bytes_of(Path::new(path))).await;
        let bytes = bytes.map_err(|_| fault("cannot be read: its disk does not answer".to_owned()))?;
        let bytes = bytes.map_err(|error| match Lack::of(&error) {
            Some(lack) => TlsFault::Lacking(lack),
            None => fault(format!("cannot be read: {error}")),
        })?;
        if bytes.len() as u64 > LARGEST {
            return Err(fault("is larger than 1 MiB: name one with the CA alone".to_owned()));
        }
        Self::of_bytes(&bytes).map_err(fault)
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, String> {
        let certificates = certificates(bytes)?;
        let mut roots = RootCertStore::empty();
        for (at, certificate) in certificates.iter().enumerate() {
            let one = roots.add(certificate.clone());
            one.map_err(|error| format!("cannot be read at its certificate {}: {error}", at + 1))?;
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), crate::crypto::provider()).build();
        let verifier = verifier.map_err(|error| format!("cannot be used: {error}"))?;
        Ok(Self { certificates, verifier, key: Sha256::digest(bytes).into() })
    }
}

/// One byte more than is accepted, at most.
async fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    tokio::fs::File::open(path).await?.take(LARGEST + 1).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// PEM, or one certificate in DER, as Windows exports it.
fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    if bytes.first() == Some(&0x30) {
        return Ok(vec![CertificateDer::from(bytes.to_vec())]);
    }
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let read = read.map_err(|error| format!("is not PEM: {error}"))?;
    if read.is_empty() {
        let hint = if bytes.windows(11).any(|part| part == b"PRIVATE KEY") {
            "has a private key and no certificate: name the file of the certificate"
        } else {
            "has no certificate in it: it should begin with -----BEGIN CERTIFICATE-----"
        };
        return Err(hint.to_owned());
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_ca_file_says_so() {
        let (folder, large) = (tempfile::tempdir().unwrap(), vec![b'x'; 1024 * 1024 + 1]);
        for (content, why) in [
            (&b""[..], "no certificate in it"),
            (b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", "a private key and no"),
            (b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", "at its certificate 1"),
            (b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", "is not PEM"),
            (b"0\x82garbage", "at its certificate 1"),
            (&large, "larger than 1 MiB"),
        ] {
            let file = folder.path().join("ca.pem");
            std::fs::write(&file, content).unwrap();
            let file = file.to_str().unwrap();
            let fault = Roots::of_file(file).await.unwrap_err().to_string();
            assert!(fault.contains(why) && fault.contains(file), "{why}: {fault}");
        }
        let missing = Roots::of_file("/nowhere/ca.pem").await.unwrap_err().to_string();
        assert!(missing.starts_with("the CA file `/nowhere/ca.pem` cannot be read"), "{missing}");
        let folder = Roots::of_file(folder.path().to_str().unwrap()).await.unwrap_err();
        assert!(matches!(folder, TlsFault::CaFile(_)), "{folder}");
    }
}
