//! Certificates that must not be trusted, and one authority that is.

use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The authority that the host trusts.
pub static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("the trusted one"));

/// An authority that signs certificates.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A valid certificate, with changes.
    pub fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = localhost();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Identity {
            certificate: params.signed_by(&key, &self.issuer).unwrap(),
            key,
        }
    }
}

/// A self-signed certificate.
pub fn self_signed() -> Identity {
    let key = KeyPair::generate().unwrap();
    Identity {
        certificate: localhost().self_signed(&key).unwrap(),
        key,
    }
}

fn localhost() -> CertificateParams {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(4000, 1, 1);
    params
}

impl Identity {
    pub fn acceptor(self) -> TlsAcceptor {
        self.acceptor_for(&[])
    }

    /// An acceptor that agrees on a protocol, by its name in ALPN.
    pub fn acceptor_for(self, protocols: &[&[u8]]) -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}
