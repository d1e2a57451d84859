//! What the benchmark and its workers say to each other: a line of JSON asks for a round, a
//! line of JSON answers it. Workers in Python speak it too.
//!
//! Each contestant is a process of its own, and all of one comparison take turns, round by
//! round: what the machine does meanwhile falls on all of them.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::failure::Result;

/// What a worker is asked for.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Round {
    /// How many requests are under way at a time.
    pub(crate) at_a_time: usize,
    /// For how long new ones are begun; with 0, one is made in each place.
    pub(crate) seconds: f64,
}

/// What came of a round.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Sample {
    /// How many requests were answered as they should be.
    pub(crate) done: u64,
    /// How many were not.
    pub(crate) failed: u64,
    /// What became of the first of these.
    pub(crate) error: Option<String>,
    /// None of them took longer, in seconds.
    #[serde(default)]
    pub(crate) longest_failed: f64,
    /// From the first request to the last answer.
    pub(crate) seconds: f64,
    /// Half of the requests took no longer, in seconds.
    pub(crate) p50: f64,
    /// And 99 of 100.
    pub(crate) p99: f64,
    /// Bytes of memory that the process had before the round.
    pub(crate) resident_before: u64,
    /// And at the most during it.
    pub(crate) resident_peak: u64,
    /// In a round in which each place makes one request: bytes of memory that the process took of
    /// the machine when the first was done, and all others were under way.
    #[serde(default)]
    pub(crate) memory_in_flight: u64,
}

impl Sample {
    /// Seconds of the whole for one request.
    pub(crate) fn each(&self) -> f64 {
        self.seconds / self.done as f64
    }

    /// Requests a second.
    pub(crate) fn rate(&self) -> f64 {
        self.done as f64 / self.seconds
    }
}

/// Answer rounds until nobody asks for one.
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
