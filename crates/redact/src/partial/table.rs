//! Looks up whether bytes are a part of a value whose parts are reported. The time for that depends
//! neither on the parts nor on whose parts are reported.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;

use super::last::LENGTHS;

/// The number of bytes that are hashed at once.
pub(super) const EIGHT: usize = size_of::<u64>();

/// How many entries may be moved for a new one. With that many places almost none is.
const MAX_MOVES: usize = 500;

/// A cuckoo hash table of the hashes of all parts, with their owners: a hash has two places and is
/// in one of them. All bytes of a part are hashed. With a hash of fewer bytes a component could
/// measure that a shorter guess is right.
pub(super) struct Table {
    slots: Box<[Slot]>,
    key: Key,
    /// The owners of the parts in each group.
    groups: Vec<Vec<u32>>,
}

/// The upper half of a part's hash, and its group. The first group has no owners, and is that of
/// empty slots.
#[derive(Clone, Copy, Default)]
struct Slot(u64);

/// The owners whose parts are reported, as a flag for each group: 1 if any of its owners is one.
#[derive(Clone)]
pub(crate) struct Reported {
    owners: BTreeSet<u32>,
    groups: Box<[u8]>,
}

/// The key of the hash, which differs from process to process.
#[derive(Clone, Copy)]
struct Key(u64, u64);

impl Key {
    fn new() -> Self {
        // Without false positives in tests that vary from run to run.
        if cfg!(test) {
            return Self(0x243f_6a88_85a3_08d3, 0x9e37_79b9_7f4a_7c15);
        }
        let random = RandomState::new();
        Self(random.hash_one(0), random.hash_one(1) | 1)
    }

    /// A hash of eight bytes, from both halves of a product. Each bit of it depends on each byte,
    /// so near misses of a part are found as rarely as other bytes.
    fn hash(self, eight: u64) -> u64 {
        let product = u128::from(eight ^ self.0) * u128::from(self.1);
        (product >> 64) as u64 ^ product as u64
    }
}

/// The hash of bytes in base64, from hashes of eight bytes: of the last ones, and of those that end
/// two bytes before.
pub(super) fn of_base64(last: u64, two_before: u64) -> u64 {
    last ^ two_before.rotate_left(21)
}

/// The same in hexadecimal or UTF-16, from those that end eight bytes before.
pub(super) fn of_wide(last: u64, eight_before: u64) -> u64 {
    last ^ eight_before.rotate_left(42)
}

/// A table that is being filled: the hashes, and their groups.
type Entries = Box<[(u64, u32)]>;

impl Table {
    /// A table of parts with their owners, sorted, for each of the [`LENGTHS`].
    pub(super) fn new(known: &[Vec<(u128, u32)>; LENGTHS.len()]) -> Self {
        let key = Key::new();
        let mut groups = vec![Vec::new()];
        let mut numbers = BTreeMap::new();
        let (mut entries, mut owners) = (Vec::new(), Vec::new());
        for (kind, known) in known.iter().enumerate() {
            for same in known.chunk_by(|one, other| one.0 == other.0) {
                owners.clear();
                owners.extend(same.iter().map(|(_, owner)| *owner));
                let group = match numbers.get(owners.as_slice()) {
                    Some(group) => *group,
                    None => {
                        let group = u32::try_from(groups.len()).unwrap_or_default();
                        groups.push(owners.clone());
                        numbers.insert(owners.clone(), group);
                        group
                    }
                };
                let bytes = same.first().map_or(0, |(bytes, _)| *bytes);
                let hash = hashes(key, bytes).get(kind).copied();
                entries.push((hash.unwrap_or_default(), group));
            }
        }
        // Most places stay empty.
        let mut length = (4 * entries.len()).next_power_of_two().max(64);
        let placed = loop {
            match placed(&entries, length) {
                Some(placed) => break placed,
                None => length *= 2,
            }
        };
        let slots = placed.iter().map(|(hash, group)| Slot::new(*hash, *group));
        Self {
            slots: slots.collect(),
            key,
            groups,
        }
    }

    pub(super) fn hash_of(&self, eight: &[u8]) -> u64 {
        self.key
            .hash(u64::from_be_bytes(eight.try_into().unwrap_or_default()))
    }

    /// The hashes of the last bytes for each of the [`LENGTHS`].
    pub(super) fn hashes(&self, bytes: u128) -> [u64; LENGTHS.len()] {
        hashes(self.key, bytes)
    }

    /// Whether bytes with a hash are a part that is reported: 1 or 0. Without branches, which would
    /// take different times.
    pub(super) fn has(&self, hash: u64, reported: &Reported) -> u64 {
        let [one, other] = places(hash, self.slots.len()).map(|place| {
            let slot = self.slots.get(place);
            slot.copied().unwrap_or_default()
        });
        let group = one.group_if(hash) | other.group_if(hash);
        let is_reported = reported.groups.get(group as usize).copied();
        u64::from(is_reported.unwrap_or_default())
    }

