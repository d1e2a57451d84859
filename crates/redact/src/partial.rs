//! Parts of values, as left by a server that truncates them.
//!
//! A part is reported and never redacted: otherwise what a component sees would change with
//! each character that it guesses correctly.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::encode;
use crate::forms::{digits, in_utf16, replaced};
use crate::runs::{CHUNK, MAX_PART, Runs, WINDOW, are_in_runs};
use crate::shared::without_shared;

/// The minimum length of a part, in consecutive characters of the value.
const MIN_PART: usize = 8;

/// The lengths of a part: plain, in base64, and in hexadecimal or UTF-16.
const LENGTHS: [usize; 3] = [MIN_PART, MIN_PART * 8 / 6, MAX_PART];

/// The number of bytes that are hashed at once.
const EIGHT: usize = size_of::<u64>();

/// With up to this many possible ends in a chunk, each is looked up in the filter separately.
const MAX_SINGLE: u32 = 48;

/// The maximum length of a value whose encoded parts are also matched: each byte of such a value
/// takes about 500 bytes of memory.
const MAX_ENCODED: usize = 8 << 10;

/// The parts of values with their owners.
pub(crate) struct Parts {
    /// For each length: the bytes of a part as a number, and its owner; sorted.
    known: [Vec<(u128, u32)>; LENGTHS.len()],
    /// Whether the ends of all parts are among the [possible ends](Runs) of most parts.
    are_in_runs: bool,
    filter: Filter,
}

/// Whether bytes may be a part, by a hash of all of them: a Bloom filter whose bits for a part are
/// in one word. With a hash of fewer bytes a component could measure that a shorter guess is right.
#[derive(Clone)]
struct Filter {
    words: Box<[u64]>,
    key: Key,
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
    /// so near misses of a part hit the filter as rarely as other bytes.
    fn hash(self, eight: u64) -> u64 {
        let product = u128::from(eight ^ self.0) * u128::from(self.1);
        (product >> 64) as u64 ^ product as u64
    }

    fn hash_of(self, eight: &[u8]) -> u64 {
        self.hash(u64::from_be_bytes(eight.try_into().unwrap_or_default()))
    }
}

/// The hashes for each of the [`LENGTHS`], from hashes of eight bytes: of the last ones, of those
/// that end two bytes before, and of those that end eight bytes before.
fn hashes(last: u64, two_before: u64, eight_before: u64) -> [u64; LENGTHS.len()] {
    [
        last,
        of_base64(last, two_before),
        of_wide(last, eight_before),
    ]
}

fn of_base64(last: u64, two_before: u64) -> u64 {
    last ^ two_before.rotate_left(21)
}

fn of_wide(last: u64, eight_before: u64) -> u64 {
    last ^ eight_before.rotate_left(42)
}

/// The owners whose parts are still reported. The time to read on does not depend on parts of the
/// others.
#[derive(Default)]
pub(crate) struct Reported {
    /// The owners whose parts are no longer reported.
    silent: Vec<u32>,
    /// The filter for all other owners; none while all parts are reported.
    filter: Option<Filter>,
}

/// The last bytes of a stream, in lower case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Last {
    high: u64,
    low: u64,
}

impl Last {
    /// From bytes in lower case.
    fn from_bytes(bytes: &[u8]) -> Self {
        let bytes = u128::from_be_bytes(bytes.try_into().unwrap_or_default());
        Self {
            high: (bytes >> 64) as u64,
            low: bytes as u64,
        }
    }

    pub(crate) fn push(&mut self, byte: u8) {
        self.high = self.high << 8 | self.low >> 56;
        self.low = self.low << 8 | u64::from(byte.to_ascii_lowercase());
    }

    /// The last bytes, as a number.
    fn cut(self, length: usize) -> u128 {
        let bytes = u128::from(self.high) << 64 | u128::from(self.low);
        bytes & (u128::MAX >> (128 - 8 * length))
    }
}

/// Collects parts.
#[derive(Default)]
pub(crate) struct PartsBuilder([Vec<(u128, u32)>; LENGTHS.len()]);

