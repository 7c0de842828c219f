//! Reads a certificate: a handshake, and nothing after it.

use std::time::Duration;

use model::Tls;
use rustls::pki_types::ServerName;
use tokio::time::Instant;

use super::ProbeTarget;
use super::line::addresses;
use super::wire::{Closed, Wire, connect};
use crate::wire::answer::NoAnswer;
use crate::wire::place::ConversationPlace;
use crate::wire::tls::{CertificateVerdict, Stance, Trust};
use crate::{McpError, failure};

/// The certificate that is presented at an address, and what is wrong with it under the trust `tls`. No request is sent to
/// the server.
pub async fn certificate(
    target: &ProbeTarget,
    tls: Option<&Tls>,
    deadline: Duration,
) -> Result<CertificateVerdict, McpError> {
    let until = Instant::now() + deadline;
    let place = ConversationPlace::new(&target.authority()).waiting(deadline);
    let looked = look(target, tls, until).await;
    looked.map_err(|why| failure::no_answer(&why, &place))
}

async fn look(
    target: &ProbeTarget,
    tls: Option<&Tls>,
    until: Instant,
) -> Result<CertificateVerdict, NoAnswer> {
    let trust = Trust::of(tls).await.map_err(NoAnswer::Tls)?;
    let left = until.saturating_duration_since(Instant::now());
    let stream = connect(&addresses(target), left).await.map_err(|closed| match closed {
        Closed::Refused => NoAnswer::Refused,
        Closed::Lacking(lack) => NoAnswer::Lacking(lack),
        Closed::Silent(why) => NoAnswer::Unreachable(why),
    })?;
    let (wire, verdict) = Wire::tls(stream, target.server_name(), &trust, Stance::Looks, until).await;
    match (wire, verdict) {
        // A server that wants a certificate of ours ends the handshake after it has shown its own.
        (_, Some(verdict)) => Ok(verdict),
        (Err(fault), None) => Err(NoAnswer::Tls(fault)),
        (Ok(_), None) => Err(NoAnswer::HungUp),
    }
}

impl ProbeTarget {
    /// The name that its certificate must be for.
    pub(super) fn server_name(&self) -> ServerName<'static> {
        let name = self.host_name.clone().and_then(|name| ServerName::try_from(name).ok());
        name.unwrap_or_else(|| ServerName::IpAddress(self.host.into()))
    }
}
