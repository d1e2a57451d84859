//! Ten thousand steps that wait for a slow server: none is lost, and they have little memory. And
//! what a step is told for which there is no room.

use super::steps::MANY;
use crate::bench::Bench;
use crate::failure::Result;
use crate::protocol::{Round, Sample};
use crate::report::{Report, Table, bytes, milliseconds, times};
use crate::statistics::Spread;

pub(super) fn measure(bench: &mut Bench, report: &mut Report) -> Result<()> {
    // The slow server waits for longer than it takes to start all of them.
    let (count, wait) = match bench.args.short {
        true => (1000, "2000"),
        false => (10_000, "10000"),
    };
    let room = count.to_string();
    let slow = ["--wait", wait];
    let room = ["--room", room.as_str(), "--wall", "120"];

    let mut step = bench.step("steps", &[&slow[..], &room].concat())?;
    bench.server.seen()?;
    let sample = step.try_round(Round {
        at_a_time: count,
        seconds: 0.0,
    })?;
    let peak = bench.server.seen()?.peak;
    drop(step);
    if bench.args.short && sample.failed > 0 {
        return Err(lost(&sample).into());
    }
    let mut table = Table::new(&["", "steps in flight"]);
    let grown = sample.growth() / count as u64;
    for (what, value) in [
        ("begun at once", count.to_string()),
        (
            "under way at the server at a time, at the most",
            peak.to_string(),
        ),
        ("lost", sample.failed.to_string()),
        ("the server waits for", format!("{wait} ms")),
        ("all done after", milliseconds(Spread::of([sample.seconds]))),
        ("resident memory at the most", bytes(sample.resident_peak)),
        ("of it, for each", bytes(grown)),
    ] {
        table.row([what.to_owned(), value]);
    }
    if let Some(error) = &sample.error {
        table.row(["the first that was lost".to_owned(), error.clone()]);
    }
    report.target(
        "in-flight-memory",
        Spread::of([sample.resident_peak as f64]),
    );
    report.target("in-flight-lost", Spread::of([sample.failed as f64]));
    report.table("in-flight", table);

    idle_server(bench, report, count, &room)?;
    past_the_limit(bench, report)
}

fn lost(sample: &Sample) -> String {
    let why = sample.error.as_deref().unwrap_or_default();
    format!("{} steps were lost; the first: {why}", sample.failed)
}

/// As many at a time at a server that answers at once.
fn idle_server(bench: &mut Bench, report: &mut Report, count: usize, room: &[&str]) -> Result<()> {
    let mut workers = [bench.native(&[])?, bench.step("step", room)?];
    let rounds = if bench.args.short { 1 } else { 3 };
    let played = bench.compare(&mut workers, count, bench.seconds(), rounds)?;
    let p99 = |number: usize| -> Vec<f64> {
        let played = played.get(number).into_iter().flatten();
        played.map(|sample| sample.p99).collect()
    };
    let (native, step) = (p99(0), p99(1));
    let ratio = Spread::ratio(&step, &native);
    let mut table = Table::new(&["p99 of as many at an idle server", "", "× native"]);
    for (name, waits) in [("native", native), ("step", step)] {
        let ratio = if name == "step" {
            times(ratio)
        } else {
            String::new()
        };
        table.row([name.to_owned(), milliseconds(Spread::of(waits)), ratio]);
    }
    report.target("in-flight-p99", ratio);
    report.table("in-flight-idle", table);
    Ok(())
}

/// Twice as many steps as there is room for, with less time than two of them take.
fn past_the_limit(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let room = MANY.to_string();
    let mut step = bench.step(
        "steps past the limit",
        &["--wait", "1500", "--wall", "2", "--room", &room],
    )?;
    let sample = step.try_round(Round {
        at_a_time: 2 * MANY,
        seconds: 0.0,
    })?;
    if sample.done != MANY as u64 {
        let why = sample.error.unwrap_or_default();
        return Err(format!(
            "{} of {MANY} steps for which there is room came through: {why}",
            sample.done
        )
        .into());
    }
    report.text(
        "past-the-limit",
        format!(
            "Of {} steps at once in a host with room for {MANY}, at a server that takes 1.5 s, and \
             with 2 s for each, {} came through. The others waited their turn, and ended after {} \
             with: {}.",
            2 * MANY,
            sample.done,
            milliseconds(Spread::of([sample.seconds])),
            sample.error.unwrap_or_default()
        ),
    );
    Ok(())
}
