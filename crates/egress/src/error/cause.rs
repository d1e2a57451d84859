//! The causes of an error, for messages.

use std::error::Error as StdError;
use std::io;

use super::tls;

/// Whether an HTTP/2 server reports that it has not started to process the request (RFC 9113,
/// section 8.7): it refuses the stream, or its GOAWAY names an earlier one as the last. For streams
/// up to that one, h2 returns no such error.
pub(super) fn is_unsent(error: &(dyn StdError + 'static)) -> bool {
    find::<h2::Error>(error).is_some_and(|error| {
        let is_refused = error.reason() == Some(h2::Reason::REFUSED_STREAM);
        error.is_remote() && (error.is_go_away() || is_refused)
    })
}

/// Whether an HTTP/2 connection has ended, rather than one of its streams.
pub(crate) fn is_of_connection(error: &(dyn StdError + 'static)) -> bool {
    find::<h2::Error>(error).is_none_or(h2::Error::is_io)
}

/// Whether it is an I/O error, rather than an error in what was read.
pub(crate) fn is_of_wire(error: &(dyn StdError + 'static)) -> bool {
    find::<io::Error>(error).is_some()
}

/// The error of a type in a chain of causes.
pub(super) fn find<'a, E: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
}

/// The innermost cause: the errors around it only state where it occurred.
pub(crate) fn innermost(error: &(dyn StdError + 'static)) -> String {
    if let Some(error) = find::<rustls::Error>(error) {
        return tls::in_words(error);
    }
    let cause = chain(error)
        .last()
        .map_or_else(String::new, ToString::to_string);
    let is_farewell = |error: &h2::Error| {
        error.is_remote() && error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR)
    };
    let of_http2 = find::<h2::Error>(error);
    if of_http2.is_some_and(is_farewell) {
        return "it takes no more requests on this connection".to_owned();
    }
    // h2 appends the server's debug data, which is for developers.
    if let Some(error) = of_http2.filter(|error| error.is_remote() && error.is_go_away())
        && let Some(reason) = error.reason()
    {
        return format!("connection error received: {reason}");
    }
    // rustls appends the URL of its manual.
    if cause.starts_with("peer closed connection without sending TLS close_notify") {
        return "connection closed before message completed".to_owned();
    }
    cause
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        // An I/O error displays the error it wraps, which is not its source.
        let error: &'a (dyn StdError + 'static) = *error;
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}