impl PartsBuilder {
    /// Add all parts of a value.
    pub(crate) fn add(&mut self, owner: usize, value: &[u8]) {
        let Ok(owner) = u32::try_from(owner) else {
            return;
        };
        for secret in without_shared(value.trim_ascii()) {
            self.add_all(owner, 0, &secret);
            self.add_all(owner, 0, &replaced(&secret, b' ', b'+'));
            self.add_all(owner, 0, &replaced(&secret, b'+', b' '));
            if secret.len() > MAX_ENCODED {
                continue;
            }
            let (hexadecimal, base64) = digits(&secret);
            let (_, of_form) = digits(encode::form(&secret).as_bytes());
            self.add_all(owner, 2, &hexadecimal);
            for text in base64.iter().chain(&of_form) {
                self.add_all(owner, 1, text);
            }
            for text in std::str::from_utf8(&secret).into_iter().flat_map(in_utf16) {
                self.add_all(owner, 2, &text);
            }
        }
    }

    fn add_all(&mut self, owner: u32, kind: usize, text: &[u8]) {
        let (Some(length), Some(known)) = (LENGTHS.get(kind), self.0.get_mut(kind)) else {
            return;
        };
        let mut last = Last::default();
        for (at, byte) in text.iter().enumerate() {
            last.push(*byte);
            if at + 1 >= *length {
                known.push((last.cut(*length), owner));
            }
        }
    }

    /// Build the set; none if there are no parts.
    pub(crate) fn build(self) -> Option<Parts> {
        let mut known = self.0;
        for known in &mut known {
            known.sort_unstable();
            known.dedup();
        }
        let count: usize = known.iter().map(Vec::len).sum();
        if count == 0 {
            return None;
        }
        // In most words there is no part.
        let words = (4 * count).next_power_of_two().max(64);
        let empty = Filter {
            words: vec![0; words].into(),
            key: Key::new(),
        };
        Some(Parts {
            are_in_runs: are_in_runs(&known),
            filter: empty.with(&known, &[]),
            known,
        })
    }
}

impl Filter {
    /// Add all parts, except for those of some owners.
    fn with(mut self, known: &[Vec<(u128, u32)>], silent: &[u32]) -> Self {
        for (kind, known) in known.iter().enumerate() {
            for (bytes, owner) in known {
                if silent.contains(owner) {
                    continue;
                }
                let hash = self.hashes(*bytes).get(kind).copied().unwrap_or_default();
                let word = self.place(hash);
                if let Some(word) = self.words.get_mut(word) {
                    *word |= bits_of(hash);
                }
            }
        }
        self
    }

    /// The hashes of the last bytes for each kind of part.
    fn hashes(&self, bytes: u128) -> [u64; LENGTHS.len()] {
        let before = |count: usize| self.key.hash((bytes >> (8 * count)) as u64);
        hashes(before(0), before(2), before(EIGHT))
    }

    /// Whether bytes with a hash may be a part: 1 or 0.
    fn has(&self, hash: u64) -> u64 {
        let word = self.words.get(self.place(hash));
        let missing = bits_of(hash) & !word.copied().unwrap_or_default();
        u64::from(missing == 0)
    }

    fn place(&self, hash: u64) -> usize {
        // The number of words is a power of two.
        hash as usize & self.words.len().wrapping_sub(1)
    }

    fn memory(&self) -> usize {
        self.words.len() * size_of::<u64>()
    }
}

impl Reported {
    /// Report no more parts of an owner.
    pub(crate) fn silence(&mut self, parts: &Parts, owner: usize) {
        let Ok(owner) = u32::try_from(owner) else {
            return;
        };
        if !self.silent.contains(&owner) {
            self.silent.push(owner);
            let empty = Filter {
                words: vec![0; parts.filter.words.len()].into(),
                ..parts.filter
            };
            self.filter = Some(empty.with(&parts.known, &self.silent));
        }
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.filter.as_ref().map_or(0, Filter::memory)
    }
}

