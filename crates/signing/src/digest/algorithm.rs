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

fn hash<D: Digest>(fields: &[&[u8]]) -> Zeroizing<String> {
    let mut digest = D::new();
    let mut separator: &[u8] = b"";
    for field in fields {
        digest.update(separator);
        digest.update(field);
        separator = b":";
    }
    let mut sum = digest.finalize();
    let digits = hex(&sum);
    sum.as_mut_slice().zeroize();
    digits
}
