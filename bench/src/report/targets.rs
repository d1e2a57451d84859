//! Targets beside the measured values.

use std::collections::BTreeMap;

use super::format::{count, mebibytes, microseconds, times};
use super::table::Table;
use crate::failure::Result;
use crate::statistics::Spread;

/// A target.
struct Target {
    name: &'static str,
    what: &'static str,
    /// The bound as text, in the unit of the figure.
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

const TARGETS: &[Target] = &[
    Target {
        name: "step-to-native",
        what: "step / native throughput, one worker thread, 64 at a time",
        words: "≥ 1/3",
        bound: Bound::AtLeast(1.0 / 3.0),
        shown: times,
    },
    Target {
        name: "default-transport",
        what: "against the same component on wasmtime's default transport, over TLS",
        words: "≥ 5 ×",
        bound: Bound::AtLeast(5.0),
        shown: times,
    },
    Target {
        name: "buildbot",
        what: "against Buildbot's implementation: requests + txrequests, the same log",
        words: "≥ 20 ×",
        bound: Bound::AtLeast(20.0),
        shown: times,
    },
    Target {
        name: "instantiate",
        what: "an instance of the built-in step",
        words: "≤ 12 µs",
        bound: Bound::AtMost(12e-6),
        shown: microseconds,
    },
    Target {
        name: "in-flight-memory",
        what: "10,000 steps in flight: total memory (PSS)",
        words: "≤ 1 GiB",
        bound: Bound::AtMost(1_073_741_824.0),
        shown: mebibytes,
    },
    Target {
        name: "in-flight-lost",
        what: "10,000 steps in flight: lost",
        words: "none",
        bound: Bound::AtMost(0.0),
        shown: count,
    },
    Target {
        name: "in-flight-p99",
        what: "10,000 at a time at an idle server: p99 against native",
        words: "≤ 3 ×",
        bound: Bound::AtMost(3.0),
        shown: times,
    },
    Target {
        name: "saturation",
        what: "from 1 to 4,096 at a time: remaining share of the best throughput",
        words: "≥ 0.9",
        bound: Bound::AtLeast(0.9),
        shown: times,
    },
    Target {
        name: "body",
        what: "a large response: throughput against native",
        words: "≥ 1/2",
        bound: Bound::AtLeast(0.5),
        shown: times,
    },
    Target {
        name: "body-memory",
        what: "a large response: growth of resident memory",
        words: "≤ 16 MiB",
        bound: Bound::AtMost(16_777_216.0),
        shown: mebibytes,
    },
    Target {
        name: "body-secrets",
        what: "a large response, ten secrets to redact: throughput against native",
        words: "≥ 1/4",
        bound: Bound::AtLeast(0.25),
        shown: times,
    },
    Target {
        name: "process",
        what: "`http-step run` as a process, with the compiled component cached, against `curl`",
        words: "≤ 1.2 ×",
        bound: Bound::AtMost(1.2),
        shown: times,
    },
];

/// The table of all targets. One that was not measured is an error.
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