    pub(super) fn memory(&self) -> usize {
        self.slots.len() * size_of::<Slot>()
    }
}

fn hashes(key: Key, bytes: u128) -> [u64; LENGTHS.len()] {
    let before = |count: usize| key.hash((bytes >> (8 * count)) as u64);
    let last = before(0);
    [
        last,
        of_base64(last, before(2)),
        of_wide(last, before(EIGHT)),
    ]
}

/// Both places of a hash, in a number of slots that is a power of two. The upper half of the hash is
/// in the slot, so they are chosen by as few bits of it as possible.
fn places(hash: u64, slots: usize) -> [usize; 2] {
    let last = slots.wrapping_sub(1);
    [hash as usize & last, (hash >> 21) as usize & last]
}

/// The entries in their places; none if they don't fit.
fn placed(entries: &[(u64, u32)], slots: usize) -> Option<Entries> {
    let mut placed: Entries = vec![(0, 0); slots].into();
    for entry in entries {
        let mut entry = *entry;
        let [mut at, _] = places(entry.0, slots);
        let mut moves = 0;
        loop {
            std::mem::swap(placed.get_mut(at)?, &mut entry);
            if entry.1 == 0 {
                break;
            }
            moves += 1;
            if moves > MAX_MOVES {
                return None;
            }
            let [one, other] = places(entry.0, slots);
            at = if at == one { other } else { one };
        }
    }
    Some(placed)
}

/// The flag of a group: 1 if any of its owners is reported.
fn flag_of(group: &[u32], reported: &BTreeSet<u32>) -> u8 {
    u8::from(group.iter().any(|owner| reported.contains(owner)))
}

impl Slot {
    fn new(hash: u64, group: u32) -> Self {
        Self(hash >> 32 << 32 | u64::from(group))
    }

    /// Its group if it has a hash, else the one without owners.
    fn group_if(self, hash: u64) -> u32 {
        let has = u32::from((self.0 ^ hash) >> 32 == 0);
        self.0 as u32 & 0_u32.wrapping_sub(has)
    }
}

impl Reported {
    /// Report parts of some of the owners; none if there are no such parts.
    pub(super) fn new(table: &Table, is_reported: impl Fn(usize) -> bool) -> Option<Self> {
        let all = table.groups.iter().flatten().copied();
        let owners: BTreeSet<u32> = all.filter(|owner| is_reported(*owner as usize)).collect();
        let groups = table.groups.iter().map(|group| flag_of(group, &owners));
        let groups = groups.collect();
        (!owners.is_empty()).then_some(Self { owners, groups })
    }

    pub(super) fn has(&self, owner: u32) -> bool {
        self.owners.contains(&owner)
    }

    /// Report no more parts of an owner.
    pub(super) fn silence(&mut self, table: &Table, owner: usize) {
        let is_known = u32::try_from(owner).is_ok_and(|owner| self.owners.remove(&owner));
        if !is_known {
            return;
        }
        for (group, flag) in table.groups.iter().zip(&mut self.groups) {
            *flag = flag_of(group, &self.owners);
        }
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.groups.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each part is found, and only if one of its owners is reported.
    #[test]
    fn parts_have_the_owners_that_are_reported() {
        let known = |count: u128| -> Vec<(u128, u32)> {
            let owners = |number: u128| [(number << 3, (number % 5) as u32), (number << 3, 7)];
            let all = (0..count).flat_map(|number| {
                let owners = owners(number);
                let count = if number.is_multiple_of(11) { 2 } else { 1 };
                owners.into_iter().take(count)
            });
            all.collect()
        };
        let known = [known(5000), known(300), known(20)];
        let table = Table::new(&known);
        for reported in [&[][..], &[0], &[7], &[1, 3], &[0, 1, 2, 3, 4, 7]] {
            let is_reported = |owner: usize| reported.contains(&owner);
            let Some(flags) = Reported::new(&table, is_reported) else {
                assert!(reported.is_empty());
                continue;
            };
            for (kind, known) in known.iter().enumerate() {
                for same in known.chunk_by(|one, other| one.0 == other.0) {
                    let expected = same.iter().any(|(_, owner)| is_reported(*owner as usize));
                    let hash = table.hashes(same[0].0)[kind];
                    assert_eq!(table.has(hash, &flags), u64::from(expected), "{same:?}");
                }
            }
        }
    }

    /// Entries whose places are taken get other ones.
    #[test]
    fn entries_are_moved() {
        let entries: Vec<(u64, u32)> = (1..=32_u64)
            .map(|number| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15), 1))
            .collect();
        let placed = placed(&entries, 128).unwrap();
        for entry in entries {
            let [one, other] = places(entry.0, 128);
            assert!(placed[one] == entry || placed[other] == entry);
        }
        assert!(super::placed(&[(1, 1), (1, 1), (1, 1)], 128).is_none());
    }
}
