//! gzip (RFC 1952).

use super::inflate::{Inflate, MEMORY};
use super::{Engine, Fault, Progress};

/// What every member begins with.
const MAGIC: u8 = 0x1f;

/// The members of a gzip file, one after the other.
pub(super) struct Gzip {
    member: Inflate,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self {
            member: Inflate::gzip(),
        }
    }
}

impl Engine for Gzip {
    /// At most one member a call: members without content have no other bound.
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        if self.member.is_complete() {
            match input.first() {
                None => return Ok(Progress::default()),
                Some(&MAGIC) => self.member = Inflate::gzip(),
                Some(_) => return Err(Fault::Trailing),
            }
        }
        self.member.decode(input, output)
    }

    fn is_complete(&self) -> bool {
        self.member.is_complete()
    }

    fn memory(&self) -> usize {
        MEMORY
    }
}
