//! Texts replaced in a stream, whatever the pieces are in which it comes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::patterns::Patterns;
use crate::reading::{Found, Frontier};
use crate::scan::Scan;
use crate::view::margin;

/// How much of a piece is read before what can be let go is: it bounds what is found and
/// not yet replaced.
const BLOCK: usize = 4 << 10;

/// How many more parts of a value are told, once one was. Whoever repeats a part that he has guessed could else
/// measure that it is right, by what it takes to tell of each.
const MOST_PARTS: usize = 64;

/// What stands in for each text, by its owner's number. Texts of owners beyond the last
/// are left as they are, so that [`Patterns`] can be for more than one use.
pub type Replacements = Arc<[Zeroizing<Vec<u8>>]>;

/// Replaces texts in one pass.
///
/// Texts that overlap are replaced together, so that no end of one is left; the first has
/// the name. It never holds back more than the longest text, as long as it is in the
/// stream with its escapes, and the characters beside it.
pub struct Replacer {
    patterns: Arc<Patterns>,
    replacements: Replacements,
    pace: Pace,
    /// The length of the longest text.
    longest: usize,
    scan: Scan,
    /// What was read, from `base` in the stream on: what was not let go, and before that
    /// as much as the longest text.
    held: Vec<u8>,
    base: usize,
    /// Up to where it was let go.
    gone: usize,
    /// What was found and not yet let go.
    found: Vec<Found>,
    /// Up to where the stream was replaced, and by what last.
    covered: usize,
    last: Option<Found>,
    /// Who was replaced, by number; in no order, each once.
    owners: Vec<usize>,
    /// How many texts were replaced.
    replaced: usize,
    /// Whose parts were let go, and how many more parts of each owner there were.
    parts: Vec<usize>,
    more_parts: BTreeMap<usize, usize>,
}

/// How much is held back.
#[derive(Clone, Copy)]
enum Pace {
    /// What may be the beginning of a text: a stream in which nothing begins flows on.
    Eager,
    /// As much as the longest text needs, whatever comes.
    Steady,
}

impl Replacer {
    /// Replace these texts by those, and let go of all that can be no beginning of
    /// one. Who sees the pieces sees what is one: the texts must be no secret to him.
    #[must_use]
    pub fn new(patterns: Arc<Patterns>, replacements: Replacements) -> Self {
        Self::at(Pace::Eager, patterns, replacements)
    }

    /// Replace these texts by those, and let go of as much as comes in, as late as the
    /// longest of them needs. When a byte is let go tells nothing of the texts but that
    /// length: who has a stream sent to him that stops after each byte could else learn
    /// a text byte by byte, by what is held back.
    #[must_use]
    pub fn steady(patterns: Arc<Patterns>, replacements: Replacements) -> Self {
        Self::at(Pace::Steady, patterns, replacements)
    }

    fn at(pace: Pace, patterns: Arc<Patterns>, replacements: Replacements) -> Self {
        Self {
            longest: patterns.longest(replacements.len()),
            scan: Scan::new(&patterns, false),
            patterns,
            replacements,
            pace,
            held: Vec::new(),
            base: 0,
            gone: 0,
            found: Vec::new(),
            covered: 0,
            last: None,
            owners: Vec::new(),
            replaced: 0,
            parts: Vec::new(),
            more_parts: BTreeMap::new(),
        }
    }

    /// Find parts of values, too.
    #[must_use]
    pub fn finding_parts(mut self) -> Self {
        self.scan = Scan::new(&self.patterns, true);
        self
    }

