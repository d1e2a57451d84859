//! Header values that say nothing in a log.

use http::header::{HeaderName, HeaderValue, InvalidHeaderValue};

/// Header fields for the request to carry, in place of any of the same name.
pub type Headers = Vec<(HeaderName, HeaderValue)>;

/// A value whose `Debug` hides it, and which HTTP/2 does not put into its
/// table of headers (RFC 7541, section 7.1.3).
///
/// Even a signature is worth it: who has one can try passwords against it.
pub(crate) fn sensitive(value: &[u8]) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_bytes(value)?;
    value.set_sensitive(true);
    Ok(value)
}

/// As [`sensitive`], of what was made of visible ASCII.
pub(crate) fn sensitive_ascii(value: &str) -> HeaderValue {
    let mut value = ascii(value);
    value.set_sensitive(true);
    value
}

/// A value made of visible ASCII.
pub(crate) fn ascii(value: &str) -> HeaderValue {
    #[expect(
        clippy::expect_used,
        reason = "a header takes all of visible ASCII, and callers checked what is not of their own making"
    )]
    HeaderValue::from_str(value).expect("visible ASCII")
}

/// Whether these are the visible characters of ASCII, and the space.
pub(crate) fn is_visible(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}
