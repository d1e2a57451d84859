//! How fast a large response arrives, without and with secrets to search for, and how much memory
//! it takes.

use crate::bench::{Bench, Rounds};
use crate::failure::Result;
use crate::protocol::{Round, Sample};
use crate::report::{Report, Table, mebibytes, times};
use crate::statistics::Spread;

pub(super) fn measure(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let bytes: u64 = if bench.args.short { 256 << 20 } else { 1 << 30 };
    let length = bytes.to_string();
    let download = ["--download", length.as_str()];
    let with = |more: &[&'static str]| [&download[..], more].concat();
    let mut workers = [
        bench.native(&with(&[]))?,
        bench.native(&with(&["--digest"]))?,
        bench.step("step", &with(&[]))?,
        bench.step("step, one secret to redact", &with(&["--secrets", "1"]))?,
        bench.step("step, ten secrets to redact", &with(&["--secrets", "10"]))?,
    ];
    // The first round counts, too: a process keeps what it allocates for the first body.
    let rounds = if bench.args.short { 1 } else { 3 };
    let round = Round {
        at_a_time: 1,
        seconds: 0.0,
    };
    let played = bench.alternate(&mut workers, round, rounds)?;

    let speeds = |played: &Rounds| {
        let speed = |sample: &Sample| bytes as f64 / sample.seconds;
        played.iter().map(speed).collect::<Vec<_>>()
    };
    let [native, _, step, _, ten] = played.as_slice() else {
        return Err("a contestant is missing".into());
    };
    let (native, step, ten) = (speeds(native), speeds(step), speeds(ten));
    report.target("body", Spread::ratio(&step, &native));
    report.target("body-secrets", Spread::ratio(&ten, &native));

    let names = [
        "native, the body dropped",
        "native, with its SHA-256",
        "step: SHA-256, log, result",
        "step, one secret to redact",
        "step, ten secrets to redact",
    ];
    let mut most = 0.0_f64;
    let mut table = Table::new(&["", "a second", "share of native", "memory grew by"]);
    for (name, played) in names.into_iter().zip(&played) {
        let before = played.first().map_or(0, |sample| sample.resident_before);
        let growth = played.iter().map(|sample| sample.resident_peak).max();
        let growth = growth.unwrap_or(0).saturating_sub(before) as f64;
        if name.starts_with("step") {
            most = most.max(growth);
        }
        table.row([
            name.to_owned(),
            mebibytes(Spread::from_samples(speeds(played))),
            times(Spread::ratio(&speeds(played), &native)),
            mebibytes(Spread::from_samples([growth])),
        ]);
    }
    report.target("body-memory", Spread::from_samples([most]));
    report.text("body-bytes", format!("{} MiB", bytes >> 20));
    report.table("bodies", table);
    Ok(())
}
