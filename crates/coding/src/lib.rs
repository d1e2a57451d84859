//! The content codings of HTTP (RFC 9110, section 8.4), undone.
//!
//! A server chooses what it sends, and a kilobyte of it can stand for a
//! gigabyte. So a body is decoded piece by piece, only as far as its reader
//! asks for more, and a budget that the caller keeps is asked before each piece.
//! What memory that takes is the server's choice as well, so the budget is also
//! told what the decoder holds.
//!
//! | coding | format | memory |
//! |---|---|---|
//! | `gzip`, `x-gzip` | RFC 1952; several members are read as one | 50 KiB |
//! | `deflate` | RFC 1950, and RFC 1951 without that wrapping, which some servers send | 50 KiB |
//! | `br` | RFC 7932, without the "large window" extension | as much as the body fills of a window of up to 16 MiB, half as much again while it grows |
//! | `zstd` | RFC 8878; the window is at most 8 MiB, as RFC 9659 has it | 9 MiB |
//!
//! [`Codings::parse`] reads `Content-Encoding`, [`Decoder`] is the decoder
//! without I/O, and [`Decoded`] puts it around an [`http_body::Body`].
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
pub use codings::{Coding, Codings, CodingsError, MAX_CODINGS};
pub use decoder::{Decoder, PIECE, Step, decode_all};
pub use engine::MAX_ZSTD_WINDOW;
pub use error::DecodeError;
