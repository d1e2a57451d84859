//! The HTTP/2 flood guard. A server can send much that no request gets anything of: interim
//! responses, pings, settings, window updates, empty frames. h2 reads and answers all of it,
//! interim responses it keeps until they are asked for, and none of it breaks a rule of the
//! protocol. So the bytes are counted: a server may send some for each request, and some more
//! with all that is of use.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use tokio::sync::OwnedSemaphorePermit;

use super::{HTTP2_STREAM_WINDOW, MAX_HEADER_BYTES};

/// What a request may leave unread, or be sent beside its data: a window that is
/// full when it is given up, and a header. As much may be on its way while there is
/// no request.
const FOR_EACH: usize = HTTP2_STREAM_WINDOW as usize + MAX_HEADER_BYTES;

/// What may come with every piece of a body, in either direction: the frame's
/// head and padding, and updates of both windows.
const WITH_A_PIECE: usize = 512;

/// A server sent too much of that.
#[derive(Debug, Error)]
#[error("the server sends too much beside its responses")]
pub(crate) struct Http2Flood;

/// Counts what comes on one connection. All clones count together.
#[derive(Clone, Debug)]
pub(crate) struct FloodGuard(Arc<Mutex<Count>>);

#[derive(Debug)]
struct Count {
    /// Bytes that may still come.
    left: usize,
    requests: usize,
    is_over: bool,
}

impl Count {
    /// Let more come, if not more than there may ever be at a time: what is saved
    /// up can't be spent later.
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

    /// A request begins.
    pub(crate) fn begin_stream(&self) {
        let mut count = self.count();
        count.requests += 1;
        count.add(FOR_EACH);
    }

    /// A request is over.
    pub(crate) fn end_stream(&self) {
        let mut count = self.count();
        count.requests = count.requests.saturating_sub(1);
        count.add(0);
    }

    /// A piece of a body got to where it was to go.
    pub(crate) fn credit(&self, bytes: usize) {
        self.count().add(bytes.saturating_add(WITH_A_PIECE));
    }

    /// So many bytes were received, whatever they are.
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

    /// Whether that was too much. h2 hands on only the words of an error.
    pub(crate) fn flood(&self) -> Option<Http2Flood> {
        self.count().is_over.then_some(Http2Flood)
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's part of a connection that is shared.
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

    /// A piece of the response's body was taken.
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

    /// What may come before it is too much.
    fn left(flood_guard: &FloodGuard) -> usize {
        flood_guard.count().left
    }

    #[test]
    fn what_is_of_use_makes_up_for_what_came() {
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
    fn nothing_is_saved_up() {
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

    /// A server is not to blame for steps that give up each request when its window is
    /// full.
    #[test]
    fn requests_that_are_given_up_do_not_add_up() {
        let flood_guard = FloodGuard::new();
        for _ in 0..1000 {
            flood_guard.begin_stream();
            flood_guard.receive(FOR_EACH).unwrap();
            flood_guard.end_stream();
        }
        assert_eq!(left(&flood_guard), FOR_EACH);
    }
}
