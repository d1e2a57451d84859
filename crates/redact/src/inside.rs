//! Texts that start inside an escape.
//!
//! If the text before a match ends with an unfinished escape, such as `%4` before `1a8Kq%2Fx`, a
//! decoder takes the first characters of the match as part of the escape, and its output does not
//! contain the text. So each escape is also read from each position inside it, until that reading
//! meets the decoder at the same position; after that, both have the same output.
//!
//! The bytes from such a position on are hashed over the length of each text, and the hashes are
//! looked up. The number of lookups depends only on the stream and the lengths of the texts, and
//! only a whole text is found. So a guess of all characters but one takes as long as any other.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::escape::{Encoding, Read};
use crate::input::Input;
use crate::text::Text;

/// The maximum number of characters of a text that an unfinished escape takes: those of `\U`.
const MAX_HEAD: usize = 8;

/// The maximum distance from the end of an escape to a text that starts inside it: twice the length
/// of the longest escapes that can be nested, those of UTF-16.
const DEEPEST: usize = 16;

/// The texts that may start inside an escape, by their hashes.
pub(crate) struct Inside {
    lengths: Vec<Length>,
    /// The hashes and the indices of their texts; sorted.
    known: Vec<(u64, usize)>,
    /// A filter for the hashes.
    filter: Box<[u64]>,
    /// The key of the hash, which differs from process to process.
    key: u64,
}

/// A length that at least one text has.
struct Length {
    bytes: usize,
    /// By the number of first bytes that are hashed separately: the factor of their hash in that of
    /// the whole text.
    powers: [u64; MAX_HEAD + 1],
}

/// Candidates for texts that start inside an escape of a stream.
#[derive(Clone, Default)]
pub(crate) struct Starts {
    /// Readings that have not met the decoder's.
    apart: Vec<Apart>,
    /// Those that have, in order.
    met: Vec<Start>,
    /// The hash of the output up to each unit.
    hashes: Vec<u64>,
    /// The number of the first unit in `hashes`, and of the first unit that the decoder still
    /// holds.
    hashed_from: usize,
    had_from: usize,
}

#[derive(Clone, Copy)]
struct Apart {
    /// Its distance from the decoder, in bytes; negative if it is behind.
    ahead: isize,
    head: Head,
}

#[derive(Clone, Copy)]
struct Start {
    /// The number of the next unit of the decoder.
    unit: usize,
    head: Head,
}

/// The decoded bytes from a position in the stream up to where the reading met the decoder.
#[derive(Clone, Copy)]
struct Head {
    place: usize,
    bytes: [u8; MAX_HEAD],
    length: usize,
}

/// A text that starts inside an escape.
pub(crate) struct Begun {
    /// Its index.
    pub(crate) text: usize,
    /// Its start in the stream.
    pub(crate) start: usize,
    /// The unit of the decoder at which it ends.
    pub(crate) end: usize,
}

impl Inside {
    /// The texts are matched in any mix of upper and lower case.
    pub(crate) fn new<'t>(texts: impl Iterator<Item = (&'t Text, &'t [u8])>) -> Self {
        let key = RandomState::new().hash_one(0) | 1;
        let (mut known, mut lengths) = (Vec::new(), BTreeSet::new());
        for (number, (text, bytes)) in texts.enumerate() {
            if text.begins {
                let hash = bytes.iter().fold(0, |hash, byte| next(hash, *byte, key));
                known.push((hash, number));
                lengths.insert(bytes.len());
            }
        }
        known.sort_unstable();
        let length = |bytes: usize| {
            let mut powers = [0; MAX_HEAD + 1];
            for (head, power) in powers.iter_mut().enumerate() {
                let rest = u32::try_from(bytes.saturating_sub(head)).unwrap_or_default();
                *power = key.wrapping_pow(rest);
            }
            Length { bytes, powers }
        };
        let words = (4 * known.len()).next_power_of_two();
        let mut inside = Self {
            lengths: lengths.into_iter().map(length).collect(),
            filter: vec![0; words].into(),
            key,
            known: Vec::new(),
        };
        for (hash, _) in &known {
            let (word, bit) = inside.place(*hash);
            if let Some(word) = inside.filter.get_mut(word) {
                *word |= bit;
            }
        }
        inside.known = known;
        inside
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.known.capacity() * size_of::<(u64, usize)>()
            + self.lengths.capacity() * size_of::<Length>()
            + self.filter.len() * size_of::<u64>()
    }

    /// The word and the bit of a hash in the filter.
    fn place(&self, hash: u64) -> (usize, u64) {
        let mixed = hash.wrapping_mul(self.key);
        let word = (mixed >> 26) as usize & self.filter.len().wrapping_sub(1);
        (word, 1 << (mixed >> 58))
    }

    /// The indices of the texts with a hash.
    fn with(&self, hash: u64) -> impl Iterator<Item = usize> {
        let (word, bit) = self.place(hash);
        let may_be = self.filter.get(word).is_some_and(|word| word & bit != 0);
        let from = match may_be {
            true => self.known.partition_point(|(other, _)| *other < hash),
            false => self.known.len(),
        };
        let known = self.known.iter().skip(from);
        known
            .take_while(move |(other, _)| *other == hash)
            .map(|(_, number)| *number)
    }
}

