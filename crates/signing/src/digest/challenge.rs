//! The choice of a challenge from those that a server offers.

use thiserror::Error;

use super::algorithm::Algorithm;
use super::challenge_list::{self, SchemeChallenge};

/// A supported Digest challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub(super) realm: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    pub(super) opaque: Option<Vec<u8>>,
    pub(super) algorithm: Algorithm,
    /// Whether the challenge names its algorithm. If not, the answer doesn't either, since the
    /// server may predate the parameter.
    pub(super) names_algorithm: bool,
    /// `-sess`
    pub(super) session: bool,
    pub(super) qop: Option<Qop>,
    pub(super) utf8: bool,
    pub(super) userhash: bool,
    stale: bool,
}

/// The quality of protection: what the response covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qop {
    /// The method and the URI.
    Auth,
    /// The body as well.
    AuthInt,
}

impl Qop {
    /// Its name in a header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

/// Why no challenge can be answered.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ChallengeError {
    /// There is none.
    #[error("the server sent no valid authentication challenge")]
    None,
    /// There are only other schemes.
    #[error("the server does not offer Digest authentication, but {0}")]
    OtherSchemes(String),
    /// It has no nonce or no realm.
    #[error("the server's Digest challenge has no {0}")]
    Missing(&'static str),
    /// Its algorithm is not supported.
    #[error(
        "the server's Digest challenge has the unsupported algorithm {0}; supported are MD5, SHA-256 and SHA-512-256"
    )]
    Algorithm(String),
    /// Its quality of protection is not supported.
    #[error(
        "the server's Digest challenge has the unsupported qop {0}; supported are auth and auth-int"
    )]
    Qop(String),
}

impl Challenge {
    /// The best challenge in all `WWW-Authenticate` (or `Proxy-Authenticate`) fields of a
    /// response: SHA-2 is preferred to MD5, otherwise the first.
    ///
    /// # Errors
    ///
    /// None is supported: the reason for the first one, or the schemes that are offered.
    pub fn choose<T: AsRef<[u8]>>(
        fields: impl IntoIterator<Item = T>,
    ) -> Result<Self, ChallengeError> {
        let mut best: Option<Self> = None;
        let mut refused = None;
        let mut others: Vec<String> = Vec::new();
        for field in fields.into_iter().take(challenge_list::MAX_CHALLENGES) {
            for challenge in challenge_list::parse(field.as_ref()) {
                if !challenge.scheme.eq_ignore_ascii_case("Digest") {
                    others.push(shown(challenge.scheme.as_bytes()));
                    continue;
                }
                match Self::read(&challenge) {
                    Ok(challenge) if best.as_ref().is_none_or(|best| challenge.beats(best)) => {
                        best = Some(challenge);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        refused.get_or_insert(error);
                    }
                }
            }
        }
        best.ok_or_else(|| match refused {
            Some(error) => error,
            None if others.is_empty() => ChallengeError::None,
            None => {
                others.dedup();
                others.truncate(4);
                ChallengeError::OtherSchemes(others.join(", "))
            }
        })
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &[u8] {
        &self.realm
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The quality of protection; none for RFC 2069.
    #[must_use]
    pub fn qop(&self) -> Option<Qop> {
        self.qop
    }

    /// Whether the refused request only had a stale nonce: a retry with the same password is
    /// useful only then.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Whether it replaces the stale nonce of another challenge with a new one.
    #[must_use]
    pub fn renews(&self, answered: &Self) -> bool {
        self.stale && self.nonce != answered.nonce
    }

    fn read(challenge: &SchemeChallenge) -> Result<Self, ChallengeError> {
        let required = |name: &'static str| {
            let value = challenge.parameter(name);
            value
                .ok_or(ChallengeError::Missing(name))
                .map(<[u8]>::to_vec)
        };
        let flag = |name| {
            challenge
                .parameter(name)
                .is_some_and(|value| value.eq_ignore_ascii_case(b"true"))
        };
        let named = challenge.parameter("algorithm");
        let name = named.unwrap_or(b"MD5");
        let (algorithm, session) =
            Algorithm::parse(name).ok_or_else(|| ChallengeError::Algorithm(shown(name)))?;
        let qop = challenge.parameter("qop").map(choose_qop).transpose()?;
        if session && qop.is_none() {
            // Its key depends on the client nonce, which is only sent with a qop.
            return Err(ChallengeError::Missing("qop"));
        }
        Ok(Self {
            realm: required("realm")?,
            nonce: required("nonce")?,
            opaque: challenge.parameter("opaque").map(<[u8]>::to_vec),
            algorithm,
            names_algorithm: named.is_some(),
            session,
            qop,
            utf8: challenge
                .parameter("charset")
                .is_some_and(|charset| charset.eq_ignore_ascii_case(b"UTF-8")),
            userhash: flag("userhash"),
            stale: flag("stale"),
        })
    }

    fn beats(&self, other: &Self) -> bool {
        self.algorithm != Algorithm::Md5 && other.algorithm == Algorithm::Md5
    }
}

/// Prefers `auth`, which does not need the body.
fn choose_qop(list: &[u8]) -> Result<Qop, ChallengeError> {
    let offers = |qop: Qop| {
        list.split(|byte| *byte == b',').any(|item| {
            item.trim_ascii()
                .eq_ignore_ascii_case(qop.as_str().as_bytes())
        })
    };
    [Qop::Auth, Qop::AuthInt]
        .into_iter()
        .find(|qop| offers(*qop))
        .ok_or_else(|| ChallengeError::Qop(shown(list)))
}

/// The start of a server's text, on one line.
fn shown(bytes: &[u8]) -> String {
    const MAX_LEN: usize = 40;
    bytes
        .iter()
        .take(MAX_LEN)
        .copied()
        .collect::<Vec<u8>>()
        .escape_ascii()
        .to_string()
}
