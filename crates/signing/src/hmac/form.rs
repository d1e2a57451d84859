//! In which header a signature stands, and how.

use http::header::HeaderName;
use thiserror::Error;

use crate::header::is_visible;

/// The convention that a webhook's receiver knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `X-Hub-Signature-256: sha256=<hex>`
    GitHub,
    /// `X-Slack-Request-Timestamp` and `X-Slack-Signature: v0=<hex>`
    Slack,
    /// `Stripe-Signature: t=<time>,v1=<hex>`
    Stripe,
    /// One header of another name.
    Plain(Plain),
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal, in lower case.
    Hex,
    /// Base64 with padding (RFC 4648, section 4).
    Base64,
}

/// A header that holds the signature of the body behind a fixed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    pub(super) header: HeaderName,
    pub(super) encoding: Encoding,
    pub(super) prefix: String,
}

/// Why there is no such header.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlainError {
    /// A name has other characters than a token (RFC 9110, section 5.6.2).
    #[error("the signature's header can't be named {0:?}: use letters, digits and hyphens")]
    Header(String),
    /// A prefix has characters that a header's value has not.
    #[error("{0:?} can't stand before a signature: use visible ASCII characters")]
    Prefix(String),
}

impl Plain {
    /// `prefix` stands before the signature and may be empty.
    ///
    /// # Errors
    ///
    /// If `header` names no header, or `prefix` can't stand in one.
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

    /// What stands before the signature.
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
