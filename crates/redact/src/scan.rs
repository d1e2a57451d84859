//! Matching in a stream, as received and as each decoder decodes it.

use std::collections::BTreeSet;

use crate::input::{Input, Places};
use crate::partial::Reported;
use crate::patterns::Patterns;
use crate::reading::{Found, Frontier, Reading, Search};
use crate::view::Views;

/// The state of matching in a stream.
#[derive(Clone)]
pub(crate) struct Scan {
    raw: Reading,
    /// None if nothing is decoded.
    views: Option<Views>,
    /// The parts that are reported, if any.
    reported: Option<Reported>,
}

impl Scan {
    /// The start of a stream, in which these parts are also found.
    pub(crate) fn new(patterns: &Patterns, reported: Option<Reported>) -> Self {
        Self {
            raw: Reading::after(patterns, &[]),
            views: patterns.is_decoding().then(Views::default),
            reported,
        }
    }

    /// Report no parts of an owner from here on.
    pub(crate) fn tell_no_parts_of(&mut self, patterns: &Patterns, owner: usize) {
        if let Some((parts, reported)) = patterns.parts().zip(self.reported.as_mut()) {
            parts.silence(reported, owner);
        }
    }

    /// Start over with another stream.
    pub(crate) fn begin_anew(&mut self, patterns: &Patterns) {
        *self = Self::new(patterns, self.reported.take());
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        let reported = self.reported.as_ref().map_or(0, Reported::memory);
        self.views.as_ref().map_or(0, Views::memory) + reported
    }

    /// Read `held` from a place on. `held` starts at `base` in the stream, and contains at least
    /// as many earlier bytes as the longest text has, and two more.
    pub(crate) fn read(
        &mut self,
        patterns: &Patterns,
        held: &[u8],
        base: usize,
        from: usize,
        is_last: bool,
        found: &mut Vec<Found>,
    ) {
        let search = Search {
            patterns,
            reported: self.reported.as_ref(),
        };
        let input = Input {
            bytes: held,
            places: Places::Raw(base),
            is_last,
        };
        match &mut self.views {
            Some(views) => views.read(&mut self.raw, search, input, from, found),
            None => self.raw.read(search, input, from, found),
        }
    }

    /// How far the stream was searched, for any texts of the longest text's length. It does not
    /// depend on the texts.
    pub(crate) fn steady(
        &self,
        patterns: &Patterns,
        held: &[u8],
        base: usize,
        longest: usize,
    ) -> Frontier {
        let raw = Frontier {
            known: base + held.len().saturating_sub(longest),
            free: base + held.len().saturating_sub(longest + 1),
        };
        let views = self.views.iter().flat_map(|views| views.steady(longest));
        self.free_of_escapes(patterns, held, base, views.fold(raw, Frontier::min))
    }

    /// How far the stream was searched, from the bytes read last.
    pub(crate) fn eager(&self, patterns: &Patterns, held: &[u8], base: usize) -> Frontier {
        let (known, free) = self.raw.unended(patterns, held);
        let raw = Frontier {
            known: base + known,
            free: base + free,
        };
        let views = self.views.iter().flat_map(|views| views.eager(patterns));
        let all = self.raw.open().chain(views).fold(raw, Frontier::min);
        self.free_of_escapes(patterns, held, base, all)
    }

    fn free_of_escapes(
        &self,
        patterns: &Patterns,
        held: &[u8],
        base: usize,
        frontier: Frontier,
    ) -> Frontier {
        let free = self.views.as_ref().map_or(frontier.free, |views| {
            views.free_of_escapes(held, base, frontier.free, patterns.longest_of_all())
        });
        Frontier { free, ..frontier }
    }
}

impl Patterns {
    /// The owners of all matches in a text, each once.
    #[must_use]
    pub fn owners_in(&self, text: &[u8]) -> BTreeSet<usize> {
        let mut found = Vec::new();
        if !self.is_empty() {
            let mut scan = Scan::new(self, None);
            scan.read(self, text, 0, 0, true, &mut found);
        }
        found.into_iter().map(|found| found.owner).collect()
    }
}
