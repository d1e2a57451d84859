//! TLS to the servers: rustls, with the system's trust roots, or Mozilla's
//! where the system has none.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::origin::Host;

/// Which certificates are trusted to vouch for a server.
#[derive(Clone, Debug, Default)]
pub(crate) enum Roots {
    /// The system's, or Mozilla's where it has none.
    #[default]
    System,
    /// These alone.
    Only(Vec<CertificateDer<'static>>),
}

impl Roots {
    /// Read roots from PEM text.
    pub(crate) fn from_pem(pem: &[u8]) -> io::Result<Self> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        if certificates.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "there is no certificate in it",
            ));
        }
        Ok(Self::Only(certificates))
    }
}

/// The client side of TLS, set up when the first connection asks for it:
/// reading the system's roots takes milliseconds.
pub(crate) struct Tls {
    roots: Roots,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    pub(crate) fn new(roots: Roots) -> Self {
        Self {
            roots,
            config: OnceLock::new(),
        }
    }

    /// Make a TLS connection of an open one.
    pub(crate) async fn connect(
        &self,
        host: &Host,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = match host {
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(io::Error::other)?,
            Host::Address(IpAddr::V4(address)) => ServerName::from(*address),
            Host::Address(IpAddr::V6(address)) => ServerName::from(*address),
        };
        TlsConnector::from(self.config()?)
            .connect(name, stream)
            .await
    }

    fn config(&self) -> io::Result<Arc<ClientConfig>> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(self.root_store())
            .with_no_client_auth();
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }

    fn root_store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        match &self.roots {
            Roots::System => {
                // A system's store may hold a certificate that rustls can't
                // read; the rest of them serve.
                store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if store.is_empty() {
                    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
                }
            }
            Roots::Only(certificates) => {
                store.add_parsable_certificates(certificates.iter().cloned());
            }
        }
        store
    }
}
