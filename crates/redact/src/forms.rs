//! The forms of a value that is encoded as a whole.
//!
//! | form | variants |
//! |---|---|
//! | plain | without blanks at its ends; also with `+` for each space, and the reverse; with CRLF for each line feed, and the reverse; in Latin-1; all of these together; in UTF-16 of both byte orders; with each `"`, `'` or `%` doubled; with a no-break space for each blank |
//! | base64 (RFC 4648) | both alphabets, at each of the three alignments in a longer text; of the value, of the form-encoded value (RFC 6749, section 2.3.1), and of the value within JSON |
//! | hexadecimal | |
//! | a UUID, or 32 hexadecimal digits | with and without dashes; its 16 bytes in base64, also in .NET's order, and so in hexadecimal; as an IPv6 address |
//! | a value that is itself base64 | in the other alphabet, and without padding |
//!
//! The last two are of the value with either line break, in UTF-8 and in Latin-1.
//!
//! All of them are matched in any mix of upper and lower case, in the text as received, and in
//! the text as each [`Encoding`](crate::escape::Encoding) decodes it. Escapes of single
//! characters are therefore not listed here.
//!
//! A long value is matched in pieces, and a value of several lines also by its random lines.
//!
//! There are endless ways to encode a text, and a malicious server will find another one. These
//! are the ways in which servers echo what they received.

use std::collections::{BTreeMap, BTreeSet};

use crate::digits::{Base64, hexadecimal, url_safe};
use crate::encode;
use crate::handle::HANDLE_BYTES;
use crate::inner::{has_random_piece, random_lines};
use crate::shared::is_document;
use crate::spelling::{
    NO_BREAK, doubled, in_json, in_latin1, in_utf16, replaced, with_blanks, with_crlf, with_lf,
};
use crate::typed::{Uuid, in_base64, uuid};
use crate::value::{self, MIN_REDACTED};

/// Values longer than two pieces are matched in pieces, which limits how much of a stream is
/// held back.
const PIECE: usize = 1 << 10;

/// Longer values are not matched in base64 of JSON, but their lines are: each variant takes several
/// times their length.
const MAX_IN_JSON: usize = PIECE;

/// A byte string to match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) bytes: Vec<u8>,
    /// Whether it is the start of the value: an unfinished escape before it may absorb its first
    /// bytes.
    pub(crate) begins: bool,
    /// How many arbitrary bytes after it belong to it.
    pub(crate) rest: usize,
    /// Whether it continues the previous piece of the value.
    pub(crate) continues: bool,
    /// Whether the characters before and after it contain some of its bits, as in base64.
    pub(crate) before: bool,
    pub(crate) after: bool,
}

/// All forms of a value, each once.
pub(crate) fn forms(value: &[u8]) -> Vec<Form> {
    let trimmed = value.trim_ascii();
    let value = if value::is_distinctive(trimmed) {
        trimmed
    } else {
        value
    };
    let mut forms = Forms::default();
    forms.add_whole(value, true);
    forms.add_typed(value);
    // The strings of a document are looked for separately.
    if is_document(value) {
        return forms.0.into_values().collect();
    }
    for line in random_lines(value) {
        forms.add_whole(line, false);
    }
    forms.0.into_values().collect()
}

/// What is left of each form of a value when other values in it are replaced, if that changes it. Of
/// a long value it is in pieces.
pub(crate) fn forms_left(value: &[u8], left: impl Fn(&[u8]) -> Vec<Vec<u8>>) -> Vec<Form> {
    let mut whole = Forms::default();
    whole.add_piece(value, true, false);
    whole.add_typed(value);
    let mut forms = Forms::default();
    for form in whole.0.into_values() {
        for text in left(&form.bytes) {
            let pieces = pieces(&text);
            let last = pieces.len().saturating_sub(1);
            for (number, (piece, continues)) in pieces.into_iter().enumerate() {
                let continues = continues || form.continues;
                forms.add(Form {
                    bytes: piece.to_vec(),
                    begins: form.begins && !continues,
                    rest: 0,
                    continues,
                    before: form.before && !continues,
                    after: form.after && number == last,
                });
            }
        }
    }
    forms.0.into_values().collect()
}

/// A value without up to `starts` characters at its start, or without the last one. Of a long value
/// these are its first and last piece.
pub(crate) fn forms_without_ends(value: &[u8], starts: usize) -> Vec<Form> {
    let mut forms = Forms::default();
    let mut add = |bytes: &[u8], continues| {
        if value::is_distinctive(bytes) {
            forms.add(Form {
                bytes: bytes.to_vec(),
                continues,
                ..Form::default()
            });
        }
    };
    let pieces = pieces(value);
    if let Some((first, continues)) = pieces.first() {
        let texts = (1..=starts).filter_map(|start| first.get(start..));
        texts.for_each(|text| add(text, *continues));
    }
    if let Some(([rest @ .., _], continues)) = pieces.last() {
        add(rest, *continues);
    }
    forms.0.into_values().collect()
}

