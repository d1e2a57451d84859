//! What headers are not a client's to write, and what a table of them takes in memory.

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, header};

/// What is between two neighbours, and not for a client to say (RFC 9110, section 7.6.1),
/// or is the host's to say.
const FORBIDDEN: [HeaderName; 11] = [
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
];

/// Whether a header is not for a client to write.
#[must_use]
pub fn is_forbidden(name: &HeaderName) -> bool {
    FORBIDDEN.contains(name)
}

/// What a field takes beside its name and its value: two allocations, and a place among the
/// further values of a name, where there is room for as many again.
const FIELD_BYTES: usize = 224;

/// What a table takes for each field that it has room for.
const PLACE_BYTES: usize = 112;

/// What a table of headers takes in memory, at the most.
#[must_use]
pub fn header_bytes(header: &HeaderMap) -> usize {
    let fields = header.iter();
    let fields = fields.map(|(name, value)| field_bytes(name.as_str(), value.as_bytes()));
    fields.sum::<usize>() + places_bytes(header)
}

/// What a field takes in one.
#[must_use]
pub fn field_bytes(name: &str, value: &[u8]) -> usize {
    name.len() + value.len() + FIELD_BYTES
}

/// What the places for fields take, used or not.
#[must_use]
pub fn places_bytes(header: &HeaderMap) -> usize {
    header.capacity() * PLACE_BYTES
}

/// The length of a body, if it is announced.
pub(crate) fn announced_length(header: &HeaderMap) -> Option<u64> {
    header.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
