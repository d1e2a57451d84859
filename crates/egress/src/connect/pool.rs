//! Idle connections.
//!
//! Connections are separated by [`Key`]: the tenant, the origin, the TLS settings, the proxy. A
//! request only takes a connection of its key that its own policy would allow it to open: the
//! addresses that were found when it was opened are checked again.
//!
//! hyper-util's pool does not fit: it separates connections by scheme and authority, can't refuse
//! one, and has no limit for all of them.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use http_step_policy::{Origin, Permit, Proxy};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::tls::Identity;
use crate::flood::http2::Http2Stream;

/// How long an idle connection is kept. Servers commonly close theirs after a minute; closing
/// earlier avoids races.
const IDLE: Duration = Duration::from_secs(30);

/// How many connections of a key are kept for that long. Many concurrent requests leave more, which
/// are dropped as soon as they are not needed.
const LASTING: usize = 64;

/// The interval for dropping connections that the server has closed, and those beyond [`LASTING`]
/// that were not used since.
const SWEEP: Duration = Duration::from_millis(250);

/// The maximum number of idle connections, by the number of concurrent requests and the process's
/// limit of open files: idle connections must leave file descriptors for new ones.
fn most_idle(requests: usize, files: Option<u64>) -> usize {
    let share = files.map_or(usize::MAX, |files| (files / 4) as usize);
    requests.min(share).max(1)
}

/// The process's limit of open files; none if there is no limit.
#[cfg(unix)]
fn files() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};

    getrlimit(Resource::Nofile).current
}

#[cfg(not(unix))]
fn files() -> Option<u64> {
    None
}

/// What separates connections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) tenant: Arc<str>,
    pub(crate) origin: Origin,
    /// None without TLS.
    pub(crate) tls: Option<Identity>,
    /// Including who resolves names: if the proxy does, no address was checked.
    pub(crate) proxy: Option<Proxy>,
}

/// Idle connections.
pub(crate) struct Pool {
    idle: Arc<Mutex<Idle>>,
    /// The maximum number of idle connections. If it were lower than the number of concurrent
    /// requests to one origin, each request would open a connection and close it.
    most: usize,
}

#[derive(Default)]
struct Idle {
    /// For each key, with the most recently used connection last.
    connections: HashMap<Key, Vec<Waiting>>,
    /// Whether a task drops the unused ones.
    is_swept: bool,
}

struct Waiting {
    connection: Connection,
    since: Instant,
}

impl Pool {
    /// A pool for this many concurrent requests.
    pub(crate) fn for_requests(requests: usize) -> Self {
        Self::new(most_idle(requests, files()))
    }

    /// A pool of this size.
    fn new(most: usize) -> Self {
        Self {
            idle: Arc::default(),
            most,
        }
    }

    /// The number of idle connections.
    pub(crate) fn idle_connections(&self) -> usize {
        let idle = self.idle.lock();
        let waiting = idle.connections.values().flatten();
        waiting
            .filter(|waiting| waiting.connection.is_open())
            .count()
    }

    /// An open connection that the policy allows, and the request's share of it if it is shared.
    pub(crate) fn take(
        &self,
        key: &Key,
        permit: &Permit,
    ) -> Option<(Connection, Option<Http2Stream>)> {
        let mut idle = self.idle.lock();
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

    /// Don't use a shared connection for further requests.
    pub(crate) fn forget(&self, key: &Key, connection: &Connection) {
        let mut idle = self.idle.lock();
        idle.drop_where(|known, waiting| known == key && waiting.connection.is_same(connection));
    }

    /// Keep a connection for the next request.
    pub(crate) fn put(&self, key: Key, connection: Connection) {
        let mut idle = self.idle.lock();
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

    /// Keep a connection once its response was read.
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

    /// Closed connections must not displace those of other tenants.
    fn drop_closed(&mut self) {
        self.drop_where(|_, waiting| !waiting.connection.is_open());
    }

    /// Drop the oldest connection of the tenant with the most, so that a tenant displaces its own
    /// first.
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
                // The most recently used one is last, except for shared ones.
                waiting.sort_by_key(|waiting| waiting.since);
                waiting.remove(0);
            }
        }
    }

    /// Drop connections that will not be used.
    fn drop_idle(&mut self, now: Instant) {
        self.drop_where(|_, waiting| {
            !waiting.connection.is_open() || now.duration_since(waiting.since) >= IDLE
        });
        for waiting in self.connections.values_mut() {
            let mut more = waiting.len().saturating_sub(LASTING);
            // The most recently used ones are last.
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

/// The task that sweeps. If it is dropped before it has finished, as with its runtime, its drop
/// allows another one to start.
struct Sweeper(Weak<Mutex<Idle>>);

impl Drop for Sweeper {
    fn drop(&mut self) {
        if let Some(idle) = self.0.upgrade() {
            idle.lock().is_swept = false;
        }
    }
}

/// Drop connections when they expire, until there are none.
async fn sweep(mut sweeper: Sweeper) {
    loop {
        let next = {
            let Some(shared) = sweeper.0.upgrade() else {
                return;
            };
            let mut idle = shared.lock();
            let now = Instant::now();
            idle.drop_idle(now);
            match idle.oldest(|_| true) {
                Some((_, since)) => (since + IDLE).min(now + SWEEP),
                None => {
                    idle.is_swept = false;
                    // From here on another task may be started.
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