/// The forms in which users may see a run's handles: plain in logs, in another case in field names,
/// and in base64 in `Authorization`. Only their shared prefix is matched; their length is known.
pub(crate) fn forms_of_handles(shared: &str) -> Vec<Form> {
    let plain = Form {
        bytes: shared.as_bytes().to_vec(),
        rest: HANDLE_BYTES - shared.len(),
        ..Form::default()
    };
    let encoded = (0..3).map(|offset| {
        let form = base64(shared.as_bytes(), offset);
        // Including the last digit, which also contains other bits.
        let digits = ((offset + HANDLE_BYTES) * 8).div_ceil(6) - (offset * 8).div_ceil(6);
        Form {
            rest: digits - form.bytes.len(),
            after: false,
            ..form
        }
    });
    [plain].into_iter().chain(encoded).collect()
}

/// Collects forms without duplicates.
#[derive(Default)]
struct Forms(BTreeMap<Vec<u8>, Form>);

impl Forms {
    fn add(&mut self, form: Form) {
        if form.bytes.len() >= MIN_REDACTED {
            self.0.entry(form.bytes.clone()).or_insert(form);
        }
    }

    /// Add a value, in pieces if it is long.
    fn add_whole(&mut self, value: &[u8], begins: bool) {
        for (piece, continues) in pieces(value) {
            self.add_piece(piece, begins && !continues, continues);
        }
    }

    /// Add what servers write that parse a value as a UUID or as Base64.
    fn add_typed(&mut self, value: &[u8]) {
        let mut plain = Vec::new();
        if let Some(Uuid { bytes, texts }) = uuid(value) {
            // An address can be short.
            plain.extend(texts.into_iter().filter(|text| value::is_distinctive(text)));
            for (bytes, offset) in bytes.iter().flat_map(|it| (0..3).map(move |at| (it, at))) {
                let standard = base64(bytes, offset);
                if value::is_distinctive(&standard.bytes) {
                    self.add(Form {
                        bytes: url_safe(&standard.bytes),
                        ..standard.clone()
                    });
                    self.add(standard);
                }
            }
        }
        plain.extend(in_base64(value).into_iter().flatten());
        for text in plain {
            for (piece, continues) in pieces(&text) {
                self.add(Form {
                    bytes: piece.to_vec(),
                    begins: !continues,
                    continues,
                    ..Form::default()
                });
            }
        }
    }

    fn add_piece(&mut self, value: &[u8], begins: bool, continues: bool) {
        let mut add = |form: Form| {
            self.add(Form {
                begins,
                continues,
                ..form
            });
        };
        let mut add_plain = |bytes: Vec<u8>| {
            add(Form {
                bytes,
                ..Form::default()
            });
        };
        let latin1 = in_latin1(value);
        let charsets = [value].into_iter().chain(latin1.as_deref());
        let texts: BTreeSet<Vec<u8>> = charsets
            .flat_map(|text| [text.to_vec(), with_crlf(text), with_lf(text)])
            .collect();
        for text in &texts {
            add_plain(text.clone());
            add_plain(replaced(text, b' ', b'+'));
            add_plain(replaced(text, b'+', b' '));
            for blank in NO_BREAK {
                add_plain(with_blanks(text, blank));
            }
            for sign in [b'"', b'\'', b'%'] {
                add_plain(doubled(text, sign));
            }
            add_plain(hexadecimal(text));
            let utf8 = std::str::from_utf8(text).into_iter();
            utf8.flat_map(in_utf16).for_each(&mut add_plain);
        }
        let forms = texts.iter().map(|text| encode::form(text).into_bytes());
        let json = match value.len() {
            ..=MAX_IN_JSON => in_json(value),
            _ => Vec::new(),
        };
        for text in texts.iter().cloned().chain(forms).chain(json) {
            for offset in 0..3 {
                let standard = base64(&text, offset);
                add(Form {
                    bytes: url_safe(&standard.bytes),
                    ..standard.clone()
                });
                add(standard);
            }
        }
    }
}

