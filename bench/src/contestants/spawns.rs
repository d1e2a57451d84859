//! A program that is started for every request, and awaited.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::Result;
use crate::protocol::{self, Round, Sample};
use crate::{process, statistics};

/// Which program.
#[derive(Debug, clap::Args)]
pub(crate) struct SpawnArgs {
    /// The program, and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Run rounds, one process at a time.
pub(crate) fn run(args: &SpawnArgs) -> Result<()> {
    protocol::answer(|round| play(args, round))
}

fn play(args: &SpawnArgs, round: Round) -> Result<Sample> {
    let (program, rest) = args.command.split_first().ok_or("no program is named")?;
    let resident_before = process::resident()?;
    let (mut latencies, mut failed, mut error) = (Vec::new(), 0, None);
    let started = Instant::now();
    loop {
        let begun = Instant::now();
        let ran = Command::new(program)
            .args(rest)
            .stdin(Stdio::null())
            .output()?;
        if ran.status.success() {
            latencies.push(begun.elapsed().as_secs_f64());
        } else {
            failed += 1;
            let output = String::from_utf8_lossy(&ran.stderr).into_owned();
            error.get_or_insert(format!("{program}: {}: {output}", ran.status));
        }
        if started.elapsed() >= Duration::from_secs_f64(round.seconds) {
            break;
        }
    }
    Ok(Sample {
        done: latencies.len() as u64,
        failed,
        error,
        seconds: started.elapsed().as_secs_f64(),
        p50: statistics::percentile(&mut latencies, 50.0).unwrap_or(0.0),
        p99: statistics::percentile(&mut latencies, 99.0).unwrap_or(0.0),
        resident_before,
        resident_peak: process::resident_peak()?,
        longest_failed: 0.0,
        memory_in_flight: 0,
    })
}
