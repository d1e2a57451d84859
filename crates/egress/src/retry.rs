//! Whether a request that got no answer is sent once more, on another connection.
//!
//! A server may end a connection at any time, also when a request is on its way to it: as
//! its workers are replaced, after some number of requests, after some rest. With HTTP/2
//! it can say which requests it has not processed, and those are sent again, whatever they
//! are (RFC 9113, sections 6.8 and 8.7). Of others nobody knows. Those with an idempotent
//! method are sent again, once, if the connection had been used before and ended before
//! any byte of an answer (RFC 9110, section 9.2.2; RFC 9112, section 9.3.1): the server
//! has most likely closed it for being idle.

use crate::error::{Sent, TransportError};
use crate::usage::facts::ConnectionUse;

/// How often a request is repeated. A server that always goes away is not
/// followed for ever.
const MAX_RETRIES: u32 = 4;

/// The attempts at one request.
#[derive(Default)]
pub(crate) struct Attempts {
    retries: u32,
    /// What ended an attempt that may have reached the server.
    met: Option<TransportError>,
    /// Whether a connection that had been used before has just ended: others may have as
    /// well, and nobody has noticed yet.
    needs_fresh_connection: bool,
}

/// What there is to know of an attempt that failed.
pub(crate) struct Failed<'e> {
    pub(crate) error: &'e TransportError,
    /// Whether to process it twice is as good as once (RFC 9110, section 9.2.2).
    pub(crate) is_idempotent: bool,
    /// Whether the connection is one that requests share: HTTP/2.
    pub(crate) is_shared: bool,
    pub(crate) connection: ConnectionUse,
    /// Whether the connection ended, before any byte of an answer.
    pub(crate) has_ended: bool,
}

impl Failed<'_> {
    fn may_be_retried(&self) -> bool {
        let TransportError::Closed { unsent, .. } = self.error else {
            return false;
        };
        let is_reused = self.connection == ConnectionUse::Reused;
        if *unsent {
            // Others may have used up a connection that is new and shared.
            self.is_shared || is_reused
        } else {
            is_reused && self.is_idempotent && self.has_ended
        }
    }
}

/// Whether a request that is about to be sent may have to be repeated after it was
/// written.
pub(crate) fn may_retry(is_idempotent: bool, is_shared: bool, connection: ConnectionUse) -> bool {
    is_shared || (is_idempotent && connection == ConnectionUse::Reused)
}

impl Attempts {
    /// Whether there is to be another one, if there is still what to send.
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

    /// Whether the next one is to have a connection of its own.
    pub(crate) fn needs_fresh_connection(&self) -> bool {
        self.needs_fresh_connection
    }

    /// The error to end with: that no later attempt was sent does not undo an
    /// earlier one.
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
    fn what_is_repeated() {
        use ConnectionUse::{New, Reused};
        let late = TransportError::ReadTimeout {
            from: "http://a.test".to_owned(),
            within: std::time::Duration::ZERO,
        };
        let (unsent, unknown) = (&closed(true), &closed(false));
        // Of HTTP/2, what the server has not processed is repeated, whatever it is.
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
            // What is repeated after it was written has to be kept.
            if retries && error == unknown {
                assert!(may_retry(is_idempotent, is_shared, connection));
            }
        }
    }

    #[test]
    fn after_a_reused_connection_that_ended_comes_a_fresh_one() {
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
