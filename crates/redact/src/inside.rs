//! Texts that begin inside an escape.
//!
//! Where what stands before a text leaves an escape open, as `%4` before `1a8Kq%2Fx`, a decoder
//! takes the first characters of the text for the escape's, and the text is not in what it makes
//! of the rest. So each escape is read from each place inside it, too, up to where that reading
//! meets the decoder's; what the decoder makes of the rest comes after.
//!
//! What begins so is hashed over as many bytes as each text has, and the hashes are looked up.
//! How often depends on the stream and on the lengths of texts alone, and nothing but a whole
//! text is found: a guess of all but one character takes as long as any other.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::escape::{Encoding, Read};
use crate::input::Input;
use crate::text::Text;

/// How many characters of a text an open escape takes at the most: those of `\U`.
const MAX_HEAD: usize = 8;

/// How far before the end of an escape a text may begin in it: two times the longest escapes
/// that may stand in another one, those of UTF-16.
const DEEPEST: usize = 16;

/// The texts that may begin inside an escape, by their hashes.
pub(crate) struct Inside {
    lengths: Vec<Length>,
    /// By hash, the numbers of texts; sorted.
    known: Vec<(u64, usize)>,
    /// By hash, whether it may be one of them.
    filter: Box<[u64]>,
    /// How bytes are hashed differs from process to process.
    key: u64,
}

/// A length that some text has.
struct Length {
    bytes: usize,
    /// What the hash of so many first bytes counts in that of the whole.
    powers: [u64; MAX_HEAD + 1],
}

/// What may be the beginning of a text inside an escape of a stream.
#[derive(Clone, Default)]
pub(crate) struct Starts {
    /// Readings that have not met the decoder's.
    apart: Vec<Apart>,
    /// And those that have, in order.
    met: Vec<Start>,
    /// The hash of what came out up to each unit.
    hashes: Vec<u64>,
    /// The number of the first of these units, and of the first that the decoder still has.
    hashed_from: usize,
    had_from: usize,
}

#[derive(Clone, Copy)]
struct Apart {
    /// By how many bytes it is before the decoder.
    ahead: isize,
    head: Head,
}

#[derive(Clone, Copy)]
struct Start {
    /// The number of the decoder's unit that comes next.
    unit: usize,
    head: Head,
}

/// The first bytes of what begins at a place in the stream.
#[derive(Clone, Copy)]
struct Head {
    place: usize,
    bytes: [u8; MAX_HEAD],
    length: usize,
}

/// A text that begins inside an escape.
pub(crate) struct Begun {
    /// Its number.
    pub(crate) text: usize,
    /// Where it begins in the stream.
    pub(crate) start: usize,
    /// Up to which unit of the decoder's it goes.
    pub(crate) end: usize,
}

impl Inside {
    /// Of texts, in any mix of upper and lower case.
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

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.known.capacity() * size_of::<(u64, usize)>()
            + self.lengths.capacity() * size_of::<Length>()
            + self.filter.len() * size_of::<u64>()
    }

    /// The word and the bit of a hash.
    fn place(&self, hash: u64) -> (usize, u64) {
        let mixed = hash.wrapping_mul(self.key);
        let word = (mixed >> 26) as usize & self.filter.len().wrapping_sub(1);
        (word, 1 << (mixed >> 58))
    }

    /// The numbers of the texts with a hash.
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

/// The hash of one byte more: a polynomial of the key.
fn next(hash: u64, byte: u8, key: u64) -> u64 {
    let byte = u64::from(byte.to_ascii_lowercase()) + 1;
    hash.wrapping_add(byte).wrapping_mul(key)
}

impl Starts {
    /// In what comes behind so many units.
    pub(crate) fn after(units: usize) -> Self {
        Self {
            hashes: vec![0],
            hashed_from: units,
            ..Self::default()
        }
    }

    /// An escape of so many bytes, behind which the decoder is, at a place in the input.
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

    /// The decoder has read so many bytes.
    pub(crate) fn pass(&mut self, bytes: usize) {
        for one in &mut self.apart {
            one.ahead = one.ahead.saturating_sub_unsigned(bytes);
        }
    }

    /// Read on to where the decoder is, behind so many units that it still has. How far it may go
    /// on until another reading may meet it; none as long as one needs more bytes than there are.
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

    /// The texts that end in what came out last, of units that the decoder still has.
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

    /// The decoder has forgotten so many units, and no text is longer than that.
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

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.apart.capacity() * size_of::<Apart>()
            + self.met.capacity() * size_of::<Start>()
            + self.hashes.capacity() * size_of::<u64>()
    }
}

impl Apart {
    /// Some bytes stand for these; false where an open escape takes fewer.
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
        /// How many hashes have been looked up.
        pub(super) static LOOKED_UP: Cell<usize> = const { Cell::new(0) };
    }

    /// What is seen of a stream, and how many hashes were looked up for that.
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

    /// A digit and letters that are of no escape.
    fn value(count: usize, mut seed: u64) -> String {
        let next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b"ghijklmnopqrsuvyGHIJKLMNOPQRSUVY"[(seed >> 59) as usize])
        };
        let letters = std::iter::repeat_with(next).take(count - 1);
        format!("7{}", letters.collect::<String>())
    }

    /// However much of a value is guessed behind an escape, its beginning or its end, it is
    /// looked up as often as anything else.
    #[test]
    fn a_guess_is_looked_up_as_often_as_anything_else() {
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
                // All but some of the first characters; and all of it, with one wrong character.
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
                        // Lines of a value are looked for by themselves.
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

    /// Of any length that is looked for, with escapes of its own.
    #[test]
    fn a_short_value_begins_inside_an_escape() {
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
