//! Why a body can't be decoded.

use thiserror::Error;

use crate::codings::Coding;
use crate::engine::MAX_ZSTD_WINDOW;

/// Why a body can't be decoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes are not of the coding's format.
    #[error("the body is not valid {coding}: {reason}")]
    Corrupt {
        /// The coding.
        coding: Coding,
        /// What the format's decoder says.
        reason: String,
    },
    /// The body is over before its coding is.
    #[error("the body breaks off within its {coding} coding")]
    Truncated {
        /// The coding.
        coding: Coding,
    },
    /// The coding is over before the body is.
    #[error("the body goes on after the end of its {coding} coding")]
    TrailingData {
        /// The coding.
        coding: Coding,
    },
    /// To decode it would take more memory than a recipient has to offer.
    #[error("the body's {coding} coding needs a window larger than {} MiB", MAX_ZSTD_WINDOW >> 20)]
    Window {
        /// The coding.
        coding: Coding,
    },
    /// The memory for decoding is not to be had.
    #[error("there is no memory left to decode the body's {coding} coding")]
    Memory {
        /// The coding.
        coding: Coding,
    },
    /// It is larger than what [`decode_all`](crate::decode_all) was allowed to decode.
    #[error("the body decodes to more than {limit} bytes")]
    TooLarge {
        /// What was allowed.
        limit: usize,
    },
}
