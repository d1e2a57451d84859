//! Finds traces of a value. This is written from the RFCs, independently of the host's own search.

use std::collections::HashMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;

/// This many bytes of a form count as a clue.
const CLUE: usize = 8;

/// A value in all forms, each by its name.
pub fn forms(value: &str) -> Vec<(String, String)> {
    let mut forms: Vec<(String, String)> = [
        ("plain", value.to_owned()),
        ("upper case", value.to_ascii_uppercase()),
        ("lower case", value.to_ascii_lowercase()),
        ("hex", bytewise(value, |byte| format!("{byte:02x}"))),
        ("HEX", bytewise(value, |byte| format!("{byte:02X}"))),
        ("percent", percent(value, |byte| format!("%{byte:02X}"))),
        (
            "percent in lower case",
            percent(value, |byte| format!("%{byte:02x}")),
        ),
        ("each byte", bytewise(value, |byte| format!("%{byte:02X}"))),
        (
            "form",
            percent(value, |byte| match byte {
                b' ' => "+".to_owned(),
                _ => format!("%{byte:02X}"),
            }),
        ),
        ("JSON", json(value)),
        ("JSON with slashes", json(value).replace('/', "\\/")),
        ("JSON in ASCII", ascii(&json(value))),
        ("HTML", html(value)),
    ]
    .map(|(name, form)| (name.to_owned(), form))
    .into();
    for alignment in 0..3 {
        let text = base64_at(value, alignment);
        let url_safe = text.replace('+', "-").replace('/', "_");
        forms.push((format!("base64 at {alignment}"), text));
        forms.push((format!("base64url at {alignment}"), url_safe));
    }
    forms
}

/// Looks for parts of values in all forms.
pub struct Traces {
    clues: HashMap<[u8; CLUE], String>,
    /// By the first two bytes of a clue, so that most places cost little.
    begins: Vec<bool>,
}

impl Traces {
    /// A search for these values.
    pub fn new(values: &[&str]) -> Self {
        let mut clues = HashMap::new();
        let mut begins = vec![false; 1 << 16];
        let forms = values.iter().flat_map(|value| forms(value));
        // As field names are written.
        for (name, form) in forms.flat_map(|(name, form)| {
            let lower = (format!("{name}, lowered"), form.to_ascii_lowercase());
            [lower, (name, form)]
        }) {
            for clue in form.as_bytes().windows(CLUE) {
                begins[usize::from(clue[0]) << 8 | usize::from(clue[1])] = true;
                clues.insert(clue.try_into().unwrap(), name.clone());
            }
        }
        Self { clues, begins }
    }

    /// Without digits that were there before: the hex digits of a port may be in the table that a
    /// component formats numbers with.
    pub fn apart_from(mut self, before: &[u8]) -> Self {
        for clue in before.windows(CLUE) {
            if clue.iter().all(u8::is_ascii_digit) {
                self.clues.remove(clue);
            }
        }
        self
    }

    /// The first clue, and its place.
    pub fn first_in(&self, bytes: &[u8]) -> Option<String> {
        bytes.windows(CLUE).enumerate().find_map(|(at, clue)| {
            if !self.begins[usize::from(clue[0]) << 8 | usize::from(clue[1])] {
                return None;
            }
            let name = self.clues.get(clue)?;
            let around = &bytes[at.saturating_sub(40)..(at + 60).min(bytes.len())];
            let around = String::from_utf8_lossy(around);
            Some(format!("{name} at {at}: {around:?}"))
        })
    }
}

fn bytewise(value: &str, write: impl Fn(u8) -> String) -> String {
    value.bytes().map(write).collect()
}

/// RFC 3986, section 2.3.
fn percent(value: &str, write: impl Fn(u8) -> String) -> String {
    bytewise(value, |byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => write(byte),
    })
}

fn json(value: &str) -> String {
    let quoted = serde_json::to_string(value).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn ascii(json: &str) -> String {
    json.chars()
        .map(|c| match c {
            c if c.is_ascii() => c.to_string(),
            c => format!("\\u{:04x}", u32::from(c)),
        })
        .collect()
}

fn html(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The characters that depend on the value alone, given the number of bytes before it.
fn base64_at(value: &str, alignment: usize) -> String {
    let text = format!("{}{value}", "\0".repeat(alignment));
    let encoded = BASE64_STANDARD_NO_PAD.encode(&text);
    encoded[(alignment * 8).div_ceil(6)..text.len() * 8 / 6].to_owned()
}
