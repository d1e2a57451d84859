//! The texts in a document that are secrets by themselves: a server that parses it may return each
//! of them separately.

use serde_json::Value;

use crate::digits::{digits, encoded_texts};
use crate::random::{MIN_RANDOM, is_random, runs, tokens, unescaped};
use crate::shared::{each_string, is_pem_boundary};
use crate::typed::uuid;
use crate::value::is_distinctive;

/// The maximum number of texts.
const MAX_INNER: usize = 64;

/// How many encodings are within each other: a document in Base64 that has another one.
const MAX_DEPTH: usize = 3;

/// The minimum number of digits of a random piece in hexadecimal.
const MIN_HEXADECIMAL: usize = 32;

/// The texts in a document that are secrets by themselves: the random pieces in the strings of JSON,
/// without the fields of service accounts that are not secret, or in lines.
#[must_use]
pub fn inner_values(document: &[u8]) -> Vec<Vec<u8>> {
    let mut inner = Vec::new();
    match json(document) {
        Some(parsed) => add_strings(&parsed, 0, &mut inner),
        None => {
            let whole: Vec<&[u8]> = random_lines(document).collect();
            for line in lines(document).filter(|line| line.len() < document.len()) {
                // A line that is random is a form of the document.
                if !whole.contains(&line) {
                    add_pieces(line, 0, &mut inner);
                }
            }
        }
    }
    without_duplicates(inner)
}

/// The random pieces of a text, without the text beside them: a redacted piece confirms a guess of all
/// of it.
#[must_use]
pub fn random_pieces(text: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    add_pieces(text, 0, &mut pieces);
    without_duplicates(pieces)
}

/// The lines of a document of several that are random, and those between the boundaries of a PEM.
pub(crate) fn random_lines(document: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut is_in_pem = false;
    lines(document).filter(move |line| {
        if is_pem_boundary(line) {
            is_in_pem = line.starts_with(b"-----BEGIN");
            return false;
        }
        let piece = without_padding(line);
        line.len() < document.len()
            && is_distinctive(line)
            && (is_in_pem && is_pem_line(line) || random_pieces(line) == [piece])
    })
}

/// Whether there is a random piece in a text.
pub(crate) fn has_random_piece(text: &[u8]) -> bool {
    let is_text = text
        .iter()
        .all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace());
    !is_text || random_lines(text).next().is_some() || !random_pieces(text).is_empty()
}

fn lines(document: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    let lines = document.split(|byte| matches!(byte, b'\n' | b'\r'));
    lines.map(<[u8]>::trim_ascii)
}

fn without_padding(line: &[u8]) -> &[u8] {
    let padding = line.iter().rev().take_while(|byte| **byte == b'=').count();
    line.get(..line.len() - padding).unwrap_or(line)
}

fn json(text: &[u8]) -> Option<Value> {
    let parsed = serde_json::from_slice(text).ok();
    parsed.filter(|parsed| matches!(parsed, Value::Object(_) | Value::Array(_)))
}

fn add_strings(document: &Value, depth: usize, inner: &mut Vec<Vec<u8>>) {
    each_string(document, &mut |text| {
        add_text(text.as_bytes(), depth, inner)
    });
}

/// Add a string, or the content of an encoded text.
fn add_text(text: &[u8], depth: usize, inner: &mut Vec<Vec<u8>>) {
    let text = text.trim_ascii();
    match json(text).filter(|_| depth > 0) {
        Some(document) => add_strings(&document, depth, inner),
        None if is_pem(text) => inner.push(text.to_vec()),
        None => {
            inner.extend(random_lines(text).map(<[u8]>::to_vec));
            add_pieces(text, depth, inner);
        }
    }
}

/// Add the random pieces of a text.
fn add_pieces(text: &[u8], depth: usize, inner: &mut Vec<Vec<u8>>) {
    let text = unescaped(text);
    for piece in text.split(|byte| is_separator(*byte)) {
        // `/` is also a digit of Base64.
        let parts = || piece.split(|byte| *byte == b'/');
        if !parts().any(is_hexadecimal) {
            add_tokens(piece, depth, inner);
            continue;
        }
        for part in parts() {
            match is_hexadecimal(part) {
                true if add_encoded(part, depth, inner) => {}
                true => inner.push(part.to_vec()),
                false => add_tokens(part, depth, inner),
            }
        }
    }
}

