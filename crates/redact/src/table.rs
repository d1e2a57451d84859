//! An automaton that finds texts (Aho and Corasick, 1975), as a table of all transitions.
//!
//! Each byte takes one lookup in the table, whatever was read before and whatever the texts are.

use std::collections::VecDeque;

use aho_corasick::automaton::StateID;

use crate::machine::Machine;

/// The bit of a state in which texts end.
const ENDS: u32 = 1 << 30;

/// All transitions of an automaton.
pub(crate) struct Table {
    classes: Classes,
    /// The next state, by state and class.
    next: Box<[u32]>,
    /// The states in which texts end, and the index of each text; sorted.
    ended: Box<[(u32, u32)]>,
}

/// Classes of bytes with the same transitions: the bytes that no text contains, and, unless
/// matching is case-sensitive, both cases of a letter.
#[derive(Clone)]
pub(crate) struct Classes {
    of: [u8; 256],
    count: usize,
}

impl Classes {
    /// The classes for the bytes of texts.
    pub(crate) fn new<'t>(texts: impl Iterator<Item = &'t [u8]>, is_exact: bool) -> Self {
        let mut is_in = [false; 256];
        for byte in texts.flatten() {
            if let Some(is_in) = is_in.get_mut(usize::from(fold(*byte, is_exact))) {
                *is_in = true;
            }
        }
        // Class 0 is for bytes that no text contains. If the texts contain all bytes, the last
        // class wraps around to it.
        let mut last = 0_u8;
        let class = is_in.map(|is_in| {
            last = last.wrapping_add(u8::from(is_in));
            if is_in { last } else { 0 }
        });
        let of = std::array::from_fn(|byte| {
            let byte = fold(byte as u8, is_exact);
            class.get(usize::from(byte)).copied().unwrap_or_default()
        });
        let count = is_in.iter().filter(|is_in| **is_in).count() + 1;
        Self {
            of,
            count: count.min(256),
        }
    }

    fn class(&self, byte: u8) -> usize {
        usize::from(self.of.get(usize::from(byte)).copied().unwrap_or_default())
    }

    /// The maximum memory of a table for texts of this length, in bytes.
    pub(crate) fn memory(&self, bytes: usize) -> usize {
        bytes
            .saturating_add(1)
            .saturating_mul(self.count)
            .saturating_mul(size_of::<u32>())
    }
}

fn fold(byte: u8, is_exact: bool) -> u8 {
    match is_exact {
        true => byte,
        false => byte.to_ascii_lowercase(),
    }
}

impl Table {
    /// The table must not be larger than a gigabyte.
    pub(crate) fn new<'t>(texts: impl Iterator<Item = &'t [u8]>, classes: Classes) -> Self {
        let stride = classes.count;
        // The number of a state is the index of its transitions. A transition to the first state
        // means that no text continues.
        let mut next = vec![0_u32; stride];
        let mut ended = Vec::new();
        for (number, text) in (0..).zip(texts) {
            let mut state = 0;
            for byte in text {
                let new = next.len();
                let Some(to) = next.get_mut(state + classes.class(*byte)) else {
                    break;
                };
                if *to == 0 {
                    *to = new as u32;
                    next.resize(new + stride, 0);
                    state = new;
                } else {
                    state = *to as usize;
                }
            }
            ended.push((state as u32, number));
        }
        let mut table = Self {
            classes,
            next: next.into(),
            ended: Box::default(),
        };
        table.complete(ended);
        table
    }

    /// Fill in the transitions where no text continues: to the longest suffix of the input that is
    /// a prefix of a text.
    fn complete(&mut self, mut ended: Vec<(u32, u32)>) {
        let stride = self.classes.count;
        ended.sort_unstable();
        // For each state, the state of its longest proper suffix.
        let mut shorter = vec![0_u32; self.next.len() / stride];
        // The texts that end in each state, as a range.
        let mut texts: Vec<(u32, u32)> = Vec::new();
        let mut all: Vec<(u32, u32)> = Vec::new();
        texts.resize(shorter.len(), (0, 0));
        let mut queue = VecDeque::from([0_u32]);
        while let Some(state) = queue.pop_front() {
            let row = state as usize;
            let end = shorter.get(row / stride).copied().unwrap_or_default() as usize;
            // Its own texts, and those of its suffix, which was completed before.
            let from = all.len();
            let own = ended.partition_point(|(other, _)| *other < state);
            let own = ended.iter().skip(own);
            all.extend(own.take_while(|(other, _)| *other == state));
            let (start, stop) = texts.get(end / stride).copied().unwrap_or_default();
            for at in start..stop {
                if let Some((_, text)) = all.get(at as usize).copied() {
                    all.push((state, text));
                }
            }
            if let Some(texts) = texts.get_mut(row / stride) {
                *texts = (from as u32, all.len() as u32);
            }
            for class in 0..stride {
                let other = match row {
                    0 => 0,
                    _ => self.next.get(end + class).copied().unwrap_or_default(),
                };
                let Some(to) = self.next.get_mut(row + class) else {
                    continue;
                };
                if *to == 0 {
                    *to = other;
                } else {
                    if let Some(shorter) = shorter.get_mut(*to as usize / stride) {
                        *shorter = other;
                    }
                    queue.push_back(*to);
                }
            }
        }
        for to in &mut self.next {
            if texts
                .get(*to as usize / stride)
                .is_some_and(|(start, stop)| start < stop)
            {
                *to |= ENDS;
            }
        }
        for (state, _) in &mut all {
            *state |= ENDS;
        }
        all.sort_unstable();
        self.ended = all.into();
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        size_of_val(&*self.next) + size_of_val(&*self.ended)
    }
}

