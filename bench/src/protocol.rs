//! The protocol between the benchmark and its workers: a line of JSON asks for a round, a line of
//! JSON answers it. Workers in Python speak it too.
//!
//! Each contestant is a separate process, and the contestants of a comparison alternate, round by
//! round, so that other load of the machine affects all of them.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::failure::Result;

/// The parameters of a round.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Round {
    /// How many requests are concurrent.
    pub(crate) at_a_time: usize,
    /// For how long new requests are sent; with 0, each concurrent loop sends one.
    pub(crate) seconds: f64,
}

/// The results of a round.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Sample {
    /// How many requests got the expected response.
    pub(crate) done: u64,
    /// How many were not.
    pub(crate) failed: u64,
    /// The error of the first of these.
    pub(crate) error: Option<String>,
    /// The longest time that one of them took, in seconds.
    #[serde(default)]
    pub(crate) longest_failed: f64,
    /// From the first request to the last response.
    pub(crate) seconds: f64,
    /// The median time of a request, in seconds.
    pub(crate) p50: f64,
    /// The 99th percentile.
    pub(crate) p99: f64,
    /// Bytes of memory that the process had before the round.
    pub(crate) resident_before: u64,
    /// The peak during the round.
    pub(crate) resident_peak: u64,
    /// In a round in which each concurrent loop sends one request: bytes of memory that the process
    /// took of the machine when the first was done, and all others were in flight.
    #[serde(default)]
    pub(crate) memory_in_flight: u64,
}

impl Sample {
    /// Seconds of the whole per request.
    pub(crate) fn each(&self) -> f64 {
        self.seconds / self.done as f64
    }

    /// Requests per second.
    pub(crate) fn rate(&self) -> f64 {
        self.done as f64 / self.seconds
    }
}

/// Answer rounds until the input ends.
pub(crate) fn answer(mut play: impl FnMut(Round) -> Result<Sample>) -> Result<()> {
    for line in io::stdin().lock().lines() {
        let sample = play(serde_json::from_str(&line?)?)?;
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, &sample)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}
