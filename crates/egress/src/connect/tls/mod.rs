//! TLS to servers and proxies, with rustls, and with the trust roots that the policy of the run
//! allows.
//!
//! The settings of a connection are its [`Identity`], which separates connections: one that was
//! opened without verifying the certificate is never used by a request that requires verification.

mod expiry;
mod roots;
mod verifier;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use http_step_policy::{Host, TlsTerms, TlsVersion};
use parking_lot::Mutex;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub use self::roots::{Certificates, ClientCertificate, PemError, Roots};

use self::expiry::expires;
use self::verifier::{Anchors, Verifier};
use super::io::Io;
use crate::usage::facts::TlsFacts;

/// The maximum number of cached configurations, including sessions to resume; the least recently
/// used one is dropped.
const CONFIGS: usize = 64;

/// HTTP/2, if the server supports it (RFC 7301, RFC 9113).
const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// How a server's certificate is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// With the host's roots.
    #[default]
    Roots,
    /// Only with these certificates.
    Only(Arc<Certificates>),
    /// Not at all.
    Anyone,
}

/// The TLS settings of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) trust: Trust,
    /// The client certificate.
    pub(crate) client: Option<Arc<ClientCertificate>>,
    /// The requirements of the policy and the step.
    pub(crate) terms: TlsTerms,
}

/// A cached configuration with its key.
struct CachedConfig {
    tenant: Arc<str>,
    identity: Identity,
    config: Arc<ClientConfig>,
}

/// The client side of TLS. It is configured when a connection needs it, since reading the system's
/// roots takes milliseconds.
pub(crate) struct Tls {
    roots: Roots,
    read: OnceCell<Arc<RootCertStore>>,
    /// For each tenant, since they contain sessions to resume; the most recently used one is last.
    configs: Mutex<Vec<CachedConfig>>,
}

/// The protocols that a handshake offers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alpn {
    /// HTTP/2 or HTTP/1.1; the server chooses.
    Http,
    /// Only HTTP/1.1: for a proxy, before the tunnel.
    Http1,
}

impl Tls {
    pub(crate) fn new(roots: Roots) -> Self {
        Self {
            roots,
            read: OnceCell::new(),
            configs: Mutex::default(),
        }
    }

    /// Establish TLS on an open transport.
    pub(crate) async fn connect<S: Io>(
        &self,
        tenant: &Arc<str>,
        identity: &Identity,
        offer: Alpn,
        host: &Host,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        let name = match host {
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(io::Error::other)?,
            Host::Address(IpAddr::V4(address)) => ServerName::from(*address),
            Host::Address(IpAddr::V6(address)) => ServerName::from(*address),
        };
        let connector = TlsConnector::from(self.config(tenant, identity).await?);
        match offer {
            Alpn::Http => connector.connect(name, stream).await,
            Alpn::Http1 => {
                let alone = connector.with_alpn(vec![HTTP1.to_vec()]);
                alone.connect(name, stream).await
            }
        }
    }

    async fn config(
        &self,
        tenant: &Arc<str>,
        identity: &Identity,
    ) -> io::Result<Arc<ClientConfig>> {
        if let Some(config) = self.known(tenant, identity) {
            return Ok(config);
        }
        let config = Arc::new(self.set_up(identity).await?);
        let mut configs = self.configs.lock();
        if configs.len() >= CONFIGS {
            configs.remove(0);
        }
        configs.push(CachedConfig {
            tenant: Arc::clone(tenant),
            identity: identity.clone(),
            config: Arc::clone(&config),
        });
        Ok(config)
    }

    fn known(&self, tenant: &Arc<str>, identity: &Identity) -> Option<Arc<ClientConfig>> {
        let mut configs = self.configs.lock();
        let index = configs
            .iter()
            .position(|known| known.tenant == *tenant && known.identity == *identity)?;
        let entry = configs.remove(index);
        let config = Arc::clone(&entry.config);
        configs.push(entry);
        Some(config)
    }

