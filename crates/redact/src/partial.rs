//! Parts of values: what is left of one where a server cuts it.
//!
//! A part is never redacted: what a component sees would change with each character that
//! it guesses right. It is reported.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::hint::black_box;

use crate::encode;
use crate::forms::{digits, in_utf16, replaced};
use crate::shared::without_shared;

/// How many characters of a value in a row are a part of it.
const MIN_PART: usize = 8;

/// As many characters in base64, and in hexadecimal or UTF-16.
const LENGTHS: [usize; 3] = [MIN_PART, MIN_PART * 8 / 6, LONGEST_PART];

/// The most bytes of a part.
pub(crate) const LONGEST_PART: usize = MIN_PART * 2;

/// How many bytes the filter knows a part by.
const EIGHT: usize = size_of::<u64>();

/// How many bytes are looked up in the filter at once.
const CHUNK: usize = 64;

/// Of longer values the parts are looked for as they are, and not encoded: each byte of a
/// value takes some 500 bytes of memory.
const MAX_ENCODED: usize = 8 << 10;

/// The parts of values, each by its owner.
pub(crate) struct Parts {
    /// By length: the last bytes of a stream as a number, and whose part they are;
    /// sorted.
    known: [Vec<(u128, u32)>; LENGTHS.len()],
    /// By a hash of the last eight bytes, whether it is worth a look: a Bloom filter with two
    /// bits in one word. How the bytes are hashed differs from process to process.
    filter: Box<[u64]>,
    key: u64,
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

    /// The last of them, as a number.
    fn cut(self, length: usize) -> u128 {
        let bytes = u128::from(self.high) << 64 | u128::from(self.low);
        bytes & (u128::MAX >> (128 - 8 * length))
    }
}

/// Collects parts.
#[derive(Default)]
pub(crate) struct PartsBuilder([Vec<(u128, u32)>; LENGTHS.len()]);

impl PartsBuilder {
    /// All parts of a value.
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

    /// None if there are none.
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
        let mut parts = Parts {
            filter: vec![0; words].into(),
            key: RandomState::new().hash_one(count) | 1,
            known,
        };
        for known in &parts.known {
            for (bytes, _) in known {
                // Whatever their length, it is their last eight.
                let (word, [one, other]) = place(*bytes as u64, parts.key, words);
                if let Some(word) = parts.filter.get_mut(word) {
                    *word |= 1 << one | 1 << other;
                }
            }
        }
        Some(parts)
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
    /// Tell whose part the last bytes are, and how long it is; or take as long as where
    /// they are nobody's.
    pub(crate) fn find(&self, last: Last, is_told: bool, mut found: impl FnMut(usize, usize)) {
        let is_known = self.is_worth_a_look(last.low);
        // Else compilers make a loop of its own for where nothing is told.
        if !black_box(is_known & black_box(is_told)) {
            return;
        }
        for (known, length) in self.known.iter().zip(LENGTHS) {
            let bytes = last.cut(length);
            let from = known.partition_point(|(other, _)| *other < bytes);
            let same = known
                .iter()
                .skip(from)
                .take_while(|(other, _)| *other == bytes);
            for (_, owner) in same {
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
        is_told: bool,
        mut found: impl FnMut(usize, usize, usize),
    ) {
        // A number, and not a condition that a compiler could make two loops of.
        let told = black_box(if is_told { u64::MAX } else { 0 });
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
                hits |= u64::from(self.is_worth_a_look(eight));
            }
            window.copy_within(chunk.len()..chunk.len() + EIGHT, 0);
            if hits & told == 0 {
                let end = chunk.len().saturating_sub(LONGEST_PART);
                let end = chunk.get(end..).unwrap_or_default();
                end.iter().for_each(|byte| last.push(*byte));
                continue;
            }
            for (at, byte) in chunk.iter().enumerate() {
                last.push(*byte);
                let end = number * CHUNK + at + 1;
                self.find(*last, is_told, |owner, length| found(end, owner, length));
            }
        }
    }

    /// By its last eight bytes.
    fn is_worth_a_look(&self, eight: u64) -> bool {
        let (word, [one, other]) = place(eight, self.key, self.filter.len());
        let word = self.filter.get(word).copied().unwrap_or_default();
        word >> one & word >> other & 1 == 1
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        let known: usize = self.known.iter().map(Vec::capacity).sum();
        known * size_of::<(u128, u32)>() + self.filter.len() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

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
            parts.find(last, true, |owner, length| {
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
                    parts.find_in(&mut last, piece, true, |end, _, length| {
                        ends.push((read + end, length));
                    });
                    found.append(&mut ends);
                    read += piece.len();
                }
                assert_eq!(found, expected, "{before}, {length}");
            }
        }
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
