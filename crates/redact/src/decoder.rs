//! A decoder in a text with escapes, and its output as each decoder decodes it again.

use std::ops::Range;

use crate::escape::{Encoding, MAX_ESCAPE, Read};
use crate::input::{Input, Places};
use crate::inside::Starts;
use crate::patterns::Patterns;
use crate::reading::{Found, Frontier, Reading, Search};
use crate::units::Units;

/// How often the search for unfinished escapes is repeated from the one found.
pub(crate) const ROUNDS: usize = 2;

/// How many earlier bytes can matter, for a longest pattern of this length: its length, the
/// character before it, the unfinished escapes there, and the characters that a pattern that
/// starts inside an escape can decode to.
pub(crate) fn margin(longest: usize) -> usize {
    longest + 2 + (1 + 2 * ROUNDS) * MAX_ESCAPE
}

/// The maximum output of a decoder for a match in which an unfinished escape before it matters.
/// It depends on the stream only.
pub(crate) fn reach(longest: usize) -> usize {
    longest + 2 + MAX_ESCAPE
}

/// The number of decoders.
pub(crate) const COUNT: usize = Encoding::ALL.len();

/// The output of a decoder as each decoder decodes it again.
#[derive(Clone, Default)]
pub(crate) struct Inner(pub(crate) [Option<Box<Active>>; COUNT]);

/// A decoder in a text with escapes.
#[derive(Clone)]
pub(crate) struct Active {
    encoding: Encoding,
    reading: Reading,
    /// The last output: the length of the longest pattern, and two bytes before it.
    pub(crate) units: Units,
    /// The number of input bytes that are not decoded yet, since they start an escape, and their
    /// position in the stream.
    pending: usize,
    pending_from: usize,
    /// Positions inside escapes where texts may start.
    starts: Starts,
    /// How many bytes were decoded since the last escape.
    since: usize,
}

/// The next escape; the end if there is none.
pub(crate) fn next_escape(encoding: Encoding, bytes: &[u8], mut at: usize, is_last: bool) -> usize {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        match encoding.find(rest) {
            None => return bytes.len(),
            Some(escape) => at += escape,
        }
        let rest = bytes.get(at..).unwrap_or_default();
        match encoding.read(rest, is_last) {
            Read::Literal => at += 1,
            _ => return at,
        }
    }
}

/// Become idle where the output equals the input, and keep only what can matter.
pub(crate) fn rest(active: &mut Option<Box<Active>>, longest: usize) {
    active.take_if(|active| active.is_quiet(longest));
    if let Some(active) = active {
        active.forget(longest);
    }
}

impl Inner {
    /// Read the output from an index on. What activates an idle decoder may have started `back`
    /// bytes before it.
    pub(crate) fn read(
        &mut self,
        search: Search<'_>,
        out: Input<'_>,
        from: usize,
        back: usize,
        found: &mut Vec<Found>,
    ) {
        for (inner, encoding) in self.0.iter_mut().zip(Encoding::ALL) {
            let mut at = from;
            if inner.is_none() {
                at = from.saturating_sub(back);
                at = next_escape(encoding, out.bytes, at, out.is_last);
                if at == out.bytes.len() {
                    continue;
                }
                *inner = Some(Active::new(search.patterns, encoding, out, at));
            }
            if let Some(active) = inner {
                active.read(search, out, at..out.bytes.len(), found);
            }
        }
    }

