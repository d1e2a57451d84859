//! A stream as each decoder decodes it, and the results as a second decoder decodes them.
//!
//! Without an escape, a decoder's output equals its input. So a view is idle until an escape
//! occurs, and again after a distance of the longest pattern without one. That depends on the
//! stream and never on the patterns.

use std::ops::Range;

use crate::decoder::{Active, COUNT, Inner, ROUNDS, next_escape, reach, rest};
use crate::escape::{Encoding, MAX_ESCAPE, open_escape};
use crate::input::{Input, Places};
use crate::lists::Lists;
use crate::patterns::Patterns;
use crate::reading::{Found, Frontier, Reading, Search};

/// How many bytes are decoded before the output is searched.
const BLOCK: usize = 4 << 10;

/// A stream as each decoder decodes it.
#[derive(Clone, Default)]
pub(crate) struct Views {
    views: [View; COUNT],
    lists: Lists,
}

/// A stream as one decoder decodes it.
#[derive(Clone, Default)]
struct View {
    /// None while there are no escapes.
    active: Option<Box<Active>>,
    /// The output as each decoder decodes it again. While there are no escapes, it equals what
    /// that decoder makes of the stream.
    inner: Inner,
    /// Whether nothing was read yet.
    is_new: bool,
}

impl Views {
    /// Read the stream from a place on, as received and as each decoder decodes it.
    pub(crate) fn read(
        &mut self,
        raw: &mut Reading,
        search: Search<'_>,
        input: Input<'_>,
        from: usize,
        found: &mut Vec<Found>,
    ) {
        let Input {
            bytes: held,
            places,
            is_last,
        } = input;
        let base = places.span(0).0;
        let longest = search.patterns.longest_of_all();
        let mut at = from;
        let mut next: [Option<usize>; COUNT] = [None; COUNT];
        loop {
            // All are read up to where an idle one becomes active.
            let mut until = (at + BLOCK).min(held.len());
            let mut wakes = None;
            let idle = self
                .views
                .iter()
                .zip(Encoding::ALL)
                .zip(&mut next)
                .enumerate();
            for (number, ((view, encoding), next)) in idle {
                if view.active.is_some() {
                    continue;
                }
                if next.is_none_or(|next| next < at) {
                    *next = Some(next_escape(encoding, held, at, is_last));
                }
                if let Some(escape) = next.filter(|next| *next < until) {
                    until = escape;
                    wakes = Some((number, encoding));
                }
            }
            let input = Input {
                bytes: held.get(..until).unwrap_or_default(),
                places,
                is_last: is_last && until == held.len(),
            };
            let before = found.len();
            raw.read(search, input, at, found);
            for view in &mut self.views {
                view.read(search, input, at..until, found);
            }
            self.lists.read(search, input, at, found);
            // What several decoders leave unchanged was found in all of them.
            let mut new = found.split_off(before);
            new.sort_unstable();
            new.dedup();
            found.append(&mut new);
            // An unfinished escape before a match is replaced with it, however the match was decoded:
            // the rest does not reveal how it was encoded.
            for one in found.iter_mut().skip(before).filter(|one| !one.is_part) {
                let range = one.outer_start..one.end;
                one.outer_start = self.open_before(held, base, range, reach(longest));
            }
            for view in &mut self.views {
                view.rest(longest);
            }
            at = until;
            match wakes {
                Some((number, encoding)) => {
                    let inner = self
                        .views
                        .each_ref()
                        .map(|view| view.active.as_ref().map(|active| active.latest(longest)));
                    if let Some(view) = self.views.get_mut(number) {
                        view.active = Some(Active::new(search.patterns, encoding, input, at));
                        view.inner = Inner(inner);
                        view.is_new = true;
                    }
                }
                None if at >= held.len() => break,
                None => {}
            }
        }
    }

    /// See [`Scan::steady`](crate::scan::Scan::steady).
    pub(crate) fn steady(&self, longest: usize) -> impl Iterator<Item = Frontier> {
        let views = self.all().map(move |active| active.steady(longest));
        views.chain(self.lists.steady(longest))
    }

    /// See [`Scan::eager`](crate::scan::Scan::eager).
    pub(crate) fn eager(&self, patterns: &Patterns) -> impl Iterator<Item = Frontier> {
        let views = self.all().map(move |active| active.eager(patterns));
        views.chain(self.lists.steady(patterns.longest_of_all()))
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        let views: usize = self.all().map(Active::memory).sum();
        views + self.lists.memory()
    }

    fn all(&self) -> impl Iterator<Item = &Active> {
        self.views.iter().flat_map(|view| {
            let own = view.active.iter().map(AsRef::as_ref);
            own.chain(view.inner.all())
        })
    }

    /// How far the stream can be released, if no match starts before a place.
    pub(crate) fn free_of_escapes(
        &self,
        held: &[u8],
        base: usize,
        place: usize,
        longest: usize,
    ) -> usize {
        let reach = reach(longest) + ROUNDS * MAX_ESCAPE;
        self.open_before(held, base, place..base + held.len(), reach)
    }

    /// The start of the unfinished escapes before a match, in the stream or in a decoder's
    /// output.
    fn open_before(&self, held: &[u8], base: usize, text: Range<usize>, reach: usize) -> usize {
        let mut start = text.start;
        for _ in 0..ROUNDS {
            let at = start.saturating_sub(base).min(held.len());
            let raw = base + open_escape(held, at);
            let decoded = self
                .all()
                .filter_map(|active| active.open_before(start, text.end, reach));
            let listed = self.lists.open_before(start, text.end, reach);
            let first = decoded.chain(listed).fold(raw, usize::min);
            if first >= start {
                break;
            }
            start = first;
        }
        start
    }
}

impl View {
    fn read(
        &mut self,
        search: Search<'_>,
        input: Input<'_>,
        range: Range<usize>,
        found: &mut Vec<Found>,
    ) {
        let Some(active) = &mut self.active else {
            return;
        };
        let before = active.read(search, input, range, found);
        let out = Input {
            bytes: &active.units.bytes,
            places: Places::Decoded(&active.units.places),
            is_last: input.is_last,
        };
        // An escape may have started in characters that are not escapes themselves.
        let back = if self.is_new { MAX_ESCAPE } else { 0 };
        self.is_new = false;
        self.inner.read(search, out, before, back, found);
    }

    /// Drop what can no longer matter.
    fn rest(&mut self, longest: usize) {
        self.inner.rest(longest);
        if self.inner.all().next().is_none() {
            rest(&mut self.active, longest);
        } else if let Some(active) = &mut self.active {
            active.forget(longest);
        }
    }
}
