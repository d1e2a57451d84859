//! Bodies of requests and responses.

pub(crate) mod charset;
pub(crate) mod collect;
pub(crate) mod content;
pub(crate) mod decode;
pub(crate) mod inspect;
pub(crate) mod outgoing;
pub(crate) mod received;
mod replay;
pub(crate) mod response;
mod unread;

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};

use crate::error::Error;
use crate::fair_semaphore::FairPermit;
use crate::usage::InFlight;

/// A body that a client sends or receives. Its errors are redacted.
pub type BoxBody = UnsyncBoxBody<Bytes, Error>;

/// What a request holds while it is in flight: until its body was sent, also if the response
/// came early, and until the response was read.
pub(crate) struct ActiveRequest {
    pub(crate) _permit: FairPermit,
    pub(crate) _in_flight: Arc<InFlight>,
}

/// A body that is there as a whole.
pub(crate) fn whole(bytes: Bytes) -> BoxBody {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}

#[cfg(test)]
mod tests;
