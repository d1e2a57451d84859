//! By what something that is kept for later runs is found again, if secrets are what it
//! was made of.

use std::fmt::{self, Debug, Formatter};

use sha2::{Digest, Sha256};

/// Of parts, in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

/// Takes fingerprints, so that nobody can tell from one what it is of, nor compare it
/// with those of another process.
pub(crate) struct Fingerprints {
    salt: [u8; 32],
}

impl Fingerprints {
    pub(crate) fn new() -> Self {
        let mut salt = [0; 32];
        // Without it they are told apart as well.
        let _ = getrandom::fill(&mut salt);
        Self { salt }
    }

    /// Of these parts: as many, each the same.
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
    fn it_is_of_each_part() {
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
