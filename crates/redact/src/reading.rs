//! Matching in one text: a stream as received, or as a decoder decodes it.

use aho_corasick::automaton::StateID;

use crate::digits::is_base64;
use crate::input::Input;
use crate::partial::{Last, Reported};
use crate::patterns::Patterns;
use crate::runs::MAX_PART;
use crate::text::Text;

/// What is matched, and how.
#[derive(Clone, Copy)]
pub(crate) struct Search<'p> {
    pub(crate) patterns: &'p Patterns,
    /// The parts that are reported, if any.
    pub(crate) reported: Option<&'p Reported>,
}

/// A match, by places in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// The matched text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Including the characters next to it that contain bits of it. Of a part, the last byte of
    /// its first character.
    pub(crate) outer_start: usize,
    pub(crate) outer_end: usize,
    pub(crate) owner: usize,
    /// Whether it continues another match of its owner.
    pub(crate) continues: bool,
    /// Whether it is a part of a value, which is reported and not replaced.
    pub(crate) is_part: bool,
}

/// How far a stream was searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frontier {
    /// All matches that start before here were found.
    pub(crate) known: usize,
    /// Likewise all matches that have bits in a character before here.
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

/// The state of matching in a text.
#[derive(Clone)]
pub(crate) struct Reading {
    state: StateID,
    last: Last,
    /// Matches whose next character is not known yet and may contain bits of them.
    open: Vec<Found>,
}

impl Reading {
    /// The state after some bytes, whose matches are not reported.
    pub(crate) fn after(patterns: &Patterns, bytes: &[u8]) -> Self {
        let mut last = Last::default();
        for byte in bytes {
            last.push(*byte);
        }
        Self {
            state: patterns.read(patterns.start(), bytes, |_, _| ()),
            last,
            open: Vec::new(),
        }
    }

    /// A copy without the open matches, which the original reports.
    pub(crate) fn forked(&self) -> Self {
        Self {
            open: Vec::new(),
            ..*self
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Read on from a place; the bytes before it were read already.
    pub(crate) fn read(
        &mut self,
        search: Search<'_>,
        input: Input<'_>,
        from: usize,
        found: &mut Vec<Found>,
    ) {
        let Input {
            bytes,
            places,
            is_last,
        } = input;
        let new = bytes.get(from..).unwrap_or_default();
        let is_digit = |at: usize| bytes.get(at).is_some_and(|byte| is_base64(*byte));
        if !new.is_empty() || is_last {
            close(
                &mut self.open,
                new.first().copied(),
                places.span(from).1,
                found,
            );
        }
        let open = &mut self.open;
        self.state = search.patterns.read(self.state, new, |at, text| {
            let end = from + at + 1;
            let start = end - text.length.min(end);
            let one = Found::new(
                text,
                places.span(start).0,
                places.span(end - 1 + text.rest).1,
            );
            let is_before = text.before && start.checked_sub(1).is_some_and(is_digit);
            let one = Found {
                outer_start: places.span(start - usize::from(is_before)).0,
                ..one
            };
            report(open, one, text, input, end, found);
        });
        if let Some((parts, reported)) = search.patterns.parts().zip(search.reported) {
            let mut last = self.last;
            if places.is_raw() {
                parts.find_in(&mut last, new, reported, |end, owner, length| {
                    let end = from + end;
                    let first = places.span(end - length.min(end));
                    found.push(Found::part(owner, first, places.span(end - 1).1));
                });
                self.last = last;
                return;
            }
            for (at, byte) in new.iter().enumerate() {
                last.push(*byte);
                let end = from + at + 1;
                let first = end - MAX_PART.min(end);
                // What a decoder left unchanged is found without it.
                if places.span(end - 1).1 - places.span(first).0 == end - first {
                    continue;
                }
                parts.find(last, reported, |owner, length| {
                    let first = places.span(end - length.min(end));
                    found.push(Found::part(owner, first, places.span(end - 1).1));
                });
            }
            self.last = last;
        }
    }

    /// Report a match that ends at a place in the bytes read last.
    pub(crate) fn report(
        &mut self,
        one: Found,
        text: &Text,
        input: Input<'_>,
        end: usize,
        found: &mut Vec<Found>,
    ) {
        report(&mut self.open, one, text, input, end, found);
    }

    /// The start of the earliest possible match that has not ended, and of the characters that
    /// contain bits of it.
    pub(crate) fn unended(&self, patterns: &Patterns, bytes: &[u8]) -> (usize, usize) {
        let known = bytes.len().saturating_sub(patterns.depth(self.state));
        let before = known.checked_sub(1).and_then(|at| bytes.get(at));
        let is_digit = before.is_some_and(|byte| is_base64(*byte));
        (known, known - usize::from(is_digit))
    }

    /// The matches whose next character is not known yet.
    pub(crate) fn open(&self) -> impl Iterator<Item = Frontier> {
        self.open.iter().map(|found| Frontier {
            known: found.start,
            free: found.outer_start,
        })
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

    /// From the place of its first character.
    fn part(owner: usize, first: (usize, usize), end: usize) -> Self {
        Self {
            start: first.0,
            end,
            outer_start: first.1.saturating_sub(1),
            outer_end: end,
            owner,
            continues: false,
            is_part: true,
        }
    }
}

/// Report a match, with the character after it if that contains bits of it.
fn report(
    open: &mut Vec<Found>,
    one: Found,
    text: &Text,
    input: Input<'_>,
    end: usize,
    found: &mut Vec<Found>,
) {
    if !text.after {
        found.push(one);
    } else if let Some(next) = input.bytes.get(end) {
        let outer_end = match is_base64(*next) {
            true => input.places.span(end).1,
            false => one.end,
        };
        found.push(Found { outer_end, ..one });
    } else if input.is_last {
        found.push(one);
    } else {
        open.push(one);
    }
}

/// Complete open matches with the next character, which ends at a place in the stream, or with
/// the end of the stream.
fn close(open: &mut Vec<Found>, next: Option<u8>, end: usize, found: &mut Vec<Found>) {
    let holds_bits = next.is_some_and(is_base64);
    for mut one in open.drain(..) {
        if holds_bits {
            one.outer_end = end;
        }
        found.push(one);
    }
}
