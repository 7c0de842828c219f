//! Certificates that nobody vouches for are told apart, agreed to or not, and refused when they change. Nothing secret is
//! sent before.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use mcp::{
    CallOptions, Credentials, Kept, McpError, ProbeOptions, ProbeReport, Remote, Secret, Session, Target,
    Visit, certificate, probe, resolve,
};
use model::{Certificate, Era, Flaw, Outcome, RefusedCertificate, Tls};
use support::{PATIENCE, connect, one_and_two, text};
use testkit::fake::{Fake, Running};
use testkit::secured::{Ca, CertificateFault, Secured, ServerCertificate};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

async fn looked_at(
    secured: &Secured,
    host: &str,
    tls: Option<&Tls>,
) -> (Certificate, Option<RefusedCertificate>) {
    let target = resolve(&secured.url(host, "/mcp")).await.unwrap();
    let verdict = certificate(&target, tls, PATIENCE).await.unwrap();
    (verdict.shown, verdict.refused)
}

async fn probed(secured: &Secured, tls: Option<Tls>, credentials: Credentials) -> ProbeReport {
    let target = resolve(&secured.url("localhost", "/mcp")).await.unwrap();
    probe(&target, &ProbeOptions { tls, credentials, ..ProbeOptions::default() }).await
}

fn token() -> Credentials {
    Credentials { bearer: Some(Secret::new("s3cret")), ..Credentials::default() }
}

fn remote(secured: &Secured, path: &str, tls: Option<Tls>) -> Remote {
    let bearer = Some(Secret::new("s3cret"));
    Remote { bearer, tls, ..Remote::new(secured.url("localhost", path)) }
}

/// A call, a visit and a health endpoint: the ways in which a known server is asked.
async fn asked_every_way(secured: &Secured, tls: Option<&Tls>) -> Vec<Result<(), McpError>> {
    let mut outcomes = Vec::new();
    let target = Target::Http(remote(secured, "/mcp", tls.cloned()));
    let session = Session::connect(&target, PATIENCE).await;
    outcomes.push(match session {
        Ok(session) => {
            let sum = session.call_tool("add", one_and_two(), CallOptions::default()).await.unwrap();
            assert_eq!(text(&sum), "3");
            session.close().await;
            Ok(())
        }
        Err(error) => Err(error),
    });
    let (remote, mut kept) = (remote(secured, "/mcp", tls.cloned()), Kept::default());
    let mut visit = Visit::begin(&remote, &mut kept, Instant::now() + PATIENCE).unwrap();
    outcomes.push(visit.tools(Era::Modern, &TaskTracker::new()).await.outcome.map(drop));
    let health = Visit::health(&remote, "/mcp", model::Reach::Loopback, Instant::now() + PATIENCE).await;
    outcomes.push(health.outcome.map(drop));
    outcomes
}

fn sent_anything(server: &Running) -> bool {
    !server.seen().is_empty()
}

#[tokio::test]
async fn what_is_wrong_is_told_apart() {
    let server = Fake::modern().start().await;
    let ca = Ca::new();
    for (identity, host, flaws) in [
        (ServerCertificate::self_signed(CertificateFault::Nothing), "localhost", &[Flaw::SelfSigned][..]),
        (ServerCertificate::self_signed(CertificateFault::CallsItselfCa), "127.0.0.1", &[Flaw::SelfSigned]),
        (
            ServerCertificate::self_signed(CertificateFault::Expired),
            "localhost",
            &[Flaw::SelfSigned, Flaw::Expired],
        ),
        (
            ServerCertificate::self_signed(CertificateFault::NotYetValid),
            "localhost",
            &[Flaw::SelfSigned, Flaw::NotYetValid],
        ),
        (
            ServerCertificate::self_signed(CertificateFault::WrongName),
            "localhost",
            &[Flaw::SelfSigned, Flaw::WrongName],
        ),
        (ca.signs(CertificateFault::Nothing), "127.0.0.1", &[Flaw::UnknownIssuer]),
        (ca.signs(CertificateFault::Expired), "localhost", &[Flaw::UnknownIssuer, Flaw::Expired]),
        (ca.signs(CertificateFault::WrongName), "localhost", &[Flaw::UnknownIssuer, Flaw::WrongName]),
    ] {
        let secured = Secured::before(server.address(), identity).await;
        let (shown, refused) = looked_at(&secured, host, None).await;
        let refused = refused.unwrap();
        assert_eq!((refused.flaws.as_slice(), &refused.shown), (flaws, &shown), "{refused}");
        assert_eq!(refused.asked, host);
        assert!(shown.subject.contains("Test server"), "{shown:?}");
        let is_ca = flaws.contains(&Flaw::UnknownIssuer);
        assert_eq!(shown.issuer.contains("Test CA"), is_ca, "{shown:?}");
    }
    assert!(!sent_anything(&server), "looking at a certificate asks nothing");
}

#[tokio::test]
async fn with_a_ca_of_ones_own_only_the_rest_is_wrong() {
    let (server, folder) = (Fake::modern().start().await, tempfile::tempdir().unwrap());
    let (ca, other) = (Ca::new(), Ca::new());
    let file = ca.write_pem(folder.path()).unwrap();
    let tls = Tls::Ca { ca: file.display().to_string() };
    for (identity, flaws) in [
        (ca.signs(CertificateFault::Nothing), &[][..]),
        (ca.signs(CertificateFault::Expired), &[Flaw::Expired]),
        (ca.signs(CertificateFault::NotYetValid), &[Flaw::NotYetValid]),
        (ca.signs(CertificateFault::WrongName), &[Flaw::WrongName]),
        (other.signs(CertificateFault::Nothing), &[Flaw::UnknownIssuer]),
        (ServerCertificate::self_signed(CertificateFault::Nothing), &[Flaw::SelfSigned]),
    ] {
        let secured = Secured::before(server.address(), identity).await;
        let (_, refused) = looked_at(&secured, "localhost", Some(&tls)).await;
        assert_eq!(refused.map(|refused| refused.flaws).unwrap_or_default(), flaws);
    }
}