/// The hash with one more byte: a polynomial of the key.
fn next(hash: u64, byte: u8, key: u64) -> u64 {
    let byte = u64::from(byte.to_ascii_lowercase()) + 1;
    hash.wrapping_add(byte).wrapping_mul(key)
}

impl Starts {
    /// Start after a number of units.
    pub(crate) fn after(units: usize) -> Self {
        Self {
            hashes: vec![0],
            hashed_from: units,
            ..Self::default()
        }
    }

    /// Add the positions inside an escape of this length, which ends at `at`.
    pub(crate) fn escape(&mut self, input: Input<'_>, at: usize, length: usize) {
        for ahead in 1..length.min(DEEPEST + 1) {
            let head = Head {
                place: input.places.span(at - ahead).0,
                bytes: [0; MAX_HEAD],
                length: 0,
            };
            let ahead = -ahead.cast_signed();
            self.apart.push(Apart { ahead, head });
        }
    }

    /// The decoder has read this many bytes.
    pub(crate) fn pass(&mut self, bytes: usize) {
        for one in &mut self.apart {
            one.ahead = one.ahead.saturating_sub_unsigned(bytes);
        }
    }

    /// Read on up to the position of the decoder, which has this many units. Returns how far the
    /// decoder may read before it meets another reading; none if a reading needs more bytes.
    pub(crate) fn meet(
        &mut self,
        encoding: Encoding,
        input: Input<'_>,
        at: usize,
        end: usize,
        units: usize,
    ) -> Option<usize> {
        let unit = self.had_from + units;
        let (met, mut most, mut waits) = (&mut self.met, usize::MAX, false);
        self.apart.retain_mut(|one| {
            while one.ahead < 0 {
                let from = at.saturating_add_signed(one.ahead);
                let text = input.bytes.get(from..end).unwrap_or_default();
                let is_read = match encoding.read(text, input.is_last) {
                    Read::Incomplete => {
                        waits = true;
                        return true;
                    }
                    Read::Literal => one.take(1, text.get(..1).unwrap_or_default()),
                    Read::Escape { length, text } => one.take(length, text.as_bytes()),
                };
                if !is_read {
                    return false;
                }
            }
            most = match one.ahead.unsigned_abs() {
                0 => {
                    let head = one.head;
                    met.push(Start { unit, head });
                    return false;
                }
                ahead => most.min(ahead),
            };
            true
        });
        (!waits).then_some(most)
    }

    /// The texts that end in the latest units.
    pub(crate) fn read(&mut self, inside: &Inside, units: &[u8]) -> Vec<Begun> {
        let before = self.hashed_from + self.hashes.len().saturating_sub(1);
        let mut hash = self.hashes.last().copied().unwrap_or_default();
        let new = units.get(before - self.had_from..).unwrap_or_default();
        self.hashes.extend(new.iter().map(|byte| {
            hash = next(hash, *byte, inside.key);
            hash
        }));
        let now = self.had_from + units.len();
        let hash_at = |unit: usize| self.hashes.get(unit - self.hashed_from).copied();
        let mut begun = Vec::new();
        for length in &inside.lengths {
            let ended = |start: &Start| start.unit + length.bytes <= before;
            let starts = self.met.iter().skip(self.met.partition_point(ended));
            for start in starts.take_while(|it| it.unit + length.bytes <= now + MAX_HEAD) {
                let end = start.unit + length.bytes.saturating_sub(start.head.length);
                if end <= before.max(start.unit) || end > now {
                    continue;
                }
                let power = length.powers.get(start.head.length);
                let hashes = hash_at(start.unit).zip(hash_at(end)).zip(power);
                let Some(((first, last), power)) = hashes else {
                    continue;
                };
                #[cfg(test)]
                tests::LOOKED_UP.with(|count| count.set(count.get() + 1));
                let head = start.head.hash(inside.key).wrapping_sub(first);
                let hash = last.wrapping_add(head.wrapping_mul(*power));
                begun.extend(inside.with(hash).map(|text| Begun {
                    text,
                    start: start.head.place,
                    end: end - self.had_from,
                }));
            }
        }
        begun
    }

    /// The decoder has dropped this many units. No text is longer than `longest`.
    pub(crate) fn forget(&mut self, units: usize, longest: usize) {
        self.had_from += units;
        let unneeded = self.had_from.saturating_sub(self.hashed_from);
        if unneeded > 0 {
            let now = self.hashed_from + self.hashes.len().saturating_sub(1);
            self.met.retain(|start| start.unit + longest > now);
            self.hashes.drain(..unneeded.min(self.hashes.len()));
            self.hashed_from += unneeded;
        }
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.apart.capacity() * size_of::<Apart>()
            + self.met.capacity() * size_of::<Start>()
            + self.hashes.capacity() * size_of::<u64>()
    }
}

