//! Digests that the host computes for a component (`wit/hash.wit`).

use sha2::{Digest, Sha256};
use wasmtime::component::Resource;

use crate::contract::hash;
use crate::state::State;

/// SHA-256 of what a component has written so far.
#[derive(Default)]
#[expect(unreachable_pub, reason = "the generated bindings hand it on")]
pub struct Hashing(Sha256);

impl hash::Host for State {}

impl hash::HostSha256 for State {
    fn new(&mut self) -> wasmtime::Result<Resource<Hashing>> {
        Ok(self.table.push(Hashing::default())?)
    }

    fn update(&mut self, hash: Resource<Hashing>, bytes: Vec<u8>) -> wasmtime::Result<()> {
        self.table.get_mut(&hash)?.0.update(bytes);
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
