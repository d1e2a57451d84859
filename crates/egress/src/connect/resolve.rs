//! From host names to addresses. The only file that asks for names.
//!
//! A run may give up on a lookup, but the system's resolver can't be stopped and may take half
//! a minute. So a lookup holds a permit of its own until it ends; otherwise, giving up would
//! allow any number of them.

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
/// The addresses it gives are the ones that are checked and dialled: a name is
/// resolved once for a connection.
///
/// A host asks for 64 names at a time, and shares them among tenants as it does
/// requests. A lookup counts until it is at its
/// end, also if the run that asked has given it up; after five minutes it is
/// dropped.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of a name, in the order in which they are to be tried.
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

/// How many names a host asks for at a time. Of the system, each takes a thread.
const AT_A_TIME: usize = 64;

/// How long a lookup may take. No run waits as long, and no system searches as
/// long; it is for a resolver that forgets what it was asked.
const MAX_TIME: Duration = Duration::from_secs(300);

/// Asks for names on behalf of tenants.
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

    /// The addresses of a name, as soon as there is a permit for the lookup.
    pub(crate) async fn addresses(&self, tenant: &Arc<str>, name: &str) -> io::Result<Vec<IpAddr>> {
        let permit = self.permits.acquire(tenant).await;
        let lookup = self.resolver.resolve(name);
        // A task outlives who waits for it.
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
