//! Conversion of hyper's errors.

use std::error::Error as StdError;

use super::cause::{find, innermost, is_unsent};
use super::{TransportError, tls};
use crate::flood::interim::InterimFlood;
use crate::flood::{MAX_HEADER_BYTES, MAX_HEADER_FIELDS};

impl TransportError {
    /// From hyper's error for a request to an origin.
    pub(crate) fn from_request(
        error: &(dyn StdError + 'static),
        origin: &str,
        unsent: bool,
    ) -> Self {
        if let Some(own) = find::<Self>(error) {
            return own.clone();
        }
        // With TLS 1.3 the client's handshake is complete before the server has verified its
        // certificate.
        if let Some(reason) = find::<rustls::Error>(error).and_then(tls::client_reason) {
            return Self::Tls {
                with: origin.to_owned(),
                reason,
                certificate: false,
                in_handshake: unsent,
            };
        }
        let reason = innermost(error);
        if find::<InterimFlood>(error).is_some() {
            return Self::Protocol {
                from: origin.to_owned(),
                reason,
            };
        }
        match find::<hyper::Error>(error) {
            Some(hyper) if hyper.is_parse_too_large() => Self::Protocol {
                from: origin.to_owned(),
                reason: format!(
                    "its header is larger than {MAX_HEADER_FIELDS} fields or {MAX_HEADER_BYTES} bytes"
                ),
            },
            Some(hyper) if hyper.is_parse() => Self::Protocol {
                from: origin.to_owned(),
                reason,
            },
            _ => Self::Closed {
                from: origin.to_owned(),
                unsent: unsent || is_unsent(error),
                reason,
            },
        }
    }
}
