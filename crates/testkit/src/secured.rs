//! TLS in front of a plain server, with certificates of every kind, which may change while it runs.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use demo::fake::bind;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// The certificate of a server.
#[derive(Clone)]
pub struct ServerCertificate {
    certificate: CertificateDer<'static>,
    acceptor: TlsAcceptor,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    /// Nothing but its issuer.
    Nothing,
    /// It calls itself a CA, as those do that `openssl req -x509` makes.
    CallsItselfCa,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is for `elsewhere.example`.
    WrongName,
}

/// A CA of one's own.
pub struct Ca {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a self-made certificate cannot fail; a test without it cannot go on"
)]
impl ServerCertificate {
    /// It vouches for itself.
    pub fn self_signed(odd: CertificateFault) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = params(odd).self_signed(&key).expect("a certificate").der().clone();
        Self::of(certificate, &key)
    }

    fn of(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key in PKCS #8");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the usual versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .expect("a certificate that fits its key");
        Self { certificate, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    pub(crate) fn acceptor(self) -> TlsAcceptor {
        self.acceptor
    }

    /// Writes the certificate as PEM.
    pub fn write_pem(&self, folder: &Path) -> io::Result<PathBuf> {
        write_pem(&self.certificate, folder)
    }
}

#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a self-made certificate cannot fail; a test without it cannot go on"
)]
impl Ca {
    /// A new one.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Test CA");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").der().clone();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// A server's certificate that it vouches for.
    pub fn signs(&self, odd: CertificateFault) -> ServerCertificate {
        let key = KeyPair::generate().expect("a key");
        let certificate = params(odd).signed_by(&key, &self.issuer).expect("a certificate").der().clone();
        ServerCertificate::of(certificate, &key)
    }

    /// Writes its certificate as PEM.
    pub fn write_pem(&self, folder: &Path) -> io::Result<PathBuf> {
        write_pem(&self.certificate, folder)
    }
}

impl Default for Ca {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::expect_used, reason = "these names are names")]
fn params(odd: CertificateFault) -> CertificateParams {
    let names: &[&str] =
        if odd == CertificateFault::WrongName { &["elsewhere.example"] } else { &["localhost", "127.0.0.1"] };
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names of hosts");
    params.distinguished_name.push(DnType::CommonName, "Test server");
    match odd {
        CertificateFault::CallsItselfCa => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        CertificateFault::Expired => params.not_after = date_time_ymd(2020, 1, 1),
        CertificateFault::NotYetValid => params.not_before = date_time_ymd(2400, 1, 1),
        CertificateFault::Nothing | CertificateFault::WrongName => {}
    }
    params
}

fn write_pem(certificate: &CertificateDer<'_>, folder: &Path) -> io::Result<PathBuf> {
    let file = folder.join("certificate.pem");
    let body = STANDARD.encode(certificate);
    std::fs::write(&file, format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"))?;
    Ok(file)
}

/// A port that speaks TLS and passes on what it hears to a plain server, until it is dropped.
pub struct Secured {
    address: SocketAddr,
    identity: watch::Sender<ServerCertificate>,
    _tasks: JoinSet<()>,
}

impl Secured {
    /// In front of this server.
    pub async fn before(plain: SocketAddr, identity: ServerCertificate) -> Self {
        let listener = bind(Ipv4Addr::LOCALHOST.into(), 0).await;
        let address = listener.local_addr().unwrap_or(plain);
        let (identity, current) = watch::channel(identity);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(pass_on(stream, current.clone(), plain));
                while open.try_join_next().is_some() {}
            }
        });
        Self { address, identity, _tasks: tasks }
    }

    /// The URL of a path under this name.
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Uses this certificate from now on. Open connections are closed, as by a restart.
    pub fn change(&self, identity: ServerCertificate) {
        self.identity.send_replace(identity);
    }
}

async fn pass_on(stream: TcpStream, mut current: watch::Receiver<ServerCertificate>, plain: SocketAddr) {
    let acceptor = current.borrow_and_update().acceptor.clone();
    let Ok(mut outside) = acceptor.accept(stream).await else { return };
    let Ok(mut inside) = TcpStream::connect(plain).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut outside, &mut inside) => {}
        _ = current.changed() => {}
    }
}
