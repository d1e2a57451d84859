//! What a run has used of its budgets, as counters.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use http_step_policy::Host;

/// Counts what the requests of a run use.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU32,
    in_flight: AtomicU32,
    peak_in_flight: AtomicU32,
    hosts: Mutex<BTreeSet<Host>>,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    bytes_decoded: AtomicU64,
    header_fields: AtomicU64,
    header_bytes: AtomicU64,
}

/// What the requests of a run have used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageCounts {
    /// Requests that were made, also those that were denied, and those that the host made
    /// for them.
    pub requests: u32,
    /// Requests in flight at a time, at the most.
    pub peak_in_flight: u32,
    /// Hosts that requests were to go to.
    pub hosts: usize,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of response bodies, as they came.
    pub bytes_received: u64,
    /// Bytes of response bodies, without their content codings.
    pub bytes_decoded: u64,
    /// Fields of a header, at the most.
    pub header_fields: u64,
    /// Bytes of a header, at the most.
    pub header_bytes: u64,
}

impl Counters {
    /// Count a request, and return how many there are.
    pub(super) fn add_request(&self) -> u32 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A request is in flight from now on. Return how many there are.
    pub(super) fn start(&self) -> u32 {
        let in_flight = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak_in_flight.fetch_max(in_flight, Ordering::Relaxed);
        in_flight
    }

    /// A request is not in flight any more.
    pub(super) fn finish(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// A request is to go to a host. Return to how many they go.
    pub(super) fn add_host(&self, host: &Host) -> usize {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.insert(host.clone());
        hosts.len()
    }

    /// A header was sent or received. Return how many fields and bytes it has.
    pub(super) fn add_header(&self, header: &HeaderMap) -> (u64, u64) {
        let fields = header.len() as u64;
        let bytes: u64 = header
            .iter()
            // As on the wire: a colon, a space, and the line's end.
            .map(|(name, value)| (name.as_str().len() + value.len() + 4) as u64)
            .sum();
        self.header_fields.fetch_max(fields, Ordering::Relaxed);
        self.header_bytes.fetch_max(bytes, Ordering::Relaxed);
        (fields, bytes)
    }

    /// Return the bytes sent with these.
    pub(super) fn add_sent(&self, bytes: usize) -> u64 {
        add(&self.bytes_sent, bytes)
    }

    /// Return the bytes received with these.
    pub(super) fn add_received(&self, bytes: usize) -> u64 {
        add(&self.bytes_received, bytes)
    }

    /// Return the bytes decoded with these.
    pub(super) fn add_decoded(&self, bytes: usize) -> u64 {
        add(&self.bytes_decoded, bytes)
    }

    pub(super) fn snapshot(&self) -> UsageCounts {
        UsageCounts {
            requests: self.requests.load(Ordering::Relaxed),
            peak_in_flight: self.peak_in_flight.load(Ordering::Relaxed),
            hosts: self
                .hosts
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .len(),
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            bytes_received: self.bytes_received.load(Ordering::Relaxed),
            bytes_decoded: self.bytes_decoded.load(Ordering::Relaxed),
            header_fields: self.header_fields.load(Ordering::Relaxed),
            header_bytes: self.header_bytes.load(Ordering::Relaxed),
        }
    }
}

fn add(counter: &AtomicU64, bytes: usize) -> u64 {
    let bytes = bytes as u64;
    counter
        .fetch_add(bytes, Ordering::Relaxed)
        .saturating_add(bytes)
}
