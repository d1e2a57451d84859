//! The texts in a document that are secrets by themselves: a server that parses it may return each
//! of them separately.
//!
//! Redaction confirms a guess of a text that is looked for. If all but a few characters of it are
//! public, such as the host and the user beside a short password, it can be guessed. So only single
//! pieces between separators are looked for, and only long ones that are not words.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde_json::Value;

use crate::shared::{each_string, is_pem_boundary};
use crate::spelling::replaced;
use crate::value::is_distinctive;

/// The minimum number of random characters in a piece.
const MIN_RANDOM: usize = 16;

/// The maximum length of a name or a number. Longer ones may be random.
const MAX_NAME: usize = 23;

/// The maximum number of texts.
const MAX_INNER: usize = 64;

/// The texts in a document that are secrets by themselves: in the strings of JSON, without the fields
/// of service accounts that are not secret, or in lines.
#[must_use]
pub fn inner_values(document: &[u8]) -> Vec<Vec<u8>> {
    let mut inner = Vec::new();
    match serde_json::from_slice(document) {
        Ok(parsed @ (Value::Object(_) | Value::Array(_))) => {
            each_string(&parsed, &mut |text| match text.trim().as_bytes() {
                pem if is_pem(pem) => inner.push(pem.to_vec()),
                text => add_pieces(text, &mut inner),
            });
        }
        _ => {
            let lines = document.split(|byte| matches!(byte, b'\n' | b'\r'));
            let lines = lines.filter(|line| line.len() < document.len());
            for line in lines.map(<[u8]>::trim_ascii) {
                // A line that is one piece is a form of the document.
                if !is_random(line) {
                    add_pieces(line, &mut inner);
                }
            }
        }
    }
    inner.dedup();
    inner.truncate(MAX_INNER);
    inner
}

/// Whether a text is one piece without separators, and has so many random characters that it can't be
/// guessed.
pub(crate) fn is_random(text: &[u8]) -> bool {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = text.get(..text.len() - padding).unwrap_or(text);
    let parts = || text.split(|byte| !is_letter(*byte));
    let random: usize = parts().map(random_in).sum();
    let signs = text.iter().filter(|byte| !is_letter(**byte));
    let signs = signs.filter(|byte| !b"-_.".contains(byte)).count();
    // In paths there are words.
    let is_path = || {
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
        let is_name = |part: &[u8]| part.len() > 2 && is_word(part);
        !text.iter().all(is_base64)
            || parts().any(is_name)
            || !parts().any(|part| random_in(part) >= MIN_RANDOM)
    };
    random > 0
        && random + signs >= MIN_RANDOM
        && !text.iter().any(|byte| is_separator(*byte))
        && !(text.contains(&b'/') && is_path())
        && is_distinctive(text)
        && decoded(text).is_none_or(|decoded| is_random(&decoded))
}

/// The text that is encoded in Base64, such as a user and a password.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let standard = replaced(&replaced(text, b'-', b'+'), b'_', b'/');
    let decoded = BASE64_STANDARD_NO_PAD.decode(standard).ok()?;
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    decoded.iter().all(is_text).then_some(decoded)
}

/// Add the pieces of a text that can't be guessed.
fn add_pieces(text: &[u8], inner: &mut Vec<Vec<u8>>) {
    for piece in pieces(text) {
        match is_random(piece) {
            true => inner.push(piece.to_vec()),
            false => {
                let parts = piece.split(|byte| *byte == b'/');
                inner.extend(parts.filter(|part| is_random(part)).map(<[u8]>::to_vec));
            }
        }
    }
}

/// The pieces of a text between separators. `=` at the end of a piece belongs to it.
fn pieces(text: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| is_separator(*byte));
        let end = end.unwrap_or(rest.len());
        let padding = rest.get(end..).unwrap_or_default();
        let padding = padding.iter().take_while(|byte| **byte == b'=').count();
        let next = rest.get(end + padding).copied();
        let is_padding = next.is_none_or(is_separator);
        let length = if is_padding { end + padding } else { end };
        pieces.push(rest.get(..length).unwrap_or_default());
        // `\n` in quotes is one separator.
        let after = rest.get(length..).unwrap_or_default();
        let separator = match after {
            [b'\\', b'n' | b'r' | b't', ..] => 2,
            _ => 1,
        };
        rest = after.get(separator..).unwrap_or_default();
    }
    pieces
}

/// Whether texts on its two sides may have different meanings. `/` is also a digit of Base64.
fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"=:\"'`<>,;|@?#&{}[]()\\".contains(&byte)
}

/// Other characters than ASCII are letters.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// How many characters of letters and digits are random: none of names and numbers, such as `Database`,
/// `db7`, `MyServer` and `7381`.
fn random_in(part: &[u8]) -> usize {
    let has_digit = part.iter().any(u8::is_ascii_digit);
    let has_letter = part.iter().any(|byte| !byte.is_ascii_digit());
    match part.len() <= MAX_NAME && (is_word(part) || !has_digit || !has_letter) {
        true => 0,
        false => part.len(),
    }
}

