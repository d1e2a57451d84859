//! Interim responses (RFC 9110, section 15.2). A server may send some before the
//! final one; hyper reads past them. To a server that sends nothing else it would
//! listen without end and without a pause, and keep a thread of the host from
//! its other work meanwhile. Of those of HTTP/2 hyper does not tell; `flood_guard.rs`
//! counts them with all else that is no response.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use hyper::ext::on_informational;
use thiserror::Error;

/// How many a server may send for a request. One that has work to do sends one
/// every few seconds.
const MAX_INTERIM: usize = 64;

/// A server sent too many of them.
#[derive(Debug, Error)]
#[error("it sends more than {MAX_INTERIM} interim responses")]
pub(crate) struct InterimFlood;

/// Counts those for one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct InterimCounter(Arc<AtomicUsize>);

impl InterimCounter {
    /// Count those for a request that is about to be sent.
    pub(crate) fn count<B>(&self, request: &mut Request<B>) {
        let count = Arc::clone(&self.0);
        count.store(0, Ordering::Relaxed);
        on_informational(request, move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    }

    /// Whether there are too many by now.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) > MAX_INTERIM {
            return Err(io::Error::other(InterimFlood));
        }
        Ok(())
    }
}