/// A value in pieces if it is long, and whether each continues another one. There is a random piece in
/// each: the rest of a document may be public, and a guess of a password in it would be confirmed.
fn pieces(value: &[u8]) -> Vec<(&[u8], bool)> {
    let mut ends = Vec::new();
    let (mut end, mut is_random) = (0, false);
    while value.len() - end >= 2 * PIECE {
        let rest = value.get(end..).unwrap_or_default();
        let (piece, _) = rest.split_at(boundary(rest, PIECE));
        end += piece.len();
        is_random = is_random || has_random_piece(piece);
        if is_random {
            ends.push(end);
            is_random = false;
        }
    }
    // Otherwise the rest belongs to the last piece.
    if !ends.is_empty()
        && !value
            .get(end..)
            .is_some_and(|rest| is_random || has_random_piece(rest))
    {
        ends.pop();
    }
    ends.push(value.len());
    let starts = [0].into_iter().chain(ends.iter().copied());
    let ranges = starts.zip(&ends);
    ranges
        .filter_map(|(start, end)| Some((value.get(start..*end)?, start > 0)))
        .collect()
}

/// A place up to `most` that is neither within a character nor between CR and LF: a piece has a form in
/// each charset, and with other line breaks.
fn boundary(text: &[u8], most: usize) -> usize {
    let is_within = |at: usize| match text.get(at.saturating_sub(1)..=at) {
        Some([before, next]) => next & 0xc0 == 0x80 || (*before, *next) == (b'\r', b'\n'),
        _ => false,
    };
    let places = most.saturating_sub(3)..=most;
    places.rev().find(|at| !is_within(*at)).unwrap_or(most)
}

