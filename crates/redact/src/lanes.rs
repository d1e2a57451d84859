//! A long piece is read at several places at once.
//!
//! What is read next depends on what was read before, so that a processor mostly waits
//! for one byte's state to be there; it can as well wait for those of several places.
//!
//! To skip what can be no beginning would be quicker still. But how quick would depend
//! on which pairs of bytes the texts begin with, and whoever sends a body can measure
//! that: it would tell him of each pair whether a secret has it. In a table of all
//! transitions each byte costs the same, whatever came before; in an automaton that is
//! too large for one, it takes a little longer within what begins as a text does.

use std::array;

use aho_corasick::automaton::StateID;

use crate::automaton::Machine;

/// How many places.
const LANES: usize = 4;

/// How many times as long as the longest text what each lane reads is, at the least: it
/// reads nearly so much twice.
const WORTH_IT: usize = 4;

/// Read on, and tell in order of each byte at which texts end, and the number of each. The
/// longest text has so many bytes.
pub(crate) fn read(
    automaton: &impl Machine,
    longest: usize,
    state: StateID,
    bytes: &[u8],
    mut ended: impl FnMut(usize, usize),
) -> StateID {
    let length = bytes.len() / LANES;
    if length < longest * WORTH_IT {
        return read_on(automaton, state, 0, bytes, &mut ended);
    }
    let lanes: [&[u8]; LANES] = array::from_fn(|lane| {
        let start = lane * length;
        bytes.get(start..start + length).unwrap_or_default()
    });
    let mut states: [StateID; LANES] = array::from_fn(|lane| match lane * length {
        0 => state,
        start => {
            // No state holds more of what was before than the longest text but a byte.
            let before = start - longest.saturating_sub(1);
            let before = bytes.get(before..start).unwrap_or_default();
            read_on(automaton, automaton.start(), 0, before, |_, _| ())
        }
    });
    let mut matches: [Vec<(usize, StateID)>; LANES] = array::from_fn(|_| Vec::new());
    for at in 0..length {
        for ((lane, state), matches) in lanes.iter().zip(&mut states).zip(&mut matches) {
            let Some(byte) = lane.get(at) else { continue };
            *state = automaton.next(*state, *byte);
            if automaton.is_match(*state) {
                matches.push((at, *state));
            }
        }
    }
    for (lane, matches) in matches.into_iter().enumerate() {
        for (at, state) in matches {
            tell(automaton, state, lane * length + at, &mut ended);
        }
    }
    let [.., state] = states;
    let read = length * LANES;
    let rest = bytes.get(read..).unwrap_or_default();
    read_on(automaton, state, read, rest, ended)
}

/// Read what is at a place, one byte after the other.
fn read_on(
    automaton: &impl Machine,
    mut state: StateID,
    start: usize,
    bytes: &[u8],
    mut ended: impl FnMut(usize, usize),
) -> StateID {
    for (at, byte) in bytes.iter().enumerate() {
        state = automaton.next(state, *byte);
        if automaton.is_match(state) {
            tell(automaton, state, start + at, &mut ended);
        }
    }
    state
}

/// Tell which texts end with the byte at a place.
fn tell(automaton: &impl Machine, state: StateID, at: usize, mut ended: impl FnMut(usize, usize)) {
    automaton.each(state, |text| ended(at, text));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::{Classes, Table};

    /// Of two letters, so that most of what is read belongs to some text.
    fn letters(
        length: impl Into<proptest::collection::SizeRange>,
    ) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(vec![b'a', b'b']), length)
    }

    proptest! {
        #[test]
        fn lanes_find_what_one_finds(
            texts in prop::collection::vec(letters(1..12), 1..6),
            before in letters(0..12),
            bytes in letters(0..1000),
        ) {
            let all = texts.iter().map(Vec::as_slice);
            let automaton = Table::new(all.clone(), Classes::new(all, true));
            let longest = texts.iter().map(Vec::len).max().unwrap();
            let start = automaton.start();
            let state = read_on(&automaton, start, 0, &before, |_, _| ());
            let (mut one, mut many) = (Vec::new(), Vec::new());
            let after_one = read_on(&automaton, state, 0, &bytes, |at, text| one.push((at, text)));
            let after_many = read(&automaton, longest, state, &bytes, |at, text| many.push((at, text)));
            prop_assert_eq!(many, one);
            // What is found from here on is the same, too.
            let mut rest = (Vec::new(), Vec::new());
            read_on(&automaton, after_one, 0, &before, |at, text| rest.0.push((at, text)));
            read_on(&automaton, after_many, 0, &before, |at, text| rest.1.push((at, text)));
            prop_assert_eq!(rest.0, rest.1);
        }
    }
}
