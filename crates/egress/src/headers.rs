//! Header fields that clients may not set, and the memory of header tables.

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, header};

use crate::error::TransportError;

/// Fields that are only for the next hop (RFC 9110, section 7.6.1), or that the host sets. And `Expect`:
/// the host sends a body without waiting, and a server that answers at once may not read it.
static FORBIDDEN: [HeaderName; 12] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::HOST,
    HeaderName::from_static("http2-settings"),
    header::TE,
    header::TRAILER,
    header::EXPECT,
];

/// Whether a client may not set a header field.
#[must_use]
pub fn is_forbidden(name: &HeaderName) -> bool {
    FORBIDDEN.contains(name)
}

/// Fields that clients may set, and that determine what a server reads as the body or the range.
static OF_BODY: [HeaderName; 4] = [
    CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::IF_RANGE,
];

/// Check that no server takes a field for one that the host sets, forbids or reads itself: to uWSGI,
/// `Content_Length` is the length of the body.
pub(crate) fn check_spellings(header: &HeaderMap) -> Result<(), TransportError> {
    for name in header.keys() {
        if let Some(other) = other_name(name) {
            return Err(TransportError::Refused(format!(
                "some servers read the header `{name}` as `{other}`; write it with `-` or leave it out"
            )));
        }
    }
    Ok(())
}

/// The field that a server may take a field for, if the host sets, forbids or reads it.
pub(crate) fn other_name(name: &HeaderName) -> Option<&'static HeaderName> {
    let mut others = FORBIDDEN.iter().chain(&OF_BODY);
    others.find(|other| *other != name && is_spelled(name, other))
}

/// The memory of a field besides its name and value: two allocations, and an entry in the table of
/// further values of a name, whose capacity may be twice its length.
const FIELD_BYTES: usize = 224;

/// The memory of each field that a table has capacity for.
const PLACE_BYTES: usize = 112;

/// The maximum memory of a header table.
#[must_use]
pub fn header_bytes(header: &HeaderMap) -> usize {
    let fields = header.iter();
    let fields = fields.map(|(name, value)| field_bytes(name.as_str(), value.as_bytes()));
    fields.sum::<usize>() + places_bytes(header)
}

/// The memory of a field.
#[must_use]
pub fn field_bytes(name: &str, value: &[u8]) -> usize {
    name.len() + value.len() + FIELD_BYTES
}

/// The memory of the capacity for fields, used or not.
#[must_use]
pub fn places_bytes(header: &HeaderMap) -> usize {
    header.capacity() * PLACE_BYTES
}

/// Whether some server takes a field for this one: CGI, WSGI and their successors read `accept_encoding`
/// as `accept-encoding`.
pub(crate) fn is_spelled(name: &HeaderName, of: &HeaderName) -> bool {
    // Without an allocation: all fields of all requests are compared. Names are in lower case.
    let (name, of) = (name.as_str().as_bytes(), of.as_str().as_bytes());
    let is_same = |(byte, other): (&u8, &u8)| {
        byte == other || *other == b'-' && !byte.is_ascii_alphanumeric()
    };
    name.len() == of.len() && name.iter().zip(of).all(is_same)
}

/// Remove all other spellings of a field.
pub(crate) fn remove_other_spellings(header: &mut HeaderMap, of: &HeaderName) {
    let others = header.keys().filter(|name| *name != of);
    let spelled = others.filter(|name| is_spelled(name, of));
    let names: Vec<HeaderName> = spelled.cloned().collect();
    for name in names {
        header.remove(name);
    }
}

/// The announced length of a body, if any.
pub(crate) fn announced_length(header: &HeaderMap) -> Option<u64> {
    header.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expect_is_forbidden() {
        assert!(is_forbidden(&header::EXPECT));
        assert!(!is_forbidden(&CONTENT_LENGTH));
    }

    #[test]
    fn other_spellings() {
        for (name, other) in [
            ("content_length", "content-length"),
            ("content.length", "content-length"),
            ("content~length", "content-length"),
            ("transfer_encoding", "transfer-encoding"),
            ("content_type", "content-type"),
            ("content.encoding", "content-encoding"),
            ("if_range", "if-range"),
            ("keep_alive", "keep-alive"),
            ("proxy_authorization", "proxy-authorization"),
            ("proxy_connection", "proxy-connection"),
            ("http2_settings", "http2-settings"),
        ] {
            let found = other_name(&HeaderName::from_static(name));
            assert_eq!(found.map(HeaderName::as_str), Some(other), "{name}");
        }
        for name in FORBIDDEN.iter().chain(&OF_BODY) {
            assert_eq!(other_name(name), None, "{name}");
        }
        for name in [
            "x_request_id",
            "content-lengths",
            "x-content_length",
            "contentlength",
        ] {
            assert_eq!(other_name(&HeaderName::from_static(name)), None, "{name}");
        }
    }
}
