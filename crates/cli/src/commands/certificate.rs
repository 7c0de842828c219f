//! `certificate`, and certificates in errors: what a person compares before they agree.

use model::{Certificate, Flaw, RefusedCertificate, date};
use serde_json::{Value, json};

use super::Session;
use crate::failure::{Failure, exit};
use crate::print::text;

pub(super) async fn certificate(session: &Session, of: &str) -> Result<(), Failure> {
    let what = if of.contains("://") { "url" } else { "id" };
    let looked = session.call("certificate", json!({ what: of })).await?;
    session.print.one(&looked, || sentence(&looked))?;
    let is_trusted = looked.get("refused").is_none_or(Value::is_null);
    if is_trusted { Ok(()) } else { Err(Failure::silent(exit::FAILED)) }
}

fn sentence(looked: &Value) -> String {
    let url = text(looked, "/url");
    let refused = read::<RefusedCertificate>(looked.get("refused"));
    let shown = read::<Certificate>(looked.get("shown"));
    let verdict = refused.as_ref().map_or_else(|| trusted_by(looked), |why| format!("not trusted: {why}"));
    let facts = refused.as_ref().map(facts_of).or_else(|| shown.as_ref().map(facts)).unwrap_or_default();
    format!("{url} shows a certificate that is {verdict}\n{facts}")
}

fn trusted_by(looked: &Value) -> String {
    match (looked.pointer("/tls/ca"), looked.pointer("/tls/fingerprint")) {
        (Some(_), _) => format!("signed by the CA in {}", text(looked, "/tls/ca")),
        (None, Some(_)) => "the one that was agreed to".to_owned(),
        (None, None) => "trusted by this computer".to_owned(),
    }
}

/// The facts of the certificate that an error is about.
pub(crate) fn in_detail(detail: &Value) -> Option<String> {
    refused(detail).map(|refused| facts_of(&refused))
}

/// How a person agrees to the certificate that an error is about, or to another CA.
pub(crate) fn remedy(detail: &Value) -> String {
    let Some(refused) = refused(detail) else { return String::new() };
    // Of a call the server is named; `add` and `edit` take the flag themselves.
    let how = match detail.pointer("/server/id").and_then(Value::as_str) {
        Some(id) => format!("mcp-discovery edit {id} "),
        None => String::new(),
    };
    let fingerprint = &refused.shown.fingerprint;
    if refused.flaws.contains(&Flaw::Changed) {
        format!(". Find out why before you agree to the new one ({how}--trust-certificate {fingerprint})")
    } else {
        format!(
            ". If it is the server's own, agree to it ({how}--trust-certificate {fingerprint}), or name the CA that signed it ({how}--ca FILE)"
        )
    }
}

fn refused(detail: &Value) -> Option<RefusedCertificate> {
    read(detail.pointer("/certificate").or_else(|| detail.pointer("/error/certificate")))
}

/// Old beside new, where there is an old one.
fn facts_of(refused: &RefusedCertificate) -> String {
    match &refused.agreed {
        Some(agreed) => format!(
            "The one that was agreed to:\n{}\nThe one that is shown now:\n{}",
            facts(agreed),
            facts(&refused.shown)
        ),
        None => facts(&refused.shown),
    }
}

fn facts(certificate: &Certificate) -> String {
    let Certificate { fingerprint, subject, names, issuer, not_before, not_after } = certificate;
    let mut lines = vec![format!("  SHA-256    {fingerprint}")];
    let mut say = |what: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("  {what:10} {value}"));
        }
    };
    say("subject", subject.clone());
    say("for", names.join(", "));
    say("issued by", issuer.clone());
    if let (Some(from), Some(until)) = (not_before, not_after) {
        say("valid", format!("{} to {}", date(*from), date(*until)));
    }
    lines.join("\n")
}

fn read<T: serde::de::DeserializeOwned>(value: Option<&Value>) -> Option<T> {
    serde_json::from_value(value?.clone()).ok()
}
