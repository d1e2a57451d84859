//! What a server of HTTP/2 sends that no request gets anything of: interim
//! responses, pings, settings, window updates, frames of nothing. h2 reads and
//! answers all of it, interim responses it keeps until they are asked for, and
//! none of it breaks a rule of the protocol. So the bytes are counted: a server
//! may send some for each request, and some more with all that is of use.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use super::connection::{HTTP2_STREAM_WINDOW, MOST_HEADER_BYTES};

/// What a request may leave unread, or be sent beside its data: a window that is
/// full when it is given up, and a header. As much may be on its way while there is
/// no request.
const FOR_EACH: usize = HTTP2_STREAM_WINDOW as usize + MOST_HEADER_BYTES;

/// What may come with every piece of a body, in either direction: the frame's
/// head and padding, and updates of both windows.
const WITH_A_PIECE: usize = 512;

/// A server sent too much of it.
#[derive(Debug, Error)]
#[error("the server sends too much beside its responses")]
pub(super) struct Flood;

/// Counts what comes on one connection. All clones count together.
#[derive(Clone, Debug)]
pub(super) struct Chatter(Arc<Mutex<Count>>);

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

impl Chatter {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Count {
            left: FOR_EACH,
            requests: 0,
            is_over: false,
        })))
    }

    /// A request begins.
    pub(super) fn begins(&self) {
        let mut count = self.count();
        count.requests += 1;
        count.add(FOR_EACH);
    }

    /// A request is over.
    pub(super) fn ends(&self) {
        let mut count = self.count();
        count.requests = count.requests.saturating_sub(1);
        count.add(0);
    }

    /// A piece of a body got to where it was to go.
    pub(super) fn of_use(&self, bytes: usize) {
        self.count().add(bytes.saturating_add(WITH_A_PIECE));
    }

    /// So many bytes came, whatever they are.
    pub(super) fn came(&self, bytes: usize) -> io::Result<()> {
        let mut count = self.count();
        match count.left.checked_sub(bytes) {
            Some(left) => count.left = left,
            None => count.is_over = true,
        }
        if count.is_over {
            return Err(io::Error::other(Flood));
        }
        Ok(())
    }

    /// Whether that was too much. h2 hands on only the words of an error.
    pub(super) fn flood(&self) -> Option<Flood> {
        self.count().is_over.then_some(Flood)
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What may come before it is too much.
    fn left(chatter: &Chatter) -> usize {
        chatter.count().left
    }

    #[test]
    fn what_is_of_use_makes_up_for_what_came() {
        let chatter = Chatter::new();
        chatter.begins();
        assert_eq!(left(&chatter), 2 * FOR_EACH);
        for _ in 0..1000 {
            chatter.came((16 << 10) + 9).unwrap();
            chatter.of_use(16 << 10);
        }
        assert_eq!(left(&chatter), 2 * FOR_EACH);
    }

    #[test]
    fn nothing_is_saved_up() {
        let chatter = Chatter::new();
        for _ in 0..3 {
            chatter.begins();
            chatter.ends();
        }
        assert_eq!(left(&chatter), FOR_EACH);
        chatter.came(FOR_EACH).unwrap();
        assert!(chatter.flood().is_none());
        assert!(chatter.came(1).is_err());
        chatter.begins();
        assert!(chatter.came(1).is_err(), "it can't be made up for");
    }

    /// A server is not to blame for steps that give up each request when its window is
    /// full.
    #[test]
    fn requests_that_are_given_up_do_not_add_up() {
        let chatter = Chatter::new();
        for _ in 0..1000 {
            chatter.begins();
            chatter.came(FOR_EACH).unwrap();
            chatter.ends();
        }
        assert_eq!(left(&chatter), FOR_EACH);
    }
}
