//! An automaton that finds texts, including overlapping ones.

use aho_corasick::automaton::{Automaton as _, StateID};
use aho_corasick::nfa::contiguous;
use aho_corasick::{Anchored, BuildError, MatchKind};

use crate::lanes;
use crate::machine::Machine;
use crate::table::{Classes, Table};

/// Finds texts and reports their indices.
#[derive(Default)]
pub(crate) struct Automaton {
    kind: Kind,
    /// The length of the longest text in bytes.
    longest: usize,
}

#[derive(Default)]
enum Kind {
    /// There is nothing to match.
    #[default]
    Nothing,
    /// A table of all transitions: faster, but large.
    Table(Table),
    /// The time for a byte depends on how much of a text the bytes before it match.
    Sparse(contiguous::NFA),
}

impl Automaton {
    /// Build a table if its memory is at most `largest` bytes.
    pub(crate) fn new<'t>(
        texts: impl Iterator<Item = &'t [u8]> + Clone,
        largest: usize,
        is_exact: bool,
    ) -> Result<Self, BuildError> {
        let lengths = texts.clone().map(<[u8]>::len);
        let bytes: usize = lengths.clone().sum();
        let classes = Classes::new(texts.clone(), is_exact);
        let kind = if bytes == 0 {
            Kind::Nothing
        } else if classes.memory(bytes) <= largest {
            Kind::Table(Table::new(texts, classes))
        } else {
            let mut builder = contiguous::NFA::builder();
            builder.match_kind(MatchKind::Standard);
            builder.ascii_case_insensitive(!is_exact);
            Kind::Sparse(builder.build(texts)?)
        };
        Ok(Self {
            kind,
            longest: lengths.max().unwrap_or_default(),
        })
    }

    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    #[cfg(test)]
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Table(_))
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        match &self.kind {
            Kind::Nothing => 0,
            Kind::Table(automaton) => automaton.memory(),
            Kind::Sparse(automaton) => automaton.memory_usage(),
        }
    }

    /// The start state.
    pub(crate) fn start(&self) -> StateID {
        match &self.kind {
            Kind::Nothing => StateID::default(),
            Kind::Table(automaton) => automaton.start(),
            Kind::Sparse(automaton) => automaton.start(),
        }
    }

    /// The states for each prefix of a text, in order.
    pub(crate) fn path(&self, text: &[u8], mut each: impl FnMut(StateID)) {
        let mut state = self.start();
        for byte in text {
            state = match &self.kind {
                Kind::Nothing => return,
                Kind::Table(automaton) => automaton.next(state, *byte),
                Kind::Sparse(automaton) => automaton.next(state, *byte),
            };
            each(state);
        }
    }

    /// Read on, and report each byte at which matches end, and the indices of their texts.
    pub(crate) fn read(
        &self,
        state: StateID,
        bytes: &[u8],
        ended: impl FnMut(usize, usize),
    ) -> StateID {
        match &self.kind {
            Kind::Nothing => state,
            Kind::Table(automaton) => lanes::read(automaton, self.longest, state, bytes, ended),
            Kind::Sparse(automaton) => lanes::read(automaton, self.longest, state, bytes, ended),
        }
    }
}

impl Machine for contiguous::NFA {
    fn start(&self) -> StateID {
        // This fails only for an automaton that was built for anchored searches.
        self.start_state(Anchored::No).unwrap_or_default()
    }

    fn next(&self, state: StateID, byte: u8) -> StateID {
        self.next_state(Anchored::No, state, byte)
    }

    fn is_match(&self, state: StateID) -> bool {
        aho_corasick::automaton::Automaton::is_match(self, state)
    }

    fn each(&self, state: StateID, mut ended: impl FnMut(usize)) {
        for index in 0..self.match_len(state) {
            ended(self.match_pattern(state, index).as_usize());
        }
    }
}
