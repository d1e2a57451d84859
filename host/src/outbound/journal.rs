//! What a run did on the network: counted and kept by the host, so that a
//! component can't tell it otherwise.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::{Sent, TransportError};

/// The network side of one run.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    requests: AtomicU32,
    /// Those of them that certainly reached no server.
    unsent: AtomicU32,
    answered: AtomicBool,
    closed: AtomicBool,
    bytes_out: AtomicU64,
    bytes_in: AtomicU64,
    last_error: Mutex<Option<TransportError>>,
}

impl Journal {
    /// Count a request that a component asks for; how many there are with it.
    pub(super) fn request(&self) -> u32 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A server has answered; what went wrong before is the component's to tell.
    pub(super) fn answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
        *self.last_error() = None;
    }

    /// The run is over: nothing that it has begun may be made to look complete.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    pub(super) fn failed(&self, error: TransportError) {
        match error.sent() {
            Sent::No => _ = self.unsent.fetch_add(1, Ordering::Relaxed),
            Sent::Yes => self.answered.store(true, Ordering::Relaxed),
            Sent::Unknown => {}
        }
        *self.last_error() = Some(error);
    }

    fn last_error(&self) -> MutexGuard<'_, Option<TransportError>> {
        self.last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The requests that were asked for, also those that were not let out.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Whether any of them may have reached a server.
    pub(crate) fn sent_any(&self) -> Sent {
        if self.answered.load(Ordering::Relaxed) {
            Sent::Yes
        } else if self.unsent.load(Ordering::Relaxed) == self.requests() {
            Sent::No
        } else {
            Sent::Unknown
        }
    }

    /// Bytes of request bodies.
    pub(crate) fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }

    /// Bytes of response bodies.
    pub(crate) fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Ordering::Relaxed)
    }

    /// The error of the last request, if it got no answer.
    pub(crate) fn error(&self) -> Option<TransportError> {
        self.last_error().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> TransportError {
        TransportError::Refused("no".to_owned())
    }

    #[test]
    fn an_answer_makes_an_earlier_error_the_components_own() {
        let journal = Journal::default();
        journal.request();
        journal.failed(refused());
        assert_eq!(
            (journal.sent_any(), journal.error()),
            (Sent::No, Some(refused()))
        );
        journal.request();
        assert_eq!(journal.sent_any(), Sent::Unknown);
        journal.answered();
        assert_eq!((journal.sent_any(), journal.error()), (Sent::Yes, None));
    }
}
