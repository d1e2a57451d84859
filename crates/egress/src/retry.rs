//! Decides whether a request that got no response is sent again on another connection.
//!
//! A server can close a connection at any time, even when a request is on its way: when its workers
//! are replaced, after a number of requests, after some idle time. On HTTP/2 it can report which
//! requests it has not processed, and any such request is sent again (RFC 9113, sections 6.8 and
//! 8.7). For other requests it is unknown. Those with an idempotent method are sent again, once, if
//! the connection was reused and ended before any byte of a response (RFC 9110, section 9.2.2; RFC
//! 9112, section 9.3.1): the server has most likely closed it as idle.

use crate::error::{Sent, TransportError};
use crate::usage::facts::ConnectionUse;

/// The maximum number of retries, for servers that always close the connection.
const MAX_RETRIES: u32 = 4;

/// The attempts at one request.
#[derive(Default)]
pub(crate) struct Attempts {
    retries: u32,
    /// The error of an attempt that may have reached the server.
    met: Option<TransportError>,
    /// Whether a reused connection has just ended: others may have ended as well without notice.
    needs_fresh_connection: bool,
}

/// A failed attempt.
pub(crate) struct Failed<'e> {
    pub(crate) error: &'e TransportError,
    /// Whether the request is idempotent (RFC 9110, section 9.2.2).
    pub(crate) is_idempotent: bool,
    /// Whether requests share the connection: HTTP/2.
    pub(crate) is_shared: bool,
    pub(crate) connection: ConnectionUse,
    /// Whether the connection ended before any byte of a response.
    pub(crate) has_ended: bool,
}

impl Failed<'_> {
    fn may_be_retried(&self) -> bool {
        let TransportError::Closed { unsent, .. } = self.error else {
            return false;
        };
        let is_reused = self.connection == ConnectionUse::Reused;
        if *unsent {
            // Other requests may have used up a shared connection, even a new one.
            self.is_shared || is_reused
        } else {
            is_reused && self.is_idempotent && self.has_ended
        }
    }
}

/// Whether a request that is about to be sent may be retried after it was written.
pub(crate) fn may_retry(is_idempotent: bool, is_shared: bool, connection: ConnectionUse) -> bool {
    is_shared || (is_idempotent && connection == ConnectionUse::Reused)
}

impl Attempts {
    /// Whether to retry, if the body can be sent again.
    pub(crate) fn should_retry_after(&mut self, failed: &Failed<'_>) -> bool {
        if self.retries == MAX_RETRIES || !failed.may_be_retried() {
            return false;
        }
        self.retries += 1;
        let has_ended = failed.has_ended || !failed.is_shared;
        self.needs_fresh_connection = has_ended && failed.connection == ConnectionUse::Reused;
        if failed.error.sent() != Sent::No {
            self.met.get_or_insert_with(|| failed.error.clone());
        }
        true
    }

    /// Whether the next attempt needs a new connection.
    pub(crate) fn needs_fresh_connection(&self) -> bool {
        self.needs_fresh_connection
    }

    /// The final error: if an earlier attempt may have been sent, a later one that was not does not
    /// change that.
    pub(crate) fn last(&mut self, error: TransportError) -> TransportError {
        match self.met.take() {
            Some(met) if error.sent() == Sent::No => met,
            _ => error,
        }
    }
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
    fn retried_requests() {
        use ConnectionUse::{New, Reused};
        let late = TransportError::ReadTimeout {
            from: "http://a.test".to_owned(),
            within: std::time::Duration::ZERO,
        };
        let (unsent, unknown) = (&closed(true), &closed(false));
        // On HTTP/2, any request that the server has not processed is retried.
        for (error, is_idempotent, is_shared, connection, has_ended, retries) in [
            (unsent, false, true, Reused, false, true),
            (unsent, false, true, New, false, true),
            (unknown, true, true, Reused, true, true),
            (unknown, true, true, Reused, false, false),
            (unknown, true, true, New, true, false),
            (unknown, false, true, Reused, true, false),
            (unsent, false, false, Reused, true, true),
            (unknown, true, false, Reused, true, true),
            (unknown, true, false, Reused, false, false),
            (unknown, false, false, Reused, true, false),
            (unknown, true, false, New, true, false),
            (unsent, true, false, New, true, false),
            (&late, true, true, Reused, true, false),
        ] {
            let failed = Failed {
                error,
                is_idempotent,
                is_shared,
                connection,
                has_ended,
            };
            assert_eq!(
                failed.may_be_retried(),
                retries,
                "{error:?} {is_idempotent} {is_shared} {connection:?} {has_ended}"
            );
            // A request that can be retried after it was written must be kept.
            if retries && error == unknown {
                assert!(may_retry(is_idempotent, is_shared, connection));
            }
        }
    }

    #[test]
    fn a_retry_after_a_reused_connection_uses_a_new_one() {
        use ConnectionUse::{New, Reused};
        let (unsent, unknown) = (&closed(true), &closed(false));
        for (error, is_shared, connection, has_ended, needs_fresh_connection) in [
            (unknown, false, Reused, true, true),
            (unknown, true, Reused, true, true),
            (unsent, false, Reused, true, true),
            (unsent, true, Reused, false, false),
            (unsent, true, New, true, false),
        ] {
            let mut attempts = Attempts::default();
            let failed = Failed {
                error,
                is_idempotent: true,
                is_shared,
                connection,
                has_ended,
            };
            assert!(attempts.should_retry_after(&failed));
            assert_eq!(
                attempts.needs_fresh_connection(),
                needs_fresh_connection,
                "{error:?} {connection:?}"
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
