//! Reads the lists of bytes in a stream, and the decoded lists with each decoder.
//!
//! It is idle where no list is possible, which depends on the stream and never on the patterns.

use std::ops::Range;

use crate::decoder::{Active, Inner, ROUNDS, margin, reach};
use crate::escape::MAX_ESCAPE;
use crate::escape::list::{self, Numbers, Radix, Step};
use crate::input::{Input, Places};
use crate::reading::{Found, Frontier, Reading, Search};
use crate::units::Units;
use crate::value::MIN_REDACTED;

/// A stream with each of its lists decoded.
#[derive(Clone)]
pub(crate) struct Lists {
    lists: [List; 2],
    /// Whether there may be a list.
    is_awake: bool,
    /// While idle: how many bytes at the end may belong to a list, and the position of the first
    /// possible number in them.
    tail: usize,
    tail_from: usize,
}

/// The current list. The output of the next list is a separate text.
#[derive(Clone)]
struct List {
    numbers: Numbers,
    /// The start of the current number.
    number_from: usize,
    /// The latest output.
    units: Units,
    /// The number of units that were not searched yet.
    unread: usize,
    /// None while there are fewer units than the shortest text has.
    reading: Option<Reading>,
    inner: Inner,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            lists: [Radix::Hexadecimal, Radix::Decimal].map(List::new),
            is_awake: false,
            tail: 0,
            tail_from: usize::MAX,
        }
    }
}

impl Lists {
    /// Read the stream from an index on.
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
        let mut at = from;
        while at < bytes.len() || self.is_awake {
            if !self.is_awake {
                match list::find(bytes, at.saturating_sub(self.tail)) {
                    Ok(start) => {
                        self.is_awake = true;
                        at = start;
                    }
                    Err(tail) => {
                        self.tail = tail;
                        break;
                    }
                }
            }
            self.tail = 0;
            let rest = bytes.get(at..).unwrap_or_default();
            let run = rest.iter().position(|byte| !list::is_in_list(*byte));
            let end = at + run.unwrap_or(rest.len());
            let ends = run.is_some() || is_last;
            for list in &mut self.lists {
                list.decode(search, input, at..end, found);
                match ends {
                    true => list.end(search, input, end, found),
                    false => list.find(search, false, found),
                }
            }
            at = end;
            self.is_awake = !ends;
            if !ends {
                break;
            }
        }
        let longest = search.patterns.longest_of_all();
        for list in &mut self.lists {
            list.rest(longest);
        }
        let tail = bytes.len() - self.tail.min(bytes.len());
        let rest = bytes.get(tail..).unwrap_or_default();
        let number = rest.iter().position(|byte| list::may_begin(*byte));
        self.tail_from = number.map_or(usize::MAX, |number| places.span(tail + number).0);
    }

    /// See [`Scan::steady`](crate::scan::Scan::steady).
    pub(crate) fn steady(&self, longest: usize) -> impl Iterator<Item = Frontier> {
        let lists = self.lists.iter().flat_map(move |list| {
            let inner = list.inner.all().map(move |active| active.steady(longest));
            inner.chain([list.steady(longest)])
        });
        lists.chain([at(self.tail_from)])
    }

    /// The start of the unfinished escapes before a text, in the output.
    pub(crate) fn open_before(
        &self,
        start: usize,
        end: usize,
        reach: usize,
    ) -> impl Iterator<Item = usize> {
        let lists = self.lists.iter();
        lists.flat_map(move |list| list.open_before(start, end, reach))
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        let memory = |list: &List| {
            let inner: usize = list.inner.all().map(Active::memory).sum();
            list.units.memory() + inner
        };
        self.lists.iter().map(memory).sum()
    }
}

/// A frontier at a position.
fn at(place: usize) -> Frontier {
    Frontier {
        known: place,
        free: place,
    }
}

impl List {
    fn new(radix: Radix) -> Self {
        Self {
            numbers: Numbers::new(radix),
            number_from: usize::MAX,
            units: Units::default(),
            unread: 0,
            reading: None,
            inner: Inner::default(),
        }
    }

    fn decode(
        &mut self,
        search: Search<'_>,
        input: Input<'_>,
        range: Range<usize>,
        found: &mut Vec<Found>,
    ) {
        let bytes = input.bytes.get(range.clone()).unwrap_or_default();
        for (at, byte) in range.zip(bytes) {
            match self.numbers.step(*byte) {
                Step::Goes => {}
                Step::Begins(before) => {
                    self.number_from = input.places.span(at.saturating_sub(before)).0;
                }
                Step::Ends(number) => self.push(number, input, at),
                Step::Breaks => self.close(search, found),
            }
        }
    }

    /// Add a number that ends at a position.
    fn push(&mut self, number: u8, input: Input<'_>, end: usize) {
        let end = input.places.span(end.saturating_sub(1)).1;
        self.units.push(number, (self.number_from, end));
        self.number_from = usize::MAX;
        self.unread += 1;
    }

    /// End the list at a position.
    fn end(&mut self, search: Search<'_>, input: Input<'_>, end: usize, found: &mut Vec<Found>) {
        if let Some(number) = self.numbers.number() {
            self.push(number, input, end);
        }
        self.close(search, found);
        self.numbers = self.numbers.anew();
    }

    /// The output of a list is complete.
    fn close(&mut self, search: Search<'_>, found: &mut Vec<Found>) {
        self.find(search, true, found);
        self.units.bytes.clear();
        self.units.places.clear();
        self.number_from = usize::MAX;
        self.unread = 0;
        self.reading = None;
        self.inner = Inner::default();
    }

    /// Search the new output.
    fn find(&mut self, search: Search<'_>, is_last: bool, found: &mut Vec<Found>) {
        if self.units.bytes.len() < MIN_REDACTED {
            return;
        }
        let longest = search.patterns.longest_of_all();
        let out = Input {
            bytes: &self.units.bytes,
            places: Places::Decoded(&self.units.places),
            is_last,
        };
        let from = out.bytes.len() - self.unread;
        let before = found.len();
        let anew = || Reading::after(search.patterns, &[]);
        let reading = self.reading.get_or_insert_with(anew);
        reading.read(search, out, from, found);
        self.inner.read(search, out, from, 0, found);
        self.unread = 0;
        // An unfinished escape before a match is replaced with it; the list may be dropped next.
        for one in found.iter_mut().skip(before).filter(|one| !one.is_part) {
            for _ in 0..ROUNDS {
                let open = self.open_before(one.outer_start, one.end, reach(longest));
                one.outer_start = open.fold(one.outer_start, usize::min);
            }
        }
    }

    fn open_before(&self, start: usize, end: usize, reach: usize) -> impl Iterator<Item = usize> {
        let own = self.units.open_before(start, end, reach).into_iter();
        let inner = self.inner.all();
        own.chain(inner.filter_map(move |active| active.open_before(start, end, reach)))
    }

    /// Drop what can no longer matter.
    fn rest(&mut self, longest: usize) {
        self.inner.rest(longest);
        if self.unread == 0 {
            self.units.forget(margin(longest));
        }
    }

    fn steady(&self, longest: usize) -> Frontier {
        let place = |back: usize| {
            let unit = self.units.bytes.len().saturating_sub(back);
            let unit = self.units.places.get(unit);
            unit.map_or(self.number_from, |place| place.0)
        };
        let back = longest + 1 + MAX_ESCAPE;
        Frontier {
            known: place(back),
            free: place(back + 1),
        }
    }
}
