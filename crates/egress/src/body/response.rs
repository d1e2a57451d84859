//! A response that the component holds: what the host keeps for it counts as memory of the run
//! until the component drops it.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};

use super::BoxBody;
use crate::error::failure::Failure;
use crate::error::{Error, Stage, TransportError};
use crate::flood::{HTTP2_STREAM_WINDOW, MAX_HEADER_BYTES};
use crate::headers::header_bytes;
use crate::secrets::Redactor;
use crate::usage::{MessageReservation, RunUsage};

/// A larger piece is not copied: it keeps the buffer that it was read into.
const SMALL: usize = 4 << 10;

/// The maximum capacity of a read buffer.
const BUFFER: usize = if (HTTP2_STREAM_WINDOW as usize) > MAX_HEADER_BYTES {
    HTTP2_STREAM_WINDOW as usize
} else {
    MAX_HEADER_BYTES
};

/// Count a response as memory of the run.
pub(crate) fn metered(
    mut response: Response<BoxBody>,
    usage: &Arc<RunUsage>,
) -> Result<Response<ResponseBody>, TransportError> {
    let header = response.headers_mut();
    let_go_of_buffers(header);
    let mut room = MessageReservation::new(Arc::clone(usage));
    room.resize(header_bytes(header))?;
    // Released when the component takes the response, which is counted from then on.
    response.extensions_mut().insert(Arc::new(Mutex::new(room)));
    let mut ahead = MessageReservation::new(Arc::clone(usage));
    if !response.body().is_end_stream() {
        let most = response.body().size_hint().upper().unwrap_or(u64::MAX);
        ahead.resize(usize::try_from(most).unwrap_or(usize::MAX).min(BUFFER))?;
    }
    let usage = Arc::clone(usage);
    Ok(response.map(|inner| ResponseBody {
        inner,
        piece: MessageReservation::new(Arc::clone(&usage)),
        ahead,
        usage,
    }))
}

/// A header value is a slice of a read buffer, and keeps all of it. Copy it.
fn let_go_of_buffers(header: &mut HeaderMap) {
    for value in header.values_mut() {
        if let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) {
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
    }
}

/// The body of a response, whose pieces count as memory of the run.
pub struct ResponseBody {
    inner: BoxBody,
    /// The latest piece: the next one is read only after this one is used up.
    piece: MessageReservation,
    /// What the connection may have read ahead.
    ahead: MessageReservation,
    usage: Arc<RunUsage>,
}

impl ResponseBody {
    fn counted(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, TransportError> {
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => {
                // It is unknown how long the component keeps them.
                let trailers = frame.trailers_ref().map_or(0, header_bytes);
                self.usage.retain(trailers, Stage::Body)?;
                return Ok(frame);
            }
        };
        if data.len() > SMALL {
            self.piece.resize(data.len().max(BUFFER))?;
            return Ok(Frame::data(data));
        }
        self.piece.resize(data.len())?;
        Ok(Frame::data(Bytes::copy_from_slice(&data)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        if !matches!(&frame, Some(Ok(frame)) if frame.is_data()) {
            // Reducing a reservation can't fail.
            _ = this.piece.resize(0);
            _ = this.ahead.resize(0);
        }
        Poll::Ready(frame.map(|frame| {
            this.counted(frame?).map_err(|error| {
                // The error is about a budget, and quotes no message.
                let failure = Failure::at_once(error);
                let code = failure.code(&Redactor::empty());
                this.usage.audit().failed(failure);
                code
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
