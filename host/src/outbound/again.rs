//! Whether a request that got no answer is sent once more, on another connection.
//!
//! A server may end a connection at any time, also when a request is on its way
//! to it: as its workers are replaced, after some number of requests, after some
//! rest. With HTTP/2 it says which requests it has not taken up (RFC 9113,
//! sections 6.8 and 8.7). With HTTP/1.1 it can't, so that only a request without
//! an effect is repeated, and only where the connection had been used before
//! (RFC 9112, section 9.3.1).

use http::Request;

use super::body::Outgoing;
use super::connection::Connection;
use super::error::{Sent, TransportError};
use super::ledger::ConnectionUse;

/// How often a request is repeated. A server that always goes away is not
/// followed for ever.
const MOST: u32 = 4;

/// The attempts at one request.
#[derive(Default)]
pub(super) struct Attempts {
    repeated: u32,
    /// What ended an attempt that may have reached the server.
    met: Option<TransportError>,
}

/// What there is to know of a request that failed.
struct Failed<'e> {
    error: &'e TransportError,
    /// Whether it has no effect on the server (RFC 9110, section 9.2.1).
    is_safe: bool,
    /// Whether the connection is one that requests share: HTTP/2.
    is_shared: bool,
    connection: ConnectionUse,
}

impl Failed<'_> {
    fn may_be_repeated(&self) -> bool {
        let TransportError::Closed { unsent, .. } = self.error else {
            return false;
        };
        let is_reused = self.connection == ConnectionUse::Reused;
        if self.is_shared {
            // Others may have used up a connection that is new.
            *unsent
        } else {
            is_reused && (*unsent || self.is_safe)
        }
    }
}

impl Attempts {
    /// The request once more, or the error to end with.
    pub(super) fn after(
        &mut self,
        error: TransportError,
        copy: Option<Request<Outgoing>>,
        connection: &Connection,
        is_reused: ConnectionUse,
    ) -> Result<Request<Outgoing>, TransportError> {
        match copy {
            Some(copy) if self.repeated < MOST => {
                let failed = Failed {
                    error: &error,
                    is_safe: copy.method().is_safe(),
                    is_shared: connection.is_shared(),
                    connection: is_reused,
                };
                if !failed.may_be_repeated() {
                    return Err(self.last(error));
                }
                self.repeated += 1;
                if error.sent() != Sent::No {
                    self.met.get_or_insert(error);
                }
                Ok(copy)
            }
            _ => Err(self.last(error)),
        }
    }

    /// The error to end with: that no later attempt was sent does not undo an
    /// earlier one.
    pub(super) fn last(&mut self, error: TransportError) -> TransportError {
        match self.met.take() {
            Some(met) if error.sent() == Sent::No => met,
            _ => error,
        }
    }
}

/// A request to be sent if this one fails; none if it has a body, which is not
/// kept.
pub(super) fn copy(request: &Request<Outgoing>) -> Option<Request<Outgoing>> {
    let mut copy = Request::new(request.body().empty()?);
    request.method().clone_into(copy.method_mut());
    request.uri().clone_into(copy.uri_mut());
    request.headers().clone_into(copy.headers_mut());
    Some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(unsent: bool) -> TransportError {
        TransportError::Closed {
            from: "http://a.test".to_owned(),
            reason: String::new(),
            unsent,
        }
    }

    #[test]
    fn what_is_repeated() {
        use ConnectionUse::{New, Reused};
        let late = TransportError::ReadTimeout {
            from: "http://a.test".to_owned(),
            within: std::time::Duration::ZERO,
        };
        for (error, is_safe, is_shared, connection, repeated) in [
            (&closed(true), false, true, Reused, true),
            (&closed(true), false, true, New, true),
            (&closed(false), true, true, Reused, false),
            (&closed(true), false, false, Reused, true),
            (&closed(false), true, false, Reused, true),
            (&closed(false), false, false, Reused, false),
            (&closed(false), true, false, New, false),
            (&closed(true), true, false, New, false),
            (&late, true, true, Reused, false),
        ] {
            let failed = Failed {
                error,
                is_safe,
                is_shared,
                connection,
            };
            assert_eq!(
                failed.may_be_repeated(),
                repeated,
                "{error:?} {is_safe} {is_shared} {connection:?}"
            );
        }
    }

    #[test]
    fn an_attempt_that_may_have_been_sent_is_not_forgotten() {
        let refused = TransportError::Connect {
            to: "http://a.test".to_owned(),
            reason: "connection refused".to_owned(),
            refused: true,
        };
        let mut attempts = Attempts::default();
        assert_eq!(attempts.last(refused.clone()), refused);
        attempts.met = Some(closed(false));
        assert_eq!(attempts.last(refused), closed(false));
    }
}
