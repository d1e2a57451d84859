//! TLS to the servers: rustls, with the system's trust roots, or Mozilla's
//! where the system has none.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use http_step_policy::Host;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Which certificates are trusted to vouch for a server.
#[derive(Clone, Debug, Default)]
pub(crate) enum Roots {
    /// The system's, or Mozilla's where it has none.
    #[default]
    System,
    /// These alone.
    Only(RootCertStore),
}

impl Roots {
    /// Read roots from PEM text.
    pub(crate) fn from_pem(pem: &[u8]) -> io::Result<Self> {
        let invalid = |words: String| io::Error::new(io::ErrorKind::InvalidData, words);
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
            store
                .add(certificate)
                .map_err(|error| invalid(error.to_string()))?;
        }
        if store.is_empty() {
            return Err(invalid("there is no certificate in it".to_owned()));
        }
        Ok(Self::Only(store))
    }

    fn store(&self) -> RootCertStore {
        match self {
            Self::Only(store) => store.clone(),
            Self::System => {
                let mut store = RootCertStore::empty();
                // A system's store may hold a certificate that rustls can't
                // read; the rest of them serve.
                store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if store.is_empty() {
                    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
                }
                store
            }
        }
    }
}

/// The client side of TLS, set up once, when the first connection asks for it:
/// reading the system's roots takes milliseconds.
pub(crate) struct Tls {
    roots: Roots,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    pub(crate) fn new(roots: Roots) -> Self {
        Self {
            roots,
            config: OnceCell::new(),
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
        let config = self.config.get_or_try_init(|| config(self.roots.clone()));
        TlsConnector::from(Arc::clone(config.await?))
            .connect(name, stream)
            .await
    }
}

async fn config(roots: Roots) -> io::Result<Arc<ClientConfig>> {
    let roots = spawn_blocking(move || roots.store()).await?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
