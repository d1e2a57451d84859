//! Parts of values, as left by a server that truncates them.
//!
//! A part is reported and never redacted: otherwise what a component sees would change with
//! each character that it guesses correctly.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::encode;
use crate::forms::{digits, in_utf16, replaced};
use crate::shared::without_shared;

/// The minimum length of a part, in consecutive characters of the value.
const MIN_PART: usize = 8;

/// The lengths of a part: plain, in base64, and in hexadecimal or UTF-16.
const LENGTHS: [usize; 3] = [MIN_PART, MIN_PART * 8 / 6, MAX_PART];

/// The maximum length of a part, in bytes.
pub(crate) const MAX_PART: usize = MIN_PART * 2;

/// How many bytes the filter knows a part by.
const EIGHT: usize = size_of::<u64>();

/// How many bytes are looked up in the filter at once.
const CHUNK: usize = 64;

/// The maximum length of a value whose encoded parts are matched, too: each byte of such a value
/// takes about 500 bytes of memory.
const MAX_ENCODED: usize = 8 << 10;

/// The parts of values with their owners.
pub(crate) struct Parts {
    /// For each length: the bytes of a part as a number, and its owner; sorted.
    known: [Vec<(u128, u32)>; LENGTHS.len()],
    filter: Filter,
}

/// By a hash of the last eight bytes, whether they are worth a look: a Bloom filter with two
/// bits in one word. How the bytes are hashed differs from process to process.
#[derive(Clone)]
struct Filter {
    words: Box<[u64]>,
    key: u64,
}

/// The parts of those owners that are still told. What it takes to read on does not depend on
/// parts of others.
#[derive(Default)]
pub(crate) struct Reported {
    /// Whose are told no more.
    silent: Vec<u32>,
    /// Of the parts of all others; none as long as all are told.
    filter: Option<Filter>,
}

/// The last bytes of a stream, in lower case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Last {
    high: u64,
    low: u64,
}

impl Last {
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
        // About one of a hundred bits is set.
        let words = (4 * count).next_power_of_two().max(64);
        let empty = Filter {
            words: vec![0; words].into(),
            key: RandomState::new().hash_one(count) | 1,
        };
        Some(Parts {
            filter: empty.with(&known, &[]),
            known,
        })
    }
}

impl Filter {
    /// With all parts, but for those of some owners.
    fn with(mut self, known: &[Vec<(u128, u32)>], silent: &[u32]) -> Self {
        for (bytes, owner) in known.iter().flatten() {
            if silent.contains(owner) {
                continue;
            }
            // The last eight bytes, whatever the length.
            let (word, [one, other]) = place(*bytes as u64, self.key, self.words.len());
            if let Some(word) = self.words.get_mut(word) {
                *word |= 1 << one | 1 << other;
            }
        }
        self
    }

    /// Whether what ends with eight bytes may be a part.
    fn has(&self, eight: u64) -> bool {
        let (word, [one, other]) = place(eight, self.key, self.words.len());
        let word = self.words.get(word).copied().unwrap_or_default();
        word >> one & word >> other & 1 == 1
    }

    fn memory(&self) -> usize {
        self.words.len() * size_of::<u64>()
    }
}

impl Reported {
    /// Tell no more of the parts of an owner.
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

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.filter.as_ref().map_or(0, Filter::memory)
    }
}

/// Where in a filter of so many words eight bytes have their bits: by multiplicative hashing,
/// after Knuth.
fn place(eight: u64, key: u64, words: usize) -> (usize, [u64; 2]) {
    let hash = eight.wrapping_mul(key);
    // Their number is a power of two.
    let word = (hash >> 28) as usize & words.wrapping_sub(1);
    (word, [hash >> 58, hash >> 52 & 63])
}

impl Parts {
    /// Tell whose part the last bytes are, and how long it is, if it is told.
    pub(crate) fn find(&self, last: Last, report: &Reported, found: impl FnMut(usize, usize)) {
        if self.filter(report).has(last.low) {
            self.look_up(last, report, found);
        }
    }

    fn filter<'p>(&'p self, report: &'p Reported) -> &'p Filter {
        report.filter.as_ref().unwrap_or(&self.filter)
    }

