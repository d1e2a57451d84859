//! Decodes the content coding of a response. The component gets a consistent message: the decoded
//! body, and no header fields about its coding.

use std::sync::Arc;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt;
use http_step_coding::{Allowance, BodyError, Coding, Codings, Decoded};

use super::BoxBody;
use super::received::Received;
use crate::error::TransportError;
use crate::secrets::GrantedSecrets;
use crate::usage::audit::AuditEntry;
use crate::usage::{MessageReservation, RunUsage};

/// A response as the component gets it. If it can't contain a secret, it is decoded as leniently as
/// in browsers: unknown codings and data after the end are ignored.
pub(crate) fn decoded(
    mut head: Parts,
    body: Received,
    origin: String,
    usage: Arc<RunUsage>,
    entry: Arc<AuditEntry>,
    secrets: Arc<GrantedSecrets>,
) -> Response<BoxBody> {
    let is_lenient = secrets.is_empty();
    let (codings, ignored) = codings(&head, &body, is_lenient);
    if !codings.is_identity() || !ignored.is_empty() {
        head.headers.remove(CONTENT_ENCODING);
    }
    if !codings.is_identity() {
        head.headers.remove(CONTENT_LENGTH);
    }
    for name in ignored {
        usage.notices().add(format!(
            "The response of {origin} has the Content-Encoding {name:?}, which is no content coding; it is ignored."
        ));
    }
    // A decoder keeps its window, up to 16 MiB, for as long as its reader keeps it. So the request
    // counts as in flight until then, which limits the windows of all runs.
    let window = if codings.is_identity() {
        None
    } else {
        body.held()
    };
    let allowance = Budgets {
        usage: Arc::clone(&usage),
        entry: Arc::clone(&entry),
        room: MessageReservation::new(Arc::clone(&usage)),
        origin: origin.clone(),
    };
    let mut body = Decoded::new(body, &codings, allowance);
    if is_lenient {
        body = body.lenient();
    }
    let body = body.map_err(move |error| {
        let _ = &window;
        let error = match error {
            BodyError::Source(error) | BodyError::Allowance(error) => error,
            BodyError::Decode(error) => TransportError::Coding {
                from: origin.clone(),
                reason: error.to_string(),
            },
        };
        entry.failed(&error);
        let failure = entry.failure(error);
        let code = failure.code(&secrets.redactor());
        usage.audit().failed(failure);
        code
    });
    Response::from_parts(head, body.boxed_unsync())
}

/// The budgets of a run that decoding uses.
struct Budgets {
    usage: Arc<RunUsage>,
    entry: Arc<AuditEntry>,
    /// The run's memory that the decoder uses.
    room: MessageReservation,
    origin: String,
}

impl Allowance for Budgets {
    type Error = TransportError;

    fn decoded(&mut self, bytes: usize) -> Result<(), TransportError> {
        self.entry.decoded(bytes as u64);
        self.usage.count_decoded(bytes)
    }

    fn holds(&mut self, bytes: usize) -> Result<(), TransportError> {
        self.room.resize(bytes)
    }

    fn ignores_after(&mut self, coding: Coding) {
        self.usage.notices().add(format!(
            "The response of {} goes on after the end of its {coding} coding; what follows is ignored.",
            self.origin
        ));
    }
}

/// The codings to decode, and the names that are ignored since they are not codings. There are none
/// for a part of a body, which can't be decoded separately (RFC 9110, section 14.1), for a response
/// without a body, and for an unknown coding, which is left to the component.
fn codings(head: &Parts, body: &Received, is_lenient: bool) -> (Codings, Vec<String>) {
    if head.status == StatusCode::PARTIAL_CONTENT || body.is_end_stream() {
        return <_>::default();
    }
    let values = head.headers.get_all(CONTENT_ENCODING);
    let values = values.iter().map(HeaderValue::as_bytes);
    if is_lenient {
        Codings::parse_lenient(values).unwrap_or_default()
    } else {
        (Codings::parse(values).unwrap_or_default(), Vec::new())
    }
}

/// Whether a body has unknown codings. The server chooses their names.
pub(crate) fn is_opaque(header: &HeaderMap) -> bool {
    let codings = header.get_all(CONTENT_ENCODING).iter();
    let mut transfers = header.get_all(TRANSFER_ENCODING).iter();
    Codings::parse(codings.map(HeaderValue::as_bytes)).is_err()
        || transfers.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
}

/// Whether a body has a coding, or would have one if it existed.
pub(crate) fn is_coded(header: &HeaderMap) -> bool {
    let codings = header.get_all(CONTENT_ENCODING).iter();
    Codings::parse(codings.map(HeaderValue::as_bytes)).map_or(true, |it| !it.is_identity())
}
