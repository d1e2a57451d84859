//! Reads a request's body before it is sent.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use http_step_policy::Origin;
use tokio::time::timeout;

use super::BoxBody;
use crate::error::TransportError;
use crate::usage::MessageReservation;

/// The start of a body, and what follows it.
pub(crate) struct Read {
    pub(crate) bytes: Bytes,
    pub(crate) rest: Rest,
}

/// What follows the part that was read.
pub(crate) enum Rest {
    Nothing,
    Trailers(HeaderMap),
    More,
}

/// Read a body that a component writes, with a timeout for each piece, until it ends or exceeds
/// `most` bytes.
pub(crate) async fn collect(
    body: &mut BoxBody,
    most: usize,
    within: Duration,
    to: &Origin,
    room: &mut MessageReservation,
) -> Result<Read, TransportError> {
    let mut read = Pieces::default();
    while read.len() <= most {
        let frame = timeout(within, body.frame()).await;
        let frame = frame.map_err(|_| TransportError::UploadTimeout {
            to: to.to_string(),
            within,
        })?;
        let rest = match frame.transpose().map_err(|_| TransportError::RequestBody)? {
            None => Rest::Nothing,
            Some(frame) => match frame.into_data() {
                Ok(data) => {
                    room.resize(read.len() + data.len())?;
                    read.push(data);
                    continue;
                }
                Err(frame) => frame.into_trailers().map_or(Rest::Nothing, Rest::Trailers),
            },
        };
        let bytes = read.whole();
        return Ok(Read { bytes, rest });
    }
    Ok(Read {
        bytes: read.whole(),
        rest: Rest::More,
    })
}

/// Consecutive pieces of a body. The first is not copied, since most bodies have only one.
#[derive(Default)]
struct Pieces {
    first: Bytes,
    all: BytesMut,
}

impl Pieces {
    fn len(&self) -> usize {
        self.first.len().max(self.all.len())
    }

    fn push(&mut self, piece: Bytes) {
        if self.len() == 0 {
            self.first = piece;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&piece);
    }

    fn whole(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.freeze()
        }
    }
}
