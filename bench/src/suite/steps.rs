//! One step against one request without a sandbox, one at a time and 64 at a time.

use crate::bench::Bench;
use crate::failure::Result;
use crate::protocol::Sample;
use crate::report::{Report, Table, microseconds, times};
use crate::statistics::Spread;
use crate::worker::{Worker, own};

/// How many are under way, where it is more than one.
pub(crate) const MANY: usize = 64;

pub(super) fn measure(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let origin = bench.server.origin();
    let origin = ["--origin", &origin];
    let with_backtraces = {
        let mut command = own(&[&["step"], &origin[..]].concat())?;
        command.env("RUST_BACKTRACE", "1");
        command
    };
    let mut workers = [
        bench.worker("native", &[&["native"], &origin[..]].concat())?,
        bench.worker("step", &[&["step"], &origin[..]].concat())?,
        Worker::start("step, with `RUST_BACKTRACE=1`", with_backtraces)?,
        bench.worker(
            "component that does nothing",
            &[&["step", "--nothing"], &origin[..]].concat(),
        )?,
    ];
    one_connection_and_one_request(bench, &mut workers)?;

    let (seconds, rounds) = (bench.seconds(), bench.rounds());
    let alone = bench.compare(&mut workers, 1, seconds, rounds)?;
    let many = bench.compare(&mut workers, MANY, seconds, rounds)?;
    let each = |played: &[Sample]| played.iter().map(Sample::each).collect::<Vec<_>>();
    let native = many.first().map(|played| each(played)).unwrap_or_default();

    let mut table = Table::new(&[
        "",
        "one at a time",
        "64 at a time",
        "× native, 64 at a time",
    ]);
    for ((worker, alone), many) in workers.iter().zip(&alone).zip(&many) {
        let ratio = Spread::ratio(&each(many), &native);
        table.row([
            worker.name().to_owned(),
            microseconds(Spread::of(each(alone))),
            microseconds(Spread::of(each(many))),
            times(ratio),
        ]);
        if worker.name() == "step" {
            let rate = Spread::ratio(&native, &each(many));
            report.target("step-to-native", rate);
        }
    }
    report.table("steps", table);
    Ok(())
}

/// The pool works, and both send the same request: told by the server.
fn one_connection_and_one_request(bench: &mut Bench, workers: &mut [Worker]) -> Result<()> {
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
        let request = seen.first;
        match &first {
            Some(first) if *first != request => {
                return Err(format!(
                    "{} does not send what native sends: {request:?}, not {first:?}",
                    worker.name()
                )
                .into());
            }
            _ => first = Some(request),
        }
    }
    Ok(())
}
