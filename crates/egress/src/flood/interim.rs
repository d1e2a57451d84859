//! Interim responses (RFC 9110, section 15.2). A server may send some before the final one, which
//! hyper skips. A server that sends only interim responses would keep hyper, and so a thread of the
//! host, busy forever. On HTTP/2 hyper does not report them; `http2.rs` counts them with everything
//! else.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use hyper::ext::on_informational;
use thiserror::Error;

/// The maximum number for a request. A server that needs time to respond sends one every few
/// seconds.
const MAX_INTERIM: usize = 64;

/// A server exceeded the limit.
#[derive(Debug, Error)]
#[error("it sends more than {MAX_INTERIM} interim responses")]
pub(crate) struct InterimFlood;

/// Counts the interim responses to one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct InterimCounter(Arc<AtomicUsize>);

impl InterimCounter {
    /// Start to count for a request that is about to be sent.
    pub(crate) fn count<B>(&self, request: &mut Request<B>) {
        let count = Arc::clone(&self.0);
        count.store(0, Ordering::Relaxed);
        on_informational(request, move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    }

    /// Check the limit.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) > MAX_INTERIM {
            return Err(io::Error::other(InterimFlood));
        }
        Ok(())
    }
}