/// The bits of a hash in its word, about a quarter of them.
fn bits_of(hash: u64) -> u64 {
    hash & hash.rotate_left(29)
}

impl Parts {
    /// Report the owner and the length of the part that ends with the last bytes, if any.
    pub(crate) fn find(&self, last: Last, reported: &Reported, found: impl FnMut(usize, usize)) {
        let filter = self.filter(reported);
        self.look_up(filter, last, reported, found);
    }

    fn filter<'p>(&'p self, reported: &'p Reported) -> &'p Filter {
        reported.filter.as_ref().unwrap_or(&self.filter)
    }

    fn look_up(
        &self,
        filter: &Filter,
        last: Last,
        reported: &Reported,
        mut found: impl FnMut(usize, usize),
    ) {
        let hashes = filter.hashes(last.cut(MAX_PART));
        for ((known, length), hash) in self.known.iter().zip(LENGTHS).zip(hashes) {
            if filter.has(hash) == 0 {
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
            for (_, owner) in same.filter(|(_, owner)| !reported.silent.contains(owner)) {
                found(*owner as usize, length);
            }
        }
    }

    /// The same for each byte of a piece, with the end of each part. All bytes of a chunk are
    /// looked up in the filter before any part is compared.
    pub(crate) fn find_in(
        &self,
        last: &mut Last,
        bytes: &[u8],
        reported: &Reported,
        mut found: impl FnMut(usize, usize, usize),
    ) {
        let filter = self.filter(reported);
        let mut window = [0; WINDOW];
        let (before, _) = window.split_at_mut(MAX_PART);
        before.copy_from_slice(&last.cut(MAX_PART).to_be_bytes());
        for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
            for (lower, byte) in window.iter_mut().skip(MAX_PART).zip(chunk) {
                *lower = byte.to_ascii_lowercase();
            }
            if self.may_have(filter, &window, chunk.len()) {
                for (at, bytes) in window
                    .windows(MAX_PART)
                    .skip(1)
                    .take(chunk.len())
                    .enumerate()
                {
                    let end = number * CHUNK + at + 1;
                    let last = Last::from_bytes(bytes);
                    self.look_up(filter, last, reported, |owner, length| {
                        found(end, owner, length)
                    });
                }
            }
            window.copy_within(chunk.len()..chunk.len() + MAX_PART, 0);
        }
        *last = Last::from_bytes(window.get(..MAX_PART).unwrap_or_default());
    }

    /// Whether the filter is hit in a chunk of this length. The time for that depends on the stream
    /// and not on the parts.
    fn may_have(&self, filter: &Filter, window: &[u8; WINDOW], length: usize) -> bool {
        let before_end = u64::MAX >> (CHUNK - length.clamp(1, CHUNK));
        let places = Runs::new(window).0.map(|places| places & before_end);
        let count: u32 = places.into_iter().map(u64::count_ones).sum();
        match self.are_in_runs && count <= MAX_SINGLE {
            true => has_at(filter, window, places),
            false => has_anywhere(filter, window, length),
        }
    }

    /// Its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        let known: usize = self.known.iter().map(Vec::capacity).sum();
        known * size_of::<(u128, u32)>() + self.filter.memory()
    }
}

/// The same at some positions for each kind.
fn has_at(filter: &Filter, window: &[u8; WINDOW], places: [u64; LENGTHS.len()]) -> bool {
    // The hash of the eight bytes that end a number of bytes before a position.
    let hash = |at: usize, before: usize| {
        let from = at + 1 + EIGHT - before;
        let eight = window.get(from..from + EIGHT).unwrap_or_default();
        filter.key.hash_of(eight)
    };
    let [plain, base64, wide] = places;
    let mut hits = 0;
    for at in ones(plain) {
        hits |= filter.has(hash(at, 0));
    }
    for at in ones(base64) {
        hits |= filter.has(of_base64(hash(at, 0), hash(at, 2)));
    }
    for at in ones(wide) {
        hits |= filter.has(of_wide(hash(at, 0), hash(at, EIGHT)));
    }
    hits != 0
}

