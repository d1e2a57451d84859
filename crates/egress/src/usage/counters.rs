//! Counts what a run has used of its budgets.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use http::HeaderMap;
use http_step_policy::Host;
use parking_lot::Mutex;

/// Counts the usage of the requests of a run.
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

/// The usage of the requests of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageCounts {
    /// Requests that were started, including denied ones and follow-up requests of the host.
    pub requests: u32,
    /// The maximum number of concurrent requests.
    pub peak_in_flight: u32,
    /// Distinct hosts of requests.
    pub hosts: usize,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of response bodies, as received.
    pub bytes_received: u64,
    /// Bytes of response bodies, decoded.
    pub bytes_decoded: u64,
    /// The maximum number of header fields of a message.
    pub header_fields: u64,
    /// The maximum number of header bytes of a message.
    pub header_bytes: u64,
}

impl Counters {
    /// Count a request. Returns the number of requests.
    pub(super) fn add_request(&self) -> u32 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A request is in flight from now on. Returns the number of requests in flight.
    pub(super) fn start(&self) -> u32 {
        let in_flight = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak_in_flight.fetch_max(in_flight, Ordering::Relaxed);
        in_flight
    }

    /// A request is no longer in flight.
    pub(super) fn finish(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Count the host of a request. Returns the number of hosts.
    pub(super) fn add_host(&self, host: &Host) -> usize {
        let mut hosts = self.hosts.lock();
        hosts.insert(host.clone());
        hosts.len()
    }

    /// Count a header. Returns its number of fields and bytes.
    pub(super) fn add_header(&self, header: &HeaderMap) -> (u64, u64) {
        let fields = header.len() as u64;
        let bytes: u64 = header
            .iter()
            // As on the wire: with a colon, a space, and a line break.
            .map(|(name, value)| (name.as_str().len() + value.len() + 4) as u64)
            .sum();
        self.header_fields.fetch_max(fields, Ordering::Relaxed);
        self.header_bytes.fetch_max(bytes, Ordering::Relaxed);
        (fields, bytes)
    }

    /// Count sent bytes. Returns the total.
    pub(super) fn add_sent(&self, bytes: usize) -> u64 {
        add(&self.bytes_sent, bytes)
    }

    /// Count received bytes. Returns the total.
    pub(super) fn add_received(&self, bytes: usize) -> u64 {
        add(&self.bytes_received, bytes)
    }

    /// Count decoded bytes. Returns the total.
    pub(super) fn add_decoded(&self, bytes: usize) -> u64 {
        add(&self.bytes_decoded, bytes)
    }

    pub(super) fn snapshot(&self) -> UsageCounts {
        UsageCounts {
            requests: self.requests.load(Ordering::Relaxed),
            peak_in_flight: self.peak_in_flight.load(Ordering::Relaxed),
            hosts: self.hosts.lock().len(),
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
