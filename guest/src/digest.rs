//! Size and SHA-256 of a body that passes by.

use sha2::{Digest, Sha256};

use crate::bindings::ci::http_step::types::BodyDigest;

/// Counts and hashes bytes as they come.
#[derive(Default)]
pub(crate) struct Digester {
    size: u64,
    hash: Sha256,
}

impl Digester {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.hash.update(bytes);
    }

    pub(crate) fn finish(self) -> BodyDigest {
        BodyDigest {
            size: self.size,
            sha256: hex(&self.hash.finalize()),
        }
    }
}

/// The digest of bytes that are all here.
pub(crate) fn of(bytes: &[u8]) -> BodyDigest {
    let mut digester = Digester::default();
    digester.update(bytes);
    digester.finish()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0f])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_count_as_one() {
        let mut digester = Digester::default();
        for piece in ["a", "", "bc"] {
            digester.update(piece.as_bytes());
        }
        // FIPS 180-4's example.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        assert_eq!(digester.finish(), BodyDigest { size: 3, sha256 });
        assert_eq!(of(b"abc").size, 3);
    }
}
