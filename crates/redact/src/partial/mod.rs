//! Parts of values, as left by a server that truncates them.
//!
//! A part is reported and never redacted: otherwise what a component sees would change with
//! each character that it guesses correctly.

mod collect;
mod last;
mod table;

use crate::runs::{CHUNK, MAX_PART, Runs, WINDOW, are_in_runs};

pub(crate) use self::collect::PartsBuilder;
use self::last::LENGTHS;
pub(crate) use self::last::Last;
pub(crate) use self::table::Reported;
use self::table::{EIGHT, Table, of_base64, of_wide};

/// With up to this many possible ends in a chunk, each is looked up separately.
const MAX_SINGLE: u32 = 48;

/// The parts of values with their owners.
pub(crate) struct Parts {
    /// For each length: the bytes of a part as a number, and its owner; sorted.
    known: [Vec<(u128, u32)>; LENGTHS.len()],
    /// Whether the ends of all parts are among the [possible ends](Runs) of most parts.
    are_in_runs: bool,
    table: Table,
}

impl Parts {
    /// The parts that were collected; none if there are none.
    pub(crate) fn new(parts: PartsBuilder) -> Option<Self> {
        let known = parts.known();
        let is_any = known.iter().any(|known| !known.is_empty());
        is_any.then(|| Self {
            are_in_runs: are_in_runs(&known),
            table: Table::new(&known),
            known,
        })
    }

    /// Report parts of some of the owners; none if there are no such parts. The time to read on does
    /// not depend on parts of the others.
    pub(crate) fn of(&self, is_reported: impl Fn(usize) -> bool) -> Option<Reported> {
        Reported::new(&self.table, is_reported)
    }

    /// Report no more parts of an owner.
    pub(crate) fn silence(&self, reported: &mut Reported, owner: usize) {
        reported.silence(&self.table, owner);
    }

    /// Report the owner and the length of the part that ends with the last bytes, if any.
    pub(crate) fn find(
        &self,
        last: Last,
        reported: &Reported,
        mut found: impl FnMut(usize, usize),
    ) {
        let hashes = self.table.hashes(last.cut(MAX_PART));
        for ((known, length), hash) in self.known.iter().zip(LENGTHS).zip(hashes) {
            if self.table.has(hash, reported) == 0 {
                continue;
            }
            #[cfg(test)]
            tests::LOOKED_UP.with(|count| count.set(count.get() + 1));
            let bytes = last.cut(length);
            let from = known.partition_point(|(other, _)| *other < bytes);
            let same = known
                .iter()
                .skip(from)
                .take_while(|(other, _)| *other == bytes);
            for (_, owner) in same.filter(|(_, owner)| reported.has(*owner)) {
                found(*owner as usize, length);
            }
        }
    }

    /// The same for each byte of a piece, with the end of each part. All bytes of a chunk are
    /// looked up before any part is compared.
    pub(crate) fn find_in(
        &self,
        last: &mut Last,
        bytes: &[u8],
        reported: &Reported,
        mut found: impl FnMut(usize, usize, usize),
    ) {
        let mut window = [0; WINDOW];
        let (before, _) = window.split_at_mut(MAX_PART);
        before.copy_from_slice(&last.cut(MAX_PART).to_be_bytes());
        for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
            for (lower, byte) in window.iter_mut().skip(MAX_PART).zip(chunk) {
                *lower = byte.to_ascii_lowercase();
            }
            if self.has_any(reported, &window, chunk.len()) {
                let windows = window.windows(MAX_PART).skip(1);
                for (at, bytes) in windows.take(chunk.len()).enumerate() {
                    let end = number * CHUNK + at + 1;
                    self.find(Last::from_bytes(bytes), reported, |owner, length| {
                        found(end, owner, length);
                    });
                }
            }
            window.copy_within(chunk.len()..chunk.len() + MAX_PART, 0);
        }
        *last = Last::from_bytes(window.get(..MAX_PART).unwrap_or_default());
    }

    /// Whether a part that is reported ends in a chunk of this length. The time for that depends on
    /// the stream and not on the parts.
    fn has_any(&self, reported: &Reported, window: &[u8; WINDOW], length: usize) -> bool {
        let before_end = u64::MAX >> (CHUNK - length.clamp(1, CHUNK));
        let places = Runs::new(window).0.map(|places| places & before_end);
        let count: u32 = places.into_iter().map(u64::count_ones).sum();
        match self.are_in_runs && count <= MAX_SINGLE {
            true => self.has_at(reported, window, places),
            false => self.has_anywhere(reported, window, length),
        }
    }

    /// The same at some positions for each kind.
    fn has_at(
        &self,
        reported: &Reported,
        window: &[u8; WINDOW],
        places: [u64; LENGTHS.len()],
    ) -> bool {
        let table = &self.table;
        // The hash of the eight bytes that end a number of bytes before a position.
        let hash = |at: usize, before: usize| {
            let from = at + 1 + EIGHT - before;
            table.hash_of(window.get(from..from + EIGHT).unwrap_or_default())
        };
        let [plain, base64, wide] = places;
        let mut hits = 0;
        for at in ones(plain) {
            hits |= table.has(hash(at, 0), reported);
        }
        for at in ones(base64) {
            hits |= table.has(of_base64(hash(at, 0), hash(at, 2)), reported);
        }
        for at in ones(wide) {
            hits |= table.has(of_wide(hash(at, 0), hash(at, EIGHT)), reported);
        }
        hits != 0
    }

    /// The same at all positions: each hash is computed once.
    fn has_anywhere(&self, reported: &Reported, window: &[u8; WINDOW], length: usize) -> bool {
        // The hashes of the eight bytes that end at each position, starting eight bytes before the
        // chunk.
        let mut hashed = [0; EIGHT + CHUNK];
        for (hash, eight) in hashed.iter_mut().zip(window.windows(EIGHT).skip(1)) {
            *hash = self.table.hash_of(eight);
        }
        let mut hits = 0;
        for ends in hashed.windows(EIGHT + 1).take(length) {
            if let [eight_before, _, _, _, _, _, two_before, _, last] = *ends {
                hits |= self.table.has(last, reported);
                hits |= self.table.has(of_base64(last, two_before), reported);
                hits |= self.table.has(of_wide(last, eight_before), reported);
            }
        }
        hits != 0
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        let known: usize = self.known.iter().map(Vec::capacity).sum();
        known * size_of::<(u128, u32)>() + self.table.memory()
    }
}

/// The indices of the set bits.
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = bits.trailing_zeros() as usize;
        bits &= bits.checked_sub(1)?;
        Some(at)
    })
}

#[cfg(test)]
mod tests;
