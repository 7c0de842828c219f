//! `certificate`, and certificates in errors: the facts to compare before accepting one.

use api::{CertificateArgs, Help, Operations, ShownCertificate};
use model::{Certificate, Flaw, RefusedCertificate, Tls, date};

use super::CommandSession;
use crate::failure::{CommandFailure, exit};

pub(super) async fn certificate(session: &CommandSession, of: &str) -> Result<(), CommandFailure> {
    let of = of.to_owned();
    let args = if of.contains("://") {
        CertificateArgs { url: Some(of), id: None }
    } else {
        CertificateArgs { id: Some(of), url: None }
    };
    let looked = session.core.certificate(args).await?;
    session.print.one(&looked, || sentence(&looked))?;
    if looked.refused.is_none() { Ok(()) } else { Err(CommandFailure::silent(exit::FAILED)) }
}

fn sentence(looked: &ShownCertificate) -> String {
    let (verdict, facts) = match &looked.refused {
        Some(why) => (format!("not trusted: {why}"), facts_of(why)),
        None => (trusted_by(looked.tls.as_ref()), facts(&looked.shown)),
    };
    format!("{} presents a certificate that is {verdict}\n{facts}", looked.url)
}

fn trusted_by(tls: Option<&Tls>) -> String {
    match tls {
        Some(Tls::Ca { ca }) => format!("signed by the CA in {ca}"),
        Some(Tls::Agreed(_)) => "the accepted one".to_owned(),
        None => "trusted by this computer".to_owned(),
    }
}

/// How to accept the certificate that an error is about, or to name another CA.
pub(crate) fn remedy(help: &Help) -> String {
    let Some(refused) = &help.certificate else { return String::new() };
    // Of a call the server is named; `add` and `edit` take the flag themselves.
    let server = help.server.filter(|_| help.is_of_call);
    let how = server.map(|id| format!("mcp-discovery edit {id} ")).unwrap_or_default();
    let fingerprint = &refused.shown.fingerprint;
    if refused.flaws.contains(&Flaw::Changed) {
        format!(". Find out why before you agree to the new one ({how}--trust-certificate {fingerprint})")
    } else {
        format!(
            ". If it is the server's own, agree to it ({how}--trust-certificate {fingerprint}), or name the CA that signed it ({how}--ca FILE)"
        )
    }
}

/// Old beside new, where there is an old one.
pub(crate) fn facts_of(refused: &RefusedCertificate) -> String {
    match &refused.agreed {
        Some(agreed) => format!(
            "The accepted certificate:\n{}\nThe certificate presented now:\n{}",
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
