//! Decoders for the content codings of HTTP (RFC 9110, section 8.4).
//!
//! A server chooses what it sends, and a kilobyte can expand to a gigabyte. So a body is
//! decoded piece by piece, only as far as its reader polls for more, and each piece is
//! charged to a budget of the caller. The server also chooses how much memory that takes, so
//! the decoder's memory is charged as well.
//!
//! | coding | format | memory |
//! |---|---|---|
//! | `gzip`, `x-gzip` | RFC 1952; members are concatenated | 50 KiB |
//! | `deflate` | RFC 1950, and raw RFC 1951, which some servers send | 50 KiB |
//! | `br` | RFC 7932, without the "large window" extension | the filled part of a window of up to 16 MiB; one and a half times that while it grows |
//! | `zstd` | RFC 8878, with a window of at most 8 MiB (RFC 9659) | 9 MiB |
//!
//! [`Codings::parse`] parses `Content-Encoding`, [`Decoder`] is the decoder without I/O, and
//! [`Decoded`] wraps an [`http_body::Body`] with it.
//!
//! ```
//! use http_step_coding::{Codings, decode_all};
//!
//! let codings = Codings::parse([&b"deflate"[..]].into_iter())?;
//! let body = decode_all(&codings, b"\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15", 100)?;
//! assert_eq!(body, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod codings;
mod decoder;
mod engine;
mod error;

pub use body::{Allowance, BodyError, Decoded};
pub use codings::{Coding, Codings, CodingsError, MAX_CODINGS, MAX_ZSTD_WINDOW};
pub use decoder::{Decoder, PIECE, Step, decode_all};
pub use error::DecodeError;