/// The same at all positions: each hash is computed once.
fn has_anywhere(filter: &Filter, window: &[u8; WINDOW], length: usize) -> bool {
    // The hashes of the eight bytes that end at each position, starting eight bytes before the
    // chunk.
    let mut hashed = [0; EIGHT + CHUNK];
    for (hash, eight) in hashed.iter_mut().zip(window.windows(EIGHT).skip(1)) {
        *hash = filter.key.hash_of(eight);
    }
    let mut hits = 0;
    for ends in hashed.windows(EIGHT + 1).take(length) {
        if let [eight_before, _, _, _, _, _, two_before, _, last] = *ends {
            hits |= filter.has(last);
            hits |= filter.has(of_base64(last, two_before));
            hits |= filter.has(of_wide(last, eight_before));
        }
    }
    hits != 0
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
mod tests {
    use std::cell::Cell;

    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    thread_local! {
        /// How many times the filter has been hit.
        pub(super) static LOOKED_UP: Cell<usize> = const { Cell::new(0) };
    }

    /// The ends and lengths of the parts of a value in a text.
    fn found(value: &str, text: &str) -> Vec<(usize, usize)> {
        let mut builder = PartsBuilder::default();
        builder.add(7, value.as_bytes());
        let Some(parts) = builder.build() else {
            return Vec::new();
        };
        let (mut last, mut found) = (Last::default(), Vec::new());
        for (at, byte) in text.bytes().enumerate() {
            last.push(byte);
            parts.find(last, &Reported::default(), |owner, length| {
                assert_eq!(owner, 7);
                found.push((at + 1, length));
            });
        }
        found
    }

    /// Reading in chunks finds the same as byte by byte, however a stream is split.
    #[test]
    fn chunks_find_the_same_as_single_bytes() {
        let value = "correct horse battery";
        for before in 0..2 * CHUNK {
            let text = format!("{}{}", "x".repeat(before), value.to_uppercase());
            let expected = found(value, &text);
            let mut builder = PartsBuilder::default();
            builder.add(7, value.as_bytes());
            let parts = builder.build().unwrap();
            for length in [1, 7, CHUNK, CHUNK + 1, text.len()] {
                let (mut last, mut read, mut found) = (Last::default(), 0, Vec::new());
                for piece in text.as_bytes().chunks(length) {
                    let mut ends = Vec::new();
                    parts.find_in(&mut last, piece, &Reported::default(), |end, _, length| {
                        ends.push((read + end, length));
                    });
                    found.append(&mut ends);
                    read += piece.len();
                }
                assert_eq!(found, expected, "{before}, {length}");
            }
        }
    }

    /// How often the filter is hit in a text, in both ways of reading.
    fn looked_up(parts: &Parts, text: &[u8]) -> usize {
        LOOKED_UP.set(0);
        let reported = Reported::default();
        parts.find_in(&mut Last::default(), text, &reported, |_, _, _| ());
        let in_chunks = LOOKED_UP.get();
        let mut last = Last::default();
        for byte in text {
            last.push(*byte);
            parts.find(last, &reported, |_, _| ());
        }
        assert_eq!(LOOKED_UP.get(), 2 * in_chunks);
        in_chunks
    }

    /// Otherwise the time would confirm a guess that is too short to be reported.
    #[test]
    fn text_shorter_than_a_part_causes_no_lookups() {
        let value = b"kQ9mLx2Vt0Pz7wYbRr4TnE8s";
        let mut builder = PartsBuilder::default();
        builder.add(0, value);
        let parts = builder.build().unwrap();
        let (hexadecimal, base64) = digits(value);
        let [little, big] = in_utf16(std::str::from_utf8(value).unwrap());
        let mut kinds = vec![(value.to_vec(), 4..8)];
        kinds.extend([hexadecimal, little, big].map(|text| (text, 4..16)));
        kinds.extend(base64.into_iter().map(|text| (text, 4..10)));
        for (text, shorter) in kinds {
            for part in text.windows(shorter.end) {
                assert_eq!(looked_up(&parts, &[b"|", part, b"|"].concat()), 1);
            }
            for length in shorter {
                for cut in text.windows(length) {
                    let text = [b"|", cut, b"|"].concat();
                    assert_eq!(looked_up(&parts, &text), 0, "{cut:?}");
                }
            }
        }
    }

    /// Bytes that differ from a part in one byte hit the filter as rarely as any others.
    #[test]
    fn near_misses_hit_the_filter_as_rarely_as_any_text() {
        let value = b"kQ9mLx2Vt0Pz7wYbRr4TnE8s";
        let mut builder = PartsBuilder::default();
        builder.add(0, value);
        let parts = builder.build().unwrap();
        for (known, length) in parts.known.iter().zip(LENGTHS) {
            for place in 0..length {
                let mut hits = 0;
                for (bytes, _) in known {
                    for other in (1..=255).map(|bits| bytes ^ bits << (8 * place)) {
                        let last = Last {
                            high: (other >> 64) as u64,
                            low: other as u64,
                        };
                        LOOKED_UP.set(0);
                        parts.find(last, &Reported::default(), |_, _| ());
                        hits += LOOKED_UP.get();
                    }
                }
                let tried = known.len() * 255;
                assert!(hits * 500 < tried, "{length}, {place}: {hits} of {tried}");
            }
        }
    }

    /// Once the parts of an owner are no longer reported, they take the same time as other text.
    #[test]
    fn silenced_owners_cause_no_lookups() {
        let mut builder = PartsBuilder::default();
        builder.add(0, b"AAbbCC11ddEE22ff");
        builder.add(1, b"Qq7-Zw9Lp-3Tb-Xy");
        let parts = builder.build().unwrap();
        let mut reported = Reported::default();
        let read = |text: &str, reported: &Reported| {
            LOOKED_UP.set(0);
            let mut owners = Vec::new();
            parts.find_in(
                &mut Last::default(),
                text.as_bytes(),
                reported,
                |_, owner, _| {
                    owners.push(owner);
                },
            );
            (LOOKED_UP.get(), owners)
        };
        assert_eq!(read("<AAbbCC11>", &reported), (1, vec![0]));
        assert_eq!(reported.memory(), 0);
        reported.silence(&parts, 0);
        assert_eq!(reported.memory(), parts.filter.memory());
        assert_eq!(read("<AAbbCC11>", &reported), (0, vec![]));
        assert_eq!(read("<AAbbCC11>Qq7-Zw9L", &reported), (1, vec![1]));
        reported.silence(&parts, 1);
        assert_eq!(read("<AAbbCC11>Qq7-Zw9L", &reported), (0, vec![]));
    }

    #[test]
    fn parts_have_eight_characters() {
        let value = "correct horse battery";
        assert_eq!(found(value, "correct"), []);
        assert_eq!(found(value, "correct "), [(8, 8)]);
        assert_eq!(found(value, "xx HORSE BATx"), [(10, 8), (11, 8), (12, 8)]);
        assert_eq!(found(value, "correcthorsebattery"), []);
        assert_eq!(found("1234567", "1234567"), []);
    }

    #[test]
    fn encoded() {
        let value = "correct horse battery";
        for offset in 0..3 {
            let cut = BASE64_STANDARD.encode(format!("{}{}", "x".repeat(offset), &value[..9]));
            assert!(!found(value, &cut).is_empty(), "{cut}");
        }
        let hexadecimal = "636f727265637420";
        assert_eq!(found(value, hexadecimal), [(16, 16)]);
        assert_eq!(found(value, &hexadecimal[..14]), []);
    }

    #[test]
    fn parts_of_all_forms() {
        let value = "pass word+with spaces";
        for text in [
            "pass+word",
            "pass word with",
            "p\0a\0s\0s\0 \0w\0o\0r\0d\0",
            "\0p\0a\0s\0s\0 \0w\0o\0r\0d",
            // base64("x:pass+word%2Bw"), as in the credentials of an OAuth client.
            "eDpwYXNzK3dvcmQlMkJ3",
        ] {
            assert!(!found(value, text).is_empty(), "{text:?}");
        }
        let long = "0123456789abcdef".repeat(300) + "correct horse battery";
        assert!(!found(&long, &BASE64_STANDARD.encode("xcorrect horse")).is_empty());
        for (value, part) in [
            ("https://user:pass-word@db.example.com/x", "pass-wor"),
            ("https://User7:pass-word@db.example.com/x", "User7:pa"),
            ("https://db.example.com?key=0123456789", "key=0123"),
            (
                "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIHAg\\n-----END PRIVATE KEY-----\\n",
                "MC4CAQAw",
            ),
        ] {
            assert!(!found(value, part).is_empty(), "{part}");
        }
    }

    /// A key of a service account: text that is in every response of the service is not a part.
    #[test]
    fn only_the_secrets_of_a_document_have_parts() {
        let value = r#"{
  "type": "service_account",
  "project_id": "example-project",
  "private_key_id": "0123456789abcdef0123456789abcdef01234567",
  "private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\nq83vASNFZ4mrze8BI0VniQ==\n-----END PRIVATE KEY-----\n",
  "client_email": "robot@example-project.iam.gserviceaccount.com",
  "auth_uri": "https://accounts.google.com/o/oauth2/auth",
  "other": ["https://www.example.com/oauth2/v1/certs", "correct-horse"]
}"#;
        for constant in [
            "service_account",
            r#"  "type": "service", "private_key": "-----BEGIN PRIVATE KEY-----\nMII"#,
            "robot@example-project.iam.gserviceaccount.com",
            "https://accounts.google.com/o/oauth2/auth https://www.example.com/oauth2/v1/certs",
        ] {
            assert_eq!(found(value, constant), [], "{constant}");
        }
        for part in ["q83vASNF", "BKcwggSj", "correct-"] {
            assert!(!found(value, part).is_empty(), "{part}");
        }
    }

    #[test]
    fn shared_text_is_not_a_part() {
        for (value, constant) in [
            ("github_pat_11ABCDEFG0abcdefghijkl", "github_pat_11ABCD"),
            (
                "https://hooks.example.com/services/T0AB/B0/abcdefghijklmnop",
                "https://hooks.example.com/services/T0",
            ),
            (
                "postgresql://postgres:hunter2hunter@db.example.com:5432/application?sslmode=require&x=application",
                "postgresql://postgres: postgres@db.example.com:5432/application?sslmode=require&x=application",
            ),
            (
                "https://x-access-token:ghs_abcdefghij0123@github.com/",
                "https://x-access-token:ghs_",
            ),
            (
                "DefaultEndpointsProtocol=https;AccountName=abc;AccountKey=q83vASNFZ4mrze8BI0VniQ==;EndpointSuffix=core.windows.net",
                "DefaultEndpointsProtocol=https;AccountName=xyz; EndpointSuffix=core.windows.net",
            ),
            (
                "DATABASE_PASSWORD=correct-horse\nDATABASE_HOST=db.local\ndatabase_user: battery-staple",
                "DATABASE_PASSWORD is missing, and so are DATABASE_HOST=x and database_user: x",
            ),
            (
                "clusters:\n- name: example\n  server: https://k8s.example.com/\n  token: \"github_pat_11ABCDEFG0abcdef\"",
                "clusters: server: https://k8s.example.com/ github_pat_11",
            ),
            // The public and the private key of RSA start with the same text.
            (
                "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n-----END PRIVATE KEY-----",
                "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
            ),
            (
                "https://user:pass-word@db.example.com/",
                "https://db.example.com/",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIHAg\\n-----END PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\\nMC4C -----END PRIVATE KEY-----",
            ),
            (
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHAg\n-----END PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\nMC4CAQA",
            ),
        ] {
            assert_eq!(found(value, constant), [], "{value}");
            assert!(!found(value, value).is_empty(), "{value}");
        }
    }
}
