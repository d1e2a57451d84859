//! Connections that are open and in nobody's use.
//!
//! Connections are kept apart by [`Key`]: who runs the step, where it leads, how
//! it is secured, through which proxy. Within a key a request still takes only a
//! connection that its own policy would let it open: the addresses found when it
//! was opened are checked again.
//!
//! Own code, and not hyper-util's pool: that one keeps connections apart by
//! scheme and authority, can't refuse one, and has no bound over all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use http_step_policy::{Origin, Permit, Proxy};
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::tls::Identity;
use crate::flood::http2::Http2Stream;

/// How long a connection is kept that nobody uses. Servers commonly end theirs
/// after a minute; to be earlier spares a request the race.
const IDLE: Duration = Duration::from_secs(30);

/// How many of a key are kept for so long. Many requests at a time leave more behind:
/// those go as soon as nobody wants them.
const LASTING: usize = 64;

/// How often those are dropped that their server has ended, and those that are more than
/// [`LASTING`] and were not wanted since.
const SWEEP: Duration = Duration::from_millis(250);

/// How many connections are kept idle by who makes so many requests at a time, in a
/// process that may have so many files open: they are not to be in the way of those that
/// are to be opened.
fn most_idle(requests: usize, files: Option<u64>) -> usize {
    let share = files.map_or(usize::MAX, |files| (files / 4) as usize);
    requests.min(share).max(1)
}

/// How many files the process may have open; none if there is no limit.
#[cfg(unix)]
fn files() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};

    getrlimit(Resource::Nofile).current
}

#[cfg(not(unix))]
fn files() -> Option<u64> {
    None
}

/// What connections are kept apart by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) tenant: Arc<str>,
    pub(crate) origin: Origin,
    /// None without TLS.
    pub(crate) tls: Option<Identity>,
    /// With who looks up names: where the proxy does, no address was checked.
    pub(crate) proxy: Option<Proxy>,
}

/// Idle connections.
pub(crate) struct Pool {
    idle: Arc<Mutex<Idle>>,
    /// How many are kept. Where many steps go to one origin at a time, with fewer than
    /// they are each would open a connection and close it.
    most: usize,
}

#[derive(Default)]
struct Idle {
    /// Of each key, the one used last at the end.
    connections: HashMap<Key, Vec<Waiting>>,
    /// Whether somebody looks after those that nobody wants.
    is_swept: bool,
}

struct Waiting {
    connection: Connection,
    since: Instant,
}

impl Pool {
    /// The one of a process that makes so many requests at a time.
    pub(crate) fn for_requests(requests: usize) -> Self {
        Self::new(most_idle(requests, files()))
    }

    /// One that keeps so many.
    fn new(most: usize) -> Self {
        Self {
            idle: Arc::default(),
            most,
        }
    }

    /// How many connections are open that nobody uses.
    pub(crate) fn idle_connections(&self) -> usize {
        let idle = lock(&self.idle);
        let waiting = idle.connections.values().flatten();
        waiting
            .filter(|waiting| waiting.connection.is_open())
            .count()
    }

    /// A connection that is open and that the policy would let be opened, and the
    /// request's part of it if it is shared.
    pub(crate) fn take(
        &self,
        key: &Key,
        permit: &Permit,
    ) -> Option<(Connection, Option<Http2Stream>)> {
        let mut idle = lock(&self.idle);
        let waiting = idle.connections.get_mut(key)?;
        let fits = |connection: &Connection| {
            let addresses = connection.facts.addresses.iter();
            connection.has_room()
                && addresses
                    .copied()
                    .all(|address| permit.check_address(address).is_ok())
        };
        for index in (0..waiting.len()).rev() {
            let found = waiting.get_mut(index)?;
            if !found.connection.is_open() {
                waiting.remove(index);
            } else if fits(&found.connection) {
                if let Some(shared) = found.connection.share() {
                    found.since = Instant::now();
                    let stream = shared.stream();
                    return Some((shared, stream));
                }
                return Some((waiting.remove(index).connection, None));
            }
        }
        None
    }

    /// Give no further request a connection that is shared.
    pub(crate) fn forget(&self, key: &Key, connection: &Connection) {
        let mut idle = lock(&self.idle);
        idle.drop_where(|known, waiting| known == key && waiting.connection.is_same(connection));
    }

