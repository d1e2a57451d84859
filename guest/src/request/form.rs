//! `application/x-www-form-urlencoded`, escaped as in the requests library.
//!
//! That is Python's `urlencode`: unlike the URL standard it does not escape `~`, and it escapes
//! `*`. The difference matters to servers that sign or compare the encoded text. Values are text
//! already: a boolean is JSON's `true`, not Python's `True`.

use crate::percent::percent_encode;

/// Encode names and values, in order.
pub(crate) fn encode(pairs: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        escape(name, &mut text);
        text.push('=');
        escape(value, &mut text);
    }
    text
}

fn escape(plain: &str, text: &mut String) {
    for byte in plain.bytes() {
        match byte {
            b' ' => text.push('+'),
            b'_' | b'.' | b'-' | b'~' => text.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            _ => percent_encode(byte, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn as_in_urlencode() {
        for (pairs, text) in [
            (vec![], ""),
            (
                vec![pair("a", "1"), pair("a", "2"), pair("", "")],
                "a=1&a=2&=",
            ),
            (
                vec![pair("a b", "x+y&z=%"), pair("ü", "~-._*/\n")],
                "a+b=x%2By%26z%3D%25&%C3%BC=~-._%2A%2F%0A",
            ),
        ] {
            assert_eq!(encode(&pairs), text);
        }
    }

    proptest! {
        #[test]
        fn any_form_parser_reads_it_back(pairs in prop::collection::vec((".*", ".*"), 0..5)) {
            let text = encode(&pairs);
            let read: Vec<(String, String)> =
                url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            prop_assert_eq!(read, pairs);
        }
    }
}
