//! The hashes of Digest.

use md5::Md5;
use sha2_wiped::digest::Digest;
use sha2_wiped::{Sha256, Sha512_256};
use zeroize::{Zeroize, Zeroizing};

use crate::hex::hex;

/// The algorithm of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `MD5`, the default.
    Md5,
    /// `SHA-256`
    Sha256,
    /// `SHA-512-256`: SHA-512/256 of FIPS 180-4 (RFC 7616, erratum 4897), not the first half
    /// of SHA-512 as in the RFC's example.
    Sha512_256,
}

impl Algorithm {
    /// Its name in a challenge, without `-sess`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
        }
    }

    /// An algorithm from its name, and whether it is the `-sess` variant.
    pub(super) fn parse(name: &[u8]) -> Option<(Self, bool)> {
        let name = name.to_ascii_lowercase();
        let (name, session) = match name.strip_suffix(b"-sess") {
            Some(plain) => (plain, true),
            None => (name.as_slice(), false),
        };
        let algorithm = match name {
            b"md5" => Self::Md5,
            b"sha-256" => Self::Sha256,
            b"sha-512-256" => Self::Sha512_256,
            _ => return None,
        };
        Some((algorithm, session))
    }

    /// The hash, in hexadecimal, of fields joined with colons.
    pub(super) fn hash(self, fields: &[&[u8]]) -> Zeroizing<String> {
        match self {
            Self::Md5 => hash::<Md5>(fields),
            Self::Sha256 => hash::<Sha256>(fields),
            Self::Sha512_256 => hash::<Sha512_256>(fields),
        }
    }
}

/// The hash of a request's body, which [`Qop::AuthInt`](super::Qop::AuthInt) needs.
pub struct BodyHash {
    pub(super) algorithm: Algorithm,
    /// In hexadecimal.
    pub(super) digits: Zeroizing<String>,
}

impl BodyHash {
    /// Of a whole body.
    #[must_use]
    pub fn of(algorithm: Algorithm, body: &[u8]) -> Self {
        let mut hasher = BodyHasher::new(algorithm);
        hasher.update(body);
        hasher.finish()
    }

    /// Its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// Hashes a body piece by piece. Its state is wiped on drop, except for MD5.
pub struct BodyHasher(State);

enum State {
    Md5(Md5),
    Sha256(Sha256),
    Sha512_256(Sha512_256),
}

impl BodyHasher {
    /// The hasher of an empty body.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Md5 => State::Md5(Md5::new()),
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512_256 => State::Sha512_256(Sha512_256::new()),
        })
    }

    /// Add the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.0 {
            State::Md5(state) => state.update(piece),
            State::Sha256(state) => state.update(piece),
            State::Sha512_256(state) => state.update(piece),
        }
    }

    /// The hash of all pieces.
    #[must_use]
    pub fn finish(self) -> BodyHash {
        let (algorithm, digits) = match self.0 {
            State::Md5(state) => (Algorithm::Md5, digits(state)),
            State::Sha256(state) => (Algorithm::Sha256, digits(state)),
            State::Sha512_256(state) => (Algorithm::Sha512_256, digits(state)),
        };
        BodyHash { algorithm, digits }
    }
}

fn hash<D: Digest>(fields: &[&[u8]]) -> Zeroizing<String> {
    let mut digest = D::new();
    let mut separator: &[u8] = b"";
    for field in fields {
        digest.update(separator);
        digest.update(field);
        separator = b":";
    }
    digits(digest)
}

fn digits(digest: impl Digest) -> Zeroizing<String> {
    let mut sum = digest.finalize();
    let digits = hex(&sum);
    sum.as_mut_slice().zeroize();
    digits
}
