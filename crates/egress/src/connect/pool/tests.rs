//! The limits of idle connections in number and time.

use std::net::IpAddr;

use http_step_policy::Policy;
use tokio::io::{DuplexStream, duplex};
use tokio::time::advance;

use super::*;
use crate::usage::facts::ConnectionFacts;

/// The size of the pool in these tests.
const MAX: usize = 8;

fn key(origin: &str) -> Key {
    key_of("", origin)
}

fn key_of(tenant: &str, origin: &str) -> Key {
    Key {
        tenant: tenant.into(),
        origin: origin.parse().unwrap(),
        tls: None,
        proxy: None,
    }
}

fn permit(key: &Key) -> Permit {
    Policy::public().admit(&key.origin, "GET").unwrap()
}

/// A connection that can take a request, and the server's end.
async fn open(addresses: &[IpAddr]) -> (Connection, DuplexStream) {
    let (io, end) = duplex(1024);
    let facts = ConnectionFacts {
        addresses: addresses.to_vec(),
        ..ConnectionFacts::empty()
    };
    let mut connection = Connection::start(io, facts, None).await.unwrap();
    assert!(connection.is_free().await);
    (connection, end)
}

/// Let the tasks run.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn idle_connections_leave_files_for_new_ones() {
    assert_eq!(most_idle(1024, None), 1024);
    assert_eq!(most_idle(1024, Some(1 << 20)), 1024);
    assert_eq!(most_idle(1024, Some(1024)), 256);
    assert_eq!(most_idle(1, Some(0)), 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_expires() {
    let pool = Pool::new(MAX);
    let key = key("http://one.test");
    let (first, _first) = open(&[]).await;
    let (second, _second) = open(&[]).await;
    pool.put(key.clone(), first);
    advance(IDLE / 2).await;
    pool.put(key.clone(), second);
    settle().await;
    assert_eq!(pool.idle_connections(), 2);
    advance(IDLE / 2).await;
    settle().await;
    assert_eq!(pool.idle_connections(), 1);
    advance(IDLE / 2).await;
    settle().await;
    assert_eq!(pool.idle_connections(), 0);

    // The task that sweeps has ended; the next connection starts another one.
    let (third, _third) = open(&[]).await;
    pool.put(key, third);
    settle().await;
    advance(IDLE).await;
    settle().await;
    assert_eq!(pool.idle_connections(), 0);
}

#[tokio::test]
async fn the_most_recently_used_connection_is_taken_first() {
    let pool = Pool::new(MAX);
    let key = key("http://one.test");
    let mut ends = Vec::new();
    for last in 1..=3 {
        let (connection, end) = open(&[IpAddr::from([1, 1, 1, last])]).await;
        pool.put(key.clone(), connection);
        ends.push(end);
    }
    let permit = permit(&key);
    let mut taken = Vec::new();
    while let Some((connection, _)) = pool.take(&key, &permit) {
        taken.push(connection.facts.addresses[0].to_string());
    }
    assert_eq!(taken, ["1.1.1.3", "1.1.1.2", "1.1.1.1"]);
}

#[tokio::test(start_paused = true)]
async fn the_oldest_connection_of_the_largest_tenant_is_dropped() {
    let pool = Pool::new(MAX);
    let mut ends = Vec::new();
    let modest = key_of("modest", "http://one.test");
    let greedy = |number: usize| key_of("greedy", &format!("http://host{number}.test"));
    for key in [modest.clone()].into_iter().chain((0..MAX).map(greedy)) {
        let (connection, end) = open(&[]).await;
        pool.put(key, connection);
        ends.push(end);
        advance(SWEEP / 10).await;
    }
    assert_eq!(pool.idle_connections(), MAX);
    assert!(pool.take(&modest, &permit(&modest)).is_some());
    let first = greedy(0);
    assert!(pool.take(&first, &permit(&first)).is_none());
}

/// Connections of many concurrent requests are kept for the next ones, but not for long.
#[tokio::test(start_paused = true)]
async fn connections_beyond_the_lasting_ones_are_swept() {
    let pool = Pool::new(2 * LASTING);
    let mut ends = Vec::new();
    for _ in 0..LASTING + 8 {
        let (connection, end) = open(&[]).await;
        pool.put(key("http://one.test"), connection);
        ends.push(end);
    }
    settle().await;
    advance(SWEEP / 2).await;
    settle().await;
    assert_eq!(pool.idle_connections(), LASTING + 8);
    advance(SWEEP / 2).await;
    settle().await;
    assert_eq!(pool.idle_connections(), LASTING);
    advance(IDLE - 2 * SWEEP).await;
    settle().await;
    assert_eq!(pool.idle_connections(), LASTING);
}

#[tokio::test(start_paused = true)]
async fn a_closed_connection_is_not_kept() {
    let pool = Pool::new(MAX);
    let (connection, end) = open(&[]).await;
    pool.put(key("http://one.test"), connection);
    drop(end);
    settle().await;
    assert_eq!(pool.idle.lock().count(), 1);
    advance(SWEEP).await;
    settle().await;
    assert_eq!(pool.idle.lock().count(), 0);
}

#[tokio::test]
async fn a_closed_connection_is_not_taken() {
    let pool = Pool::new(MAX);
    let key = key("http://one.test");
    let (connection, end) = open(&[]).await;
    pool.put(key.clone(), connection);
    drop(end);
    settle().await;
    assert!(pool.take(&key, &permit(&key)).is_none());
}

#[tokio::test]
async fn addresses_are_checked_again_for_each_request() {
    let pool = Pool::new(MAX);
    let key = key("http://one.test");
    let (connection, _end) = open(&[IpAddr::from([10, 0, 0, 1])]).await;
    pool.put(key.clone(), connection);
    assert!(pool.take(&key, &permit(&key)).is_none());
    let wide = Policy::public().allow_network("10.0.0.0/8".parse().unwrap());
    assert!(
        pool.take(&key, &wide.admit(&key.origin, "GET").unwrap())
            .is_some()
    );
}
