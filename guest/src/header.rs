//! Header fields: validation of those to send, and decoding of received ones.

use thiserror::Error;

pub(crate) use crate::bindings::ci::http_step::types::Header;

/// An invalid header field. The value is never shown, since it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum HeaderError {
    #[error(
        "`{}` is not a valid header name: use letters, digits and !#$%&'*+-.^_`|~",
        .0.escape_debug()
    )]
    Name(String),
    #[error("the value of the header `{0}` contains a line break or another control character")]
    Value(String),
}

/// A valid field (RFC 9110, section 5).
pub(crate) fn checked(name: String, value: &str) -> Result<Header, HeaderError> {
    if !is_token(&name) {
        return Err(HeaderError::Name(name));
    }
    let value = value.trim_matches([' ', '\t']);
    if value.chars().any(|c| c.is_ascii_control() && c != '\t') {
        return Err(HeaderError::Value(name));
    }
    Ok(Header {
        name,
        value: value.to_owned(),
    })
}

/// Whether a text is a token (RFC 9110, section 5.6.2).
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A received field as text: UTF-8, or else ISO 8859-1, which all bytes are valid in.
pub(crate) fn received(name: String, value: Vec<u8>) -> Header {
    let value = String::from_utf8(value)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect());
    Header { name, value }
}

/// The value of the first field with a name, case-insensitive.
pub(crate) fn value_of<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_headers() {
        for (name, value, kept) in [
            ("X-Token", "abc", "abc"),
            ("x_!#$%&'*+-.^`|~9", " \t a\tb ü \t", "a\tb ü"),
            ("Empty", "", ""),
        ] {
            let header = checked(name.to_owned(), value).unwrap();
            assert_eq!((header.name.as_str(), header.value.as_str()), (name, kept));
        }
        for name in ["", "a b", "a:", "ü", "a\r\nb", "(", "\u{7f}"] {
            let error = HeaderError::Name(name.to_owned());
            assert_eq!(checked(name.to_owned(), "secret"), Err(error));
        }
        for value in ["a\r\nX: y", "a\n", "a\0b", "\u{1b}[0m", "\u{7f}"] {
            let error = HeaderError::Value("X".to_owned());
            assert_eq!(checked("X".to_owned(), value), Err(error), "{value:?}");
        }
    }

    #[test]
    fn errors_name_the_header_and_not_the_value() {
        assert_eq!(
            checked("a\nb".to_owned(), "secret")
                .unwrap_err()
                .to_string(),
            "`a\\nb` is not a valid header name: use letters, digits and !#$%&'*+-.^_`|~"
        );
        assert_eq!(
            checked("X-Token".to_owned(), "secret\n")
                .unwrap_err()
                .to_string(),
            "the value of the header `X-Token` contains a line break or another control character"
        );
    }

    #[test]
    fn received_bytes_are_always_text() {
        for (bytes, text) in [
            (&b"plain"[..], "plain"),
            ("größe".as_bytes(), "größe"),
            (b"gr\xf6\xdfe", "größe"),
        ] {
            assert_eq!(received("x".to_owned(), bytes.to_vec()).value, text);
        }
    }
}