impl Machine for Table {
    fn start(&self) -> StateID {
        StateID::ZERO
    }

    fn next(&self, state: StateID, byte: u8) -> StateID {
        let row = (state.as_u32() & !ENDS) as usize;
        let next = self.next.get(row + self.classes.class(byte));
        StateID::from_u32_unchecked(next.copied().unwrap_or_default())
    }

    fn is_match(&self, state: StateID) -> bool {
        state.as_u32() & ENDS != 0
    }

    fn each(&self, state: StateID, mut ended: impl FnMut(usize)) {
        let state = state.as_u32();
        let from = self.ended.partition_point(|(other, _)| *other < state);
        let texts = self.ended.iter().skip(from);
        texts
            .take_while(|(other, _)| *other == state)
            .for_each(|(_, text)| ended(*text as usize));
    }
}

#[cfg(test)]
mod tests {
    use aho_corasick::{AhoCorasick, MatchKind};
    use proptest::prelude::*;

    use super::*;

    fn found(texts: &[Vec<u8>], bytes: &[u8], is_exact: bool) -> Vec<(usize, usize)> {
        let all = texts.iter().map(Vec::as_slice);
        let table = Table::new(all.clone(), Classes::new(all, is_exact));
        let (mut state, mut found) = (table.start(), Vec::new());
        for (at, byte) in bytes.iter().enumerate() {
            state = table.next(state, *byte);
            if table.is_match(state) {
                table.each(state, |text| found.push((at + 1, text)));
            }
        }
        found.sort_unstable();
        found
    }

    fn expected(texts: &[Vec<u8>], bytes: &[u8], is_exact: bool) -> Vec<(usize, usize)> {
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::Standard);
        builder.ascii_case_insensitive(!is_exact);
        let automaton = builder.build(texts).unwrap();
        let found = automaton.find_overlapping_iter(bytes);
        let mut found: Vec<_> = found
            .map(|it| (it.end(), it.pattern().as_usize()))
            .collect();
        found.sort_unstable();
        found
    }

    proptest! {
        #[test]
        fn a_table_finds_the_same_as_aho_corasick(
            texts in prop::collection::vec(prop::collection::vec(prop::sample::select(b"abB%".to_vec()), 1..8), 1..12),
            bytes in prop::collection::vec(prop::sample::select(b"aAbB%x".to_vec()), 0..300),
            is_exact: bool,
        ) {
            prop_assert_eq!(found(&texts, &bytes, is_exact), expected(&texts, &bytes, is_exact));
        }
    }

    #[test]
    fn texts_with_all_bytes() {
        let text: Vec<u8> = (0..=255).rev().collect();
        let bytes = [&text[100..], &text[..], &text[..], &text[..100]].concat();
        for is_exact in [true, false] {
            let texts = [text.clone(), text[250..].to_vec(), text[..1].to_vec()];
            assert_eq!(
                found(&texts, &bytes, is_exact),
                expected(&texts, &bytes, is_exact)
            );
        }
    }
}
