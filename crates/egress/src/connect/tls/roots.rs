//! Certificates and keys, read from PEM (RFC 7468).

use std::fmt;
use std::hash::{Hash, Hasher};

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::error::tls::in_words;

/// Why a PEM text contains no valid certificate or key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PemError {
    /// There is no certificate.
    #[error("there is no certificate in it")]
    NoCertificate,
    /// There is no key.
    #[error("there is no private key in it")]
    NoKey,
    /// The key is encrypted.
    #[error("its private key is encrypted; store it without a passphrase")]
    EncryptedKey,
    /// The key does not match the certificate.
    #[error("its private key is that of another certificate")]
    OtherKey,
    /// There are too many certificates.
    #[error("it has {0} bytes; it may have {MAX_TRUSTED}")]
    TooLong(usize),
    /// It can't be read.
    #[error("it can't be read: {0}")]
    Unreadable(String),
}

/// The certificates that are trusted.
#[derive(Clone, Debug, Default)]
pub enum Roots {
    /// The system's, or Mozilla's if it has none.
    #[default]
    System,
    /// Only these.
    Only(Certificates),
}

impl Roots {
    pub(super) fn store(&self) -> RootCertStore {
        match self {
            Self::Only(certificates) => certificates.store(),
            Self::System => {
                let mut store = RootCertStore::empty();
                // A system's store may contain a certificate that rustls can't read; the others are
                // used.
                store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if store.is_empty() {
                    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
                }
                store
            }
        }
    }
}

/// The maximum length of a text of trusted certificates. Those of all public authorities take 250
/// KiB. A step chooses it, and a configuration with it is kept for later runs.
const MAX_TRUSTED: usize = 1 << 20;

/// Trusted certificates: at least one. Two are equal if they were read from the same bytes.
#[derive(Clone)]
pub struct Certificates {
    /// Compared in place of the certificates: that happens under locks that all runs share.
    digest: [u8; 32],
    certificates: Vec<Vec<u8>>,
}

impl Certificates {
    /// Parse PEM.
    ///
    /// # Errors
    ///
    /// There are none, one can't be read, or they are too long.
    pub fn from_pem(pem: &[u8]) -> Result<Self, PemError> {
        if pem.len() > MAX_TRUSTED {
            return Err(PemError::TooLong(pem.len()));
        }
        let certificates = chain(pem)?;
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store
                .add(certificate.clone())
                .map_err(|error| PemError::Unreadable(in_words(&error)))?;
        }
        let certificates = certificates.iter();
        Ok(Self {
            digest: Sha256::digest(pem).into(),
            certificates: certificates.map(|it| it.to_vec()).collect(),
        })
    }

    /// Whether a certificate is one of them, byte for byte.
    pub(super) fn contains(&self, certificate: &[u8]) -> bool {
        self.certificates.iter().any(|known| known == certificate)
    }

    pub(super) fn store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        let certificates = self.certificates.iter().cloned();
        let certificates = certificates.map(CertificateDer::from);
        store.add_parsable_certificates(certificates);
        store
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificates({})", self.certificates.len())
    }
}

impl PartialEq for Certificates {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Certificates {}

impl Hash for Certificates {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

/// A client certificate, with its chain and its key. Two are equal if they were read from the same
/// bytes.
pub struct ClientCertificate {
    digest: [u8; 32],
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl ClientCertificate {
    /// The key can be in a separate text, or in the certificate's.
    pub fn from_pem(certificate: &[u8], key: Option<&[u8]>) -> Result<Self, PemError> {
        let key = key.unwrap_or(certificate);
        let mut digest = Sha256::new();
        digest.update((certificate.len() as u64).to_be_bytes());
        digest.update(certificate);
        digest.update(key);
        let (chain, key) = (chain(certificate)?, private_key(key)?);
        let provider = rustls::crypto::ring::default_provider();
        match CertifiedKey::from_der(chain.clone(), key.clone_key(), &provider) {
            Ok(_) => {}
            Err(rustls::Error::InconsistentKeys(_)) => return Err(PemError::OtherKey),
            Err(error) => return Err(PemError::Unreadable(in_words(&error))),
        }
        Ok(Self {
            digest: digest.finalize().into(),
            chain,
            key,
        })
    }

    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.clone()
    }

    pub(super) fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate(****)")
    }
}

impl PartialEq for ClientCertificate {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for ClientCertificate {}

impl Hash for ClientCertificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

fn chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let chain = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| PemError::Unreadable(error.to_string()))?;
    if chain.is_empty() {
        return Err(PemError::NoCertificate);
    }
    Ok(chain)
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, PemError> {
    use rustls::pki_types::pem::Error;
    match PrivateKeyDer::from_pem_slice(pem) {
        Ok(key) => Ok(key),
        Err(Error::NoItemsFound) if is_encrypted(pem) => Err(PemError::EncryptedKey),
        Err(Error::NoItemsFound) => Err(PemError::NoKey),
        Err(error) => Err(PemError::Unreadable(error.to_string())),
    }
}

fn is_encrypted(pem: &[u8]) -> bool {
    const MARK: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";
    pem.windows(MARK.len()).any(|window| window == MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the bytes that are hashed.
    #[derive(Default)]
    struct Counted(usize);

    impl Hasher for Counted {
        fn finish(&self) -> u64 {
            0
        }

        fn write(&mut self, bytes: &[u8]) {
            self.0 += bytes.len();
        }
    }

    /// A step chooses how long its certificates are, and they are part of the key of connections,
    /// which is compared and hashed while other runs wait.
    #[test]
    fn trusted_certificates_are_compared_by_their_digest() {
        let long = |digest: u8| Certificates {
            digest: [digest; 32],
            certificates: vec![vec![digest; MAX_TRUSTED]],
        };
        let mut counted = Counted::default();
        long(1).hash(&mut counted);
        assert!(counted.0 <= 64, "{} bytes", counted.0);
        assert_ne!(long(1), long(2));
        let text = vec![b'-'; MAX_TRUSTED + 1];
        assert_eq!(
            Certificates::from_pem(&text).unwrap_err(),
            PemError::TooLong(text.len())
        );
    }
}
