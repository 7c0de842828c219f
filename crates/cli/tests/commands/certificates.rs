//! Servers that do not let everybody in: certificates that are shown, agreed to and refused when they change, and refusals
//! of strangers in every shape, which open to what a person has.

use crate::support;
use std::io::Write;
use std::process::Stdio;

use crate::api::Api;
use crate::support::{Place, Ran};
use serde_json::{Value, json};
use testkit::fake::{Fake, SignIn};
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
            "not the accepted one",
            "Find out why before you agree to the new one (mcp-discovery edit",
            "The accepted certificate:",
            &colons,
            "presented now:",
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
    place.run(&["add", &url]).refused(1, &["signed by `CN=Test CA`, which this computer does not trust"]);
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
        .refused(2, &["not the fingerprint"]);
    place.run(&["add", "http://127.0.0.1:9", "--ca", "x.pem"]).refused(2, &["not an https:// address"]);
    place.run(&["edit", "nobody", "--ca", "a", "--system-trust"]).refused(2, &["cannot be used with"]);
    place.run(&["edit", "nobody", "--system-trust"]).refused(3, &["`nobody`"]);
}

const SECRET: &str = "s3cret-of-a-refusal";
const BEARER: &str = "Bearer s3cret-of-a-refusal";
const QUIET: &str = "health_monitoring:\n  check_interval: 600\n";

/// What is asked for: the header, or the key of the query; its value; and how it is given.
const KINDS: [(&str, &str, &[&str]); 4] = [
    ("authorization", BEARER, &["--token", "-"]),
    ("authorization", BEARER, &["--token-env", "REFUSALS_TOKEN"]),
    ("x-api-key", SECRET, &["--header", "X-API-Key=-"]),
    ("?apiKey", SECRET, &["--query", "apiKey=-"]),
];

/// The status, the challenge, the body.
const SHAPES: [(u16, Option<&str>, (&str, &str)); 8] = [
    (401, None, ("application/json", r#"{"error":"Unauthorized"}"#)),
    (401, None, ("text/html", "<h1>401 Authorization Required</h1>")),
    (401, None, ("text/plain", "")),
    (401, Some("Bearer"), ("text/plain", "")),
    (401, Some("Bearer realm=\"x\""), ("text/plain", "")),
    (401, Some("Basic realm=\"x\""), ("text/html", "<h1>Log in</h1>")),
    (
        401,
        None,
        (
            "application/json",
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Unauthorized"}}"#,
        ),
    ),
    (403, None, ("text/plain", "")),
];

fn add(place: &Place, name: &str, url: &str, given: &[&str]) -> Ran {
    let mut args = vec!["add", url, "--name", name];
    args.extend(given);
    let mut command = place.command(&args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(format!("{SECRET}\n").as_bytes());
    Ran(child.wait_with_output().unwrap())
}

/// What is wrong with a server after it was added, if anything is.
async fn trouble(api: &Api, name: &str, added: &Ran) -> Option<Value> {
    if added.code() != 0 {
        return Some(json!(added.stderr()));
    }
    for _ in 0..3 {
        let checked = api.perform("check", json!({ "id": name })).await;
        if checked["health"]["status"] != "healthy" {
            return Some(checked);
        }
    }
    let tools = api.perform("tools", json!({ "server": name })).await;
    let called = api.perform("call", json!({ "capability": "echo", "server": name })).await;
    (tools["tools"][0]["name"].is_null() || called["result"].is_null()).then(|| json!([tools, called]))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_of_refusal_opens_to_every_kind_of_credential() {
    let place = Place::new();
    let env = [("REFUSALS_TOKEN", SECRET)];
    let api = Api::start_with(&place, QUIET, &[], &env);
    let mut wrong = Vec::new();
    for (number, (status, challenge, body)) in SHAPES.into_iter().enumerate() {
        for (kind, (name, value, given)) in KINDS.into_iter().enumerate() {
            let fake = [Fake::legacy(), Fake::modern(), Fake::sse()][(number + kind) % 3].clone();
            let server = fake.sign_in(SignIn::Header { name, value, status, challenge, body }).start().await;
            let called = format!("shape-{number}-{}", name.trim_start_matches('?'));
            let row = scanned(&api, server.address().port()).await;
            if row["outcome"] != "probable" || row["auth_required"] != true {
                wrong.push(format!("{called}, scanned: {row}"));
            }
            let added = add(&place, &called, &server.url(), given);
            wrong.extend(
                trouble(&api, &called, &added).await.map(|why| format!("{called}, {given:?}: {why}")),
            );
            let told = added.stdout() + &added.stderr();
            assert!(!told.contains(SECRET), "{told}");
            api.perform("remove", json!({ "ids": [called] })).await;
            scanned(&api, server.address().port()).await;
            let last = server.seen().pop().unwrap();
            let carries = last.headers.values().any(|value| value.to_str().is_ok_and(|v| v.contains(SECRET)));
            assert!(!carries, "a scan sends nothing: {last:?}");
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a scan of one port shows.
async fn scanned(api: &Api, port: u16) -> Value {
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [port.to_string()] });
    api.perform("scan_start", scan).await;
    loop {
        let report = api.perform("scan", json!({})).await;
        if report["scan"]["state"] != "running" {
            return report["rows"][0].clone();
        }
        tokio::task::yield_now().await;
    }
}
