//! The output of a decoder.

use std::ops::Range;

use crate::escape::open_escape;
use crate::input::{Input, Places};

/// The minimum number of units that are dropped at once.
const BLOCK: usize = 4 << 10;

/// Bytes with their places in the stream.
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

    /// Append unescaped input.
    pub(crate) fn extend(&mut self, input: Input<'_>, range: Range<usize>) {
        let bytes = input.bytes.get(range.clone()).unwrap_or_default();
        self.bytes.extend_from_slice(bytes);
        match input.places {
            Places::Raw(base) => {
                let places = (base + range.start..).take(bytes.len());
                self.places.extend(places.map(|place| (place, place + 1)));
            }
            Places::Decoded(places) => {
                let places = places.get(range).unwrap_or_default();
                self.places.extend_from_slice(places);
            }
        }
    }

    /// The units from an index on.
    pub(crate) fn from(&self, at: usize) -> Self {
        Self {
            bytes: self.bytes.get(at..).unwrap_or_default().into(),
            places: self.places.get(at..).unwrap_or_default().into(),
        }
    }

    /// The start of the unfinished escapes before a text; none if there are none, or if the text
    /// has more output than can matter.
    pub(crate) fn open_before(&self, start: usize, end: usize, reach: usize) -> Option<usize> {
        let at = self.places.partition_point(|unit| unit.1 <= start);
        let last = self.places.partition_point(|unit| unit.0 < end);
        let open = open_escape(&self.bytes, at);
        let first = self.places.get(open);
        let first = first.filter(|_| open < at && last - at <= reach);
        first.map(|place| place.0)
    }

    pub(crate) fn memory(&self) -> usize {
        self.bytes.capacity() + self.places.capacity() * size_of::<(usize, usize)>()
    }

    /// Keep at least this many units. Returns how many were dropped.
    pub(crate) fn forget(&mut self, kept: usize) -> usize {
        let more = self.bytes.len().saturating_sub(kept);
        if more <= kept.max(BLOCK) {
            return 0;
        }
        self.bytes.drain(..more);
        self.places.drain(..more);
        more
    }
}