    fn look_up(&self, last: Last, report: &Reported, mut found: impl FnMut(usize, usize)) {
        #[cfg(test)]
        tests::LOOKED_UP.with(|count| count.set(count.get() + 1));
        for (known, length) in self.known.iter().zip(LENGTHS) {
            let bytes = last.cut(length);
            let from = known.partition_point(|(other, _)| *other < bytes);
            let same = known
                .iter()
                .skip(from)
                .take_while(|(other, _)| *other == bytes);
            for (_, owner) in same.filter(|(_, owner)| !report.silent.contains(owner)) {
                found(*owner as usize, length);
            }
        }
    }

    /// The same for each byte of what was read next, and where each part ends. All bytes of a
    /// chunk are looked up in the filter before any is looked at more closely.
    pub(crate) fn find_in(
        &self,
        last: &mut Last,
        bytes: &[u8],
        report: &Reported,
        mut found: impl FnMut(usize, usize, usize),
    ) {
        let filter = self.filter(report);
        let mut window = [0; EIGHT + CHUNK];
        let (before, _) = window.split_at_mut(EIGHT);
        before.copy_from_slice(&last.low.to_be_bytes());
        for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
            for (lower, byte) in window.iter_mut().skip(EIGHT).zip(chunk) {
                *lower = byte.to_ascii_lowercase();
            }
            let mut hits = 0;
            for eight in window.windows(EIGHT).skip(1).take(chunk.len()) {
                let eight = u64::from_be_bytes(eight.try_into().unwrap_or_default());
                hits |= u64::from(filter.has(eight));
            }
            window.copy_within(chunk.len()..chunk.len() + EIGHT, 0);
            if hits == 0 {
                let end = chunk.len().saturating_sub(MAX_PART);
                let end = chunk.get(end..).unwrap_or_default();
                end.iter().for_each(|byte| last.push(*byte));
                continue;
            }
            for (at, byte) in chunk.iter().enumerate() {
                last.push(*byte);
                let end = number * CHUNK + at + 1;
                self.find(*last, report, |owner, length| found(end, owner, length));
            }
        }
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        let known: usize = self.known.iter().map(Vec::capacity).sum();
        known * size_of::<(u128, u32)>() + self.filter.memory()
    }
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

    /// The lengths of the parts of a value that are in a text, each with where it ends.
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

    /// However a stream is cut, chunks find what single bytes do.
    #[test]
    fn in_chunks() {
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

    /// Once an owner's parts are told no more, to read them takes what any text takes.
    #[test]
    fn who_is_silent_costs_nothing() {
        let mut builder = PartsBuilder::default();
        builder.add(0, b"AAbbCC11ddEE22ff");
        builder.add(1, b"Qq7-Zw9Lp-3Tb-Xy");
        let parts = builder.build().unwrap();
        let mut report = Reported::default();
        let read = |text: &str, report: &Reported| {
            LOOKED_UP.set(0);
            let mut owners = Vec::new();
            parts.find_in(
                &mut Last::default(),
                text.as_bytes(),
                report,
                |_, owner, _| {
                    owners.push(owner);
                },
            );
            (LOOKED_UP.get(), owners)
        };
        assert_eq!(read("<AAbbCC11>", &report), (1, vec![0]));
        assert_eq!(report.memory(), 0);
        report.silence(&parts, 0);
        assert_eq!(report.memory(), parts.filter.memory());
        assert_eq!(read("<AAbbCC11>", &report), (0, vec![]));
        assert_eq!(read("<AAbbCC11>Qq7-Zw9L", &report), (1, vec![1]));
        report.silence(&parts, 1);
        assert_eq!(read("<AAbbCC11>Qq7-Zw9L", &report), (0, vec![]));
    }

    #[test]
    fn eight_characters_in_a_row() {
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
    fn in_any_form_of_the_value() {
        let value = "pass word+with spaces";
        for text in [
            "pass+word",
            "pass word with",
            "p\0a\0s\0s\0 \0w\0o\0r\0d\0",
            "\0p\0a\0s\0s\0 \0w\0o\0r\0d",
            // base64("x:pass+word%2Bw"), as an OAuth client's credentials have it.
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

    /// A key of a service account: what every answer of a service has in it is none of it.
    #[test]
    fn of_a_document_its_secrets() {
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
    fn what_many_tokens_share_is_no_part() {
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
            // A public key of RSA is told as a private one is.
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