/// Add the random pieces of a text without separators.
fn add_tokens(text: &[u8], depth: usize, inner: &mut Vec<Vec<u8>>) {
    for token in tokens(text) {
        if add_encoded(token, depth, inner) {
            continue;
        }
        for run in runs(token).filter(|run| is_random(run)) {
            if !add_encoded(run, depth, inner) {
                inner.push(run.to_vec());
            }
        }
    }
}

/// Decode a token, and add the random pieces of the text, if it is one. Their forms include their Base64.
fn add_encoded(token: &[u8], depth: usize, inner: &mut Vec<Vec<u8>>) -> bool {
    if token.len() < MIN_RANDOM {
        return false;
    }
    let texts = encoded_texts(token);
    let before = inner.len();
    for text in &texts {
        if depth < MAX_DEPTH {
            add_text(text, depth + 1, inner);
        }
    }
    if depth > 0 {
        // The digits are encoded again.
        let pieces = inner.get(before..).unwrap_or_default();
        let digits = pieces.iter().flat_map(|piece| digits(piece).1);
        let is_in_token = |digits: &Vec<u8>| token.windows(digits.len()).any(|it| it == digits);
        let digits: Vec<_> = digits.filter(is_in_token).collect();
        inner.extend(digits);
    }
    !texts.is_empty()
}

/// Whether texts on its two sides may have different meanings, besides `/`.
fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"=:\"'`<>,;|@?#&{}[]()\\".contains(&byte)
}

/// A UUID, or so many digits that they are random.
fn is_hexadecimal(text: &[u8]) -> bool {
    let is_number = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    let is_long = text.len() >= MIN_HEXADECIMAL && text.iter().all(u8::is_ascii_hexdigit);
    (is_long || uuid(text).is_some()) && !is_number(text) && is_distinctive(text)
}

/// Whether a text is a PEM (RFC 7468).
fn is_pem(text: &[u8]) -> bool {
    let mut lines = lines(text);
    let is_bounded =
        lines.next().is_some_and(is_pem_boundary) && lines.next_back().is_some_and(is_pem_boundary);
    is_bounded && lines.any(is_pem_line)
}

fn is_pem_line(line: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    line.len() >= MIN_RANDOM && without_padding(line).iter().all(is_digit)
}

