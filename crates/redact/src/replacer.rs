//! Replacement of texts in a stream that can be split anywhere.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::decoder::margin;
use crate::patterns::Patterns;
use crate::reading::{Found, Frontier};
use crate::scan::Scan;

/// How much of a piece is read before output is released, which limits the pending matches.
const BLOCK: usize = 4 << 10;

/// How many more parts of a value are reported after the first. Reporting takes time: without a
/// limit, a component that repeats a guessed part could measure that it is right.
const MAX_PARTS: usize = 64;

/// The replacements, by the owner of a text. Texts of further owners are left unchanged, so that
/// the same [`Patterns`] can be used for several purposes.
pub type Replacements = Arc<[Zeroizing<Vec<u8>>]>;

/// Pass a piece of a stream, possibly the last one, through several passes.
///
/// The parts in it are reported now, although some of its text is held back: otherwise something could
/// depend on a part that is never reported, since the stream is not read on. So they are those in the
/// stream as if it ended here. That is found out for the passes that found any, and those before them.
pub fn through(passes: &mut [Replacer], piece: &[u8], is_last: bool) -> Vec<u8> {
    let seen = flow(passes, piece, is_last);
    let last = passes.iter().rposition(|pass| !pass.found_parts.is_empty());
    if let Some(found) = last.and_then(|last| passes.get_mut(..=last)) {
        let mut ended = found.to_vec();
        flow(&mut ended, &[], true);
        for (pass, ended) in found.iter_mut().zip(ended) {
            pass.parts = ended.parts;
            pass.found_parts = Vec::new();
            pass.searches += 1;
        }
    }
    seen
}

fn flow(passes: &mut [Replacer], piece: &[u8], is_last: bool) -> Vec<u8> {
    let mut seen = piece.to_vec();
    for pass in passes {
        seen = pass.read_piece(&seen);
        if is_last {
            seen.extend(pass.finish());
        }
    }
    seen
}

/// Replaces texts in one pass.
///
/// Overlapping matches are replaced together, by the replacement of the first, so that nothing of
/// them remains. It never holds back more than the longest match with its escapes, and the
/// characters next to it.
#[derive(Clone)]
pub struct Replacer {
    patterns: Arc<Patterns>,
    replacements: Replacements,
    pace: Pace,
    /// The length of the longest text.
    longest: usize,
    scan: Scan,
    /// The bytes of the stream from `base` on: those not released, and before them as many as
    /// the longest text has.
    held: Vec<u8>,
    base: usize,
    /// The end of the released bytes.
    gone: usize,
    /// The matches that are not released.
    found: Vec<Found>,
    /// The parts in the current piece, until it is read: nothing may depend on a part that is not
    /// reported.
    found_parts: Vec<Found>,
    /// The end of the last replacement, and its owner.
    covered: usize,
    /// The replaced matches that end after the released bytes.
    hidden: Vec<Found>,
    last: Option<Found>,
    /// The owners of replaced matches, each once, in no order.
    owners: Vec<usize>,
    /// The number of replacements.
    replaced: usize,
    /// The owners of parts, and for each owner how many more parts there were.
    parts: Vec<usize>,
    more_parts: BTreeMap<usize, usize>,
    /// The number of pieces with parts in them.
    searches: usize,
}

/// How much is held back.
#[derive(Clone, Copy)]
enum Pace {
    /// Only what may be the start of a match.
    Eager,
    /// As much as the longest text needs, in any case.
    Steady,
}

impl Replacer {
    /// A replacer that releases everything that can't be the start of a match. The sizes of its
    /// pieces reveal the texts, so they must not be secret to the recipient.
    #[must_use]
    pub fn new(patterns: Arc<Patterns>, replacements: Replacements) -> Self {
        Self::at(Pace::Eager, patterns, replacements)
    }

    /// A replacer that always holds back as much as the longest text needs. The time at which a
    /// byte is released reveals nothing about the texts but that length. Otherwise a recipient
    /// of a stream that pauses after each byte could learn a text byte by byte, from what is
    /// held back.
    #[must_use]
    pub fn steady(patterns: Arc<Patterns>, replacements: Replacements) -> Self {
        Self::at(Pace::Steady, patterns, replacements)
    }

    fn at(pace: Pace, patterns: Arc<Patterns>, replacements: Replacements) -> Self {
        Self {
            longest: patterns.longest(replacements.len()),
            scan: Scan::new(&patterns, None),
            patterns,
            replacements,
            pace,
            held: Vec::new(),
            base: 0,
            gone: 0,
            found: Vec::new(),
            found_parts: Vec::new(),
            covered: 0,
            hidden: Vec::new(),
            last: None,
            owners: Vec::new(),
            replaced: 0,
            parts: Vec::new(),
            more_parts: BTreeMap::new(),
            searches: 0,
        }
    }

    /// Also find parts of all values.
    #[must_use]
    pub fn finding_parts(self) -> Self {
        self.finding_parts_of(|_| true)
    }

    /// Also find parts of the values of some owners. The time to read does not depend on parts of
    /// the others.
    #[must_use]
    pub fn finding_parts_of(mut self, is_owner: impl Fn(usize) -> bool) -> Self {
        let parts = self.patterns.parts();
        let reported = parts.and_then(|parts| parts.of(is_owner));
        self.scan = Scan::new(&self.patterns, reported);
        self
    }

