//! Texts replaced in a stream, whatever the pieces are in which it comes.

use std::collections::VecDeque;
use std::sync::Arc;

use aho_corasick::automaton::StateID;
use zeroize::Zeroizing;

use crate::forms::Edge;
use crate::patterns::{Patterns, Text};

/// What stands in for each text, by its owner's number. Texts of owners beyond the last
/// are left as they are, so that [`Patterns`] can be for more than one use.
pub type Replacements = Arc<[Zeroizing<Vec<u8>>]>;

/// Replaces texts in one pass.
///
/// Texts that overlap are replaced together, so that no end of one is left. It never
/// holds back more than the longest text and the two characters beside it.
pub struct Replacer {
    patterns: Arc<Patterns>,
    replacements: Replacements,
    pace: Pace,
    /// The length of the longest text.
    longest: usize,
    state: StateID,
    /// What was read, from the last that was let go on. What is before `gone` is left
    /// there until it is worth moving the rest.
    held: Vec<u8>,
    /// How much of it was let go.
    gone: usize,
    /// How much of it was read: it may have been all, or all but what comes now.
    read: usize,
    /// What is to be replaced, by places in `held`: in order, without overlaps.
    spans: VecDeque<Span>,
    /// Who was found, by number; in no order, each once.
    found: Vec<usize>,
    /// How many texts were replaced.
    replaced: usize,
}

/// How much is held back.
#[derive(Clone, Copy)]
enum Pace {
    /// What may be the beginning of a text: a stream in which nothing begins flows on.
    Eager,
    /// As much as the longest text needs, whatever comes.
    Steady,
}

/// Bytes to be replaced.
struct Span {
    start: usize,
    end: usize,
    /// The text that ended last has bits in the byte at `end`.
    after: Option<Edge>,
    /// The texts in it that do not overlap, in order, without those let go.
    texts: Vec<Whole>,
    /// The end of the last text that was let go.
    told: usize,
}

/// A text as it was found.
#[derive(Clone, Copy)]
struct Whole {
    start: usize,
    end: usize,
    owner: usize,
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
            state: patterns.start(),
            longest: patterns.longest(replacements.len()),
            patterns,
            replacements,
            pace,
            held: Vec::new(),
            gone: 0,
            read: 0,
            spans: VecDeque::new(),
            found: Vec::new(),
            replaced: 0,
        }
    }

    /// Take a piece in, and give what can be let go.
    pub fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        if self.patterns.is_empty() {
            return piece.to_vec();
        }
        self.held.extend_from_slice(piece);
        self.look();
        self.let_go(self.frontier())
    }

    /// Up to where no text can begin any more that has not ended.
    fn frontier(&self) -> usize {
        let length = self.held.len();
        match self.pace {
            // A byte more than a text that is not at its end: that before it.
            Pace::Steady => length.saturating_sub(self.longest),
            Pace::Eager => {
                let frontier = length.saturating_sub(self.patterns.depth(self.state));
                // A text of base64 may have bits in the byte before it.
                let last = frontier.checked_sub(1).and_then(|at| self.held.get(at));
                if last.is_some_and(|byte| Edge::may_be_in(*byte)) {
                    frontier - 1
                } else {
                    frontier
                }
            }
        }
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

    /// How many texts were replaced by now.
    #[must_use]
    pub fn replaced(&self) -> usize {
        self.replaced
    }

    /// Find what is to be replaced in what came last.
    fn look(&mut self) {
        let (held, spans) = (&self.held, &mut self.spans);
        let owners = self.replacements.len();
        let from = self.read;
        let new = held.get(from..).unwrap_or_default();
        grow(spans, held, from);
        self.state = self.patterns.read(self.state, new, |at, text| {
            if text.owner >= owners {
                return;
            }
            let end = from + at + 1;
            note(spans, held, end, text);
            grow(spans, held, end);
        });
        self.read = held.len();
    }

    /// Let go of what is before a place: no text that ends later begins there.
    fn let_go(&mut self, frontier: usize) -> Vec<u8> {
        let frontier = frontier.max(self.gone);
        let mut gone = Vec::with_capacity(frontier - self.gone);
        let mut from = self.gone;
        while let Some(span) = self.spans.front_mut().filter(|span| span.start < frontier) {
            gone.extend_from_slice(self.held.get(from..span.start).unwrap_or_default());
            let whole = |text: &mut Whole| text.start < frontier || span.end <= frontier;
            for Whole { owner, end, .. } in span.texts.extract_if(.., whole) {
                if let Some(text) = self.replacements.get(owner) {
                    gone.extend_from_slice(text);
                }
                if !self.found.contains(&owner) {
                    self.found.push(owner);
                }
                self.replaced += 1;
                span.told = end;
            }
            from = span.end.min(frontier);
            if span.end > frontier {
                // The rest of it is replaced by what stands there now, or by what
                // overlaps it: spans may go on as long as a stream does.
                span.start = frontier;
                break;
            }
            self.spans.pop_front();
        }
        gone.extend_from_slice(self.held.get(from..frontier).unwrap_or_default());
        self.gone = frontier;
        if self.gone >= self.held.len() / 2 {
            self.forget();
        }
        gone
    }

    /// Make room where that was which is gone.
    fn forget(&mut self) {
        let gone = std::mem::take(&mut self.gone);
        self.held.drain(..gone);
        self.read -= gone.min(self.read);
        for span in &mut self.spans {
            span.shift(gone);
        }
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
        told: 0,
    };
    // Texts end in order; so what they overlap is at the end.
    while let Some(mut last) = spans.pop_back_if(|last| last.end > span.start) {
        span.start = span.start.min(last.start);
        span.end = span.end.max(last.end);
        span.after = span.after.or(last.after);
        span.told = span.told.max(last.told);
        // Those before are told first.
        last.texts.append(&mut span.texts);
        span.texts = last.texts;
    }
    while span
        .texts
        .pop_if(|last| last.start >= whole.start)
        .is_some()
    {}
    let told = span.texts.last().map_or(span.told, |last| last.end);
    if told <= whole.start {
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
        self.told -= by.min(self.told);
        for text in &mut self.texts {
            text.start -= by.min(text.start);
            text.end -= by.min(text.end);
        }
    }
}
