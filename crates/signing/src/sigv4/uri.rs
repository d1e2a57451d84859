//! Canonical paths and queries.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::input::PathRule;

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

pub(super) fn canonical_path(path: &str, rule: PathRule) -> String {
    match rule {
        PathRule::Normalized => {
            percent_encode(normalize(path).as_bytes(), RESERVED_IN_PATH).to_string()
        }
        // S3 compares decoded keys: `$` and `%24` are the same.
        PathRule::Verbatim => {
            let key: Cow<'_, [u8]> = percent_decode(path.as_bytes()).into();
            if key.is_empty() {
                "/".to_owned()
            } else {
                percent_encode(&key, RESERVED_IN_PATH).to_string()
            }
        }
    }
}

/// Remove dot segments (RFC 3986, section 5.2.4) and empty segments. A trailing slash stays.
fn normalize(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let mut normalized = String::with_capacity(path.len() + 1);
    for segment in &segments {
        normalized.push('/');
        normalized.push_str(segment);
    }
    if segments.is_empty() || path.ends_with('/') {
        normalized.push('/');
    }
    normalized
}

/// Parameters sorted by their encoded names and values. A plus sign is a space, as in forms,
/// since servers parse queries like that.
pub(super) fn canonical_query(query: &str) -> String {
    let mut parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            (encoded_anew(name), encoded_anew(value))
        })
        .collect();
    parameters.sort_unstable();
    let mut canonical = String::with_capacity(query.len());
    for (name, value) in parameters {
        if !canonical.is_empty() {
            canonical.push('&');
        }
        canonical.push_str(&name);
        canonical.push('=');
        canonical.push_str(&value);
    }
    canonical
}

fn encoded_anew(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let plain: Cow<'_, [u8]> = percent_decode(spaced.as_bytes()).into();
    percent_encode(&plain, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_after_normalisation() {
        for (sent, normalized, verbatim) in [
            ("", "/", "/"),
            ("/", "/", "/"),
            ("//a///b//", "/a/b/", "//a///b//"),
            ("/./a/../b/.", "/b", "/./a/../b/."),
            ("/../..", "/", "/../.."),
            ("/a%20b", "/a%2520b", "/a%20b"),
            ("/a$b+c", "/a%24b%2Bc", "/a%24b%2Bc"),
            ("/a%24b%2bc", "/a%2524b%252bc", "/a%24b%2Bc"),
            ("/100%", "/100%25", "/100%25"),
        ] {
            assert_eq!(canonical_path(sent, PathRule::Normalized), normalized);
            assert_eq!(canonical_path(sent, PathRule::Verbatim), verbatim);
        }
    }

    #[test]
    fn queries_are_sorted_after_encoding() {
        for (sent, canonical) in [
            ("", ""),
            ("&&", ""),
            ("acl", "acl="),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1", "a=1&a=2"),
            ("a-b=1&a=2", "a=2&a-b=1"),
            ("q=a+b%20c", "q=a%20b%20c"),
            ("q=a%2Bb%2fc", "q=a%2Bb%2Fc"),
            ("q=a=b", "q=a%3Db"),
            ("q=*~", "q=%2A~"),
        ] {
            assert_eq!(canonical_query(sent), canonical);
        }
    }
}
