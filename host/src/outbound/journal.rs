//! What a run did on the network: counted and kept by the host, so that a
//! component can't tell it otherwise.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::{Sent, TransportError};

/// The network side of one run.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    requests: AtomicU32,
    /// Those of them that certainly reached no server.
    unsent: AtomicU32,
    answered: AtomicBool,
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

    /// A server has answered.
    pub(super) fn answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, error: TransportError) {
        match error.sent() {
            Sent::No => _ = self.unsent.fetch_add(1, Ordering::Relaxed),
            Sent::Yes => self.answered(),
            Sent::Unknown => {}
        }
        *self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(error);
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

    /// The error of the last request that got no answer.
    pub(crate) fn last_error(&self) -> Option<TransportError> {
        self.last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
