//! A number of concurrent requests, for some time.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::failure::Result;
use crate::process;
use crate::protocol::{Round, Sample};
use crate::statistics::percentile;

/// What one of the concurrent loops measured.
#[derive(Default)]
struct Tally {
    latencies: Vec<f64>,
    failed: u64,
    error: Option<String>,
    longest_failed: f64,
}

/// Play a round. `once` sends one request and says whether the response was the expected one.
pub(crate) async fn play<F>(
    round: Round,
    once: impl Fn() -> F + Clone + Send + 'static,
) -> Result<Sample>
where
    F: Future<Output = Result<(), String>> + Send,
{
    process::forget_peak()?;
    let resident_before = process::resident()?;
    let duration = Duration::from_secs_f64(round.seconds);
    let started = Instant::now();
    let mut places = JoinSet::new();
    for _ in 0..round.at_a_time {
        let once = once.clone();
        places.spawn(async move {
            let mut tally = Tally::default();
            loop {
                let begun = Instant::now();
                match once().await {
                    Ok(()) => tally.latencies.push(begun.elapsed().as_secs_f64()),
                    Err(error) => {
                        tally.failed += 1;
                        let took = begun.elapsed().as_secs_f64();
                        tally.longest_failed = tally.longest_failed.max(took);
                        tally.error.get_or_insert(error);
                    }
                }
                if started.elapsed() >= duration {
                    return tally;
                }
            }
        });
    }
    let mut whole = Tally::default();
    let mut memory_in_flight = 0;
    while let Some(tally) = places.join_next().await {
        let tally = tally?;
        // It takes a while, so not where throughput is measured.
        if duration.is_zero() && memory_in_flight == 0 {
            memory_in_flight = process::proportional()?;
        }
        whole.latencies.extend(tally.latencies);
        whole.failed += tally.failed;
        whole.error = whole.error.or(tally.error);
        whole.longest_failed = whole.longest_failed.max(tally.longest_failed);
    }
    let seconds = started.elapsed().as_secs_f64();
    Ok(Sample {
        done: whole.latencies.len() as u64,
        failed: whole.failed,
        error: whole.error,
        longest_failed: whole.longest_failed,
        seconds,
        p50: percentile(&mut whole.latencies, 50.0).unwrap_or(0.0),
        p99: percentile(&mut whole.latencies, 99.0).unwrap_or(0.0),
        resident_before,
        resident_peak: process::resident_peak()?,
        memory_in_flight,
    })
}