    /// Keep only what can matter.
    pub(crate) fn rest(&mut self, longest: usize) {
        for active in &mut self.0 {
            rest(active, longest);
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Active> {
        self.0.iter().flatten().map(AsRef::as_ref)
    }
}

impl Active {
    /// A decoder that starts at an escape, with the bytes before it.
    pub(crate) fn new(
        patterns: &Patterns,
        encoding: Encoding,
        input: Input<'_>,
        at: usize,
    ) -> Box<Self> {
        let from = at.saturating_sub(margin(patterns.longest_of_all()));
        let mut units = Units::default();
        units.extend(input, from..at);
        Box::new(Self {
            encoding,
            // Matches that end before the escape were found without it.
            reading: Reading::after(patterns, &units.bytes),
            starts: Starts::after(units.bytes.len()),
            units,
            pending: 0,
            pending_from: usize::MAX,
            since: 0,
        })
    }

    /// A copy that keeps only the earlier bytes that can matter.
    pub(crate) fn latest(&self, longest: usize) -> Box<Self> {
        let unneeded = self.units.bytes.len().saturating_sub(margin(longest));
        let mut starts = self.starts.clone();
        starts.forget(unneeded, longest);
        Box::new(Self {
            units: self.units.from(unneeded),
            reading: self.reading.forked(),
            starts,
            ..*self
        })
    }

    /// Become idle, and keep only what can matter.
    pub(crate) fn forget(&mut self, longest: usize) {
        let forgotten = self.units.forget(margin(longest));
        self.starts.forget(forgotten, longest);
    }

    /// Whether its output equals its input.
    pub(crate) fn is_quiet(&self, longest: usize) -> bool {
        self.pending == 0 && !self.reading.is_open() && self.since > margin(longest)
    }

    /// Decode some bytes, search the output, and return where the new output starts.
    pub(crate) fn read(
        &mut self,
        search: Search<'_>,
        input: Input<'_>,
        range: Range<usize>,
        found: &mut Vec<Found>,
    ) -> usize {
        let before = self.units.bytes.len();
        self.decode(input, range);
        let out = Input {
            bytes: &self.units.bytes,
            places: Places::Decoded(&self.units.places),
            is_last: input.is_last,
        };
        self.reading.read(search, out, before, found);
        self.read_begun(search.patterns, input, found);
        before
    }

    /// Find texts that start inside an escape.
    fn read_begun(&mut self, patterns: &Patterns, input: Input<'_>, found: &mut Vec<Found>) {
        let Units { bytes, places } = &self.units;
        let out = Input {
            bytes,
            places: Places::Decoded(places),
            is_last: input.is_last,
        };
        for begun in self.starts.read(patterns.inside(), bytes) {
            if let Some(text) = patterns.text(begun.text) {
                let end = out.places.span(begun.end.saturating_sub(1)).1;
                let one = Found::new(text, begun.start, end);
                self.reading.report(one, text, out, begun.end, found);
            }
        }
    }

    fn decode(&mut self, input: Input<'_>, range: Range<usize>) {
        let Range { start, end } = range;
        let mut at = start.saturating_sub(self.pending);
        loop {
            let units = self.units.bytes.len();
            let met = self.starts.meet(self.encoding, input, at, end, units);
            let Some(most) = met.filter(|_| at < end) else {
                break;
            };
            let rest = input.bytes.get(at..end).unwrap_or_default();
            let next = rest.get(..most).unwrap_or(rest);
            let mut plain = self.encoding.find(next).unwrap_or(next.len());
            if plain == 0 {
                match self.encoding.read(rest, input.is_last) {
                    Read::Incomplete => break,
                    Read::Literal => plain = 1,
                    Read::Escape { length, text } => {
                        let start = input.places.span(at).0;
                        let end = input.places.span(at + length - 1).1;
                        for byte in text.as_bytes() {
                            self.units.push(*byte, (start, end));
                        }
                        self.since = 0;
                        at += length;
                        self.starts.pass(length);
                        self.starts.escape(input, at, length);
                        continue;
                    }
                }
            }
            self.units.extend(input, at..at + plain);
            self.since += plain;
            at += plain;
            self.starts.pass(plain);
        }
        self.pending = end - at.min(end);
        self.pending_from = match self.pending {
            0 => usize::MAX,
            _ => input.places.span(at).0,
        };
    }

    /// See [`Scan::steady`](crate::scan::Scan::steady).
    pub(crate) fn steady(&self, longest: usize) -> Frontier {
        // A match that starts inside an escape can have one character for a whole escape.
        let known = self.units.bytes.len();
        let known = known.saturating_sub(longest + 1 + MAX_ESCAPE);
        self.frontier(known, known.saturating_sub(1))
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Self>() + self.units.memory() + self.starts.memory()
    }

    /// See [`Units::open_before`].
    pub(crate) fn open_before(&self, start: usize, end: usize, reach: usize) -> Option<usize> {
        self.units.open_before(start, end, reach)
    }

    /// See [`Scan::eager`](crate::scan::Scan::eager).
    pub(crate) fn eager(&self, patterns: &Patterns) -> Frontier {
        let own = if patterns.inside().is_empty() {
            let (known, free) = self.reading.unended(patterns, &self.units.bytes);
            self.frontier(known, free)
        } else {
            self.steady(patterns.longest_of_all())
        };
        self.reading.open().fold(own, Frontier::min)
    }

    /// The frontier from indices of units.
    fn frontier(&self, known: usize, free: usize) -> Frontier {
        // Pending bytes follow all units.
        let place = |at: usize| {
            let unit = self.units.places.get(at);
            unit.map_or(self.pending_from, |place| place.0)
        };
        Frontier {
            known: place(known),
            free: place(free),
        }
    }
}
