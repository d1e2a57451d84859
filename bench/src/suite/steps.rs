//! One step compared with one request without a sandbox, one at a time and 64 concurrently.

use crate::bench::{Bench, each};
use crate::failure::Result;
use crate::report::{Report, Table, microseconds, times};
use crate::statistics::Spread;
use crate::worker::Worker;

/// How many are concurrent, where it is more than one.
pub(super) const MANY: usize = 64;

pub(super) fn measure(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let mut workers = [
        bench.native(&[])?,
        bench.step("step", &[])?,
        bench.step_with("step, with `RUST_BACKTRACE=1`", "RUST_BACKTRACE", "1")?,
        bench.step("component that does nothing", &["--nothing"])?,
    ];
    let request = one_connection_and_one_request(bench, &mut workers)?;
    report.text("request", request);

    let (seconds, rounds) = (bench.seconds(), bench.rounds());
    let alone = bench.compare(&mut workers, 1, seconds, rounds)?;
    let many = bench.compare(&mut workers, MANY, seconds, rounds)?;
    let native = many.first().map(|played| each(played)).unwrap_or_default();

    let mut table = Table::new(&[
        "",
        "one at a time",
        "64 at a time",
        "× native, 64 at a time",
    ]);
    for ((worker, alone), many) in workers.iter().zip(&alone).zip(&many) {
        table.row([
            worker.name().to_owned(),
            microseconds(Spread::from_samples(each(alone))),
            microseconds(Spread::from_samples(each(many))),
            times(Spread::ratio(&each(many), &native)),
        ]);
        if worker.name() == "step" {
            report.target("step-to-native", Spread::ratio(&native, &each(many)));
        }
    }

    let mut instances = [bench.plain_host("instances", None)?];
    for played in bench.compare(&mut instances, 1, seconds, rounds)? {
        let each = Spread::from_samples(each(&played));
        report.target("instantiate", each);
        table.row([
            "an instance of the built-in step, created and dropped".to_owned(),
            microseconds(each),
            String::new(),
            String::new(),
        ]);
    }
    report.table("steps", table);
    Ok(())
}

/// The pool works, and both send the same request: the server describes it.
fn one_connection_and_one_request(bench: &mut Bench, workers: &mut [Worker]) -> Result<String> {
    let mut first = None;
    for worker in workers.iter_mut().take(2) {
        bench.server.seen()?;
        bench.compare(std::slice::from_mut(worker), 1, bench.seconds() / 2.0, 1)?;
        let seen = bench.server.seen()?;
        if seen.connections != 1 {
            return Err(format!(
                "{} took {} connections for {} requests one after the other",
                worker.name(),
                seen.connections,
                seen.requests
            )
            .into());
        }
        let request = seen.first.unwrap_or_default();
        let expected = first.get_or_insert_with(|| request.clone());
        if *expected != request {
            return Err(format!(
                "{} does not send what native sends: {request}, not {expected}",
                worker.name()
            )
            .into());
        }
    }
    Ok(first.unwrap_or_default())
}
