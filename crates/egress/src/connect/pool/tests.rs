//! Idle connections in their number and time.

use std::net::IpAddr;

use http_step_policy::Policy;
use tokio::io::{DuplexStream, duplex};
use tokio::time::advance;

use super::*;
use crate::usage::facts::ConnectionFacts;

/// How many are kept here.
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

/// A connection that can take a request, and its other end.
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

/// Let the tasks do what they have to.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn idle_connections_leave_files_for_others() {
    assert_eq!(most_idle(1024, None), 1024);
    assert_eq!(most_idle(1024, Some(1 << 20)), 1024);
    assert_eq!(most_idle(1024, Some(1024)), 256);
    assert_eq!(most_idle(1, Some(0)), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_goes_after_its_time() {
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

    // Who swept has gone home; the next connection has somebody come again.
    let (third, _third) = open(&[]).await;
    pool.put(key, third);
    settle().await;
    advance(IDLE).await;
    settle().await;
    assert_eq!(pool.idle_connections(), 0);
}

#[tokio::test]
async fn of_one_key_the_connection_used_last_is_taken_first() {
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
async fn above_the_cap_the_oldest_goes_of_who_has_most() {
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

/// What many requests at a time leave behind is there for the next of them, and no longer.
#[tokio::test(start_paused = true)]
async fn of_many_connections_some_last() {
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
async fn what_the_server_has_closed_is_not_kept() {
    let pool = Pool::new(MAX);
    let (connection, end) = open(&[]).await;
    pool.put(key("http://one.test"), connection);
    drop(end);
    settle().await;
    assert_eq!(lock(&pool.idle).count(), 1);
    advance(SWEEP).await;
    settle().await;
    assert_eq!(lock(&pool.idle).count(), 0);
}

#[tokio::test]
async fn what_the_server_has_closed_is_not_taken() {
    let pool = Pool::new(MAX);
    let key = key("http://one.test");
    let (connection, end) = open(&[]).await;
    pool.put(key.clone(), connection);
    drop(end);
    settle().await;
    assert!(pool.take(&key, &permit(&key)).is_none());
}

#[tokio::test]
async fn an_address_is_checked_for_each_who_takes_it() {
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