/// The form of a value in base64 at an offset.
fn base64(value: &[u8], offset: usize) -> Form {
    let digits = Base64::of(value, offset);
    Form {
        bytes: digits.standard,
        before: digits.before,
        after: digits.after,
        ..Form::default()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

    use super::*;

    fn has(value: &[u8], form: &[u8]) -> bool {
        forms(value).iter().any(|each| each.bytes == form)
    }

    #[test]
    fn forms_of_a_value() {
        let value = "Pä55/w<o>r&d \"it's\"".as_bytes();
        for form in [
            value,
            b"50c3a435352f773c6f3e72266420226974277322",
            "Pä55/w<o>r&d+\"it's\"".as_bytes(),
            b"P\xe455/w<o>r&d \"it's\"",
            b"UMOkNTUvdzxvPnImZCAiaXQncy",
            b"P\0\xe4\x005\x005\0/\0w\0<\0o\0>\0r\0&\0d\0 \0\"\0i\0t\0'\0s\0\"\0",
            // base64(form(value)), as in the Basic credentials of an OAuth client.
            b"UCVDMyVBNDU1JTJGdyUzQ28lM0VyJTI2ZCslMjJpdCUyN3MlMj",
        ] {
            assert!(has(value, form), "{:?}", String::from_utf8_lossy(form));
        }
    }

    #[test]
    fn combined_forms() {
        let value = "ab cd é1\nfg \"hi\" 2".as_bytes();
        for form in [
            b"ab+cd+\xe91\r\nfg+\"hi\"+2".as_slice(),
            b"ab cd \xe91\nfg \"\"hi\"\" 2",
            "ab cd é1\r\nfg \"\"hi\"\" 2".as_bytes(),
            b"6162206364",
            b"616220636420e9310d0a66672022686922203",
            // base64("ab cd \xe91\r\nfg \"hi\" 2"), and of "ab+cd+%E91%0D%0Afg+%22hi%22+2".
            b"YWIgY2Qg6TENCmZnICJoaSIgM",
            b"YWIrY2QrJUU5MSUwRCUwQWZnKyUyMmhpJTIyKz",
        ] {
            let begins = |each: &Form| each.bytes.starts_with(form);
            assert!(
                forms(value).iter().any(begins),
                "{:?}",
                String::from_utf8_lossy(form)
            );
        }
    }

    /// Servers that parse a UUID or Base64 write it in their own way.
    #[test]
    fn typed_fields() {
        let digits = b"9F86d081884c7d659a2feaa0c55ad015";
        let dashed = b"9f86d081-884c-7d65-9a2f-eaa0c55ad015";
        let bytes = b"n4bQgYhMfWWaL+qgxVrQFQ";
        let mixed = b"gdCGn0yIZX2aL+qgxVrQFQ";
        for value in [
            digits.as_slice(),
            dashed,
            b"{9f86d081-884c-7d65-9a2f-eaa0c55ad015}",
        ] {
            for form in [
                b"9f86d081884c7d659a2feaa0c55ad015".as_slice(),
                dashed,
                &bytes[..21],
                &url_safe(bytes)[..21],
                &mixed[..21],
                &url_safe(mixed)[..21],
                b"81d0869f4c88657d9a2feaa0c55ad015",
                b"9f86:d081:884c:7d65:9a2f:eaa0:c55a:d015",
            ] {
                let forms = forms(value);
                let mut forms = forms.iter().map(|it| it.bytes.to_ascii_lowercase());
                assert!(
                    forms.any(|it| it == form.to_ascii_lowercase()),
                    "{:?}: {:?}",
                    String::from_utf8_lossy(value),
                    String::from_utf8_lossy(form)
                );
            }
        }
        assert!(has(b"kQ9-Lx2_Vt0Pz7wYbg==", b"kQ9+Lx2/Vt0Pz7wYbg"));
        assert!(has(b"kQ9+Lx2/Vt0Pz7wYbg==", b"kQ9-Lx2_Vt0Pz7wYbg"));
        assert!(has(b"kQ9mLx2+Vt0Pz7wY", b"kQ9mLx2-Vt0Pz7wY"));
        // No Base64, no UUID.
        assert!(!has(b"kQ9-Lx2_Vt0Pz7wY!", b"kQ9+Lx2/Vt0Pz7wY!"));
        assert!(!has(
            b"9f86d081884c7d659a2feaa0c55ad01",
            b"9f86d081-884c-7d65-9a2f-eaa0c55ad01"
        ));
    }

    /// A value without characters that have several notations has no further forms.
    #[test]
    fn a_plain_value_has_few_forms() {
        // Plain, in hexadecimal, in UTF-16, and in base64 at each alignment.
        let value = b"kQ9mLx2Vt0Pz7wYb";
        let standard = (0..3).map(|offset| base64(value, offset).bytes);
        let base64: BTreeSet<_> = standard.flat_map(|it| [url_safe(&it), it]).collect();
        assert_eq!(forms(value).len(), 4 + base64.len());
    }

    #[test]
    fn blanks_and_line_breaks() {
        assert!(has(b"  some secret\t", b"some secret"));
        assert!(has(b"first-line\nsecond", b"first-line\r\nsecond"));
        assert!(has(b"first-line\r\nsecond", b"first-line\nsecond"));
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHAgbGluZSBvZg==\n-----END PRIVATE KEY-----\n";
        assert!(has(pem.as_bytes(), b"MC4CAQAwBQYDK2VwBCIEIHAgbGluZSBvZg=="));
        assert!(!has(pem.as_bytes(), b"-----BEGIN PRIVATE KEY-----"));
        // Too short to be matched separately.
        assert!(!has(b"first-line\nsecond-line", b"second-line"));
        // Nor without its name, which is not secret.
        assert!(!has(
            b"A=b\nSERVER_PIN_NUMBER=7381",
            b"SERVER_PIN_NUMBER=7381"
        ));
    }

    /// Of a line that has little text behind its names, a guess would be confirmed.
    #[test]
    fn lines_of_which_little_is_secret() {
        for (document, line) in [
            ("A=b\nSERVER_PIN_NUMBER=7381", "SERVER_PIN_NUMBER=7381"),
            (
                "[client]\nmysql_password = hunter2",
                "mysql_password = hunter2",
            ),
            (
                "[default]\nregion_of_it = eu-west-1",
                "region_of_it = eu-west-1",
            ),
            (
                "{\n  \"my_password\": \"7381\"\n}",
                "\"my_password\": \"7381\"",
            ),
            ("{\n  \"database_pin\": 7381\n}", "\"database_pin\": 7381"),
            (
                "{\n  \"a_long_number\":73810000000000000\n}",
                "\"a_long_number\":73810000000000000",
            ),
            (
                "a=b\nspring.datasource.password=7381",
                "spring.datasource.password=7381",
            ),
            (
                "machine a.test\npassword hunter2-abc",
                "password hunter2-abc",
            ),
            (
                "export A=b\nexport SERVER_PIN=7381",
                "export SERVER_PIN=7381",
            ),
            (
                "<server>\n<password>7381</password>",
                "<password>7381</password>",
            ),
            (
                "a=b\n//npm.test/:_password=7381",
                "//npm.test/:_password=7381",
            ),
            (
                "db.test:5432:app:bob:7381\nx:y",
                "db.test:5432:app:bob:7381",
            ),
            (
                "a\npostgres://app:7381@db.example.com/x",
                "postgres://app:7381@db.example.com/x",
            ),
            (
                "a\npin: 7381 # of-the-build-server",
                "pin: 7381 # of-the-build-server",
            ),
            (
                "a: b\ntoken: kQ9mLx2Vt0Pz7wYb of 7381",
                "token: kQ9mLx2Vt0Pz7wYb of 7381",
            ),
            (
                "name,host,user,pin\nci,db.test,bob,7381",
                "ci,db.test,bob,7381",
            ),
            (
                "a: b\nserver_pin_number: 7381==",
                "server_pin_number: 7381==",
            ),
        ] {
            assert!(has(document.as_bytes(), document.as_bytes()));
            assert!(!has(document.as_bytes(), line.as_bytes()), "{line}");
        }
        for line in ["kQ9mLx2Vt0Pz7wYb", "kQ9mLx2Vt0Pz7wYb=="] {
            assert!(
                has(format!("a: b\n{line}").as_bytes(), line.as_bytes()),
                "{line}"
            );
        }
    }

    /// In HTML.
    #[test]
    fn no_break_spaces() {
        let value = "correct hörse battery".as_bytes();
        assert!(has(value, "correct\u{a0}hörse\u{a0}battery".as_bytes()));
        assert!(has(value, b"correct\xa0h\xf6rse\xa0battery"));
    }

    /// Each piece has a form in each charset.
    #[test]
    fn pieces_end_between_characters() {
        for before in 0..4 {
            let text = "x".repeat(before) + &"äé€😀 kQ9mLx2Vt0Pz7wYb\r\n".repeat(200);
            let text = text.trim();
            let pieces = pieces(text.as_bytes());
            assert!(pieces.len() > 4);
            let mut joined = String::new();
            for (piece, _) in pieces {
                let piece = std::str::from_utf8(piece).unwrap();
                assert!(!piece.starts_with('\n'), "{before}");
                joined.push_str(piece);
            }
            assert_eq!(joined, text);
        }
    }

    /// The rest of a long document may be public, and a guess of a password in it would be confirmed.
    #[test]
    fn there_is_a_random_piece_in_each_piece() {
        let settings =
            |count: usize| "# A setting of the example file\nSETTING=default\n".repeat(count);
        let keys = |count: usize| "KEY=kQ9mLx2Vt0Pz7wYbRr4TnE8s\n".repeat(count);
        for (document, count) in [
            (settings(80), 1),
            (keys(100), 2),
            (settings(30) + &keys(60), 2),
            (settings(60) + &keys(60), 2),
            (keys(60) + &settings(60), 2),
            (keys(60) + &settings(60) + &keys(60), 4),
        ] {
            assert!(document.len() > 2 * PIECE);
            let pieces = pieces(document.as_bytes());
            let joined: Vec<u8> = pieces
                .iter()
                .flat_map(|(piece, _)| piece.iter().copied())
                .collect();
            assert_eq!(joined, document.as_bytes());
            for (piece, _) in &pieces {
                let piece = String::from_utf8_lossy(piece);
                assert_eq!(
                    piece.contains("kQ9mLx2Vt0Pz7wYb"),
                    count > 1 || document.contains("kQ9m")
                );
            }
            assert_eq!(pieces.len(), count);
        }
    }

    #[test]
    fn a_long_value_is_matched_in_pieces() {
        let value: Vec<u8> = (0..5000_u32).flat_map(|n| n.to_be_bytes()).collect();
        let forms = forms(&value);
        let longest = forms.iter().map(|form| form.bytes.len()).max().unwrap();
        assert!(longest < 8 * PIECE, "{longest}");
        for (at, piece) in value.chunks(PIECE).enumerate().take(18) {
            let form = forms.iter().find(|form| form.bytes == piece).unwrap();
            assert_eq!(form.continues, at > 0);
        }
    }

    #[test]
    fn base64_at_each_alignment() {
        let value = b"token?~>token";
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            for (before, after) in [("", ""), ("u", "x"), ("uu", "xx"), ("uuu", "xxx")] {
                let text = [before.as_bytes(), value, after.as_bytes()].concat();
                let encoded = engine.encode(&text).into_bytes();
                let start = before.len() * 8 / 6;
                let end = ((before.len() + value.len()) * 8).div_ceil(6);
                let hidden = forms(value).into_iter().any(|form| {
                    let windows = encoded.windows(form.bytes.len()).enumerate();
                    windows.into_iter().any(|(at, window)| {
                        let first = at - usize::from(form.before).min(at);
                        let last = at + window.len() + usize::from(form.after);
                        window == form.bytes && first == start && last == end
                    })
                });
                assert!(hidden, "{}", String::from_utf8_lossy(&encoded));
            }
        }
    }

    #[test]
    fn short_values_have_no_short_forms() {
        for value in ["12345678", "abcdefgh", "\u{20ac}\u{20ac}12"] {
            for form in forms(value.as_bytes()) {
                assert!(form.bytes.len() >= MIN_REDACTED, "{form:?}");
            }
        }
    }
}
