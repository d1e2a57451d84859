//! What a decoder makes of a text.

/// How many are forgotten at once, at the least.
const BLOCK: usize = 4 << 10;

/// Bytes, and where in the stream each comes from.
#[derive(Clone, Default)]
pub(crate) struct Units {
    pub(crate) bytes: Vec<u8>,
    pub(crate) places: Vec<(usize, usize)>,
}

impl Units {
    pub(crate) fn push(&mut self, byte: u8, place: (usize, usize)) {
        self.bytes.push(byte);
        self.places.push(place);
    }

    pub(crate) fn copy(&mut self, from: &Self, at: usize) {
        if let (Some(byte), Some(place)) = (from.bytes.get(at), from.places.get(at)) {
            self.push(*byte, *place);
        }
    }

    pub(crate) fn place(&self, at: usize) -> (usize, usize) {
        self.places.get(at).copied().unwrap_or_default()
    }

    pub(crate) fn drain(&mut self, count: usize) {
        let count = count.min(self.bytes.len());
        self.bytes.drain(..count);
        self.places.drain(..count);
    }

    /// Those from a number on.
    pub(crate) fn from(&self, at: usize) -> Self {
        Self {
            bytes: self.bytes.get(at..).unwrap_or_default().into(),
            places: self.places.get(at..).unwrap_or_default().into(),
        }
    }

    pub(crate) fn memory(&self) -> usize {
        self.bytes.capacity() + self.places.capacity() * size_of::<(usize, usize)>()
    }

    /// Keep so many at the end, at the least.
    pub(crate) fn forget(&mut self, kept: usize) {
        let more = self.bytes.len().saturating_sub(kept);
        if more > kept.max(BLOCK) {
            self.drain(more);
        }
    }
}