/// Whether letters are in one case, but for the first, with up to three digits behind them.
fn is_word(part: &[u8]) -> bool {
    let digits = part.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let (letters, digits) = part.split_at(part.len() - digits.count());
    let rest = letters.get(1..).unwrap_or_default();
    let is_word =
        rest.iter().all(u8::is_ascii_lowercase) || letters.iter().all(u8::is_ascii_uppercase);
    is_word && digits.len() < 4
}

/// Whether a text is a PEM (RFC 7468) with a key in it.
fn is_pem(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let is_bounded =
        lines.next().is_some_and(is_pem_boundary) && lines.next_back().is_some_and(is_pem_boundary);
    is_bounded && lines.any(is_random)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(document: &str) -> Vec<String> {
        let inner = inner_values(document.as_bytes()).into_iter();
        inner.map(|text| String::from_utf8(text).unwrap()).collect()
    }

    /// Of a text that has few random characters, a guess would be confirmed.
    #[test]
    fn weak_passwords_are_not_looked_for() {
        for text in [
            "postgres://app:hunter2@db.example.com/prod",
            "redis://:hunter2@cache.example.com:6379/0",
            "Server=db;User Id=sa;Password=hunter2;",
            "Server=db;Password=hunter2;Database=production-database",
            "ci,7381,the-build-server.example.com",
            "pin: 7381 # of-the-build-server",
            "{password: hunter2, host: the-build-server.example.com}",
            "the-build-server/7381",
            "pin-7381-of-the-Build-server",
            "MyServerName-7381",
            "TheNameOfOurServer.7381",
            "productiondatabase-7381",
            "Basic YXBwbGljYXRpb24tdXNlcjo3Mzgx",
            "YXBwbGljYXRpb246NzM4MQ==",
            "correct-horse-battery-staple",
            "1234567890",
        ] {
            let lines = format!("A=b\nDB={text}\n{text}");
            let json = serde_json::json!({"a": "b", "database": text, "list": [text]});
            for document in [lines, json.to_string(), format!("{json:#}")] {
                assert_eq!(inner(&document), Vec::<String>::new(), "{document}");
            }
        }
    }

    #[test]
    fn long_random_pieces_are_looked_for() {
        for (text, pieces) in [
            ("kQ9mLx2Vt0Pz7wYb", vec!["kQ9mLx2Vt0Pz7wYb"]),
            (
                "postgres://app:kQ9mLx2Vt0Pz7wYb@db.example.com/x",
                vec!["kQ9mLx2Vt0Pz7wYb"],
            ),
            (
                "Server=db;Password=kQ9m!Lx2V$t0Pz7w;Encrypt=yes",
                vec!["kQ9m!Lx2V$t0Pz7w"],
            ),
            (
                "AccountKey=kQ9mLx2Vt0Pz7wYb+/kQ9mLx2Vt0Pz7wYbRr4T==;x=y",
                vec!["kQ9mLx2Vt0Pz7wYb+/kQ9mLx2Vt0Pz7wYbRr4T=="],
            ),
            (
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCY7EXAMPLEKEY",
                vec!["wJalrXUtnFEMI/K7MDENG/bPxRfiCY7EXAMPLEKEY"],
            ),
            (
                "https://hooks.example.com/services/T0AB12/B0CD34/kQ9mLx2Vt0Pz7wYbRr4TnE8s?a=b",
                vec!["kQ9mLx2Vt0Pz7wYbRr4TnE8s"],
            ),
            (
                "9f86d081-884c-4d65-9a2f-eaa0c55ad015",
                vec!["9f86d081-884c-4d65-9a2f-eaa0c55ad015"],
            ),
            (
                "//npm.test/:_authToken=npm_x9mZx8yT0pLw2Rv5n",
                vec!["npm_x9mZx8yT0pLw2Rv5n"],
            ),
            (
                "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIHAg\\n-----END PRIVATE KEY-----",
                vec!["MC4CAQAwBQYDK2VwBCIEIHAg"],
            ),
        ] {
            assert_eq!(inner(&format!("A=b\nDB=\"{text}\"")), pieces, "{text}");
            let json = serde_json::json!({"type": text, "database": [text]});
            assert_eq!(inner(&json.to_string()), pieces, "{text}");
        }
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHAg\nAg==\n-----END PRIVATE KEY-----";
        let json = serde_json::json!({"key": format!("{pem}\n")});
        assert_eq!(inner(&json.to_string()), [pem]);
        // Nothing but the value itself.
        assert_eq!(inner("a:kQ9mLx2Vt0Pz7wYb"), Vec::<String>::new());
    }
}