    /// Keep a connection for the next request.
    pub(crate) fn put(&self, key: Key, connection: Connection) {
        let mut idle = lock(&self.idle);
        let waiting = idle.connections.entry(key).or_default();
        let has_room = |known: &Waiting| {
            let known = &known.connection;
            known.is_shared() && known.is_open() && known.has_room()
        };
        if connection.is_shared() && waiting.iter().any(has_room) {
            return;
        }
        waiting.push(Waiting {
            connection,
            since: Instant::now(),
        });
        if idle.count() > self.most {
            idle.drop_closed();
        }
        if idle.count() > self.most {
            idle.drop_one();
        }
        if !idle.is_swept {
            idle.is_swept = true;
            drop(tokio::spawn(sweep(Sweeper(Arc::downgrade(&self.idle)))));
        }
    }

    /// Keep a connection as soon as its response was read, if it lasts so long.
    pub(crate) fn put_when_free(self: &Arc<Self>, key: Key, mut connection: Connection) {
        let pool = Arc::downgrade(self);
        drop(tokio::spawn(async move {
            if connection.is_free().await
                && let Some(pool) = Weak::upgrade(&pool)
            {
                pool.put(key, connection);
            }
        }));
    }
}

impl Idle {
    fn count(&self) -> usize {
        self.connections.values().map(Vec::len).sum()
    }

    fn oldest(&self, of: impl Fn(&Key) -> bool) -> Option<(&Key, Instant)> {
        let firsts = self.connections.iter().filter(|(key, _)| of(key));
        firsts
            .filter_map(|(key, waiting)| Some((key, waiting.iter().map(|w| w.since).min()?)))
            .min_by_key(|(_, since)| *since)
    }

    /// Servers that end their connections must not have those of others dropped.
    fn drop_closed(&mut self) {
        self.drop_where(|_, waiting| !waiting.connection.is_open());
    }

    /// Drop the oldest of the tenant that has most: it is his own that make way for
    /// those that he opens.
    fn drop_one(&mut self) {
        let mut tenants: HashMap<&str, usize> = HashMap::new();
        for (key, waiting) in &self.connections {
            *tenants.entry(&key.tenant).or_default() += waiting.len();
        }
        let Some((tenant, _)) = tenants.into_iter().max_by_key(|(_, count)| *count) else {
            return;
        };
        let theirs = |key: &Key| *key.tenant == *tenant;
        if let Some((key, _)) = self.oldest(theirs) {
            let key = key.clone();
            if let Some(waiting) = self.connections.get_mut(&key) {
                // What was used last is at the end, but for shared ones.
                waiting.sort_by_key(|waiting| waiting.since);
                waiting.remove(0);
            }
        }
    }

    /// Drop what nobody will want.
    fn drop_idle(&mut self, now: Instant) {
        self.drop_where(|_, waiting| {
            !waiting.connection.is_open() || now.duration_since(waiting.since) >= IDLE
        });
        for waiting in self.connections.values_mut() {
            let mut more = waiting.len().saturating_sub(LASTING);
            // Those used last are at the end.
            waiting.retain(|waiting| {
                let is_more = more > 0;
                more = more.saturating_sub(1);
                !is_more || now.duration_since(waiting.since) < SWEEP
            });
        }
    }

    fn drop_where(&mut self, unwanted: impl Fn(&Key, &Waiting) -> bool) {
        self.connections.retain(|key, waiting| {
            waiting.retain(|waiting| !unwanted(key, waiting));
            !waiting.is_empty()
        });
    }
}

fn lock(idle: &Mutex<Idle>) -> MutexGuard<'_, Idle> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who sweeps. Gone before its work was done, as a task is with its runtime, it
/// leaves word that somebody else has to.
struct Sweeper(Weak<Mutex<Idle>>);

impl Drop for Sweeper {
    fn drop(&mut self) {
        if let Some(idle) = self.0.upgrade() {
            lock(&idle).is_swept = false;
        }
    }
}

/// Drop connections when their time has come, as long as there are any.
async fn sweep(mut sweeper: Sweeper) {
    loop {
        let next = {
            let Some(shared) = sweeper.0.upgrade() else {
                return;
            };
            let mut idle = lock(&shared);
            let now = Instant::now();
            idle.drop_idle(now);
            match idle.oldest(|_| true) {
                Some((_, since)) => (since + IDLE).min(now + SWEEP),
                None => {
                    idle.is_swept = false;
                    // From now on there may be another.
                    sweeper.0 = Weak::new();
                    return;
                }
            }
        };
        sleep_until(next).await;
    }
}

#[cfg(test)]
mod tests;
