//! The certificate that a server shows.

use std::time::Duration;

use api::{CertificateArgs, ShownCertificate};

use super::find::find;
use crate::App;
use crate::error::OperationError;

/// For the handshake that shows a certificate.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

impl App {
    pub(super) async fn certificate(
        &self,
        args: CertificateArgs,
    ) -> Result<ShownCertificate, OperationError> {
        let (url, tls, target) = match (args.id, args.url) {
            (Some(id), None) => {
                let info = find(&self.0.registry.snapshot(), &id)?.info;
                let url = info.target().unwrap_or_default().to_owned();
                only_over_tls(&url)?;
                (url, info.tls.clone(), self.0.mesh.contact.place(&info).await?)
            }
            (None, Some(url)) => {
                only_over_tls(&url)?;
                let target = mcp::resolve(&url).await;
                let target = target.map_err(|error| OperationError::arguments(error.to_string()))?;
                (url, None, target)
            }
            _ => return Err(OperationError::arguments("give either the `id` of a server or a `url`")),
        };
        let looked = mcp::certificate(&target, tls.as_ref(), LOOK_WITHIN).await?;
        Ok(ShownCertificate { url, shown: looked.shown, refused: looked.refused, tls })
    }
}

fn only_over_tls(url: &str) -> Result<(), OperationError> {
    if model::Endpoint::parse(url).is_ok_and(|endpoint| endpoint.url().scheme() == "https") {
        return Ok(());
    }
    Err(OperationError::arguments(format!(
        "`{url}` is no https:// address: only over TLS there is a certificate"
    )))
}
