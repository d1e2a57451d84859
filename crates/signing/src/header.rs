//! Sensitive header values.

use http::header::{HeaderName, HeaderValue, InvalidHeaderValue};

/// Header fields for the request, replacing any with the same name.
pub type Headers = Vec<(HeaderName, HeaderValue)>;

/// A value that `Debug` hides, and that HTTP/2 does not index (RFC 7541, section 7.1.3).
///
/// That includes signatures, since passwords can be tried against them.
pub(crate) fn sensitive(value: &[u8]) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_bytes(value)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The same as [`sensitive`], for visible ASCII.
pub(crate) fn sensitive_ascii(value: &str) -> HeaderValue {
    let mut value = ascii(value);
    value.set_sensitive(true);
    value
}

/// A value of visible ASCII.
pub(crate) fn ascii(value: &str) -> HeaderValue {
    #[expect(
        clippy::expect_used,
        reason = "header values can contain all visible ASCII characters, and callers have checked for others"
    )]
    HeaderValue::from_str(value).expect("visible ASCII")
}

/// Whether these are the visible characters of ASCII, and the space.
pub(crate) fn is_visible(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}