fn without_duplicates(texts: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut unique = Vec::new();
    for text in texts {
        if unique.len() < MAX_INNER && !unique.contains(&text) {
            unique.push(text);
        }
    }
    unique
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::digits::hexadecimal;

    const KEY: &str = "kQ9mLx2Vt0Pz7wYbRr4TnE8s";
    const UUID: &str = "9f86d081-884c-4d65-9a2f-eaa0c55ad015";

    fn inner(document: &str) -> Vec<String> {
        let inner = inner_values(document.as_bytes()).into_iter();
        inner.map(|text| String::from_utf8(text).unwrap()).collect()
    }

    fn in_hexadecimal(text: &str) -> String {
        String::from_utf8(hexadecimal(text.as_bytes())).unwrap()
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
            // Percent-encoding.
            "DRIVER%3D%7BODBC+Driver+17+for+SQL+Server%7D%3BSERVER%3Dmyserver.database.windows.net%3BDATABASE%3Dmydb%3BUID%3Dsa%3BPWD%3Dhunter2",
            "Server%3Ddb%3BPassword%3Dhunter2%3BDatabase%3Dprod",
            // Other letters than ASCII.
            "пароль7381",
            "администратор12",
            "администрация-к",
            "Überwachung2024",
            // Words, names and numbers without anything between them.
            "Administrator2024",
            "WelcomeToAcme2024!",
            "WelcomeToTheNewAgeOfOurBigRedCarAnd7381",
            "k8sClusterProduction-7381",
            "k8sClusterProduction7381in2024on20240102",
            "dbpgsqlprdsrv01pwd7381",
            // A public UUID, hash or name beside a PIN.
            "9f86d081-884c-4d65-9a2f-eaa0c55ad015.7381",
            "9f86d081-884c-4d65-9a2f-eaa0c55ad015!",
            // Encoded.
            "68756e7465723221",
            "70617373776f72643d68756e746572322c757365723d6170706c69636174696f6e",
            "Y2ktZGVwbG95OnDDpHNzd29ydA==",
            "Z2VoZWltbmlzw58xMg==",
            "Z2VoZWlt5G5p3zEyMzQxMjM0",
            "cABhAHMAcwB3AG8AcgBkAD0AaAB1AG4AdABlAHIAMgA=",
            "YXBwbGljYXRpb24tdXNlcjpodW50ZXIyLWFiYy1kZWY",
        ] {
            let lines = format!(
                "A=b\nDB={text}\n{text}\nBASIC={}",
                BASE64_STANDARD.encode(text)
            );
            let json = serde_json::json!({"a": "b", "database": text, "list": [text]});
            for document in [lines, json.to_string(), format!("{json:#}")] {
                assert_eq!(inner(&document), Vec::<String>::new(), "{document}");
            }
        }
    }

    /// Only what is random: the text beside it may be weak.
    #[test]
    fn random_pieces_are_looked_for() {
        for (text, pieces) in [
            ("kQ9mLx2Vt0Pz7wYb", vec!["kQ9mLx2Vt0Pz7wYb"]),
            (
                "postgres://app:kQ9mLx2Vt0Pz7wYb@db.example.com/x",
                vec!["kQ9mLx2Vt0Pz7wYb"],
            ),
            (
                "Password%3DkQ9mLx2Vt0Pz7wYb%3Bx%3Dy",
                vec!["kQ9mLx2Vt0Pz7wYb"],
            ),
            (
                "Password=kQ9mLx2Vt0Pz7wYb!7381;x=y",
                vec!["kQ9mLx2Vt0Pz7wYb"],
            ),
            (
                "AccountKey=kQ9mLx2Vt0Pz7wYb+/kQ9mLx2Vt0Pz7wYbRr4T==;x=y",
                vec!["kQ9mLx2Vt0Pz7wYb", "kQ9mLx2Vt0Pz7wYbRr4T"],
            ),
            (
                "https://hooks.example.com/services/T0AB12/B0CD34/kQ9mLx2Vt0Pz7wYbRr4TnE8s?a=b",
                vec![KEY],
            ),
            (UUID, vec![UUID]),
            (
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                vec!["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
            ),
            (
                "https://a.test/9f86d081-884c-4d65-9a2f-eaa0c55ad015/x",
                vec![UUID],
            ),
            (
                "//npm.test/:_authToken=npm_x9mZx8yT0pLw2Rv5n",
                vec!["x9mZx8yT0pLw2Rv5n"],
            ),
            (
                "-----BEGIN PRIVATE KEY-----\\nkQ9mLx2Vt0Pz7wYbRr4TnE8s\\n-----END PRIVATE KEY-----",
                vec![KEY],
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

    /// Their forms include the digits that encode them.
    #[test]
    fn random_pieces_that_are_encoded_are_looked_for() {
        let pem = "-----BEGIN EC PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHAgkQ9mLx2V\nAg==\n-----END EC PRIVATE KEY-----";
        let auth = BASE64_STANDARD.encode(format!("ci:ghp_{KEY}"));
        let json = serde_json::json!({"auths": {"ghcr.io": {"auth": auth}}}).to_string();
        let digits = BASE64_STANDARD.encode(format!("ci:ghp_{KEY}"))[10..41].to_owned();
        for (text, pieces) in [
            (BASE64_STANDARD.encode(format!("{pem}\n")), vec![pem]),
            (auth, vec![KEY]),
            (in_hexadecimal(&format!("password={KEY}")), vec![KEY]),
            (BASE64_STANDARD.encode(json), vec![KEY, &digits]),
            // A server returns the digits, in which the key is found.
            (
                BASE64_STANDARD.encode(format!("user=ci\npassword=hunter2\nkey={KEY}")),
                vec![KEY],
            ),
        ] {
            assert_eq!(inner(&format!("a: b\ndata: {text}")), pieces, "{text}");
            let json = serde_json::json!({"data": text});
            assert_eq!(inner(&json.to_string()), pieces, "{text}");
        }
    }
}
