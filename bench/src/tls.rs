//! TLS for the server, with certificates that the build of the plain host made.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::failure::Result;

/// The files of a directory of certificates.
pub(crate) const AUTHORITY: &str = "authority.pem";
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// Accepts TLS with the certificate of a directory.
pub(crate) fn acceptor(certificates: &Path) -> Result<TlsAcceptor> {
    let certificate = CertificateDer::from_pem_file(certificates.join(CERTIFICATE))?;
    let key = PrivateKeyDer::from_pem_file(certificates.join(KEY))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
