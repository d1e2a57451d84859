//! What was aimed at, beside what was reached.

use std::collections::BTreeMap;

use super::format::{mebibytes, microseconds, times};
use super::table::Table;
use crate::failure::Result;
use crate::statistics::Spread;

/// One of them.
struct Target {
    name: &'static str,
    what: &'static str,
    /// The bound in words, and in the figure's own unit.
    words: &'static str,
    bound: Bound,
    shown: fn(Spread) -> String,
}

enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    fn is_met(&self, reached: f64) -> bool {
        match *self {
            Self::AtLeast(bound) => reached >= bound,
            Self::AtMost(bound) => reached <= bound,
        }
    }
}

const TARGETS: &[Target] = &[Target {
    name: "step-to-native",
    what: "step / native throughput, one worker thread, 64 at a time",
    words: "≥ 1/3",
    bound: Bound::AtLeast(1.0 / 3.0),
    shown: times,
}];

/// The table of all of them. One that was not measured is an error.
pub(super) fn table(reached: &BTreeMap<&'static str, Spread>) -> Result<Table> {
    let mut table = Table::new(&["", "target", "measured", ""]);
    for target in TARGETS {
        let reached = reached
            .get(target.name)
            .filter(|reached| reached.median.is_finite())
            .ok_or_else(|| format!("nothing was measured for the target {}", target.name))?;
        let verdict = match target.bound.is_met(reached.median) {
            true => "met",
            false => "**missed**",
        };
        table.row([
            target.what.to_owned(),
            target.words.to_owned(),
            (target.shown)(*reached),
            verdict.to_owned(),
        ]);
    }
    match reached
        .keys()
        .find(|name| !TARGETS.iter().any(|target| target.name == **name))
    {
        Some(name) => Err(format!("there is no target {name}").into()),
        None => Ok(table),
    }
}
