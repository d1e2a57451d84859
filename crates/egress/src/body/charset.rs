//! Charsets that a request or a response declares. A value is only written in a charset that
//! includes ASCII, and only recognized in those.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_CHARSET, CONTENT_TYPE, HeaderName, HeaderValue};
use http_step_policy::{decoded_field, header_name};

use crate::headers::{is_spelled, remove_other_spellings};

/// The field by which ASP.NET has phones declare their charset.
const OF_PHONES: &str = "x-up-devcap-post-charset";

/// The charsets in which any value is recognized.
const OF_ANY: [&str; 6] = ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1"];

/// Prefixes of the names of those that include ASCII unchanged.
const OF_ASCII: [&str; 8] = [
    "iso-8859-",
    "latin",
    "windows-",
    "koi8-",
    "gb",
    "big5",
    "shift_jis",
    "euc-",
];

/// Whether a text declares no charset, or only charsets in which values are written. US-ASCII is
/// one if all values are ASCII: servers replace other characters (Django).
pub(crate) fn is_written(text: &str, are_ascii: bool) -> bool {
    named(text).all(|name| match &*name {
        "utf-8" | "utf8" | "iso-8859-1" => true,
        name => name == "us-ascii" && are_ascii,
    })
}

/// Whether values are recognized in each charset that a text declares; `are_ascii` if all of them
/// are ASCII.
pub(crate) fn is_recognized(text: &str, are_ascii: bool) -> bool {
    let is_of_ascii = |name: &str| OF_ASCII.iter().any(|known| name.starts_with(known));
    named(text).all(|name| OF_ANY.contains(&&*name) || are_ascii && is_of_ascii(&name))
}

/// Whether a request declares, outside of its body, another charset for its URL: in the charset of
/// its type (Django), a field of phones (ASP.NET), or a field of the query (Sling, Solr).
pub(crate) fn is_of_url_other(header: &HeaderMap, query: Option<&str>, are_ascii: bool) -> bool {
    let is_other = |(name, value): (&HeaderName, &HeaderValue)| {
        let name = header_name(name.as_str());
        let is_written = |value: &str| is_written(value, are_ascii);
        name == OF_PHONES || name == CONTENT_TYPE.as_str() && !value.to_str().is_ok_and(is_written)
    };
    let fields = query.unwrap_or_default().split(['&', ';']);
    let mut names = fields.map(|field| {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        let name = decoded_field(name.as_bytes()).to_ascii_lowercase();
        (String::from_utf8_lossy(&name).trim().to_owned(), value)
    });
    header.iter().any(is_other)
        || names.any(|(name, value)| {
            name.contains("_charset_")
                || name == "ie" && !is_written(&format!("charset={value}"), are_ascii)
        })
}

/// Remove the requested charsets, so that the response is not in one in which values are not
/// recognized.
pub(crate) fn ask_for_none(header: &mut HeaderMap) {
    header.remove(ACCEPT_CHARSET);
    remove_other_spellings(header, &ACCEPT_CHARSET);
    let accepted = header
        .iter_mut()
        .filter(|(name, _)| is_spelled(name, &ACCEPT));
    for (_, value) in accepted {
        if let Some(mut other) = without(value) {
            other.set_sensitive(value.is_sensitive());
            *value = other;
        }
    }
}

/// The field `Accept` without charsets, if it has some.
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

/// The charsets that a text declares, in lower case.
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
    fn written_and_recognized_charsets() {
        for (text, written, recognized, recognized_in_ascii) in [
            ("text/plain", true, true, true),
            ("text/plain; charset=UTF-8", true, true, true),
            ("text/plain; charset=\"iso-8859-1\"; x=y", true, true, true),
            // `€` is a single byte there.
            ("text/plain; charset=windows-1252", false, false, true),
            ("text/plain; charset=iso-8859-15", false, false, true),
            ("text/plain; charset=GB18030", false, false, true),
            ("text/plain; charset=utf-16le", false, false, false),
            ("text/plain;charset=UTF-32BE", false, false, false),
            ("text/plain; charset=IBM037", false, false, false),
            ("text/plain; charset=utf-7", false, false, false),
            ("text/plain; charset*=utf-8''x", false, false, false),
            (
                "text/plain; charset=utf-8; charset=utf-32",
                false,
                false,
                false,
            ),
            ("text/plain, text/html; charset=cp037", false, false, false),
            ("text/plain; charset=", false, false, false),
        ] {
            assert_eq!(
                (
                    is_written(text, true),
                    is_recognized(text, false),
                    is_recognized(text, true)
                ),
                (written, recognized, recognized_in_ascii),
                "{text}"
            );
        }
    }

    #[test]
    fn charsets_of_a_url() {
        for (name, value, query, is_other) in [
            (
                "content-type",
                "text/plain; charset=utf-8",
                Some("a=b"),
                false,
            ),
            (
                "content-type",
                "text/plain; charset=utf-16-le",
                Some("a=b"),
                true,
            ),
            ("Content_Type", "text/plain; charset=utf-16-le", None, true),
            ("x-up-devcap-post-charset", "IBM037", None, true),
            ("accept", "*/*", Some("ie=UTF-8&a=b"), false),
            ("accept", "*/*", Some("a=b&ie=UTF-16BE"), true),
            ("accept", "*/*", Some("%5Fcharset_=utf-8"), true),
        ] {
            let mut header = HeaderMap::new();
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            header.insert(name, HeaderValue::from_static(value));
            assert_eq!(
                is_of_url_other(&header, query, true),
                is_other,
                "{value} {query:?}"
            );
        }
    }

    #[test]
    fn us_ascii_is_only_for_ascii_values() {
        let mut header = HeaderMap::new();
        let other = |header: &HeaderMap, query| {
            [true, false].map(|are_ascii| is_of_url_other(header, query, are_ascii))
        };
        assert_eq!(other(&header, Some("ie=us-ascii")), [false, true]);
        assert_eq!(other(&header, Some("ie=utf-8")), [false, false]);
        let content_type = HeaderValue::from_static("x/y; charset=us-ascii");
        header.insert(CONTENT_TYPE, content_type);
        assert_eq!(other(&header, None), [false, true]);
    }

    #[test]
    fn requested_charsets_are_removed() {
        let mut header = HeaderMap::new();
        header.insert(ACCEPT_CHARSET, HeaderValue::from_static("utf-32"));
        // CGI treats it as the same field.
        header.insert("accept_charset", HeaderValue::from_static("utf-32"));
        header.insert("Accept.Charset", HeaderValue::from_static("utf-32"));
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
