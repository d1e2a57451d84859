//! Ten thousand steps that wait for a slow server: none is lost, and they take little memory. And
//! the error of a step that exceeds the limit.

use super::steps::MANY;
use crate::bench::Bench;
use crate::failure::Result;
use crate::protocol::{Round, Sample};
use crate::report::{Curve, Plot, Report, Scale, Table, bytes, milliseconds, times};
use crate::statistics::Spread;
use crate::worker::Worker;

/// How many steps are concurrent, and after how many milliseconds the slow server responds: later
/// than all of them have started.
const FULL: &[(usize, u32)] = &[(100, 1000), (1000, 2000), (3000, 4000), (10_000, 10_000)];
const SHORT: &[(usize, u32)] = &[(100, 1000), (1000, 2000)];

pub(super) fn measure(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let mut table = Table::new(&[
        "in flight",
        "at the server at the same time, at most",
        "lost",
        "all finished after",
        "memory (PSS)",
        "per step",
        "VmHWM",
    ]);
    let mut points = Vec::new();
    let mut most = 0;
    for &(count, wait) in if bench.args.short { SHORT } else { FULL } {
        let (sample, peak) = in_flight(bench, count, wait)?;
        if bench.args.short && sample.failed > 0 {
            return Err(lost(&sample).into());
        }
        let memory = sample.memory_in_flight;
        points.push((count as f64, memory as f64 / f64::from(1 << 20)));
        table.row([
            count.to_string(),
            peak.to_string(),
            match sample.failed {
                0 => "none".to_owned(),
                _ => lost(&sample),
            },
            milliseconds(Spread::from_samples([sample.seconds])),
            bytes(memory),
            bytes(memory.saturating_sub(sample.resident_before) / count as u64),
            bytes(sample.resident_peak),
        ]);
        // The last one is the largest, and the one with a target.
        report.target("in-flight-memory", Spread::from_samples([memory as f64]));
        report.target(
            "in-flight-lost",
            Spread::from_samples([sample.failed as f64]),
        );
        most = count;
    }
    report.table("in-flight", table);
    report.plot(
        "memory",
        &Plot {
            title: "Memory (PSS) by steps in flight",
            x: "steps that wait for a slow server",
            y: "MiB",
            y_scale: Scale::Log,
            curves: vec![Curve {
                name: "the process, host and connections included".to_owned(),
                points,
            }],
        },
    );
    idle_server(bench, report, most)?;
    past_the_limit(bench, report)
}

/// A number of steps that wait at the same time, in a separate process, and how many concurrent
/// requests the server saw.
fn in_flight(bench: &mut Bench, count: usize, wait: u32) -> Result<(Sample, u64)> {
    let (room, wait) = (count.to_string(), wait.to_string());
    let arguments = ["--wait", &wait, "--wall", "120", "--room", &room];
    let mut step = bench.step("steps in flight", &arguments)?;
    bench.server.seen()?;
    let sample = step.try_round(Round {
        at_a_time: count,
        seconds: 0.0,
    })?;
    Ok((sample, bench.server.seen()?.peak))
}

fn lost(sample: &Sample) -> String {
    let why = sample.error.as_deref().unwrap_or_default();
    format!("{} steps; the first: {why}", sample.failed)
}

/// As many concurrent steps with a server that responds at once. One contestant after the other:
/// the server can't open enough files for the connections of both.
fn idle_server(bench: &mut Bench, report: &mut Report, count: usize) -> Result<()> {
    let room = count.to_string();
    let room = ["--room", room.as_str(), "--wall", "120"];
    let (native, native_lost) = p99(bench, bench.native(&[])?, count)?;
    let (step, step_lost) = p99(bench, bench.step("step", &room)?, count)?;
    let ratio = Spread::ratio(&step, &native);
    let head = format!("{count} at a time at an idle server");
    let mut table = Table::new(&[&head, "p99", "× native", "lost"]);
    for (name, waits, ratio, lost) in [
        ("native", native, String::new(), native_lost),
        ("step", step, times(ratio), step_lost),
    ] {
        table.row([
            name.to_owned(),
            milliseconds(Spread::from_samples(waits)),
            ratio,
            lost,
        ]);
    }
    report.target("in-flight-p99", ratio);
    report.table("in-flight-idle", table);
    Ok(())
}

/// The p99 of each round, and the failures of all rounds.
fn p99(bench: &Bench, mut worker: Worker, count: usize) -> Result<(Vec<f64>, String)> {
    let rounds = if bench.args.short { 1 } else { 3 };
    let round = Round {
        at_a_time: count,
        seconds: bench.seconds(),
    };
    let mut figures = Vec::new();
    let mut shown = "none".to_owned();
    // The first round opens the connections.
    for number in 0..=rounds {
        let sample = worker.try_round(round)?;
        if sample.failed > 0 {
            shown = lost(&sample);
        }
        if sample.done == 0 {
            return Err(shown.into());
        }
        if number > 0 {
            figures.push(sample.p99);
        }
    }
    Ok((figures, shown))
}

/// Three times as many steps as can run or wait; as many may wait as run.
fn past_the_limit(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let room = MANY.to_string();
    let mut step = bench.step(
        "steps past the limit",
        &["--wait", "1000", "--room", &room, "--queue", &room],
    )?;
    let sample = step.try_round(Round {
        at_a_time: 3 * MANY,
        seconds: 0.0,
    })?;
    let why = sample.error.unwrap_or_default();
    if sample.done != 2 * MANY as u64 {
        return Err(format!(
            "{} of {} steps for which there is room came through: {why}",
            sample.done,
            2 * MANY
        )
        .into());
    }
    report.text(
        "past-the-limit",
        format!(
            "With {} steps at once, a host that runs {MANY} and queues {MANY}, and a server that takes \
             1 s, {} steps finished, all within {}. Each of the others ended after at most {}, \
             with: {why}.",
            3 * MANY,
            sample.done,
            milliseconds(Spread::from_samples([sample.seconds])),
            milliseconds(Spread::from_samples([sample.longest_failed])),
        ),
    );
    Ok(())
}
