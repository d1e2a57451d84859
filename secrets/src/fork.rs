//! A text that begins inside an escape.
//!
//! Where what stands before a text leaves an escape open, as `%4` before `a8Kq%2Fx`, a decoder
//! takes the first characters of the text for the escape's. So from each character inside an
//! escape it is also read on as if a text began there, for as long as one does.

use std::ops::Range;

use aho_corasick::automaton::StateID;

use crate::escape::{Encoding, MAX_ESCAPE, Read, open_escape};
use crate::patterns::{Patterns, Text};
use crate::reading::{Found, Frontier, is_digit_at};
use crate::units::Units;

/// What is read from one character on.
#[derive(Clone)]
pub(crate) struct Fork {
    /// Where in the stream it begins, and with the escape that is open there.
    start: usize,
    outer_start: usize,
    /// Up to where in what is pending it was read.
    next: usize,
    state: StateID,
    /// How many bytes were read.
    length: usize,
}

impl Fork {
    /// From a character inside an escape on, if a text may begin with it. The escape begins at
    /// the start of a range of what is pending, and the character stands at its end.
    pub(crate) fn at(
        patterns: &Patterns,
        before: &Units,
        pending: &Units,
        range: Range<usize>,
    ) -> Option<Self> {
        let first = pending.bytes.get(range.end..=range.end)?;
        let is_lead = Encoding::of_lead(*first.first()?).is_some();
        if !is_lead && patterns.read(patterns.start(), first, |_, _| ()) == patterns.start() {
            return None;
        }
        let mut open = before.from(before.bytes.len().saturating_sub(MAX_ESCAPE));
        for at in range.clone() {
            open.copy(pending, at);
        }
        let start = pending.place(range.end).0;
        let outer = open_escape(&open.bytes, open.bytes.len());
        Some(Self {
            start,
            outer_start: open.places.get(outer).map_or(start, |place| place.0),
            next: range.end,
            state: patterns.start(),
            length: 0,
        })
    }

    /// Read on, and tell whether a text may still begin where this does.
    pub(crate) fn read(
        &mut self,
        patterns: &Patterns,
        encoding: Encoding,
        pending: &Units,
        is_last: bool,
        found: &mut Vec<Found>,
    ) -> bool {
        loop {
            let rest = pending.bytes.get(self.next..).unwrap_or_default();
            let Some(first) = rest.first() else {
                return !is_last;
            };
            let (read, length, decoded);
            let bytes = match encoding.read(rest, is_last) {
                Read::Incomplete => return true,
                Read::Literal => {
                    read = 1;
                    std::slice::from_ref(first)
                }
                Read::Escape { length: of, text } => {
                    read = of;
                    decoded = text;
                    decoded.as_bytes()
                }
            };
            length = self.length;
            let place = pending.place(self.next + read - 1).1;
            let after = self.next + read;
            let mut ended = None;
            self.state = patterns.read(self.state, bytes, |at, text| {
                // Those that begin later begin where the decoder's own text has a character.
                if text.length == length + at + 1 {
                    ended = Some(*text);
                }
            });
            if let Some(text) = ended {
                found.push(self.found(&text, pending, place, after));
            }
            self.length += bytes.len();
            self.next += read;
            if patterns.depth(self.state) < self.length {
                return false;
            }
        }
    }

    fn found(&self, text: &Text, pending: &Units, end: usize, after: usize) -> Found {
        // Whatever its next character is, it goes with it if it may hold bits.
        let holds_bits = text.after && is_digit_at(&pending.bytes, after);
        Found {
            outer_start: self.outer_start,
            outer_end: if holds_bits {
                pending.place(after).1
            } else {
                end
            },
            ..Found::new(text, self.start, end)
        }
    }

    /// Up to where in what is pending it was read.
    pub(crate) fn next(&self) -> usize {
        self.next
    }

    /// So much of what was pending is.
    pub(crate) fn forget(&mut self, read: usize) {
        self.next = self.next.saturating_sub(read);
    }

    pub(crate) fn frontier(&self) -> Frontier {
        Frontier {
            known: self.start,
            free: self.outer_start,
        }
    }
}
