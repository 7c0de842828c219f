//! A person agrees to a certificate or names a CA, for one server; it is kept, taken back, exported and imported, and a
//! certificate that changed is refused.

use crate::support::Core;
use api::ErrorCode;
use serde_json::{Value, json};
use testkit::fake::{Fake, Running, SignIn};
use testkit::secured::{Ca, CertificateFault, Secured, ServerCertificate};

const TOKEN: &str = "s3cret-of-the-certificate";

async fn guarded() -> Running {
    Fake::modern().sign_in(SignIn::Token(TOKEN.to_owned())).start().await
}

/// The certificate of an error, which must be about one.
fn certificate(error: &api::ApiError) -> Value {
    assert_eq!(error.code, ErrorCode::UntrustedCertificate, "{error:?}");
    error.detail["certificate"].clone()
}

async fn health(core: &Core, name: &str) -> Value {
    core.perform("server", json!({ "id": name })).await["server"]["health"].clone()
}

async fn call(core: &Core, name: &str) -> Value {
    let call = json!({ "capability": "echo", "server": name, "arguments": { "text": "x" } });
    core.perform("call", call).await["result"].clone()
}

#[tokio::test]
async fn a_certificate_is_agreed_to_with_the_address_and_refused_when_it_changes() {
    let (core, server) = (Core::start().await, guarded().await);
    let secured =
        Secured::before(server.address(), ServerCertificate::self_signed(CertificateFault::WrongName)).await;
    let url = secured.url("localhost", "/mcp");
    let add = json!({ "url": url, "name": "nas", "token": TOKEN, "token_place": "file" });
    let refused = certificate(&core.refused("add", add.clone()).await);
    assert_eq!(refused["flaws"], json!(["self_signed", "wrong_name"]));
    assert!(server.seen().is_empty(), "nothing was sent");
    assert_eq!(core.perform("servers", json!({})).await["total"], 0, "nothing was kept");
    assert_eq!(core.perform("secrets", json!({})).await["kept"], json!([]));

    let fingerprint = refused["shown"]["fingerprint"].clone();
    let mut agreed = add.clone();
    agreed["trust_certificate"] = json!("00".repeat(32));
    let error = core.refused("add", agreed.clone()).await;
    assert_eq!(certificate(&error)["flaws"][0], "changed", "{error}");
    assert!(server.seen().is_empty(), "nothing was sent to another than was named");
    agreed["trust_certificate"] = fingerprint.clone();
    let added = core.perform("add", agreed).await;
    assert_eq!(added["server"]["health"]["status"], "healthy", "{added}");
    assert_eq!(core.check("nas").await["status"], "healthy");
    assert!(call(&core, "nas").await.is_object());
    let details = core.perform("server", json!({ "id": "nas" })).await;
    assert_eq!(details["tls"]["fingerprint"], fingerprint, "{details}");
    assert_eq!(details["tls"]["issuer"], refused["shown"]["issuer"], "{details}");

    let asked = server.seen().len();
    secured.change(ServerCertificate::self_signed(CertificateFault::WrongName));
    let call_refused = core
        .refused("call", json!({ "capability": "echo", "server": "nas", "arguments": { "text": "x" } }))
        .await;
    // The conversation that was kept may have been let go of only now.
    assert!(
        matches!(call_refused.code, ErrorCode::UntrustedCertificate | ErrorCode::TransportFailed),
        "{call_refused}"
    );
    core.check("nas").await;
    let told = health(&core, "nas").await;
    let changed = &told["certificate"];
    assert_eq!(
        (&changed["flaws"][0], &told["summary"]),
        (&json!("changed"), &json!("Certificate changed")),
        "{told}"
    );
    assert_eq!(changed["agreed"]["fingerprint"], fingerprint, "the old beside the new: {told}");
    assert_ne!(changed["shown"]["fingerprint"], fingerprint, "{told}");
    assert_eq!(server.seen().len(), asked, "nothing was sent to it");

    // An agreement is to the certificate that a person saw: one that is not shown is none.
    let slip = json!({ "id": "nas", "trust_certificate": "11".repeat(32) });
    certificate(&core.refused("edit", slip).await);
    let again = json!({ "id": "nas", "trust_certificate": changed["shown"]["fingerprint"] });
    let edited = core.perform("edit", again).await;
    let well = health(&core, "nas").await;
    assert_eq!((&well["certificate"], &well["consecutive_failures"]), (&Value::Null, &json!(0)), "{well}");
    assert!(call(&core, "nas").await.is_object());
    core.perform("undo", json!({ "undo": edited["undo"] })).await;
    let details = core.perform("server", json!({ "id": "nas" })).await;
    assert_eq!(details["tls"]["fingerprint"], fingerprint, "it is the old one again: {details}");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_ca_is_named_for_one_server() {
    let (core, server) = (Core::start().await, guarded().await);
    let (ca, folder) = (Ca::new(), tempfile::tempdir().unwrap());
    let file = ca.write_pem(folder.path()).unwrap();
    let secured = Secured::before(server.address(), ca.signs(CertificateFault::Nothing)).await;
    let add =
        json!({ "url": secured.url("localhost", ""), "name": "corp", "token": TOKEN, "token_place": "file" });
    assert_eq!(certificate(&core.refused("add", add.clone()).await)["flaws"], json!(["unknown_issuer"]));
    for (ca, why) in [("ca.pem", "full path"), ("/nowhere/ca.pem", "/nowhere/ca.pem")] {
        let mut wrong = add.clone();
        wrong["ca"] = json!(ca);
        for no_probe in [false, true] {
            wrong["no_probe"] = json!(no_probe);
            let error = core.refused("add", wrong.clone()).await;
            assert!(error.code == ErrorCode::InvalidArguments && error.message.contains(why), "{error}");
        }
    }
    assert!(server.seen().is_empty(), "nothing was sent");
    let mut named = add;
    named["ca"] = json!(file);
    let added = core.perform("add", named).await;
    assert_eq!(added["server"]["health"]["status"], "healthy", "{added}");
    let error =
        core.refused("edit", json!({ "id": "corp", "ca": "/nowhere/ca.pem", "no_probe": true })).await;
    assert!(
        error.code == ErrorCode::InvalidArguments && error.message.contains("/nowhere/ca.pem"),
        "{error}"
    );
    // A renewed certificate of the same CA is as good.
    secured.change(ca.signs(CertificateFault::Nothing));
    assert_eq!(core.check("corp").await["status"], "healthy");
    secured.change(ca.signs(CertificateFault::Expired));
    core.check("corp").await;
    assert_eq!(health(&core, "corp").await["certificate"]["flaws"], json!(["expired"]));
    secured.change(ca.signs(CertificateFault::Nothing));
    core.perform("edit", json!({ "id": "corp", "system_trust": true })).await;
    assert_eq!(health(&core, "corp").await["certificate"]["flaws"], json!(["unknown_issuer"]));
    core.perform("undo", json!({})).await;
    assert_eq!(core.check("corp").await["status"], "healthy");
    core.app.shutdown().await;
}

#[tokio::test]
async fn an_agreement_is_to_one_origin_and_adding_again_takes_it_back_nowhere() {
    let (core, server) = (Core::start().await, guarded().await);
    let identity = || ServerCertificate::self_signed(CertificateFault::Nothing);
    let secured = Secured::before(server.address(), identity()).await;
    let url = secured.url("localhost", "/mcp");
    let shown = core.perform("certificate", json!({ "url": url })).await["shown"].clone();
    let add = json!({ "url": url, "name": "nas", "token": TOKEN, "token_place": "file", "trust_certificate": shown["fingerprint"] });
    core.perform("add", add).await;

    // Another path of the same server, and another server.
    let other = guarded().await;
    let elsewhere = Secured::before(other.address(), identity()).await;
    let near = json!({ "id": "nas", "url": secured.url("localhost", "") });
    core.perform("edit", near).await;
    let details = core.perform("server", json!({ "id": "nas" })).await;
    assert_eq!(details["tls"], shown, "{details}");
    let far = json!({ "id": "nas", "url": elsewhere.url("localhost", "/mcp"), "token": TOKEN, "token_place": "file" });
    let error = core.refused("edit", far.clone()).await;
    assert_eq!(
        certificate(&error)["flaws"],
        json!(["self_signed"]),
        "another origin has nothing agreed to: {error}"
    );
    assert_eq!(error.detail["advice"], "trust_certificate", "{error:?}");
    assert!(other.seen().is_empty(), "nothing was sent");
    let mut test = far.clone();
    test["dry_run"] = json!(true);
    assert_eq!(certificate(&core.refused("edit", test).await), certificate(&error), "a test says the same");
    let mut agreed = far;
    agreed["trust_certificate"] = certificate(&error)["shown"]["fingerprint"].clone();
    let edited = core.perform("edit", agreed).await;
    assert_eq!(edited["server"]["health"]["status"], "healthy", "{edited}");
    assert_eq!(edited["leaves"], json!(["token", "agreement to its certificate"]), "{edited}");
    core.perform("undo", json!({})).await;
    let details = core.perform("server", json!({ "id": "nas" })).await;
    assert_eq!(details["tls"], shown, "undo brings the former agreement back with the address: {details}");
    assert_eq!(core.check("nas").await["status"], "healthy");

    let again = json!({ "url": secured.url("localhost", ""), "system_trust": true });
    let error = core.refused("add", again).await;
    assert!(error.message.contains("edit it"), "{error}");
    // Taking trust back needs no server that answers.
    drop(secured);
    core.perform("edit", json!({ "id": "nas", "system_trust": true })).await;
    assert_eq!(core.perform("server", json!({ "id": "nas" })).await["tls"], Value::Null);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_scan_says_it_and_keeps_nothing_that_came_so() {
    let (core, server) = (Core::start().await, Fake::modern().start().await);
    let secured =
        Secured::before(server.address(), ServerCertificate::self_signed(CertificateFault::Expired)).await;
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [secured.address().port().to_string()] });
    let row =
        core.scanned(async { drop(core.perform("scan_start", scan.clone()).await) }).await["rows"][0].clone();
    assert_eq!(
        (&row["outcome"], &row["certificate"]["flaws"]),
        (&json!("mcp"), &json!(["self_signed", "expired"])),
        "{row}"
    );
    assert!(
        row["reason"].as_str().unwrap().starts_with("its certificate is not trusted: it is self-signed"),
        "{row}"
    );

    let looked = core.perform("certificate", json!({ "url": row["url"] })).await;
    assert_eq!(looked["refused"]["shown"], row["certificate"]["shown"], "{looked}");
    let agree = json!({ "url": row["url"], "name": "nas", "trust_certificate": row["certificate"]["shown"]["fingerprint"] });
    let added = core.perform("add", agree).await;
    assert_eq!(added["server"]["health"]["status"], "healthy", "{added}");
    // A scan knows what was agreed to, and that it is another now.
    let again =
        core.scanned(async { drop(core.perform("scan_start", scan.clone()).await) }).await["rows"][0].clone();
    assert_eq!((&again["certificate"], &again["reason"]), (&Value::Null, &Value::Null), "{again}");
    secured.change(ServerCertificate::self_signed(CertificateFault::Nothing));
    let changed =
        core.scanned(async { drop(core.perform("scan_start", scan).await) }).await["rows"][0].clone();
    assert_eq!(changed["certificate"]["flaws"][0], "changed", "{changed}");
    assert_eq!(changed["certificate"]["agreed"], row["certificate"]["shown"], "{changed}");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_file_brings_no_agreement_without_a_yes() {
    let (core, server) = (Core::start().await, Fake::modern().start().await);
    let secured =
        Secured::before(server.address(), ServerCertificate::self_signed(CertificateFault::Nothing)).await;
    let url = secured.url("localhost", "/mcp");
    let shown = core.perform("certificate", json!({ "url": url })).await["shown"].clone();
    core.perform("add", json!({ "url": url, "name": "nas", "trust_certificate": shown["fingerprint"] }))
        .await;
    let exported = core.perform("export", json!({})).await["text"].as_str().unwrap().to_owned();
    let file: Value = serde_json::from_str(&exported).unwrap();
    let entry = file["servers"].as_object().unwrap().values().next().unwrap();
    assert_eq!(entry["metadata"]["mcp_discovery"]["tls"], shown, "{entry}");
    let again = core.perform("import", json!({ "text": exported })).await;
    assert_eq!(
        (&again["certificates_left"], &again["unchanged"]),
        (&json!(0), &json!(1)),
        "known just so: {again}"
    );
    core.app.shutdown().await;

    let other = Core::start().await;
    let left = other.perform("import", json!({ "text": exported })).await;
    assert_eq!(left["certificates_left"], 1, "{left}");
    let warning = left["warnings"][0].as_str().unwrap();
    let colons = model::Fingerprint::parse(shown["fingerprint"].as_str().unwrap()).unwrap().to_string();
    assert!(warning.contains(&colons) && warning.ends_with("agree to it by editing the server"), "{left}");
    assert_eq!(other.perform("server", json!({ "id": "nas" })).await["tls"], Value::Null);
    let taken = other.perform("import", json!({ "text": exported, "certificates": true })).await;
    assert_eq!(other.perform("server", json!({ "id": "nas" })).await["tls"], shown, "{taken}");
    // Nor may a file put another in the place of the one that a person agreed to.
    let forged = exported.replace(shown["fingerprint"].as_str().unwrap(), &"ab".repeat(32));
    let refused = other.perform("import", json!({ "text": forged })).await;
    assert_eq!(refused["certificates_left"], 1, "{refused}");
    assert_eq!(other.perform("server", json!({ "id": "nas" })).await["tls"], shown);
    other.app.shutdown().await;
}

#[tokio::test]
async fn what_is_no_agreement_says_so() {
    let core = Core::start().await;
    let server = Fake::modern().start().await;
    for (args, why) in [
        (json!({ "url": "https://127.0.0.1:9", "trust_certificate": "12:34" }), "not the fingerprint"),
        (json!({ "url": server.url(), "trust_certificate": "ab".repeat(32) }), "not an https:// address"),
        (
            json!({ "url": "https://127.0.0.1:9", "trust_certificate": "ab".repeat(32), "ca": "/a" }),
            "give one of",
        ),
        (json!({ "stdio": ["true"], "ca": "/a" }), "a command takes no"),
    ] {
        let error = core.refused("add", args).await;
        assert!(error.code == ErrorCode::InvalidArguments && error.message.contains(why), "{error}");
    }
    core.perform("add", json!({ "url": server.url(), "name": "plain" })).await;
    let error = core.refused("certificate", json!({ "id": "plain" })).await;
    assert!(error.message.contains("not an https:// address"), "{error}");
    for trust in [json!({ "ca": "/nowhere.pem" }), json!({ "system_trust": true })] {
        let mut edit = trust;
        edit["id"] = json!("plain");
        let error = core.refused("edit", edit).await;
        assert!(error.message.contains("not an https:// address"), "{error}");
    }
    core.app.shutdown().await;
}