    /// Take a piece in, and give what can be let go.
    pub fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        if self.patterns.is_empty() {
            return piece.to_vec();
        }
        let mut given = Vec::with_capacity(piece.len());
        for block in piece.chunks(BLOCK) {
            let from = self.held.len();
            self.held.extend_from_slice(block);
            self.read(from, false);
            let frontier = match self.pace {
                Pace::Steady => {
                    let (held, base) = (&self.held, self.base);
                    self.scan.steady(&self.patterns, held, base, self.longest)
                }
                Pace::Eager => self.scan.eager(&self.patterns, &self.held, self.base),
            };
            self.let_go(frontier, &mut given);
        }
        given
    }

    /// Give the rest, and begin anew.
    pub fn finish(&mut self) -> Vec<u8> {
        if self.patterns.is_empty() {
            return Vec::new();
        }
        self.read(self.held.len(), true);
        let end = self.base + self.held.len();
        let frontier = Frontier {
            known: usize::MAX,
            free: end,
        };
        let mut rest = Vec::new();
        self.let_go(frontier, &mut rest);
        self.scan.begin_anew(&self.patterns);
        self.base = end;
        self.covered = self.covered.min(end);
        self.held.clear();
        self.last = None;
        rest
    }

    /// Whose texts were found by now, by number.
    #[must_use]
    pub fn found(&self) -> &[usize] {
        &self.owners
    }

    /// How many texts were replaced by now.
    #[must_use]
    pub fn replaced(&self) -> usize {
        self.replaced
    }

    /// Whose parts are in what was let go by now, and in nothing that was replaced: at
    /// least eight characters of a value in a row, in any form of it. By number, each
    /// once; none if [nobody asked](Self::finding_parts).
    #[must_use]
    pub fn parts(&self) -> &[usize] {
        &self.parts
    }

    /// Bytes of memory that it holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.held.capacity() + self.found.capacity() * size_of::<Found>() + self.scan.memory()
    }

    /// Find what is in what came last.
    fn read(&mut self, from: usize, is_last: bool) {
        let before = self.found.len();
        self.scan.read(
            &self.patterns,
            &self.held,
            self.base,
            from,
            is_last,
            &mut self.found,
        );
        let owners = self.replacements.len();
        let mut at = 0;
        self.found.retain(|found| {
            at += 1;
            at <= before || found.owner < owners
        });
    }

    /// Let go of what no text can be in that is not known.
    fn let_go(&mut self, frontier: Frontier, given: &mut Vec<u8>) {
        // Of those at one place, the one with the most before it.
        self.found.sort_by_key(|found| {
            (
                found.start,
                Reverse(found.end),
                found.outer_start,
                found.owner,
            )
        });
        let is_known =
            |found: &Found| found.start < frontier.known && found.outer_start <= frontier.free;
        let unknown = self
            .found
            .iter()
            .filter(|found| !found.is_part && !is_known(found));
        let free = unknown
            .map(|found| found.outer_start)
            .fold(frontier.free, usize::min);
        let free = free.max(self.gone);
        self.report_parts(free);

        let mut from = self.gone.max(self.covered);
        let known: Vec<Found> = self
            .found
            .extract_if(.., |found| !found.is_part && is_known(found))
            .collect();
        // What is before one may go with a later one.
        let mut first = free;
        let mut firsts: Vec<usize> = known.iter().map(|found| found.outer_start).collect();
        for outer_start in firsts.iter_mut().rev() {
            first = first.min(*outer_start);
            *outer_start = first;
        }
        for (found, first) in known.into_iter().zip(firsts) {
            self.copy(given, from, first);
            let overlaps = self.last.is_some_and(|last| found.start < last.end);
            let goes_on = found.continues
                && self
                    .last
                    .is_some_and(|last| last.owner == found.owner && found.start <= last.outer_end);
            if !overlaps {
                if !goes_on && let Some(text) = self.replacements.get(found.owner) {
                    given.extend_from_slice(text);
                    self.replaced += 1;
                }
                self.last = Some(found);
                if !self.owners.contains(&found.owner) {
                    self.owners.push(found.owner);
                }
            }
            self.covered = self.covered.max(found.outer_end);
            from = from.max(self.covered);
        }
        self.copy(given, from, free);
        self.gone = free;
        self.forget();
    }

    /// What is in the stream between two places.
    fn copy(&self, to: &mut Vec<u8>, start: usize, end: usize) {
        if let Some(range) = start.checked_sub(self.base).zip(end.checked_sub(self.base))
            && let Some(bytes) = self.held.get(range.0..range.1)
        {
            to.extend_from_slice(bytes);
        }
    }

    /// Parts of which something is to be let go, and that are in no whole text, are known
    /// as parts.
    fn report_parts(&mut self, free: usize) {
        let is_reported = |found: &mut Found| found.is_part && self.parts.contains(&found.owner);
        for part in self.found.extract_if(.., is_reported) {
            let count = self.more_parts.entry(part.owner).or_default();
            *count += 1;
            if *count > MOST_PARTS {
                self.scan.tell_no_parts_of(&self.patterns, part.owner);
            }
        }
        if !self
            .found
            .iter()
            .any(|found| found.is_part && found.start < free)
        {
            return;
        }
        let wholes = self.found.iter().filter(|found| !found.is_part);
        let mut wholes: Vec<_> = wholes.map(|it| (it.outer_start, it.outer_end)).collect();
        wholes.sort_unstable();
        // Up to where the ranges before and with each go.
        let mut reach = self.covered;
        for whole in &mut wholes {
            reach = reach.max(whole.1);
            whole.1 = reach;
        }
        let is_covered = |part: &Found| {
            let before = wholes.partition_point(|(start, _)| *start < part.end);
            let last = before.checked_sub(1).and_then(|at| wholes.get(at));
            last.map_or(self.covered, |(_, end)| *end) > part.start
        };
        let mut parts = Vec::new();
        for part in self.found.iter().filter(|it| it.is_part && it.start < free) {
            if !is_covered(part) && !parts.contains(&part.owner) {
                parts.push(part.owner);
            }
        }
        self.parts.append(&mut parts);
        self.found
            .retain(|found| !(found.is_part && found.start < free));
    }

    /// Make room: of what is gone as much is kept as the longest text, which may lead up
    /// to an escape.
    fn forget(&mut self) {
        let kept = margin(self.patterns.longest_of_all());
        let unneeded = (self.gone - self.base).saturating_sub(kept);
        if unneeded > self.held.len() / 2 {
            self.held.drain(..unneeded);
            self.base += unneeded;
        }
    }
}
