//! Whether a request that got no answer is sent once more, on another connection.
//!
//! A server may end a connection at any time, also when a request is on its way
//! to it: as its workers are replaced, after some number of requests, after some
//! rest. With HTTP/2 it says which requests it has not taken up (RFC 9113,
//! sections 6.8 and 8.7). With HTTP/1.1 it can't, so that only a request without
//! an effect is repeated, and only where the connection had been used before
//! (RFC 9112, section 9.3.1).

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

/// What there is to know of an attempt that failed.
pub(super) struct Failed<'e> {
    pub(super) error: &'e TransportError,
    /// Whether the request has no effect on the server (RFC 9110, section 9.2.1).
    pub(super) is_safe: bool,
    /// Whether the connection is one that requests share: HTTP/2.
    pub(super) is_shared: bool,
    pub(super) connection: ConnectionUse,
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
    /// Whether there is to be another one, if there is still what to send.
    pub(super) fn go_on_after(&mut self, failed: &Failed<'_>) -> bool {
        if self.repeated == MOST || !failed.may_be_repeated() {
            return false;
        }
        self.repeated += 1;
        if failed.error.sent() != Sent::No {
            self.met.get_or_insert_with(|| failed.error.clone());
        }
        true
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
