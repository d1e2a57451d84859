//! Reading a long piece at several places at once.
//!
//! Each state depends on the previous one, so the processor mostly waits for memory; it can
//! wait for several places at the same time.
//!
//! Skipping bytes that can't start a match would be even faster. But the speed would depend on
//! the pairs of bytes that the texts start with, and the sender of a body can measure it: that
//! would reveal for each pair whether a secret starts with it. With a full transition table
//! each byte costs the same. An automaton that is too large for a table takes slightly longer
//! inside prefixes of texts.

use std::array;

use aho_corasick::automaton::StateID;

use crate::machine::Machine;

/// The number of places.
const LANES: usize = 4;

/// The minimum length of a lane, as a multiple of the longest text: lanes overlap by nearly the
/// length of that text.
const WORTH_IT: usize = 4;

/// Read on, and report in order each byte at which matches end, and the indices of their texts.
/// `longest` is the length of the longest text.
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
            // A state depends on fewer bytes than the longest text has.
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
            report(automaton, state, lane * length + at, &mut ended);
        }
    }
    let [.., state] = states;
    let read = length * LANES;
    let rest = bytes.get(read..).unwrap_or_default();
    read_on(automaton, state, read, rest, ended)
}

/// Read bytes one by one from a place on.
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
            report(automaton, state, start + at, &mut ended);
        }
    }
    state
}

/// Report the texts whose matches end with the byte at a place.
fn report(
    automaton: &impl Machine,
    state: StateID,
    at: usize,
    mut ended: impl FnMut(usize, usize),
) {
    automaton.each(state, |text| ended(at, text));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::{Classes, Table};

    /// Of two letters, so that most of the text is part of a match.
    fn letters(
        length: impl Into<proptest::collection::SizeRange>,
    ) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(vec![b'a', b'b']), length)
    }

    proptest! {
        #[test]
        fn lanes_find_the_same_as_one_reader(
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
            // Matches from here on are also the same.
            let mut rest = (Vec::new(), Vec::new());
            read_on(&automaton, after_one, 0, &before, |at, text| rest.0.push((at, text)));
            read_on(&automaton, after_many, 0, &before, |at, text| rest.1.push((at, text)));
            prop_assert_eq!(rest.0, rest.1);
        }
    }
}
