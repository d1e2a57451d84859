//! What an automaton does, however it is stored.

use aho_corasick::automaton::StateID;

/// Reads byte after byte.
pub(crate) trait Machine {
    /// The state before anything was read.
    fn start(&self) -> StateID;

    fn next(&self, state: StateID, byte: u8) -> StateID;

    /// Whether texts end there.
    fn is_match(&self, state: StateID) -> bool;

    /// The numbers of the texts that end there.
    fn each(&self, state: StateID, ended: impl FnMut(usize));
}
