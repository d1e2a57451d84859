//! The interface of an automaton, whichever way it is stored.

use aho_corasick::automaton::StateID;

/// Reads bytes one by one.
pub(crate) trait Machine {
    /// The start state.
    fn start(&self) -> StateID;

    fn next(&self, state: StateID, byte: u8) -> StateID;

    /// Whether texts end in a state.
    fn is_match(&self, state: StateID) -> bool;

    /// The indices of the texts that end in a state.
    fn each(&self, state: StateID, ended: impl FnMut(usize));
}
