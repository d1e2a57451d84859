//! The headers and formats of signatures.

use http::header::HeaderName;
use thiserror::Error;

use crate::header::is_visible;

/// The format that a webhook's receiver expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `X-Hub-Signature-256: sha256=<hex>`
    GitHub,
    /// `X-Slack-Request-Timestamp` and `X-Slack-Signature: v0=<hex>`
    Slack,
    /// `Stripe-Signature: t=<time>,v1=<hex>`
    Stripe,
    /// A single header with another name.
    Plain(Plain),
}

/// The encoding of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal, in lower case.
    Hex,
    /// Base64 with padding (RFC 4648, section 4).
    Base64,
}

/// A header with the signature of the body after a fixed prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    pub(super) header: HeaderName,
    pub(super) encoding: Encoding,
    pub(super) prefix: String,
}

/// Why a header is invalid.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlainError {
    /// The name is not a token (RFC 9110, section 5.6.2).
    #[error("invalid header name {0:?} for the signature: use letters, digits and hyphens")]
    Header(String),
    /// The prefix has other characters, or another end, than those of a prefix.
    #[error(
        "invalid prefix {0:?} for the signature: use visible ASCII characters other than `%`, `&`, `+` and `\\`, and `=`, `,`, `:` or a space at the end"
    )]
    Prefix(String),
}

impl Plain {
    /// `prefix` precedes the signature. It is empty or ends with `=`, `,`, `:` or a space: with other
    /// text directly before it, a signature may not be recognized in a response. For the same reason it
    /// has no character that begins an escape.
    ///
    /// # Errors
    ///
    /// `header` is not a valid name, or `prefix` is not a valid prefix.
    pub fn new(header: &str, encoding: Encoding, prefix: &str) -> Result<Self, PlainError> {
        let Ok(name) = HeaderName::from_bytes(header.as_bytes()) else {
            return Err(PlainError::Header(header.to_owned()));
        };
        if !is_prefix(prefix) {
            return Err(PlainError::Prefix(prefix.to_owned()));
        }
        Ok(Self {
            header: name,
            encoding,
            prefix: prefix.to_owned(),
        })
    }

    /// The text before the signature.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &HeaderName {
        &self.header
    }
}

fn is_prefix(text: &str) -> bool {
    let ends = text.is_empty() || text.ends_with(['=', ',', ':', ' ']);
    ends && is_visible(text.as_bytes()) && !text.contains(['%', '&', '+', '\\'])
}
