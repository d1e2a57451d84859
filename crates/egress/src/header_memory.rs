//! How much memory a table of headers takes.

use http::HeaderMap;

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