    async fn set_up(&self, identity: &Identity) -> io::Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions: &[_] = match identity.terms.min_version {
            TlsVersion::Tls12 => &[&rustls::version::TLS13, &rustls::version::TLS12],
            TlsVersion::Tls13 => &[&rustls::version::TLS13],
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::new(
                self.anchors(&identity.trust, &provider).await?,
                identity.terms.clone(),
                &provider,
            )));
        let mut config = match &identity.client {
            None => builder.with_no_client_auth(),
            Some(client) => builder
                .with_client_auth_cert(client.chain(), client.key())
                .map_err(io::Error::other)?,
        };
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        Ok(config)
    }

    /// The trust anchors of the certificate chain; none if it is not verified.
    async fn anchors(
        &self,
        trust: &Trust,
        provider: &Arc<CryptoProvider>,
    ) -> io::Result<Option<Anchors>> {
        let (roots, own) = match trust {
            Trust::Anyone => return Ok(None),
            Trust::Only(certificates) => (
                Arc::new(certificates.store()),
                Some(Arc::clone(certificates)),
            ),
            Trust::Roots => {
                let read = self.read.get_or_try_init(|| async {
                    let roots = self.roots.clone();
                    io::Result::Ok(Arc::new(spawn_blocking(move || roots.store()).await?))
                });
                (Arc::clone(read.await?), None)
            }
        };
        let chain = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider))
            .build()
            .map_err(io::Error::other)?;
        Ok(Some(Anchors { chain, own }))
    }
}

/// Whether HTTP/2 was negotiated.
pub(crate) fn is_http2(connection: &ClientConnection) -> bool {
    connection.alpn_protocol() == Some(HTTP2)
}

/// The negotiated parameters.
pub(crate) fn facts(connection: &ClientConnection) -> TlsFacts {
    let certificate = connection.peer_certificates().and_then(<[_]>::first);
    TlsFacts {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "1.3".to_owned(),
            Some(ProtocolVersion::TLSv1_2) => "1.2".to_owned(),
            // Not possible: rustls supports no other.
            _ => String::new(),
        },
        certificate_sha256: certificate
            .map(|certificate| hexadecimal(&Sha256::digest(certificate)))
            .unwrap_or_default(),
        certificate_expires: certificate.and_then(|certificate| expires(certificate)),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings of a connection that verifies no certificate, with a minimum version.
    fn identity(min_version: TlsVersion) -> Identity {
        Identity {
            trust: Trust::Anyone,
            terms: TlsTerms {
                min_version,
                ..TlsTerms::default()
            },
            ..Identity::default()
        }
    }

    // Configurations contain the sessions to resume, and a resumed session is only as secure as its
    // first handshake.
    #[tokio::test]
    async fn sessions_are_separated_by_tenant_and_identity() {
        let tls = Tls::new(Roots::System);
        let (one, other): (Arc<str>, Arc<str>) = ("one".into(), "other".into());
        let (lax, strict) = (identity(TlsVersion::Tls12), identity(TlsVersion::Tls13));
        let first = tls.config(&one, &lax).await.unwrap();
        for (tenant, identity, is_shared) in [
            (&one, &lax, true),
            (&other, &lax, false),
            (&one, &strict, false),
        ] {
            let config = tls.config(tenant, identity).await.unwrap();
            assert_eq!(Arc::ptr_eq(&config, &first), is_shared);
        }
    }

    #[tokio::test]
    async fn the_most_recently_used_configurations_are_kept() {
        let tls = Tls::new(Roots::System);
        let identity = identity(TlsVersion::Tls12);
        let config = async |number: usize| {
            let tenant = number.to_string().into();
            tls.config(&tenant, &identity).await.unwrap()
        };
        let (first, second) = (config(0).await, config(1).await);
        for number in 2..CONFIGS {
            config(number).await;
        }
        assert!(Arc::ptr_eq(&first, &config(0).await));
        // The cache is full: the least recently used one is dropped.
        config(CONFIGS).await;
        assert!(Arc::ptr_eq(&first, &config(0).await));
        assert!(!Arc::ptr_eq(&second, &config(1).await));
        assert_eq!(tls.configs.lock().len(), CONFIGS);
    }
}
