//! TLS: what a policy demands, what a step asks for, and what comes of both.
//!
//! A policy has a floor. A step may raise it as far as the policy lets it ask, and
//! lowers it (`verify: false`) only where the policy says so.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// A version of TLS that can be asked for.
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

/// A text that is no [`TlsVersion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the TLS versions are `1.2` and `1.3`")]
pub struct TlsVersionError;

/// The SHA-256 of a certificate's public key (its `SubjectPublicKeyInfo`), in curl's
/// notation: `sha256//` and Base64.
///
/// ```
/// use http_step_policy::PinnedKey;
///
/// let key: PinnedKey = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".parse()?;
/// assert_eq!(key, PinnedKey::of(b""));
/// # Ok::<(), http_step_policy::PinnedKeyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PinnedKey([u8; 32]);

impl PinnedKey {
    /// The pin of a key.
    #[must_use]
    pub fn of(subject_public_key_info: &[u8]) -> Self {
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

/// A text that is no [`PinnedKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a pinned key is `sha256//` and the SHA-256 of the certificate's public key in Base64, as for curl's `--pinnedpubkey`"
)]
pub struct PinnedKeyError;

/// Something of TLS that a step may ask for if the policy lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsAsk {
    /// `verify: false`: any certificate will do.
    VerifyNone,
    /// `verify: FILE`: other certificates are trusted.
    CaFile,
    /// `cert`: the step shows a certificate.
    ClientCertificate,
    /// `tls.pinned_keys`: only these keys will do.
    PinnedKey,
    /// `tls.min_version`: older versions won't do.
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

    /// What a policy lets a step ask for that says nothing about it: what makes a
    /// connection stricter.
    pub const DEFAULT: [Self; 2] = [Self::PinnedKey, Self::MinVersion];

    /// The word in a policy file.
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

    /// How a step file asks for it.
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

/// What a policy, or one rule of it, says about TLS. What is not given is taken from
/// the policy, and else from the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsRules {
    /// The oldest version; 1.2 by default.
    pub min_version: Option<TlsVersion>,
    /// The keys of which a server has to have one; none given, none demanded.
    pub pinned_keys: Option<Vec<PinnedKey>>,
    /// What a step may ask for; [`TlsAsk::DEFAULT`] by default.
    pub steps_may: Option<BTreeSet<TlsAsk>>,
}

impl TlsRules {
    /// These rules, and others for what they leave open.
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

    /// What a step may ask for.
    pub(crate) fn asks(&self) -> BTreeSet<TlsAsk> {
        self.steps_may
            .clone()
            .unwrap_or_else(|| TlsAsk::DEFAULT.into())
    }

    /// What a connection obeys, or what the step may not ask for.
    pub(crate) fn terms(&self, asked: &TlsRequest) -> Result<TlsTerms, TlsAsk> {
        let allowed = self.asks();
        if let Some(ask) = asked.asks().find(|ask| !allowed.contains(ask)) {
            return Err(ask);
        }
        let min_version = self.min_version.unwrap_or_default();
        Ok(TlsTerms {
            verify: asked.verify,
            client_certificate: asked.client_certificate,
            min_version: min_version.max(asked.min_version.unwrap_or_default()),
            pinned_keys: self.pinned_keys.clone().unwrap_or_default(),
            step_pinned_keys: asked.pinned_keys.clone(),
        })
    }
}

/// How a step wants the server's certificate verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum VerifyRequest {
    /// Against the host's trust roots.
    #[default]
    Default,
    /// Not at all.
    None,
    /// Against the certificates in a file.
    CaFile,
}

/// What a step asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsRequest {
    /// How the server's certificate is verified.
    pub verify: VerifyRequest,
    /// Whether the step shows a certificate.
    pub client_certificate: bool,
    /// The oldest version.
    pub min_version: Option<TlsVersion>,
    /// The keys of which the server has to have one.
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

/// What a connection obeys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsTerms {
    /// How the server's certificate is verified.
    pub verify: VerifyRequest,
    /// Whether the step shows its certificate.
    pub client_certificate: bool,
    /// The oldest version.
    pub min_version: TlsVersion,
    /// The policy's keys, of which the server has to have one, if there are any.
    pub pinned_keys: Vec<PinnedKey>,
    /// The step's keys, of which it has to have one, too, if there are any.
    pub step_pinned_keys: Vec<PinnedKey>,
}

impl TlsTerms {
    /// Whether a server may have this key.
    #[must_use]
    pub fn accept_key(&self, key: &PinnedKey) -> bool {
        let fits = |keys: &[PinnedKey]| keys.is_empty() || keys.contains(key);
        fits(&self.pinned_keys) && fits(&self.step_pinned_keys)
    }
}
