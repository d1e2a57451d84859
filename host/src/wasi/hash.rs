//! Digests that the host computes for a component (`wit/hash.wit`).

use sha2::Digest;
use tokio::task::yield_now;
use wasmtime::component::Resource;

use super::state::State;
use crate::contract::{Hashing, hash};

/// This many bytes are hashed before the task yields: less than a millisecond.
const PIECE: usize = 1 << 20;

impl hash::Host for State {}

impl hash::HostSha256 for State {
    fn new(&mut self) -> wasmtime::Result<Resource<Hashing>> {
        Ok(self.table.push(Hashing::default())?)
    }

    async fn update(&mut self, hash: Resource<Hashing>, bytes: Vec<u8>) -> wasmtime::Result<()> {
        self.hands_over(bytes.len())?;
        let hash = &mut self.table.get_mut(&hash)?.0;
        let mut pieces = bytes.chunks(PIECE);
        if let Some(first) = pieces.next() {
            hash.update(first);
        }
        for piece in pieces {
            // The run's time may be over, too.
            yield_now().await;
            hash.update(piece);
        }
        Ok(())
    }

    fn finish(&mut self, hash: Resource<Hashing>) -> wasmtime::Result<String> {
        let digest = self.table.delete(hash)?.0.finalize();
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn drop(&mut self, hash: Resource<Hashing>) -> wasmtime::Result<()> {
        self.table.delete(hash)?;
        Ok(())
    }
}
