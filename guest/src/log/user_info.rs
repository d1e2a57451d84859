//! User names and passwords in the URLs of response headers.
//!
//! A server can send anything, so this finds what any URL parser could take for a password,
//! including parsers that accept more or fewer than two slashes.

use std::ops::Range;

use crate::request::target::is_scheme;

/// Headers whose values are URLs, or end in one.
const OF_URLS: [&str; 3] = ["Location", "Content-Location", "Refresh"];

/// The range of the user name and password in a header's value, if there are any.
pub(crate) fn find(name: &str, value: &str) -> Option<Range<usize>> {
    let is_name = |other: &str| other.eq_ignore_ascii_case(name);
    if !OF_URLS.into_iter().any(is_name) {
        return None;
    }
    let url = if is_name("Refresh") {
        url_of_refresh(value)
    } else {
        value.trim_start()
    };
    let rest = after_slashes(url)?;
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    let length = authority.rfind('@').filter(|&length| length > 0)?;
    let start = value.len() - rest.len();
    Some(start..start + length)
}

/// The rest of a URL from its authority on; none if it is a path.
fn after_slashes(url: &str) -> Option<&str> {
    let (scheme, rest) = match url.split_once(':') {
        // URL parsers skip tabs.
        Some((scheme, rest)) if is_scheme(&scheme.replace('\t', "")) => (Some(scheme), rest),
        _ => (None, url),
    };
    let end = rest.trim_start_matches(['/', '\\', '\t']);
    let is_path = scheme.is_none() && rest.len() - end.len() == 1;
    (!is_path).then_some(end)
}

/// The rest of a Refresh header from its URL on. Browsers accept many forms: `5; url='/a'`,
/// `5,/a`, `5 url=/a`.
fn url_of_refresh(value: &str) -> &str {
    let is_before = |c: char| c.is_ascii_digit() || matches!(c, '.' | ';' | ',' | ' ' | '\t');
    let text = value.trim_start_matches(is_before);
    let url = match text.split_once('=') {
        Some((word, url)) if word.trim_end().eq_ignore_ascii_case("url") => url,
        _ => text,
    };
    url.trim_start_matches([' ', '\t', '\'', '"'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn where_url_parsers_find_them() {
        for (name, value, shown) in [
            ("location", "http://user:hunter2@h/", "http://<HIDDEN>@h/"),
            ("Location", "http:user:hunter2@h/x", "http:<HIDDEN>@h/x"),
            ("Location", "http:/\\u:p@h", "http:/\\<HIDDEN>@h"),
            ("Location", "ftp://u@p@h:21?@", "ftp://<HIDDEN>@h:21?@"),
            ("LOCATION", " //u:p@h/a@b", " //<HIDDEN>@h/a@b"),
            ("Location", "/\\u:p@h", "/\\<HIDDEN>@h"),
            ("Location", "/\t/u:p@h", "/\t/<HIDDEN>@h"),
            ("Location", "ht\ttp://u:p@h", "ht\ttp://<HIDDEN>@h"),
            ("Location", "u_1:p@h", "<HIDDEN>@h"),
            ("Location", "/u@h", "/u@h"),
            (
                "Location",
                "https://h/@u?a=b@c#d@e",
                "https://h/@u?a=b@c#d@e",
            ),
            ("Location", "https://@h", "https://@h"),
            ("Location", "", ""),
            ("Content-Location", "https://u@h", "https://<HIDDEN>@h"),
            (
                "refresh",
                "5; URL = 'http://u:p@h/'",
                "5; URL = 'http://<HIDDEN>@h/'",
            ),
            ("Refresh", "0,//u:p@h", "0,//<HIDDEN>@h"),
            ("Refresh", "http://u:p@h", "http://<HIDDEN>@h"),
            ("Refresh", "5 url=http://u:p@h", "5 url=http://<HIDDEN>@h"),
            ("Refresh", "url=http://u:p@h", "url=http://<HIDDEN>@h"),
            (
                "Refresh",
                "1.5;http://u:p@h/?url=a@b",
                "1.5;http://<HIDDEN>@h/?url=a@b",
            ),
            ("Refresh", "5", "5"),
            ("X-Other", "http://u:p@h", "http://u:p@h"),
        ] {
            let mut value_shown = value.to_owned();
            if let Some(range) = find(name, value) {
                value_shown.replace_range(range, "<HIDDEN>");
            }
            assert_eq!(value_shown, shown, "{name}: {value}");
        }
    }

    proptest! {
        #[test]
        fn a_range_is_within_the_value(
            name in "Location|Refresh",
            value in r#"([a-z]+:|url=|[0-9]|[/\\@?#;, \t'"]|ü|.)*"#
        ) {
            if let Some(range) = find(&name, &value) {
                prop_assert_eq!(value.get(range.end..range.end + 1), Some("@"));
                prop_assert!(value.get(range).is_some());
            }
        }
    }
}