impl Apart {
    /// Append the decoded text of some bytes. False if it is too long for the text of an unfinished
    /// escape.
    fn take(&mut self, length: usize, text: &[u8]) -> bool {
        self.ahead = self.ahead.saturating_add_unsigned(length);
        let head = &mut self.head;
        let to = head.length..head.length + text.len();
        head.length = to.end;
        let to = head.bytes.get_mut(to);
        to.map(|to| to.copy_from_slice(text)).is_some()
    }
}

impl Head {
    fn hash(&self, key: u64) -> u64 {
        let bytes = self.bytes.iter().take(self.length);
        bytes.fold(0, |hash, byte| next(hash, *byte, key))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Arc;

    use super::*;
    use crate::patterns::Patterns;
    use crate::replacer::{Replacements, Replacer};
    use crate::value::Value;

    thread_local! {
        /// The number of lookups.
        pub(super) static LOOKED_UP: Cell<usize> = const { Cell::new(0) };
    }

    /// The redacted stream, and the number of lookups for it.
    fn read(patterns: &Arc<Patterns>, owners: usize, stream: &[u8]) -> (Vec<u8>, usize) {
        LOOKED_UP.set(0);
        let marks: Replacements = (0..owners).map(|_| b"(HIDDEN)".to_vec().into()).collect();
        let mut replacer = Replacer::steady(Arc::clone(patterns), marks);
        let mut seen = replacer.feed(stream);
        seen.extend(replacer.finish());
        (seen, LOOKED_UP.get())
    }

    fn patterns(values: &[String]) -> Arc<Patterns> {
        let values = values.iter().enumerate();
        let patterns = values.fold(Patterns::builder(), |patterns, (owner, value)| {
            patterns.value(owner, &Value::new(value.clone().into_bytes()).unwrap())
        });
        Arc::new(patterns.build().unwrap())
    }

    /// A digit, and letters that no escape starts with.
    fn value(count: usize, mut seed: u64) -> String {
        let next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b"ghijklmnopqrsuvyGHIJKLMNOPQRSUVY"[(seed >> 59) as usize])
        };
        let letters = std::iter::repeat_with(next).take(count - 1);
        format!("7{}", letters.collect::<String>())
    }

    /// The number of lookups does not depend on how much of a value a guess after an escape
    /// contains, at its start or at its end.
    #[test]
    fn the_number_of_lookups_does_not_depend_on_a_guess() {
        let key: Vec<_> = (1..26).map(|seed| value(64, seed)).collect();
        for values in [
            vec![value(16, 1)],
            vec![value(32, 1)],
            (1..41).map(|seed| value(40, seed)).collect(),
            vec![key.join("\n")],
        ] {
            let patterns = patterns(&values);
            let value = &values[0];
            let wrong = |at: usize| {
                let mut wrong = value.clone();
                wrong.replace_range(at..=at, "~");
                wrong
            };
            for escape in ["%41", "%4", "\\u0041", "\\n", "&amp;", "&am"] {
                // All but some of the first characters; and everything, with one wrong character.
                let tails = (1..9).map(|head| {
                    let right = &value[head..];
                    let is_wrong = |at: usize| wrong(at)[head..].to_owned();
                    vec![right.to_owned(), is_wrong(head), is_wrong(value.len() - 1)]
                });
                let wholes = (1..16).chain([value.len() - 1]).map(wrong).collect();
                for guesses in tails.chain([wholes]) {
                    let counts = guesses.iter().map(|guess| {
                        let stream = format!("{escape}{guess}").repeat(50);
                        let (seen, count) = read(&patterns, values.len(), stream.as_bytes());
                        // Lines of a value are matched separately.
                        if !value.contains('\n') {
                            assert_eq!(String::from_utf8(seen).unwrap(), stream);
                        }
                        count
                    });
                    let counts: BTreeSet<usize> = counts.collect();
                    assert_eq!(counts.len(), 1, "{escape} {guesses:?}: {counts:?}");
                }
            }
        }
    }

    /// Of several lengths, and with an escape in the value.
    #[test]
    fn a_value_that_starts_inside_an_escape() {
        for value in ["1bc/efgh", "1bc/efghi", "1bc/efghijklmnopq"] {
            let patterns = patterns(&[value.to_owned()]);
            let escaped = value.replace('/', "%2F");
            let stream = format!("<%4{escaped}>");
            for pieces in [1, 2, 100] {
                let marks: Replacements = [b"(HIDDEN)".to_vec().into()].into();
                let mut replacer = Replacer::steady(Arc::clone(&patterns), marks);
                let pieces = stream.as_bytes().chunks(pieces);
                let mut seen: Vec<u8> = pieces.flat_map(|piece| replacer.feed(piece)).collect();
                seen.extend(replacer.finish());
                assert_eq!(String::from_utf8(seen).unwrap(), "<(HIDDEN)>");
            }
        }
    }
}
