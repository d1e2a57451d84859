//! Signatures and tokens that prove that the sender of a request knows a secret.
//!
//! A step names a secret and never sees it. Where the secret itself must not be sent, the host
//! sends a proof of it, which this crate computes outside of the sandbox. Nothing here does
//! I/O, reads a clock or generates random numbers: time and nonces are arguments, so that the
//! published test vectors of each scheme are tests of this crate.
//!
//! | module | scheme | supported |
//! |---|---|---|
//! | [`hmac`] | HMAC-SHA256 of the body (RFC 2104) | the headers of GitHub, Slack and Stripe, and any other in hex or base64 |
//! | [`sigv4`] | AWS Signature Version 4 | in headers, with S3's rules, session tokens and unsigned payloads; not in the query, not in chunks |
//! | [`digest`] | HTTP Digest (RFC 7616) | MD5, SHA-256, SHA-512-256, `-sess`, `auth` and `auth-int`, user hashes, and challenges without `qop` (RFC 2069) |
//! | [`oauth2`] | OAuth 2 client credentials (RFC 6749, section 4.4) | token requests, their responses, and the lifetime of tokens |
//!
//! A secret is passed as `&[u8]`. Everything derived from it is wiped from memory on drop, and
//! no type that holds one implements `Debug`. Header values are marked as sensitive: `Debug`
//! hides them, and HTTP/2 does not index them.
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
