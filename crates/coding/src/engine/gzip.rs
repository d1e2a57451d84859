//! gzip (RFC 1952).

use super::inflate::{Inflate, MEMORY};
use super::{Engine, Fault, Progress};

/// The first byte of every member.
const MAGIC: u8 = 0x1f;

/// The minimum length of a member's header. Fewer bytes are not a member.
const HEAD: u64 = 10;

/// The members of a gzip file, in sequence.
pub(super) struct Gzip {
    member: Inflate,
    /// Whether it is not the first member.
    is_later: bool,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self {
            member: Inflate::gzip(),
            is_later: false,
        }
    }
}

impl Engine for Gzip {
    /// Decodes at most one member per call: the number of empty members is not limited
    /// otherwise.
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        if self.member.is_complete() {
            match input.first() {
                None => return Ok(Progress::default()),
                Some(&MAGIC) => {
                    self.member = Inflate::gzip();
                    self.is_later = true;
                }
                Some(_) => return Err(Fault::Trailing),
            }
        }
        self.member.decode(input, output)
    }

    fn is_complete(&self) -> bool {
        self.member.is_complete()
    }

    fn is_past_end(&self) -> bool {
        self.member.is_complete() || (self.is_later && self.member.total_in() < HEAD)
    }

    fn memory(&self) -> usize {
        MEMORY
    }
}
