//! A semaphore that shares its permits fairly among tenants.
//!
//! A permit can't be revoked, and its holder may keep it for as long as a run lasts. So it is not
//! enough to share the permits that are released: one tenant would already hold all of them when
//! another arrives. A tenant only gets a permit while it holds fewer than are free: alone it gets
//! up to half of them, two get a third each, and the same number is left for the next. The number
//! of tenants need not be known. (Switches share buffers among ports like this: Choudhury and
//! Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches".)
//!
//! Runs without a tenant may take all permits: such a host has a single user.

use std::collections::{BTreeMap, HashMap};
use std::future::pending;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// The queue of the requests of one run, so that one of them at a time waits for a permit.
#[derive(Debug, Default)]
pub(crate) struct RunQueue(tokio::sync::Mutex<()>);

/// The permits and the waiters.
pub(crate) struct FairSemaphore(Arc<Mutex<Permits>>);

/// A permit, or a place in the queue for one. Dropping it passes it to the next waiter.
pub(crate) struct FairPermit {
    permits: Arc<Mutex<Permits>>,
    tenant: Arc<str>,
    number: u64,
}

struct Permits {
    free: usize,
    /// The number of the next waiter.
    next: u64,
    /// The tenants that hold a permit or wait for one.
    tenants: HashMap<Arc<str>, Tenant>,
}

#[derive(Default)]
struct Tenant {
    held: usize,
    /// Waiters by number, in order of arrival.
    waiting: BTreeMap<u64, oneshot::Sender<()>>,
}

impl FairSemaphore {
    pub(crate) fn new(permits: usize) -> Self {
        Self(Arc::new(Mutex::new(Permits {
            free: permits,
            next: 0,
            tenants: HashMap::new(),
        })))
    }

    /// The number of free permits.
    pub(crate) fn available(&self) -> usize {
        self.0.lock().free
    }

    /// Wait for a permit. Among the waiters whose tenant may take one, the first is served first.
    pub(crate) async fn acquire(&self, tenant: &Arc<str>) -> FairPermit {
        let (sender, receiver) = oneshot::channel();
        // A waiter that gives up drops this.
        let permit = FairPermit {
            number: self.0.lock().enter(tenant, sender),
            permits: Arc::clone(&self.0),
            tenant: Arc::clone(tenant),
        };
        give(&self.0);
        match receiver.await {
            Ok(()) => permit,
            // The sender is kept as long as the permit exists.
            Err(_) => pending().await,
        }
    }

    /// Wait for a permit, with one waiter per run at a time, so that a run with many concurrent
    /// requests does not crowd out other runs of its tenant.
    pub(crate) async fn acquire_queued(&self, line: &RunQueue, tenant: &Arc<str>) -> FairPermit {
        let _first_of_its_run = line.0.lock().await;
        self.acquire(tenant).await
    }
}

impl Drop for FairPermit {
    fn drop(&mut self) {
        self.permits.lock().leave(&self.tenant, self.number);
        give(&self.permits);
    }
}

impl Permits {
    fn enter(&mut self, tenant: &Arc<str>, waiting: oneshot::Sender<()>) -> u64 {
        let number = self.next;
        self.next += 1;
        let tenant_state = self.tenants.entry(Arc::clone(tenant)).or_default();
        tenant_state.waiting.insert(number, waiting);
        number
    }

    /// A waiter gives up, or a holder releases its permit.
    fn leave(&mut self, tenant: &str, number: u64) {
        let Some(tenant_state) = self.tenants.get_mut(tenant) else {
            return;
        };
        if tenant_state.waiting.remove(&number).is_none() {
            tenant_state.held -= 1;
            self.free += 1;
        }
        if tenant_state.held == 0 && tenant_state.waiting.is_empty() {
            self.tenants.remove(tenant);
        }
    }

    /// Grant a free permit to the next waiter that may take it.
    fn give(&mut self) -> Option<oneshot::Sender<()>> {
        let free = self.free;
        let may_take = |tenant: &str, held: usize| match tenant {
            "" => free > 0,
            _ => held < free,
        };
        let (_, tenant_state) = self
            .tenants
            .iter_mut()
            .filter(|(tenant, tenant_state)| may_take(tenant, tenant_state.held))
            .filter_map(|(_, tenant_state)| {
                Some((*tenant_state.waiting.first_key_value()?.0, tenant_state))
            })
            .min_by_key(|(number, _)| *number)?;
        let (_, next) = tenant_state.waiting.pop_first()?;
        tenant_state.held += 1;
        self.free -= 1;
        Some(next)
    }
}

/// Grant the free permits to the waiters that may take them.
fn give(permits: &Mutex<Permits>) {
    loop {
        let Some(next) = permits.lock().give() else {
            return;
        };
        // If the waiter is gone, dropping its permit passes it on.
        let _ = next.send(());
    }
}

#[cfg(test)]
mod tests;
