//! Identifies cached data that was made from secrets.

use std::fmt::{self, Debug, Formatter};

use sha2::{Digest, Sha256};

/// The fingerprint of several parts in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

/// Creates fingerprints, salted so that they reveal nothing about their parts and can't be compared
/// with those of another process.
pub(crate) struct Fingerprints {
    salt: [u8; 32],
}

impl Fingerprints {
    pub(crate) fn new() -> Self {
        let mut salt = [0; 32];
        // Without a salt they still differ.
        let _ = getrandom::fill(&mut salt);
        Self { salt }
    }

    /// The fingerprint of these parts: equal for the same number of equal parts.
    pub(crate) fn fingerprint<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>) -> Fingerprint {
        let mut hash = Sha256::new_with_prefix(self.salt);
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Fingerprint(hash.finalize().into())
    }
}

impl Debug for Fingerprint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_depends_on_each_part() {
        let fingerprints = Fingerprints::new();
        let of = |parts: &[&'static str]| {
            fingerprints.fingerprint(parts.iter().map(|part| part.as_bytes()))
        };
        assert_eq!(of(&["one", "two"]), of(&["one", "two"]));
        for other in [&["onetwo"][..], &["two", "one"], &["one", "two", ""], &[]] {
            assert_ne!(of(&["one", "two"]), of(other));
        }
        assert_ne!(of(&["one"]), Fingerprints::new().fingerprint([&b"one"[..]]));
    }
}
