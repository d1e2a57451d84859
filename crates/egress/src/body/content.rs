//! The source of a request's body.

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

/// How much of a body is read before it is sent. If it ends within that, everything is decided
/// before a connection is opened, and its length is known. In a longer one with an announced
/// length, the secrets must be within that part, since some servers accept no upload without a
/// length; otherwise it is sent in chunks (RFC 9112, section 7.1), with secrets anywhere.
pub(crate) const MAX_HELD: usize = 1 << 20;

/// The source of a request's body.
pub(crate) enum Content {
    /// The component.
    Written(BoxBody),
    /// The host, which has the whole body.
    Whole {
        body: Full<Bytes>,
        bytes: Bytes,
        /// A field in it that can make a server use another method.
        override_field: Option<String>,
        has_values: bool,
        _room: MessageReservation,
    },
    /// The component and the host.
    Injected(Box<dyn Body<Data = Bytes, Error = TransportError> + Send + Unpin>),
}

impl Content {
    /// The whole body, if the host has it.
    pub(crate) fn whole(&self) -> Bytes {
        match self {
            Self::Whole { bytes, .. } => bytes.clone(),
            Self::Written(_) | Self::Injected(_) => Bytes::new(),
        }
    }

    /// Whether values of secrets may be in it.
    pub(crate) fn has_values(&self) -> bool {
        match self {
            Self::Written(_) => false,
            Self::Whole { has_values, .. } => *has_values,
            Self::Injected(_) => true,
        }
    }

    /// The field that can make a server use another method, if the host has the whole body.
    pub(crate) fn override_field(&self) -> Option<&str> {
        match self {
            Self::Whole { override_field, .. } => override_field.as_deref(),
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

/// The syntax of a body.
pub(crate) fn context_of(header: &HeaderMap) -> Context {
    let content_type = header.get(CONTENT_TYPE);
    Context::from_media_type(content_type.and_then(|value| value.to_str().ok()))
}