/// Of the certificate itself as its own CA: names and time still count.
#[tokio::test]
async fn the_servers_own_certificate_may_be_the_file() {
    let (server, folder) = (Fake::modern().start().await, tempfile::tempdir().unwrap());
    for (odd, flaws) in [
        (CertificateFault::Nothing, &[][..]),
        (CertificateFault::CallsItselfCa, &[]),
        (CertificateFault::Expired, &[Flaw::Expired]),
        (CertificateFault::WrongName, &[Flaw::WrongName]),
    ] {
        let identity = ServerCertificate::self_signed(odd);
        let tls = Tls::Ca { ca: identity.write_pem(folder.path()).unwrap().display().to_string() };
        let secured = Secured::before(server.address(), identity).await;
        let (_, refused) = looked_at(&secured, "localhost", Some(&tls)).await;
        assert_eq!(refused.map(|refused| refused.flaws).unwrap_or_default(), flaws, "{odd:?}");
    }
}

#[tokio::test]
async fn nothing_secret_is_sent_before_a_person_agrees_and_everything_works_after() {
    for odd in [
        CertificateFault::Nothing,
        CertificateFault::CallsItselfCa,
        CertificateFault::Expired,
        CertificateFault::NotYetValid,
        CertificateFault::WrongName,
    ] {
        let server = Fake::modern().start().await;
        let secured = Secured::before(server.address(), ServerCertificate::self_signed(odd)).await;
        let report = probed(&secured, None, token()).await;
        assert_ne!(report.outcome, Outcome::Mcp, "{report:?}");
        let refused = report.untrusted.unwrap();
        for outcome in asked_every_way(&secured, None).await {
            let error = outcome.unwrap_err();
            assert_eq!(error.certificate(), Some(&*refused), "{error}");
        }
        assert!(!sent_anything(&server), "{odd:?}: {:?}", server.seen());

        let agreed = Tls::Agreed(refused.shown.clone());
        let report = probed(&secured, Some(agreed.clone()), token()).await;
        assert_eq!((report.outcome, report.untrusted), (Outcome::Mcp, None), "{odd:?}");
        assert!(report.contents.is_some(), "what comes over it is kept");
        for outcome in asked_every_way(&secured, Some(&agreed)).await {
            outcome.unwrap();
        }
        // Another one, even of the same name and maker.
        let seen = server.seen().len();
        secured.change(ServerCertificate::self_signed(odd));
        for outcome in asked_every_way(&secured, Some(&agreed)).await {
            let error = outcome.unwrap_err();
            let changed = error.certificate().unwrap_or_else(|| panic!("{error}"));
            assert_eq!((changed.flaws[0], changed.agreed.as_ref()), (Flaw::Changed, Some(&refused.shown)));
            assert_ne!(changed.shown.fingerprint, refused.shown.fingerprint);
        }
        assert_eq!(server.seen().len(), seen, "{odd:?}");
    }
}

#[tokio::test]
async fn every_transport_goes_over_what_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::new();
    let tls = Tls::Ca { ca: ca.write_pem(folder.path()).unwrap().display().to_string() };
    for (fake, path, is_stream) in
        [(Fake::modern(), "/mcp", false), (Fake::legacy(), "/mcp", false), (Fake::sse(), "/sse", true)]
    {
        let server = fake.start().await;
        let secured = Secured::before(server.address(), ca.signs(CertificateFault::Nothing)).await;
        let remote = remote(&secured, path, Some(tls.clone()));
        let target = if is_stream { Target::Sse(remote) } else { Target::Http(remote) };
        let session = connect(&target).await;
        let sum = session.call_tool("add", one_and_two(), CallOptions::default()).await.unwrap();
        assert_eq!(text(&sum), "3");
        session.close().await;
    }
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_named() {
    let server = Fake::modern().start().await;
    let secured =
        Secured::before(server.address(), ServerCertificate::self_signed(CertificateFault::Nothing)).await;
    let tls = Tls::Ca { ca: "/nowhere/ca.pem".to_owned() };
    let error = Session::connect(&Target::Http(remote(&secured, "/mcp", Some(tls.clone()))), PATIENCE).await;
    let error = error.err().unwrap().to_string();
    assert!(error.starts_with("the CA file `/nowhere/ca.pem` cannot be read"), "{error}");
    let report = probed(&secured, Some(tls), Credentials::default()).await;
    assert!(report.reason.unwrap().contains("/nowhere/ca.pem"));
    assert!(!sent_anything(&server));
}

/// Two servers at one address with two agreements share no connection.
#[tokio::test]
async fn a_connection_is_not_shared_beyond_what_was_agreed() {
    let server = Fake::modern().start().await;
    let secured =
        Secured::before(server.address(), ServerCertificate::self_signed(CertificateFault::Nothing)).await;
    let (shown, _) = looked_at(&secured, "localhost", None).await;
    let right = Target::Http(remote(&secured, "/mcp", Some(Tls::Agreed(shown.clone()))));
    let session = connect(&right).await;
    session.call_tool("add", one_and_two(), CallOptions::default()).await.unwrap();
    let other = Certificate::known_by(model::Fingerprint::of_digest([7; 32]));
    for wrong in [None, Some(Tls::Agreed(other))] {
        let wrong = Target::Http(remote(&secured, "/mcp", wrong));
        assert!(Session::connect(&wrong, PATIENCE).await.err().unwrap().certificate().is_some());
    }
    session.close().await;
}
