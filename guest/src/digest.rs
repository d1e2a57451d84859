//! Size and SHA-256 of a body.

use sha2::{Digest, Sha256};

use crate::bindings::ci::http_step::types::BodyDigest;
use crate::host::{Hashing, HostImports};

/// The maximum length that is hashed here; longer bodies are hashed by the host, which is faster.
const SHORT: usize = 4 << 10;

/// Counts and hashes bytes incrementally.
pub(crate) struct Digester<'h> {
    host: &'h dyn HostImports,
    size: u64,
    /// All bytes so far, while they are few.
    short: Vec<u8>,
    /// The host's hash, for more bytes.
    hash: Option<Box<dyn Hashing>>,
}

impl<'h> Digester<'h> {
    pub(crate) fn new(host: &'h dyn HostImports) -> Self {
        Self {
            host,
            size: 0,
            short: Vec::new(),
            hash: None,
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        } else if self.short.len() + bytes.len() <= SHORT {
            self.short.extend_from_slice(bytes);
        } else {
            let mut hash = self.host.hash();
            hash.update(&self.short);
            hash.update(bytes);
            self.hash = Some(hash);
        }
    }

    pub(crate) fn finish(self) -> BodyDigest {
        BodyDigest {
            size: self.size,
            sha256: match self.hash {
                Some(hash) => hash.finish(),
                None => hex(&Sha256::digest(self.short)),
            },
        }
    }
}

/// The digest of bytes.
pub(crate) fn digest(bytes: &[u8]) -> BodyDigest {
    BodyDigest {
        size: bytes.len() as u64,
        sha256: hex(&Sha256::digest(bytes)),
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0f])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// A hash without a host, for tests.
impl Hashing for Sha256 {
    fn update(&mut self, bytes: &[u8]) {
        Digest::update(self, bytes);
    }

    fn finish(self: Box<Self>) -> String {
        hex(&self.finalize())
    }
}

#[cfg(test)]
mod tests {
    use http_step_template::{Names, Value};

    use super::*;
    use crate::host::{Failure, Header, Incoming, Outgoing, Scheme, Stream};

    /// A host that hashes, and nothing else.
    struct Hasher;

    impl Names for Hasher {
        fn property(&self, _: &str) -> Option<Value> {
            None
        }

        fn secret(&self, _: &str) -> Option<String> {
            None
        }
    }

    impl HostImports for Hasher {
        fn log(&self, _: Stream, _: &str) {}

        fn credentials(&self, _: &Scheme) -> Result<Header, String> {
            unreachable!("the digest does not use them")
        }

        fn hash(&self) -> Box<dyn Hashing> {
            Box::new(Sha256::default())
        }

        fn send<'r>(&self, _: &Outgoing<'r>) -> Result<Incoming<'r>, Failure> {
            unreachable!("nothing is sent")
        }
    }

    #[test]
    fn pieces_count_as_one() {
        // FIPS 180-4's example.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        let mut digester = Digester::new(&Hasher);
        for piece in ["a", "", "bc"] {
            digester.update(piece.as_bytes());
        }
        assert_eq!(digester.finish(), BodyDigest { size: 3, sha256 });
    }

    #[test]
    fn host_and_component_hash_alike() {
        let text: Vec<u8> = (0..3 * SHORT).map(|at| (at % 251) as u8).collect();
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 3 * SHORT] {
            let text = &text[..length];
            for piece in [1, 1000, SHORT, SHORT + 1] {
                let mut digester = Digester::new(&Hasher);
                text.chunks(piece).for_each(|piece| digester.update(piece));
                assert_eq!(digester.finish(), digest(text), "{length} by {piece}");
            }
        }
    }
}
