//! The causes of an error, in words of people.

use std::error::Error as StdError;
use std::io;

use super::tls;

/// Whether an HTTP/2 server says that it has not begun to work on the request
/// (RFC 9113, section 8.7): it refuses the stream, or its GOAWAY names an earlier
/// one as the last. Of the streams up to that one h2 tells no such error.
pub(super) fn is_unsent(error: &(dyn StdError + 'static)) -> bool {
    find::<h2::Error>(error).is_some_and(|error| {
        let is_refused = error.reason() == Some(h2::Reason::REFUSED_STREAM);
        error.is_remote() && (error.is_go_away() || is_refused)
    })
}

/// Whether a connection of HTTP/2 has ended, rather than a stream of it.
pub(crate) fn is_of_connection(error: &(dyn StdError + 'static)) -> bool {
    find::<h2::Error>(error).is_none_or(h2::Error::is_io)
}

/// Whether it was met in reading and writing, rather than in what was read.
pub(crate) fn is_of_wire(error: &(dyn StdError + 'static)) -> bool {
    find::<io::Error>(error).is_some()
}

/// The error of a type, if it is in a chain.
pub(super) fn find<'a, E: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
}

/// The cause of causes: what lies above it says only where it was met.
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
    // h2 goes on with what the server adds for people who look for errors.
    if let Some(error) = of_http2.filter(|error| error.is_remote() && error.is_go_away())
        && let Some(reason) = error.reason()
    {
        return format!("connection error received: {reason}");
    }
    // rustls goes on with the address of its manual.
    if cause.starts_with("peer closed connection without sending TLS close_notify") {
        return "connection closed before message completed".to_owned();
    }
    cause
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        // An I/O error shows what it wraps as itself, and not as its source.
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
