//! Bounds what a server may send beside its responses, and ahead of who reads them.

pub(crate) mod http2;
pub(crate) mod inspected;
pub(crate) mod interim;

/// No server's header has more fields, and none is larger, whatever the limits
/// of a run say.
pub(crate) const MAX_HEADER_FIELDS: usize = 256;
pub(crate) const MAX_HEADER_BYTES: usize = 128 << 10;

/// What a server may send ahead of a step that does not read, for each of its
/// requests.
pub(crate) const HTTP2_STREAM_WINDOW: u32 = 128 << 10;
