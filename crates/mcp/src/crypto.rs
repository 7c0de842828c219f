use std::sync::{Arc, Once};

use rustls::crypto::{CryptoProvider, ring};

/// Installs ring as the process's TLS provider, once; later calls do nothing. [`probe`](crate::probe()) and
/// [`Session::connect`](crate::Session::connect) call it themselves, other users of reqwest may call it
/// first.
pub fn install_crypto() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        if ring::default_provider().install_default().is_err() {
            tracing::debug!("a TLS provider was installed before ours");
        }
    });
}

/// The provider in use; ours unless another was installed first.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    install_crypto();
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()))
}
