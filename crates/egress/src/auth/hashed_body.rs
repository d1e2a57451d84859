//! The body of a request that is signed. A component chooses its length and the number of
//! signatures.

use bytes::Bytes;
use http_step_signing::digest::{Algorithm, BodyHash, BodyHasher};
use http_step_signing::sigv4::{Payload, PayloadHasher};
use tokio::task::yield_now;

use crate::usage::cpu::BYTES_PER_POLL;

/// A whole body, and its hashes by now: several signatures may need the same.
pub(crate) struct HashedBody {
    bytes: Bytes,
    payload: Option<Payload>,
    hashes: Vec<BodyHash>,
}

impl HashedBody {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self {
            bytes,
            payload: None,
            hashes: Vec::new(),
        }
    }

    /// Read it in pieces. Between them the CPU time is counted, and other tasks run.
    pub(super) async fn read(&self, mut update: impl FnMut(&[u8])) {
        for (number, piece) in self.bytes.chunks(BYTES_PER_POLL).enumerate() {
            if number > 0 {
                yield_now().await;
            }
            update(piece);
        }
    }

    /// Its hash for AWS.
    pub(super) async fn payload(&mut self) -> Payload {
        if let Some(payload) = self.payload {
            return payload;
        }
        let mut hasher = PayloadHasher::default();
        self.read(|piece| hasher.update(piece)).await;
        *self.payload.insert(hasher.finish())
    }

    /// Its hash for Digest, if it is known.
    pub(super) fn by(&self, algorithm: Algorithm) -> Option<&BodyHash> {
        let mut hashes = self.hashes.iter();
        hashes.find(|hash| hash.algorithm() == algorithm)
    }

    /// Compute a hash for Digest.
    pub(super) async fn hash(&mut self, algorithm: Algorithm) {
        let mut hasher = BodyHasher::new(algorithm);
        self.read(|piece| hasher.update(piece)).await;
        self.hashes.push(hasher.finish());
    }
}
