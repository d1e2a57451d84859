//! The challenge to answer, of those that a server offers.

use thiserror::Error;

use super::algorithm::Algorithm;
use super::challenge_list::{self, SchemeChallenge};

/// A Digest challenge that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub(super) realm: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    pub(super) opaque: Option<Vec<u8>>,
    pub(super) algorithm: Algorithm,
    /// Whether the challenge names its algorithm. If not, the answer doesn't:
    /// its server may be older than the parameter.
    pub(super) names_algorithm: bool,
    /// `-sess`
    pub(super) session: bool,
    pub(super) qop: Option<Qop>,
    pub(super) utf8: bool,
    pub(super) userhash: bool,
    stale: bool,
}

/// What a response protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qop {
    /// The method and the URI.
    Auth,
    /// The body as well.
    AuthInt,
}

impl Qop {
    /// As it stands in a header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

/// Why there is no challenge to answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ChallengeError {
    /// There is none at all.
    #[error("the server asks for no authentication that can be read")]
    None,
    /// There are others.
    #[error("the server asks for no Digest authentication; it asks for {0}")]
    OtherSchemes(String),
    /// There is one without a nonce or a realm.
    #[error("the server's Digest challenge has no {0}")]
    Missing(&'static str),
    /// There is one with a hash that is not known.
    #[error(
        "the server's Digest challenge wants the algorithm {0}; MD5, SHA-256 and SHA-512-256 are known"
    )]
    Algorithm(String),
    /// There is one with a protection that is not known.
    #[error("the server's Digest challenge wants qop {0}; auth and auth-int are known")]
    Qop(String),
}

impl Challenge {
    /// The best of the challenges in all `WWW-Authenticate` fields of a response
    /// (or all `Proxy-Authenticate` fields): one of a SHA-2 before one of MD5,
    /// else the first.
    ///
    /// # Errors
    ///
    /// If none can be answered: why not the first of them, or which other schemes
    /// there are.
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

    /// The realm, which says for whom the credentials are.
    #[must_use]
    pub fn realm(&self) -> &[u8] {
        &self.realm
    }

    /// The hash to answer with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What the response is to protect. `None` for a server of RFC 2069.
    #[must_use]
    pub fn qop(&self) -> Option<Qop> {
        self.qop
    }

    /// Whether only the nonce of the refused request was too old: then a new
    /// answer with the same password is worth a try, and else it is not.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Whether it says that the nonce of an answer to another challenge was too old, and
    /// has a new one.
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
            // Its key is made of a client nonce, which only goes with a qop.
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

/// `auth` where there is a choice: it does without the body.
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

/// The start of what a server sent, on one line.
fn shown(bytes: &[u8]) -> String {
    const LONGEST: usize = 40;
    bytes
        .iter()
        .take(LONGEST)
        .copied()
        .collect::<Vec<u8>>()
        .escape_ascii()
        .to_string()
}
