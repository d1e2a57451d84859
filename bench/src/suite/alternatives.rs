//! Other ways for a step to send a request.

use std::path;

use super::steps::MANY;
use crate::bench::{Bench, each};
use crate::contestants::reference::Reference;
use crate::failure::Result;
use crate::protocol::Round;
use crate::report::{Report, Table, microseconds, milliseconds, times};
use crate::statistics::Spread;
use crate::worker::{Server, Worker, own};

pub(super) fn measure(bench: &mut Bench, report: &mut Report) -> Result<()> {
    default_transport(bench, report)?;
    buildbot(bench, report)?;
    whole_process(bench, report)
}

/// The same component on wasmtime's own transport, over TLS.
fn default_transport(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let origin = bench.server.tls_origin()?;
    let mut workers = [
        bench.step_over_tls("step")?,
        bench.plain_host(
            "the same component on wasmtime's default transport",
            Some(&origin),
        )?,
    ];
    let [step, plain] = &mut workers;
    let step = request_of(step, &mut bench.server)?;
    let plain = request_of(plain, &mut bench.server)?;
    if step != plain {
        return Err(format!(
            "the plain host does not send what the step sends: {plain:?}, not {step:?}"
        )
        .into());
    }
    let played = bench.compare(&mut workers, MANY, bench.seconds(), bench.rounds())?;
    let step = played
        .first()
        .map(|played| each(played))
        .unwrap_or_default();
    let mut table = Table::new(&["over TLS", "64 at a time", "× step"]);
    for (worker, played) in workers.iter().zip(&played) {
        let ratio = Spread::ratio(&each(played), &step);
        table.row([
            worker.name().to_owned(),
            microseconds(Spread::from_samples(each(played))),
            times(ratio),
        ]);
        report.target("default-transport", ratio);
    }
    report.table("default-transport", table);
    Ok(())
}

/// The one request of a round, as the server sees it.
fn request_of(worker: &mut Worker, server: &mut Server) -> Result<Option<String>> {
    server.seen()?;
    worker.round(Round {
        at_a_time: 1,
        seconds: 0.0,
    })?;
    Ok(server.seen()?.first)
}

/// The client of Buildbot's HTTPStep, and the step itself.
fn buildbot(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let mut workers = [
        bench.step("step", &[])?,
        bench.python(
            "`requests.Session`, one thread, no log",
            "requests_session.py",
        )?,
        bench.python(
            "requests + txrequests, with the step's log",
            "txrequests_session.py",
        )?,
        bench.python(
            "Buildbot's HTTPStep, without its master",
            "buildbot_step.py",
        )?,
    ];
    let (seconds, rounds) = (bench.seconds(), bench.rounds());
    let alone = bench.compare(&mut workers, 1, seconds, rounds)?;
    let many = bench.compare(&mut workers, MANY, seconds, rounds)?;
    let step = many.first().map(|played| each(played)).unwrap_or_default();
    let mut table = Table::new(&["", "one at a time", "64 at a time", "× step, 64 at a time"]);
    for ((worker, alone), many) in workers.iter().zip(&alone).zip(&many) {
        let ratio = Spread::ratio(&each(many), &step);
        // It has one thread, and so one request at a time.
        let is_alone = worker.name().starts_with("`requests");
        table.row([
            worker.name().to_owned(),
            microseconds(Spread::from_samples(each(alone))),
            match is_alone {
                true => String::new(),
                false => microseconds(Spread::from_samples(each(many))),
            },
            match is_alone {
                true => String::new(),
                false => times(ratio),
            },
        ]);
        if worker.name().contains("txrequests") {
            report.target("buildbot", ratio);
        }
    }
    report.table("buildbot", table);
    Ok(())
}

/// A program that is started for one request.
fn whole_process(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let reference = Reference::plain(bench.server.origin());
    let (url, body) = (reference.url(), reference.text());
    let headers: Vec<String> = reference
        .fields()
        .into_iter()
        .flat_map(|(name, value)| ["-H".to_owned(), format!("{name}: {value}")])
        .collect();

    let mut curl = own(&["spawns", "--", "curl", "-sS", "--fail", &url])?;
    curl.args([
        "--data-binary",
        &body,
        "-H",
        "Content-Type: application/json",
    ])
    .args(&headers);
    let program = path::absolute(&bench.args.program)?;
    let mut run = own(&["spawns", "--", &program.to_string_lossy(), "run", &url])?;
    run.args(["--json", &body, "--hide-request-header", "X-Token"])
        .args(&headers)
        .env("XDG_CACHE_HOME", path::absolute(&bench.args.scratch)?);

    let mut workers = [
        Worker::start("`curl`", curl)?,
        Worker::start("`http-step run`", run)?,
    ];
    let played = bench.compare(&mut workers, 1, bench.seconds(), bench.rounds())?;
    let curl = played
        .first()
        .map(|played| each(played))
        .unwrap_or_default();
    let mut table = Table::new(&["a process each", "one at a time", "× `curl`"]);
    for (worker, played) in workers.iter().zip(&played) {
        let ratio = Spread::ratio(&each(played), &curl);
        table.row([
            worker.name().to_owned(),
            milliseconds(Spread::from_samples(each(played))),
            times(ratio),
        ]);
        report.target("process", ratio);
    }
    report.table("process", table);
    Ok(())
}
