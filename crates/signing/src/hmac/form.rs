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
    /// The prefix has characters that header values can't contain.
    #[error("invalid prefix {0:?} for the signature: use visible ASCII characters")]
    Prefix(String),
}

impl Plain {
    /// `prefix` precedes the signature and may be empty.
    ///
    /// # Errors
    ///
    /// `header` is not a valid name, or `prefix` is not a valid value.
    pub fn new(header: &str, encoding: Encoding, prefix: &str) -> Result<Self, PlainError> {
        let Ok(name) = HeaderName::from_bytes(header.as_bytes()) else {
            return Err(PlainError::Header(header.to_owned()));
        };
        if !is_visible(prefix.as_bytes()) {
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
