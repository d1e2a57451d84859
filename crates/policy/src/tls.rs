//! TLS: the rules of a policy, the settings of a step file, and the resulting parameters.
//!
//! The policy sets minimum requirements. Steps can make them stricter with the settings that the
//! policy allows, and laxer (`verify: false`) only if the policy allows that explicitly.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsVersion {
    /// `1.2`
    #[default]
    Tls12,
    /// `1.3`
    Tls13,
}

impl TlsVersion {
    /// `1.2` or `1.3`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TlsVersion {
    type Err = TlsVersionError;

    fn from_str(text: &str) -> Result<Self, TlsVersionError> {
        match text {
            "1.2" => Ok(Self::Tls12),
            "1.3" => Ok(Self::Tls13),
            _ => Err(TlsVersionError),
        }
    }
}

/// A text that is not a valid [`TlsVersion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the TLS version must be `1.2` or `1.3`")]
pub struct TlsVersionError;

/// The SHA-256 of a certificate's public key (its `SubjectPublicKeyInfo`), in curl's
/// notation: `sha256//` and Base64.
///
/// ```
/// use http_step_policy::PinnedKey;
///
/// let key: PinnedKey = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".parse()?;
/// assert_eq!(key, PinnedKey::from_spki(b""));
/// # Ok::<(), http_step_policy::PinnedKeyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PinnedKey([u8; 32]);

impl PinnedKey {
    /// The pin of a key.
    #[must_use]
    pub fn from_spki(subject_public_key_info: &[u8]) -> Self {
        Self(Sha256::digest(subject_public_key_info).into())
    }
}

impl fmt::Display for PinnedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256//{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PinnedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PinnedKey {
    type Err = PinnedKeyError;

    fn from_str(text: &str) -> Result<Self, PinnedKeyError> {
        let digest = text.strip_prefix("sha256//").ok_or(PinnedKeyError)?;
        let digest = STANDARD.decode(digest).map_err(|_| PinnedKeyError)?;
        digest.try_into().map(Self).map_err(|_| PinnedKeyError)
    }
}

/// A text that is not a valid [`PinnedKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a pinned key must be `sha256//` and the SHA-256 of the certificate's public key in Base64, as for curl's `--pinnedpubkey`"
)]
pub struct PinnedKeyError;

/// A TLS setting of step files, which the policy has to allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsAsk {
    /// `verify: false`: any certificate is accepted.
    VerifyNone,
    /// `verify: FILE`: other certificates are trusted.
    CaFile,
    /// `cert`: the step sends a client certificate.
    ClientCertificate,
    /// `tls.pinned_keys`: only these keys are accepted.
    PinnedKey,
    /// `tls.min_version`: older versions are refused.
    MinVersion,
}

impl TlsAsk {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::VerifyNone,
        Self::CaFile,
        Self::ClientCertificate,
        Self::PinnedKey,
        Self::MinVersion,
    ];

    /// The settings that are allowed by default: those that make connections stricter.
    pub const DEFAULT: [Self; 2] = [Self::PinnedKey, Self::MinVersion];

    /// Its name in policies.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyNone => "verify-none",
            Self::CaFile => "ca-file",
            Self::ClientCertificate => "client-certificate",
            Self::PinnedKey => "pinned-key",
            Self::MinVersion => "min-version",
        }
    }

    /// The key of a step file.
    pub(crate) fn in_step_file(self) -> &'static str {
        match self {
            Self::VerifyNone => "verify: false",
            Self::CaFile => "verify: FILE",
            Self::ClientCertificate => "cert",
            Self::PinnedKey => "tls.pinned_keys",
            Self::MinVersion => "tls.min_version",
        }
    }
}

impl fmt::Display for TlsAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The TLS rules of a policy, or of one allow rule. Unset rules are those of the policy, or the
/// defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsRules {
    /// The minimum version; 1.2 by default.
    pub min_version: Option<TlsVersion>,
    /// The server must have one of these keys, if there are any.
    pub pinned_keys: Option<Vec<PinnedKey>>,
    /// The settings that a step may use; [`TlsAsk::DEFAULT`] by default.
    pub steps_may: Option<BTreeSet<TlsAsk>>,
}

impl TlsRules {
    /// These rules, with others for the unset ones.
    pub(crate) fn or(&self, others: &Self) -> Self {
        Self {
            min_version: self.min_version.or(others.min_version),
            pinned_keys: self
                .pinned_keys
                .clone()
                .or_else(|| others.pinned_keys.clone()),
            steps_may: self.steps_may.clone().or_else(|| others.steps_may.clone()),
        }
    }

    /// The settings that a step may use.
    pub(crate) fn asks(&self) -> BTreeSet<TlsAsk> {
        self.steps_may
            .clone()
            .unwrap_or_else(|| TlsAsk::DEFAULT.into())
    }

    /// The parameters of a connection. Fails with the setting that the step may not use.
    pub(crate) fn terms(&self, requested: &TlsRequest) -> Result<TlsTerms, TlsAsk> {
        let allowed = self.asks();
        if let Some(ask) = requested.asks().find(|ask| !allowed.contains(ask)) {
            return Err(ask);
        }
        let min_version = self.min_version.unwrap_or_default();
        Ok(TlsTerms {
            verify: requested.verify,
            client_certificate: requested.client_certificate,
            min_version: min_version.max(requested.min_version.unwrap_or_default()),
            pinned_keys: self.pinned_keys.clone().unwrap_or_default(),
            step_pinned_keys: requested.pinned_keys.clone(),
        })
    }
}

/// How a step verifies the server's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum VerifyRequest {
    /// With the host's trust roots.
    #[default]
    Default,
    /// Not at all.
    None,
    /// With the certificates in a file.
    CaFile,
}

/// The TLS settings of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsRequest {
    /// How the server's certificate is verified.
    pub verify: VerifyRequest,
    /// Whether the step sends a client certificate.
    pub client_certificate: bool,
    /// The minimum version.
    pub min_version: Option<TlsVersion>,
    /// The server must have one of these keys, if there are any.
    pub pinned_keys: Vec<PinnedKey>,
}

impl TlsRequest {
    fn asks(&self) -> impl Iterator<Item = TlsAsk> {
        let verify = match self.verify {
            VerifyRequest::Default => None,
            VerifyRequest::None => Some(TlsAsk::VerifyNone),
            VerifyRequest::CaFile => Some(TlsAsk::CaFile),
        };
        let certificate = self.client_certificate.then_some(TlsAsk::ClientCertificate);
        let pinned = (!self.pinned_keys.is_empty()).then_some(TlsAsk::PinnedKey);
        let version = self.min_version.map(|_| TlsAsk::MinVersion);
        [verify, certificate, pinned, version].into_iter().flatten()
    }
}

/// The parameters of a TLS connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsTerms {
    /// How the server's certificate is verified.
    pub verify: VerifyRequest,
    /// Whether the step sends its client certificate.
    pub client_certificate: bool,
    /// The minimum version.
    pub min_version: TlsVersion,
    /// The policy's keys. The server must have one of them, if there are any.
    pub pinned_keys: Vec<PinnedKey>,
    /// The step's keys. The server must also have one of them, if there are any.
    pub step_pinned_keys: Vec<PinnedKey>,
}

impl TlsTerms {
    /// Whether a server's key is accepted.
    #[must_use]
    pub fn accept_key(&self, key: &PinnedKey) -> bool {
        let fits = |keys: &[PinnedKey]| keys.is_empty() || keys.contains(key);
        fits(&self.pinned_keys) && fits(&self.step_pinned_keys)
    }
}
