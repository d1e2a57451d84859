//! Resolves host names. The only file that does.
//!
//! A run may cancel a lookup, but the system's resolver can't be stopped and may take half a
//! minute. So a lookup holds a separate permit until it ends; otherwise a run could start any
//! number of them.

use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::fair_semaphore::FairSemaphore;

/// What a [`Resolve`] answers.
pub type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a host name.
///
/// A name is resolved once for a connection: the returned addresses are checked, and one of them is
/// connected to.
///
/// A host has at most 64 lookups at a time, which are shared among tenants like requests. A lookup
/// counts until it ends, even if the run has cancelled it; after five minutes it is dropped.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of a name, in the order in which to try them.
    fn resolve(&self, name: &str) -> Addresses;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> Addresses {
        let name = name.to_owned();
        Box::pin(async move {
            spawn_blocking(move || {
                let found = (name, 0).to_socket_addrs()?;
                Ok(found.map(|address| address.ip()).collect())
            })
            .await?
        })
    }
}

/// The maximum number of concurrent lookups. With the system's resolver, each takes a thread.
const AT_A_TIME: usize = 64;

/// The maximum time of a lookup. No run waits as long, and no system resolver takes as long; it is
/// for resolvers that never answer.
const MAX_TIME: Duration = Duration::from_secs(300);

/// Resolves names for tenants.
pub(crate) struct Lookups {
    resolver: Arc<dyn Resolve>,
    permits: FairSemaphore,
}

impl Lookups {
    pub(crate) fn new(resolver: Arc<dyn Resolve>) -> Self {
        Self {
            resolver,
            permits: FairSemaphore::new(AT_A_TIME),
        }
    }

    /// The addresses of a name. Waits for a permit first.
    pub(crate) async fn addresses(&self, tenant: &Arc<str>, name: &str) -> io::Result<Vec<IpAddr>> {
        let permit = self.permits.acquire(tenant).await;
        let lookup = self.resolver.resolve(name);
        // A task continues even if this future is dropped.
        let found = tokio::spawn(async move {
            let _permit = permit;
            timeout(MAX_TIME, lookup).await
        });
        match found.await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!(
                    "the resolver does not answer within {} s",
                    MAX_TIME.as_secs()
                ),
            )),
            Err(_) => Err(io::Error::other("the resolver failed")),
        }
    }
}

#[cfg(test)]
mod tests;
