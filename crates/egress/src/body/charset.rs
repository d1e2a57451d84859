//! Charsets that a request or a response names. A value is written in one that has ASCII as it
//! is, and it is recognized in those, and in UTF-16.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_CHARSET, Entry, HeaderValue};

/// Beginnings of the names of charsets in which a value is recognized.
const RECOGNIZED: [&str; 13] = [
    "utf-8",
    "utf8",
    "us-ascii",
    "ascii",
    "iso-8859-",
    "latin",
    "windows-",
    "koi8-",
    "gb",
    "big5",
    "shift_jis",
    "euc-",
    "utf-16",
];

/// Whether each charset that a text names, if it names one, is one in which values are written.
pub(crate) fn is_written(text: &str) -> bool {
    named(text).all(|name| matches!(&*name, "utf-8" | "utf8" | "us-ascii" | "iso-8859-1"))
}

/// Whether a value is recognized in each charset that a text names.
pub(crate) fn is_recognized(text: &str) -> bool {
    named(text).all(|name| RECOGNIZED.iter().any(|known| name.starts_with(known)))
}

/// Leave to the server in which charset it answers: it could be one in which nobody recognizes
/// a value.
pub(crate) fn ask_for_none(header: &mut HeaderMap) {
    header.remove(ACCEPT_CHARSET);
    if let Entry::Occupied(mut asked) = header.entry(ACCEPT) {
        for value in asked.iter_mut() {
            if let Some(mut other) = without(value) {
                other.set_sensitive(value.is_sensitive());
                *value = other;
            }
        }
    }
}

/// A field `Accept` without charsets, if it names some.
fn without(value: &HeaderValue) -> Option<HeaderValue> {
    let lower = value.as_bytes().to_ascii_lowercase();
    if !String::from_utf8_lossy(&lower).contains("charset") {
        return None;
    }
    let is_other = |parameter: &&str| !parameter.to_ascii_lowercase().contains("charset");
    let ranges = value.to_str().unwrap_or("*/*").split(',').map(|range| {
        let kept: Vec<&str> = range.split(';').filter(is_other).collect();
        kept.join(";")
    });
    let ranges: Vec<String> = ranges.collect();
    let kept = HeaderValue::from_str(&ranges.join(","));
    Some(kept.unwrap_or(HeaderValue::from_static("*/*")))
}

/// The charsets that a text names, in lower case.
fn named(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_ascii_lowercase();
    let names: Vec<String> = lower
        .split("charset")
        .skip(1)
        .map(|rest| {
            let name = rest.trim_start().strip_prefix('=').unwrap_or_default();
            let name = name.split([';', ',', '\n']).next().unwrap_or_default();
            name.trim().trim_matches(['"', '\'']).to_owned()
        })
        .collect();
    names.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_and_what_is_recognized() {
        for (text, written, recognized) in [
            ("text/plain", true, true),
            ("text/plain; charset=UTF-8", true, true),
            ("text/plain; charset=\"iso-8859-1\"; x=y", true, true),
            ("text/plain; charset=windows-1252", false, true),
            ("text/plain; charset=utf-16le", false, true),
            ("text/plain;charset=UTF-32BE", false, false),
            ("text/plain; charset=IBM037", false, false),
            ("text/plain; charset=utf-7", false, false),
            ("text/plain; charset*=utf-8''x", false, false),
            ("text/plain; charset=utf-8; charset=utf-32", false, false),
            ("text/plain, text/html; charset=cp037", false, false),
            ("text/plain; charset=", false, false),
        ] {
            assert_eq!(
                (is_written(text), is_recognized(text)),
                (written, recognized),
                "{text}"
            );
        }
    }

    #[test]
    fn no_charset_is_asked_for() {
        let mut header = HeaderMap::new();
        header.insert(ACCEPT_CHARSET, HeaderValue::from_static("utf-32"));
        for accept in [
            "application/json;charset=UTF-32BE;q=0.5, */*",
            "text/plain; Charset=\"utf-7\"",
            "application/json",
        ] {
            header.append(ACCEPT, HeaderValue::from_static(accept));
        }
        ask_for_none(&mut header);
        let accepts: Vec<&HeaderValue> = header.get_all(ACCEPT).iter().collect();
        assert_eq!(
            accepts,
            [
                "application/json;q=0.5, */*",
                "text/plain",
                "application/json"
            ]
        );
        assert_eq!(header.len(), 3);
    }
}
