//! The HTTP/2 flood guard. A server can send much that no request needs: interim responses, pings,
//! settings, window updates, empty frames. h2 reads and answers all of it, and stores interim
//! responses until they are read; none of it violates the protocol. So all received bytes are
//! counted: a server may send a number of them for each request, and more with each piece of a
//! body.

use std::io;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use thiserror::Error;
use tokio::sync::OwnedSemaphorePermit;

use super::{HTTP2_STREAM_WINDOW, MAX_HEADER_BYTES};

/// Allowance for each request: a full window that was not read when the request was cancelled, and a
/// header. The same amount is allowed without a request.
const FOR_EACH: usize = HTTP2_STREAM_WINDOW as usize + MAX_HEADER_BYTES;

/// Allowance for each piece of a body, in either direction: the frame's header and padding, and
/// updates of both windows.
const WITH_A_PIECE: usize = 512;

/// A server exceeded the allowance.
#[derive(Debug, Error)]
#[error("the server sends too much beside its responses")]
pub(crate) struct Http2Flood;

/// Counts the received bytes of one connection. All clones share the count.
#[derive(Clone, Debug)]
pub(crate) struct FloodGuard(Arc<Mutex<Count>>);

#[derive(Debug)]
struct Count {
    /// The remaining allowance in bytes.
    left: usize,
    requests: usize,
    is_over: bool,
}

impl Count {
    /// Increase the allowance, up to its maximum: unused allowance does not accumulate.
    fn add(&mut self, bytes: usize) {
        let most = FOR_EACH * (1 + self.requests);
        self.left = self.left.saturating_add(bytes).min(most);
    }
}

impl FloodGuard {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Count {
            left: FOR_EACH,
            requests: 0,
            is_over: false,
        })))
    }

    /// A request starts.
    pub(crate) fn begin_stream(&self) {
        let mut count = self.count();
        count.requests += 1;
        count.add(FOR_EACH);
    }

    /// A request ends.
    pub(crate) fn end_stream(&self) {
        let mut count = self.count();
        count.requests = count.requests.saturating_sub(1);
        count.add(0);
    }

    /// A piece of a body was delivered.
    pub(crate) fn credit(&self, bytes: usize) {
        self.count().add(bytes.saturating_add(WITH_A_PIECE));
    }

    /// Count received bytes of any kind.
    pub(crate) fn receive(&self, bytes: usize) -> io::Result<()> {
        let mut count = self.count();
        match count.left.checked_sub(bytes) {
            Some(left) => count.left = left,
            None => count.is_over = true,
        }
        if count.is_over {
            return Err(io::Error::other(Http2Flood));
        }
        Ok(())
    }

    /// Whether the allowance was exceeded. h2 only passes on the message of an error.
    pub(crate) fn flood(&self) -> Option<Http2Flood> {
        self.count().is_over.then_some(Http2Flood)
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock()
    }
}

/// A request's share of a shared connection.
pub(crate) struct Http2Stream {
    flood_guard: FloodGuard,
    _part: OwnedSemaphorePermit,
}

impl Http2Stream {
    pub(crate) fn new(flood_guard: &FloodGuard, part: OwnedSemaphorePermit) -> Self {
        flood_guard.begin_stream();
        Self {
            flood_guard: flood_guard.clone(),
            _part: part,
        }
    }

    /// A piece of the response's body was read.
    pub(crate) fn taken(&self, bytes: usize) {
        self.flood_guard.credit(bytes);
    }
}

impl Drop for Http2Stream {
    fn drop(&mut self) {
        self.flood_guard.end_stream();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The remaining allowance.
    fn left(flood_guard: &FloodGuard) -> usize {
        flood_guard.count().left
    }

    #[test]
    fn delivered_data_restores_the_allowance() {
        let flood_guard = FloodGuard::new();
        flood_guard.begin_stream();
        assert_eq!(left(&flood_guard), 2 * FOR_EACH);
        for _ in 0..1000 {
            flood_guard.receive((16 << 10) + 9).unwrap();
            flood_guard.credit(16 << 10);
        }
        assert_eq!(left(&flood_guard), 2 * FOR_EACH);
    }

    #[test]
    fn unused_allowance_does_not_accumulate() {
        let flood_guard = FloodGuard::new();
        for _ in 0..3 {
            flood_guard.begin_stream();
            flood_guard.end_stream();
        }
        assert_eq!(left(&flood_guard), FOR_EACH);
        flood_guard.receive(FOR_EACH).unwrap();
        assert!(flood_guard.flood().is_none());
        assert!(flood_guard.receive(1).is_err());
        flood_guard.begin_stream();
        assert!(flood_guard.receive(1).is_err(), "it can't be made up for");
    }

    /// A server is not at fault if a step cancels each request when its window is full.
    #[test]
    fn cancelled_requests_do_not_reduce_the_allowance() {
        let flood_guard = FloodGuard::new();
        for _ in 0..1000 {
            flood_guard.begin_stream();
            flood_guard.receive(FOR_EACH).unwrap();
            flood_guard.end_stream();
        }
        assert_eq!(left(&flood_guard), FOR_EACH);
    }
}
