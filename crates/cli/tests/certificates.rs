//! Certificates on the command line: shown, agreed to, refused when they change; and no library writes to standard error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use serde_json::json;
use support::Place;
use testkit::fake::Fake;
use testkit::secured::{Ca, CertificateFault, Secured, ServerCertificate};

/// What we say begins with our name, and goes on indented or in words of ours.
#[track_caller]
fn is_in_our_words(stderr: &str) {
    for word in ["rustls", "ERROR", "WARN", "reqwest", "InvalidCertificate"] {
        assert!(!stderr.contains(word), "`{word}`: {stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_shown_agreed_to_and_refused_when_it_changes() {
    let (place, server) = (Place::new(), Fake::modern().start().await);
    let secured =
        Secured::before(server.address(), ServerCertificate::self_signed(CertificateFault::Nothing)).await;
    let url = secured.url("localhost", "/mcp");
    let port = secured.address().port().to_string();
    let scanned = place.run(&["scan", "127.0.0.1", "--ports", &port]);
    assert_eq!(scanned.json()[0]["certificate"]["flaws"], json!(["self_signed"]), "{}", scanned.stderr());
    is_in_our_words(&scanned.stderr());

    let refused = place.run(&["add", &url]);
    let fingerprint = scanned.json()[0]["certificate"]["shown"]["fingerprint"].as_str().unwrap().to_owned();
    let colons = model::Fingerprint::parse(&fingerprint).unwrap().to_string();
    let advice = format!("--trust-certificate {colons}");
    refused.refused(1, &["self-signed", &advice, "--ca FILE", "SHA-256", "issued by", "valid"]);
    is_in_our_words(&refused.stderr());
    let looked = place.run(&["--format", "table", "certificate", &url]);
    assert_eq!(looked.code(), 1, "it is not trusted");
    assert!(
        looked.stdout().contains(&colons) && looked.stdout().contains("self-signed"),
        "{}",
        looked.stdout()
    );

    let added = place.run(&["add", &url, "--name", "nas", "--trust-certificate", &colons]);
    assert_eq!(added.json()["server"]["health"]["status"], "healthy", "{}", added.stderr());
    let call = ["call", "echo", r#"{"text":"x"}"#, "--server", "nas"];
    assert_eq!(place.run(&call).code(), 0);
    assert_eq!(place.run(&["certificate", "nas"]).code(), 0);

    secured.change(ServerCertificate::self_signed(CertificateFault::Nothing));
    let changed = place.run(&call);
    changed.refused(
        1,
        &[
            "not the one that was agreed to",
            "Find out why before you agree to the new one (mcp-discovery edit",
            "The one that was agreed to:",
            &colons,
            "shown now:",
        ],
    );
    is_in_our_words(&changed.stderr());
    place.run(&["edit", "nas", "--system-trust"]);
    place.run(&call).refused(1, &["self-signed"]);
    assert_eq!(place.run(&["undo"]).code(), 0);
    let now = place.run(&["certificate", "nas"]).json()["refused"]["shown"]["fingerprint"].clone();
    let edited = place.run(&["edit", "nas", "--trust-certificate", now.as_str().unwrap()]);
    assert_eq!(edited.code(), 0, "{}", edited.stderr());
    assert_eq!(place.run(&call).code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_file_is_named_from_where_one_stands() {
    let (place, server, ca) = (Place::new(), Fake::modern().start().await, Ca::new());
    let secured = Secured::before(server.address(), ca.signs(CertificateFault::Nothing)).await;
    let url = secured.url("127.0.0.1", "/mcp");
    place.run(&["add", &url]).refused(1, &["signed by `CN=Test CA`, whom nobody here trusts"]);
    place
        .run(&["add", &url, "--ca", "/nowhere/ca.pem"])
        .refused(2, &["the CA file `/nowhere/ca.pem` cannot be read"]);
    ca.write_pem(place.dir.path()).unwrap();
    let mut command = place.command(&["add", &url, "--name", "corp", "--ca", "certificate.pem"]);
    let added = support::Ran(command.current_dir(place.dir.path()).output().unwrap());
    assert_eq!(added.json()["server"]["health"]["status"], "healthy", "{}", added.stderr());
    assert_eq!(place.run(&["call", "echo", r#"{"text":"x"}"#, "--server", "corp"]).code(), 0);
    std::fs::write(place.dir.path().join("certificate.pem"), "nothing").unwrap();
    let call = place.run(&["call", "echo", r#"{"text":"x"}"#, "--server", "corp"]);
    call.refused(1, &["the CA file `", "certificate.pem` has no certificate in it"]);
    is_in_our_words(&call.stderr());
}

#[test]
fn what_is_no_agreement_is_wrong_usage() {
    let place = Place::new();
    place
        .run(&["add", "https://127.0.0.1:9", "--trust-certificate", "12:34"])
        .refused(2, &["no fingerprint"]);
    place.run(&["add", "http://127.0.0.1:9", "--ca", "x.pem"]).refused(2, &["no https:// address"]);
    place.run(&["edit", "nobody", "--ca", "a", "--system-trust"]).refused(2, &["cannot be used with"]);
    place.run(&["edit", "nobody", "--system-trust"]).refused(3, &["`nobody`"]);
}
