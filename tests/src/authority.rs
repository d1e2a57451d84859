//! A certificate authority for the tests, and the certificates that it signs.

use std::sync::Arc;

use http_step_host::policy::PinnedKey;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::sign::any_supported_type;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{ALL_VERSIONS, RootCertStore, ServerConfig, SupportedProtocolVersion};

/// Signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Default for Authority {
    fn default() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }
}

impl Authority {
    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a host name.
    pub fn issue(&self, name: &str) -> Issued {
        self.issue_with(name, |_| {})
    }

    /// A certificate for a host name, with changed parameters.
    pub fn issue_with(&self, name: &str, say: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        say(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Issued {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key,
        }
    }

    /// A self-signed certificate for a host name, as `openssl req -x509` makes them: it may also
    /// sign others.
    pub fn self_signed(name: &str, say: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        say(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Issued {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key,
        }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("a root");
        roots
    }
}

/// A certificate and its key.
pub struct Issued {
    /// The certificate, in PEM.
    pub pem: String,
    /// The certificate.
    pub certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Issued {
    /// The key, in PEM.
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// The SHA-256 of the certificate, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(&self.certificate);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The pin of the key.
    pub fn pin(&self) -> PinnedKey {
        PinnedKey::from_spki(&self.key.subject_public_key_info())
    }

    /// A TLS server that shows this certificate.
    pub fn server(&self) -> TlsServer<'_> {
        TlsServer {
            issued: self,
            versions: ALL_VERSIONS,
            alpn: Vec::new(),
            clients: None,
            key: &self.key,
        }
    }
}

/// The configuration of a TLS server.
pub struct TlsServer<'i> {
    issued: &'i Issued,
    versions: &'static [&'static SupportedProtocolVersion],
    alpn: Vec<Vec<u8>>,
    clients: Option<RootCertStore>,
    key: &'i KeyPair,
}

impl<'i> TlsServer<'i> {
    /// It offers HTTP/2.
    pub fn http2(mut self) -> Self {
        self.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        self
    }

    /// It supports only these versions of TLS.
    pub fn versions(mut self, versions: &'static [&'static SupportedProtocolVersion]) -> Self {
        self.versions = versions;
        self
    }

    /// It requires a client certificate of an authority.
    pub fn wants_clients_of(mut self, authority: &Authority) -> Self {
        self.clients = Some(authority.roots());
        self
    }

    /// It holds the key of another certificate than the one that it shows.
    pub fn with_key_of(mut self, other: &'i Issued) -> Self {
        self.key = &other.key;
        self
    }

    /// The acceptor for this configuration.
    pub fn acceptor(self) -> TlsAcceptor {
        let builder = ServerConfig::builder_with_protocol_versions(self.versions);
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(roots) => builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder(Arc::new(roots))
                    .build()
                    .expect("a verifier"),
            ),
        };
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).expect("a key");
        let key = any_supported_type(&key).expect("a key that signs");
        // Unlike `with_single_cert`, this does not check that they match.
        let shown = CertifiedKey::new(vec![self.issued.certificate.clone()], key);
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
        config.alpn_protocols = self.alpn;
        TlsAcceptor::from(Arc::new(config))
    }
}
