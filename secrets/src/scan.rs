//! A stream, read as it comes and as each decoder reads it, for what is in it.

use aho_corasick::automaton::StateID;

use crate::escape::backslashes_before;
use crate::forms::is_base64;
use crate::partial::Last;
use crate::patterns::{Patterns, Text};
use crate::view::{Search, Views};

/// A text that was found, by places in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The text itself.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// With the characters beside it that hold bits of it.
    pub(crate) outer_start: usize,
    pub(crate) outer_end: usize,
    pub(crate) owner: usize,
    /// Whether it goes on from another of its owner.
    pub(crate) continues: bool,
    /// Whether it is a part of a value, which is not replaced.
    pub(crate) is_part: bool,
}

/// How far a stream is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frontier {
    /// No text that begins before here is yet to be found.
    pub(crate) known: usize,
    /// Nor one that has bits in a character before here.
    pub(crate) free: usize,
}

impl Frontier {
    pub(crate) fn min(self, other: Self) -> Self {
        Self {
            known: self.known.min(other.known),
            free: self.free.min(other.free),
        }
    }
}

/// What was read of a stream, in all ways.
pub(crate) struct Scan {
    state: StateID,
    last: Last,
    /// Those whose next character is yet to come, and may hold bits of them.
    open: Vec<Found>,
    /// None where nothing is decoded.
    views: Option<Views>,
    finds_parts: bool,
}

impl Scan {
    /// A stream that begins, in which parts of values are found, too, or not.
    pub(crate) fn new(patterns: &Patterns, finds_parts: bool) -> Self {
        Self {
            state: patterns.start(),
            last: Last::default(),
            open: Vec::new(),
            views: patterns.is_decoding().then(Views::default),
            finds_parts: finds_parts && patterns.parts().is_some(),
        }
    }

    pub(crate) fn finds_parts(&self) -> bool {
        self.finds_parts
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.views.as_ref().map_or(0, Views::memory)
    }

    /// Read what is in `held` from a place on. `held` begins at `base` in the stream, and
    /// goes back at least as far as the longest text and two bytes.
    pub(crate) fn read(
        &mut self,
        patterns: &Patterns,
        held: &[u8],
        base: usize,
        from: usize,
        is_last: bool,
        found: &mut Vec<Found>,
    ) {
        let new = held.get(from..).unwrap_or_default();
        let is_digit = |at: usize| held.get(at).is_some_and(|byte| is_base64(*byte));
        if !new.is_empty() || is_last {
            close(&mut self.open, new.first().copied(), base + from + 1, found);
        }
        let open = &mut self.open;
        self.state = patterns.read(self.state, new, |at, text| {
            let end = from + at + 1;
            let start = end - text.length.min(end);
            let is_before = text.before && start.checked_sub(1).is_some_and(is_digit);
            let next = if text.after { held.get(end) } else { Some(&0) };
            let is_after = text.after && is_digit(end);
            let one = Found {
                outer_start: base + first_of(held, start, is_before),
                outer_end: base + end + usize::from(is_after),
                ..Found::new(text, base + start, base + end)
            };
            match next {
                None if !is_last => open.push(one),
                _ => found.push(one),
            }
        });
        if self.finds_parts
            && let Some(parts) = patterns.parts()
        {
            let mut last = self.last;
            for (at, byte) in new.iter().enumerate() {
                last.push(*byte);
                parts.find(last, |owner, length| {
                    let end = base + from + at + 1;
                    found.push(Found::part(owner, end - length.min(end), end));
                });
            }
            self.last = last;
        }
        if let Some(views) = &mut self.views {
            let search = Search {
                patterns,
                finds_parts: self.finds_parts,
            };
            views.read(search, held, base, from, is_last, found);
        }
    }

    /// How far the stream is known, if it goes on for as long as the longest text: it
    /// does not depend on what the texts are.
    pub(crate) fn steady(&self, held: &[u8], base: usize, longest: usize) -> Frontier {
        let free = held.len().saturating_sub(longest + 1);
        let raw = Frontier {
            known: base + held.len().saturating_sub(longest),
            free: base + backslashes_before(held, free),
        };
        let views = self.views.iter().flat_map(|views| views.steady(longest));
        views.fold(raw, Frontier::min)
    }

    /// How far the stream is known by what was read last.
    pub(crate) fn eager(&self, patterns: &Patterns, held: &[u8], base: usize) -> Frontier {
        let known = held.len().saturating_sub(patterns.depth(self.state));
        let before = known.checked_sub(1).and_then(|at| held.get(at));
        let is_digit = before.is_some_and(|byte| is_base64(*byte));
        let raw = Frontier {
            known: base + known,
            free: base + first_of(held, known, is_digit),
        };
        let open = self.open.iter().map(|found| Frontier {
            known: found.start,
            free: found.outer_start,
        });
        let views = self.views.iter().flat_map(|views| views.eager(patterns));
        open.chain(views).fold(raw, Frontier::min)
    }
}

impl Found {
    pub(crate) fn new(text: &Text, start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            outer_start: start,
            outer_end: end,
            owner: text.owner,
            continues: text.continues,
            is_part: false,
        }
    }

    pub(crate) fn part(owner: usize, start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            outer_start: start,
            outer_end: end,
            owner,
            continues: false,
            is_part: true,
        }
    }
}

/// Where a text begins with what goes with it.
pub(crate) fn first_of(bytes: &[u8], start: usize, holds_bits: bool) -> usize {
    if holds_bits {
        start - start.min(1)
    } else {
        backslashes_before(bytes, start)
    }
}

/// The character after some is there, up to a place in the stream; or there is none.
pub(crate) fn close(open: &mut Vec<Found>, next: Option<u8>, end: usize, found: &mut Vec<Found>) {
    let holds_bits = next.is_some_and(is_base64);
    for mut one in open.drain(..) {
        if holds_bits {
            one.outer_end = end;
        }
        found.push(one);
    }
}
