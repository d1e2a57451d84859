//! Texts that begin inside an escape.
//!
//! Where what stands before a text leaves an escape open, as `%4` before `a8Kq%2Fx`, a decoder
//! takes the first characters of the text for the escape's, and the text is not found in what
//! it makes of the rest. So texts without their first characters are looked for, too; where
//! one is found, those before it are looked at from each place on at which they may begin.
//! That takes the same time, whatever a text begins with.

use aho_corasick::automaton::StateID;

use crate::automaton::Automaton;
use crate::escape::{Encoding, MAX_ESCAPE, Read};
use crate::forms::LONGEST_HEAD;
use crate::patterns::Text;
use crate::reading::{Input, Places};

/// The ends of texts.
pub(crate) struct Tails {
    automaton: Automaton,
    /// By the automaton's number of the tail.
    texts: Vec<(Text, Box<[u8]>)>,
}

impl Tails {
    /// Of these texts, in any mix of upper and lower case.
    pub(crate) fn new<'t>(
        texts: impl Iterator<Item = (Text, &'t [u8])> + Clone,
        dense: usize,
    ) -> Self {
        let cut = texts.filter_map(|(text, bytes)| {
            let mut cut = text.head;
            // An escape is of a whole character.
            while bytes.get(cut).is_some_and(|byte| byte & 0xc0 == 0x80) {
                cut = cut.checked_sub(1)?;
            }
            let (head, tail) = bytes.split_at_checked(cut)?;
            (!head.is_empty()).then_some((text, head, tail))
        });
        let tails = cut.clone().map(|(_, _, tail)| tail);
        let automaton = Automaton::new(tails, dense, false);
        // There are fewer of them than of the texts, and of those there were not too many.
        let automaton = automaton.unwrap_or_default();
        Self {
            automaton,
            texts: cut.map(|(text, head, _)| (text, head.into())).collect(),
        }
    }

    /// How many bytes of a text are its tail, about, if it has one.
    pub(crate) fn length(text: &Text) -> usize {
        match text.head {
            0 => 0,
            head => text.length - head,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// After some bytes.
    pub(crate) fn after(&self, bytes: &[u8]) -> StateID {
        self.automaton
            .read(self.automaton.start(), bytes, |_, _| ())
    }

    /// Read on, and tell of each byte at which tails end, of which texts, and what comes
    /// before each.
    pub(crate) fn read(
        &self,
        state: StateID,
        bytes: &[u8],
        mut ended: impl FnMut(usize, &Text, &[u8]),
    ) -> StateID {
        self.automaton.read(state, bytes, |at, number| {
            if let Some((text, head)) = self.texts.get(number) {
                ended(at, text, head);
            }
        })
    }
}

/// Where in what a decoder reads a text begins, whose tail begins at a place in the stream.
pub(crate) fn begins(
    encoding: Encoding,
    input: Input<'_>,
    tail: usize,
    head: &[u8],
) -> Option<usize> {
    let end = match input.places {
        Places::Raw(base) => tail.checked_sub(base)?,
        Places::Decoded(places) => places.partition_point(|place| place.0 < tail),
    };
    let first = end.saturating_sub(LONGEST_HEAD * MAX_ESCAPE);
    (first..end)
        .rev()
        .find(|start| is_read_as(encoding, input.bytes.get(*start..end), head))
}

/// Whether a text is read so, in any mix of upper and lower case.
fn is_read_as(encoding: Encoding, text: Option<&[u8]>, mut head: &[u8]) -> bool {
    let mut rest = text.unwrap_or_default();
    while let Some((first, after)) = rest.split_first() {
        let decoded;
        let bytes = match encoding.read(rest, true) {
            Read::Escape { length, text } => {
                rest = rest.get(length..).unwrap_or_default();
                decoded = text;
                decoded.as_bytes()
            }
            _ => {
                rest = after;
                std::slice::from_ref(first)
            }
        };
        match head.split_at_checked(bytes.len()) {
            Some((same, others)) if same.eq_ignore_ascii_case(bytes) => head = others,
            _ => return false,
        }
    }
    head.is_empty()
}