    /// Add a piece, and return the output that can be released.
    pub fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        through(std::slice::from_mut(self), piece, false)
    }

    fn read_piece(&mut self, piece: &[u8]) -> Vec<u8> {
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

    /// Return the rest of the output, and start over.
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
        self.report_parts(usize::MAX);
        self.scan.begin_anew(&self.patterns);
        self.base = end;
        self.covered = self.covered.min(end);
        self.held.clear();
        self.hidden.clear();
        self.last = None;
        rest
    }

    /// The owners of the matches so far, without those inside of another match.
    #[must_use]
    pub fn found(&self) -> &[usize] {
        &self.owners
    }

    /// The number of replacements so far.
    #[must_use]
    pub fn replaced(&self) -> usize {
        self.replaced
    }

    /// The owners of the parts in all pieces so far, each once: at least eight consecutive characters
    /// of a value, in any of its forms. A part counts as soon as its piece is read, unless it is
    /// inside of a match in the pieces so far. None without [`finding_parts`](Self::finding_parts).
    #[must_use]
    pub fn parts(&self) -> &[usize] {
        &self.parts
    }

    /// In how many pieces the parts had to be found out, which takes time.
    #[must_use]
    pub fn searches(&self) -> usize {
        self.searches
    }

    /// Its memory in bytes. That of parts is not held between pieces.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.held.capacity() + self.found.capacity() * size_of::<Found>() + self.scan.memory()
    }

    /// Find the matches in the last piece.
    fn read(&mut self, from: usize, is_last: bool) {
        let mut found = Vec::new();
        self.scan.read(
            &self.patterns,
            &self.held,
            self.base,
            from,
            is_last,
            &mut found,
        );
        let owners = self.replacements.len();
        for found in found.into_iter().filter(|found| found.owner < owners) {
            match found.is_part {
                true => self.found_parts.push(found),
                false => self.found.push(found),
            }
        }
    }

    /// Release what no further match can start in.
    fn let_go(&mut self, frontier: Frontier, given: &mut Vec<u8>) {
        // At the same place, the one that starts first with the characters before it.
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
        let unknown = self.found.iter().filter(|found| !is_known(found));
        let free = unknown
            .map(|found| found.outer_start)
            .fold(frontier.free, usize::min);
        let free = free.max(self.gone);
        self.report_parts(free);

        let mut from = self.gone.max(self.covered);
        let known: Vec<Found> = self.found.extract_if(.., |found| is_known(found)).collect();
        self.hidden.extend(&known);
        self.hidden.retain(|found| found.outer_end > free);
        // The characters before one may belong to a later one.
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
            }
            let is_inside = self.last.is_some_and(|last| found.end <= last.end);
            if (!overlaps || !is_inside) && !self.owners.contains(&found.owner) {
                self.owners.push(found.owner);
            }
            self.covered = self.covered.max(found.outer_end);
            from = from.max(self.covered);
        }
        self.copy(given, from, free);
        self.gone = free;
        self.forget();
    }

    /// Copy the stream between two places.
    fn copy(&self, to: &mut Vec<u8>, start: usize, end: usize) {
        if let Some(range) = start.checked_sub(self.base).zip(end.checked_sub(self.base))
            && let Some(bytes) = self.held.get(range.0..range.1)
        {
            to.extend_from_slice(bytes);
        }
    }

    /// Report the parts that start before a place and that are not inside of matches. One that
    /// has a byte outside of them is reported: a component could put a guess beside a text that it
    /// knows, and measure that the guess is right. Characters that only contain bits of a match
    /// don't count as inside. The first character of a part may be an escape that the text before
    /// a match leaves open.
    fn report_parts(&mut self, free: usize) {
        let is_reported = |found: &mut Found| self.parts.contains(&found.owner);
        for part in self.found_parts.extract_if(.., is_reported) {
            let count = self.more_parts.entry(part.owner).or_default();
            *count += 1;
            if *count > MAX_PARTS {
                self.scan.tell_no_parts_of(&self.patterns, part.owner);
            }
        }
        if !self.found_parts.iter().any(|found| found.start < free) {
            return;
        }
        let wholes = self.hidden.iter().chain(&self.found);
        let wholes: Vec<Found> = wholes.copied().collect();
        let wholes = merged(&wholes);
        let is_covered = |part: &Found| {
            let next = wholes.partition_point(|(start, _)| *start <= part.outer_start);
            let last = next.checked_sub(1).and_then(|at| wholes.get(at));
            last.is_some_and(|(_, end)| part.end <= *end)
        };
        for part in self.found_parts.extract_if(.., |found| found.start < free) {
            if !is_covered(&part) && !self.parts.contains(&part.owner) {
                self.parts.push(part.owner);
            }
        }
    }

    /// Drop released bytes, but keep as many as the longest text has, since an escape may follow.
    fn forget(&mut self) {
        let kept = margin(self.patterns.longest_of_all());
        let unneeded = (self.gone - self.base).saturating_sub(kept);
        if unneeded > self.held.len() / 2 {
            self.held.drain(..unneeded);
            self.base += unneeded;
        }
    }
}

/// The union of the ranges of matches, in order, without the characters next to them. A piece of a
/// value shares such a character with the piece that it continues.
fn merged(wholes: &[Found]) -> Vec<(usize, usize)> {
    let range = |found: &Found| {
        if !found.continues {
            return (found.start, found.end);
        }
        let is_continued = |last: &&Found| {
            last.owner == found.owner
                && last.end <= found.start
                && last.end >= found.outer_start
                && last.outer_end >= found.start
        };
        let ends = wholes.iter().filter(is_continued).map(|last| last.end);
        (ends.min().unwrap_or(found.start), found.end)
    };
    let mut ranges: Vec<_> = wholes.iter().map(range).collect();
    ranges.sort_unstable();
    ranges.dedup_by(|next, last| {
        let touches = next.0 <= last.1;
        if touches {
            last.1 = last.1.max(next.1);
        }
        touches
    });
    ranges
}
