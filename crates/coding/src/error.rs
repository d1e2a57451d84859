//! Why a body can't be decoded.

use thiserror::Error;

use crate::codings::{Coding, MAX_ZSTD_WINDOW};

/// Why a body can't be decoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes are not valid in the coding's format.
    #[error("the body is not valid {coding}: {reason}")]
    Corrupt {
        /// The coding.
        coding: Coding,
        /// The reason given by the format's decoder.
        reason: String,
    },
    /// The body ends before its coding.
    #[error("the body ends in the middle of its {coding} coding")]
    Truncated {
        /// The coding.
        coding: Coding,
    },
    /// The coding ends before the body.
    #[error("the body continues after the end of its {coding} coding")]
    TrailingData {
        /// The coding.
        coding: Coding,
    },
    /// Decoding needs more memory than recipients have to support.
    #[error("the body's {coding} coding needs a window larger than {} MiB", MAX_ZSTD_WINDOW >> 20)]
    Window {
        /// The coding.
        coding: Coding,
    },
    /// An allocation for decoding failed.
    #[error("out of memory while decoding the body's {coding} coding")]
    Memory {
        /// The coding.
        coding: Coding,
    },
    /// It exceeds the limit of [`decode_all`](crate::decode_all).
    #[error("the body decodes to more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
}
