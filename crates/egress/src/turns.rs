//! Turns: how much of one kind goes on at a time over all runs, and who is next.
//!
//! A turn can't be taken back from who holds it, for as long as a run may last.
//! So it does not do to share out those that become free: they would be one
//! tenant's already when another comes. A tenant takes a turn only while it holds
//! fewer than are free: alone it comes to half of all, two come to a third each,
//! and as much is left for whoever comes next. Nobody has to say how many tenants
//! there will be. (Switches share their buffers among ports so: Choudhury and
//! Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches".)
//!
//! A host whose runs have no tenant has one user, with nobody to leave any to.

use std::collections::{BTreeMap, HashMap};
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Where the requests of one run wait for each other, until one of them is the
/// run's to wait for a turn.
#[derive(Debug, Default)]
pub(super) struct Line(tokio::sync::Mutex<()>);

/// Turns, and who waits for one.
pub(crate) struct Turns(Arc<Mutex<Book>>);

/// A turn, or a place among those who wait for one. The next has it when it is
/// dropped.
pub(super) struct Turn {
    book: Arc<Mutex<Book>>,
    tenant: Arc<str>,
    number: u64,
}

struct Book {
    free: usize,
    /// The number of the next who comes.
    next: u64,
    /// Those who hold a turn or wait for one.
    tenants: HashMap<Arc<str>, Account>,
}

#[derive(Default)]
struct Account {
    held: usize,
    /// By their numbers, who came first at the front.
    waiting: BTreeMap<u64, oneshot::Sender<()>>,
}

impl Turns {
    pub(super) fn new(turns: usize) -> Self {
        Self(Arc::new(Mutex::new(Book {
            free: turns,
            next: 0,
            tenants: HashMap::new(),
        })))
    }

    /// How many nobody holds.
    pub(crate) fn free(&self) -> usize {
        lock(&self.0).free
    }

    /// Wait for a turn. Of those whose tenant may take one, who came first is next.
    pub(super) async fn turn(&self, tenant: &Arc<str>) -> Turn {
        let (sender, receiver) = oneshot::channel();
        // Whoever gives up while he waits drops it.
        let turn = Turn {
            number: lock(&self.0).enter(tenant, sender),
            book: Arc::clone(&self.0),
            tenant: Arc::clone(tenant),
        };
        give(&self.0);
        match receiver.await {
            Ok(()) => turn,
            // The other end is in the book as long as the turn is here.
            Err(_) => pending().await,
        }
    }

    /// Wait for a turn, of each run one request at a time. So a run that makes
    /// sixteen at once waits as the others of its tenant do.
    pub(super) async fn turn_in(&self, line: &Line, tenant: &Arc<str>) -> Turn {
        let _first_of_its_run = line.0.lock().await;
        self.turn(tenant).await
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.book).leave(&self.tenant, self.number);
        give(&self.book);
    }
}

impl Book {
    fn enter(&mut self, tenant: &Arc<str>, waiting: oneshot::Sender<()>) -> u64 {
        let number = self.next;
        self.next += 1;
        let account = self.tenants.entry(Arc::clone(tenant)).or_default();
        account.waiting.insert(number, waiting);
        number
    }

    /// One who waits gives up, or one who has a turn gives it back.
    fn leave(&mut self, tenant: &str, number: u64) {
        let Some(account) = self.tenants.get_mut(tenant) else {
            return;
        };
        if account.waiting.remove(&number).is_none() {
            account.held -= 1;
            self.free += 1;
        }
        if account.held == 0 && account.waiting.is_empty() {
            self.tenants.remove(tenant);
        }
    }

    /// Give a turn to who is next, if there is one and somebody may take it.
    fn give(&mut self) -> Option<oneshot::Sender<()>> {
        let free = self.free;
        let may_take = |tenant: &str, held: usize| match tenant {
            "" => free > 0,
            _ => held < free,
        };
        let (_, account) = self
            .tenants
            .iter_mut()
            .filter(|(tenant, account)| may_take(tenant, account.held))
            .filter_map(|(_, account)| Some((*account.waiting.first_key_value()?.0, account)))
            .min_by_key(|(number, _)| *number)?;
        let (_, next) = account.waiting.pop_first()?;
        account.held += 1;
        self.free -= 1;
        Some(next)
    }
}

/// Give the turns that are free to those who may take them.
fn give(book: &Mutex<Book>) {
    loop {
        let Some(next) = lock(book).give() else {
            return;
        };
        // Gone in this very moment, he gives it back.
        let _ = next.send(());
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
