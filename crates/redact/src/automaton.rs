//! An automaton that finds texts, also where they overlap.

use aho_corasick::automaton::{self, Automaton as _, StateID};
use aho_corasick::nfa::contiguous;
use aho_corasick::{Anchored, BuildError, MatchKind, dfa};

use crate::lanes;

/// Finds texts by their number.
#[derive(Default)]
pub(crate) struct Automaton {
    kind: Kind,
    /// How many bytes the longest text has.
    longest: usize,
}

#[derive(Default)]
enum Kind {
    /// There is nothing to look for, and nothing is built for it.
    #[default]
    Nothing,
    /// A table of all transitions: quicker, and large.
    Dense(dfa::DFA),
    Sparse(contiguous::NFA),
}

impl Automaton {
    /// As a table if the texts have no more bytes than that.
    pub(crate) fn new<'t>(
        texts: impl Iterator<Item = &'t [u8]> + Clone,
        dense: usize,
        is_exact: bool,
    ) -> Result<Self, BuildError> {
        let lengths = texts.clone().map(<[u8]>::len);
        let bytes: usize = lengths.clone().sum();
        let kind = if bytes == 0 {
            Kind::Nothing
        } else if bytes <= dense {
            let mut builder = dfa::DFA::builder();
            builder.match_kind(MatchKind::Standard);
            builder.ascii_case_insensitive(!is_exact);
            Kind::Dense(builder.build(texts)?)
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

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        match &self.kind {
            Kind::Nothing => 0,
            Kind::Dense(automaton) => automaton.memory_usage(),
            Kind::Sparse(automaton) => automaton.memory_usage(),
        }
    }

    /// The state before anything was read.
    pub(crate) fn start(&self) -> StateID {
        match &self.kind {
            Kind::Nothing => StateID::default(),
            Kind::Dense(automaton) => start(automaton),
            Kind::Sparse(automaton) => start(automaton),
        }
    }

    /// The states on the way to the end of a text, in order.
    pub(crate) fn path(&self, text: &[u8], mut each: impl FnMut(StateID)) {
        let mut state = self.start();
        for byte in text {
            state = match &self.kind {
                Kind::Nothing => return,
                Kind::Dense(automaton) => automaton.next_state(Anchored::No, state, *byte),
                Kind::Sparse(automaton) => automaton.next_state(Anchored::No, state, *byte),
            };
            each(state);
        }
    }

    /// Read on, and tell of each byte at which texts end, and which.
    pub(crate) fn read(
        &self,
        state: StateID,
        bytes: &[u8],
        ended: impl FnMut(usize, usize),
    ) -> StateID {
        match &self.kind {
            Kind::Nothing => state,
            Kind::Dense(automaton) => lanes::read(automaton, self.longest, state, bytes, ended),
            Kind::Sparse(automaton) => lanes::read(automaton, self.longest, state, bytes, ended),
        }
    }
}

/// The state before anything was read.
pub(crate) fn start(automaton: &impl automaton::Automaton) -> StateID {
    // It fails where an automaton was built for anchored searches alone.
    automaton.start_state(Anchored::No).unwrap_or_default()
}
