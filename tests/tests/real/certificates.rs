//! Certificate authorities, and what they sign.

use std::sync::LazyLock;

use http_step_host::policy::PinnedKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PublicKeyData,
};
use sha2::{Digest, Sha256};

/// The one that the host trusts.
pub static TRUSTED: LazyLock<Authority> = LazyLock::new(|| Authority::new("trusted"));

/// One that it does not trust.
pub static OTHER: LazyLock<Authority> = LazyLock::new(|| Authority::new("other"));

/// Signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = named(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Its own certificate.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Sign one for a server, or for a client.
    pub fn sign(&self, name: &str) -> Signed {
        let key = KeyPair::generate().expect("a key");
        let certificate = named(name, &[name]).signed_by(&key, &self.0);
        let certificate = certificate.expect("a certificate");
        Signed {
            sha256: Sha256::digest(certificate.der())
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            pin: PinnedKey::from_spki(&key.subject_public_key_info()).to_string(),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// A certificate with its key, in PEM.
pub struct Signed {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
    /// The certificate's fingerprint.
    pub sha256: String,
    /// The pin of its key, as in a step file.
    pub pin: String,
}

fn named(common: &str, alternatives: &[&str]) -> CertificateParams {
    let alternatives: Vec<_> = alternatives.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(alternatives).expect("names");
    params.distinguished_name.push(DnType::CommonName, common);
    params
}
