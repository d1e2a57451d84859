//! What a request carries to prove that its sender knows a secret.
//!
//! A step names a secret and never sees it. Where the secret itself is not to
//! travel, a proof of it does, and the host computes that proof here, outside
//! of the sandbox. Nothing here does I/O, reads a clock or draws random
//! numbers: time and nonces are arguments, so that the published test vectors
//! of each scheme are tests of this crate.
//!
//! | module | scheme | what there is of it |
//! |---|---|---|
//! | [`hmac`] | HMAC-SHA256 of the body (RFC 2104) | the headers of GitHub, Slack and Stripe, and a plain one in hex or base64 |
//! | [`sigv4`] | AWS Signature Version 4 | in headers; S3's rules; session tokens; unsigned payloads. Not in the query, not in chunks |
//! | [`digest`] | HTTP Digest (RFC 7616) | MD5, SHA-256, SHA-512-256, `-sess`, `auth` and `auth-int`, user hashes, and challenges without `qop` (RFC 2069) |
//! | [`oauth2`] | OAuth 2 client credentials (RFC 6749, section 4.4) | the request for a token, what is answered to it, and when a token is over |
//!
//! A secret comes in as `&[u8]`. What is derived from it on the way is wiped
//! from memory when it is dropped, and no type that holds one has a `Debug`.
//! Header values are marked as sensitive, so that their `Debug` says nothing
//! and HTTP/2 does not index them.
//!
//! ```
//! use http_step_signing::hmac::{Form, sign};
//!
//! let headers = sign(&Form::GitHub, b"It's a Secret to Everybody", 0, b"Hello, World!");
//! let (name, value) = &headers[0];
//! assert_eq!(name, "x-hub-signature-256");
//! assert_eq!(
//!     value,
//!     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
//! );
//! assert_eq!(format!("{value:?}"), "Sensitive");
//! ```

pub mod digest;
mod header;
mod hex;
pub mod hmac;
pub mod oauth2;
pub mod sigv4;

pub use header::Headers;
