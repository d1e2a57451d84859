//! A semaphore that shares its permits fairly among tenants.
//!
//! A permit can't be taken back from its holder, for as long as a run may last. Sharing out the
//! permits that become free is therefore not enough: one tenant would already hold all of them
//! when another arrives. A tenant gets a permit only while it holds fewer than are free: alone
//! it gets up to half of all, two get a third each, and as much is left for the next. The
//! number of tenants need not be known. (Switches share their buffers among ports so: Choudhury
//! and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches".)
//!
//! Runs without a tenant may take all: such a host has one user.

use std::collections::{BTreeMap, HashMap};
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Where the requests of one run queue, so that one of them at a time waits for a permit.
#[derive(Debug, Default)]
pub(crate) struct RunQueue(tokio::sync::Mutex<()>);

/// The permits, and who waits for one.
pub(crate) struct FairSemaphore(Arc<Mutex<Permits>>);

/// A permit, or a place in the queue for one. Dropping it hands it to the next in the queue.
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
    /// Waiters by number, first come first.
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

    /// How many permits are free.
    pub(crate) fn available(&self) -> usize {
        lock(&self.0).free
    }

    /// Wait for a permit. Among waiters whose tenant may take one, the first come is first
    /// served.
    pub(crate) async fn acquire(&self, tenant: &Arc<str>) -> FairPermit {
        let (sender, receiver) = oneshot::channel();
        // Dropped by a waiter that gives up.
        let permit = FairPermit {
            number: lock(&self.0).enter(tenant, sender),
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

    /// Wait for a permit, with one waiter per run at a time, so that a run with sixteen
    /// requests at once does not crowd out the others of its tenant.
    pub(crate) async fn acquire_queued(&self, line: &RunQueue, tenant: &Arc<str>) -> FairPermit {
        let _first_of_its_run = line.0.lock().await;
        self.acquire(tenant).await
    }
}

impl Drop for FairPermit {
    fn drop(&mut self) {
        lock(&self.permits).leave(&self.tenant, self.number);
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

    /// A waiter gives up, or a holder returns its permit.
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
        let Some(next) = lock(permits).give() else {
            return;
        };
        // A waiter that is gone by now returns it when it is dropped.
        let _ = next.send(());
    }
}

fn lock(permits: &Mutex<Permits>) -> MutexGuard<'_, Permits> {
    permits.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
