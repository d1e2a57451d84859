//! Texts replaced in a stream, whatever the pieces are in which it comes.

use std::collections::VecDeque;
use std::sync::Arc;

use aho_corasick::automaton::StateID;
use zeroize::Zeroizing;

use crate::forms::Edge;
use crate::patterns::{Patterns, Text};

/// What stands in for each text, by its owner's number.
pub type Replacements = Arc<[Zeroizing<Vec<u8>>]>;

/// Replaces texts in one pass.
///
/// Texts that overlap are replaced together, so that no end of one is left. It holds
/// back what may be the beginning of a text, and never more than the longest of them
/// and the two characters beside it; a stream in which nothing begins flows on.
pub struct Replacer {
    patterns: Arc<Patterns>,
    replacements: Replacements,
    state: StateID,
    /// What was read and not let go.
    held: Vec<u8>,
    /// How much of it was read: it may have been all, or all but what comes now.
    read: usize,
    /// What is to be replaced, by places in `held`: in order, without overlaps.
    spans: VecDeque<Span>,
    /// Who was found, by number; in no order, each once.
    found: Vec<usize>,
}

/// Bytes to be replaced.
struct Span {
    start: usize,
    end: usize,
    /// The text that ended last has bits in the byte at `end`.
    after: Option<Edge>,
    /// The texts in it that do not overlap, in order.
    texts: Vec<Whole>,
}

/// A text as it was found.
#[derive(Clone, Copy)]
struct Whole {
    start: usize,
    end: usize,
    owner: usize,
}

impl Replacer {
    /// Replace these texts by those.
    #[must_use]
    pub fn new(patterns: Arc<Patterns>, replacements: Replacements) -> Self {
        Self {
            state: patterns.start(),
            patterns,
            replacements,
            held: Vec::new(),
            read: 0,
            spans: VecDeque::new(),
            found: Vec::new(),
        }
    }

    /// Take a piece in, and give what can be let go.
    pub fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        if self.patterns.is_empty() {
            return piece.to_vec();
        }
        self.held.extend_from_slice(piece);
        self.look();
        let begun = self.patterns.depth(self.state);
        let mut frontier = self.held.len().saturating_sub(begun);
        // A text of base64 may have bits in the byte before it.
        let last = frontier.checked_sub(1).and_then(|at| self.held.get(at));
        if last.is_some_and(|byte| Edge::may_be_in(*byte)) {
            frontier -= 1;
        }
        self.let_go(frontier)
    }

    /// Give the rest, and begin anew.
    pub fn finish(&mut self) -> Vec<u8> {
        let rest = self.let_go(self.held.len());
        self.state = self.patterns.start();
        rest
    }

    /// Whose texts were found by now, by number.
    #[must_use]
    pub fn found(&self) -> &[usize] {
        &self.found
    }

    /// Find what is to be replaced in what came last.
    fn look(&mut self) {
        let (held, spans) = (&self.held, &mut self.spans);
        let from = self.read;
        let new = held.get(from..).unwrap_or_default();
        grow(spans, held, from);
        self.state = self.patterns.read(self.state, new, |at, text| {
            let end = from + at + 1;
            note(spans, held, end, text);
            grow(spans, held, end);
        });
        self.read = held.len();
    }

    /// Let go of what is before a place, up to a span that goes beyond it.
    fn let_go(&mut self, frontier: usize) -> Vec<u8> {
        let mut gone = Vec::with_capacity(frontier);
        let mut from = 0;
        while let Some(span) = self.spans.pop_front_if(|span| span.end <= frontier) {
            gone.extend_from_slice(self.held.get(from..span.start).unwrap_or_default());
            for Whole { owner, .. } in &span.texts {
                if let Some(text) = self.replacements.get(*owner) {
                    gone.extend_from_slice(text);
                }
                if !self.found.contains(owner) {
                    self.found.push(*owner);
                }
            }
            from = span.end;
        }
        let to = self
            .spans
            .front()
            .map_or(frontier, |span| span.start.min(frontier));
        gone.extend_from_slice(self.held.get(from..to).unwrap_or_default());
        let to = to.max(from);
        self.held.drain(..to);
        self.read -= to;
        for span in &mut self.spans {
            span.shift(to);
        }
        gone
    }
}

/// A text ends here.
fn note(spans: &mut VecDeque<Span>, held: &[u8], end: usize, text: &Text) {
    let start = end - text.length.min(end);
    let whole = Whole {
        start,
        end,
        owner: text.owner,
    };
    // What is before it may be let go already if it is another text's.
    let shares = |edge: Edge| {
        let before = start.checked_sub(1)?;
        edge.is_in(*held.get(before)?).then_some(before)
    };
    let mut span = Span {
        start: text.before.and_then(shares).unwrap_or(start),
        end,
        after: text.after,
        texts: Vec::new(),
    };
    // Texts end in order; so what they overlap is at the end.
    while let Some(last) = spans.pop_back_if(|last| last.end > span.start) {
        span.start = span.start.min(last.start);
        span.end = span.end.max(last.end);
        span.after = span.after.or(last.after);
        // Those before are told first.
        span.texts.splice(0..0, last.texts);
    }
    while span
        .texts
        .pop_if(|last| last.start >= whole.start)
        .is_some()
    {}
    if span.texts.last().is_none_or(|last| last.end <= whole.start) {
        span.texts.push(whole);
    }
    spans.push_back(span);
}

/// The byte after a text may hold bits of it.
fn grow(spans: &mut VecDeque<Span>, held: &[u8], end: usize) {
    if let Some(last) = spans.back_mut()
        && last.end == end
        && let Some(byte) = held.get(end)
        && let Some(edge) = last.after.take()
        && edge.is_in(*byte)
    {
        last.end += 1;
    }
}

impl Span {
    fn shift(&mut self, by: usize) {
        self.start -= by.min(self.start);
        self.end -= by.min(self.end);
        for text in &mut self.texts {
            text.start -= by.min(text.start);
            text.end -= by.min(text.end);
        }
    }
}
