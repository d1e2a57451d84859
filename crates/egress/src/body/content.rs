//! What a request's body comes from.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use http_step_redact::Context;

use super::BoxBody;
use crate::error::TransportError;
use crate::usage::MessageReservation;

/// How much of a body is held back until all of it is there: then all is decided
/// before a connection is opened, and its length can be told. Of a longer one the
/// secrets have to be in so much of it, if the component announces its length, since
/// there are servers that take no upload without it; else it goes out in chunks
/// (RFC 9112, section 7.1), with secrets anywhere.
pub(crate) const MAX_HELD: usize = 1 << 20;

/// What a request's body comes from.
pub(crate) enum Content {
    /// The component.
    Written(BoxBody),
    /// The host, which has all of it.
    Whole {
        body: Full<Bytes>,
        bytes: Bytes,
        /// A field of it by which a server may act on another method.
        override_field: Option<&'static str>,
        _room: MessageReservation,
    },
    /// The component and the host.
    Injected(Box<dyn Body<Data = Bytes, Error = TransportError> + Send + Unpin>),
}

impl Content {
    /// All of it, where the host has that.
    pub(crate) fn whole(&self) -> &[u8] {
        match self {
            Self::Whole { bytes, .. } => bytes,
            Self::Written(_) | Self::Injected(_) => &[],
        }
    }

    /// The field by which a server may act on another method, where the host has all of it.
    pub(crate) fn override_field(&self) -> Option<&'static str> {
        match self {
            Self::Whole { override_field, .. } => *override_field,
            Self::Written(_) | Self::Injected(_) => None,
        }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        match self.get_mut() {
            Self::Written(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|_| TransportError::RequestBody),
            Self::Whole { body, .. } => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Self::Injected(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Written(body) => body.is_end_stream(),
            Self::Whole { body, .. } => body.is_end_stream(),
            Self::Injected(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Written(body) => body.size_hint(),
            Self::Whole { body, .. } => body.size_hint(),
            Self::Injected(_) => SizeHint::default(),
        }
    }
}

/// What a body is written in.
pub(crate) fn context_of(header: &HeaderMap) -> Context {
    let content_type = header.get(CONTENT_TYPE);
    Context::from_media_type(content_type.and_then(|value| value.to_str().ok()))
}
