//! The cost of granting secrets to a step: they are read, searched for in requests and responses,
//! and wiped.

use super::steps::MANY;
use crate::bench::{Bench, each};
use crate::failure::Result;
use crate::report::{Curve, Plot, Report, Scale, Table, microseconds, times};
use crate::statistics::Spread;

const COUNTS: [usize; 4] = [0, 1, 10, 100];

pub(super) fn measure(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let mut workers = Vec::new();
    for count in COUNTS {
        let count = count.to_string();
        workers.push(bench.step(&count, &["--secrets", &count])?);
    }
    let (seconds, rounds) = (bench.seconds(), bench.rounds());
    let alone = bench.compare(&mut workers, 1, seconds, rounds)?;
    let many = bench.compare(&mut workers, MANY, seconds, rounds)?;
    let none = many.first().map(|played| each(played)).unwrap_or_default();

    let mut table = Table::new(&[
        "secrets",
        "one at a time",
        "64 at a time",
        "× none, 64 at a time",
    ]);
    let mut points = Vec::new();
    for ((count, alone), many) in COUNTS.into_iter().zip(&alone).zip(&many) {
        let each_of_many = Spread::from_samples(each(many));
        points.push((count as f64, each_of_many.median * 1e6));
        table.row([
            count.to_string(),
            microseconds(Spread::from_samples(each(alone))),
            microseconds(each_of_many),
            times(Spread::ratio(&each(many), &none)),
        ]);
    }
    report.table("secrets", table);
    report.plot(
        "secrets",
        &Plot {
            title: "Time of a step by granted secrets",
            x: "secrets",
            y: "µs",
            y_scale: Scale::Log,
            curves: vec![Curve {
                name: "step, 64 at a time".to_owned(),
                points,
            }],
        },
    );
    Ok(())
}
