//! Limits for what a server may send besides its responses, and before it is read.

pub(crate) mod http2;
pub(crate) mod inspected;
pub(crate) mod interim;

/// The maximum size of any header from a server, whatever the limits of a run.
pub(crate) const MAX_HEADER_FIELDS: usize = 256;
pub(crate) const MAX_HEADER_BYTES: usize = 128 << 10;

/// What a server may send for each request before the step reads it.
pub(crate) const HTTP2_STREAM_WINDOW: u32 = 128 << 10;
