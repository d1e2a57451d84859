//! The comparisons, in the order of the page.

mod alternatives;
mod bodies;
mod concurrency;
mod curves;
mod in_flight;
mod secrets;
mod sizes;
mod steps;

use crate::bench::Bench;
use crate::failure::Result;
use crate::report::Report;

/// One of them.
type Suite = fn(&mut Bench, &mut Report) -> Result<()>;

/// All of them, by what they measure.
pub(crate) const ALL: &[(&str, Suite)] = &[
    ("steps", steps::measure),
    ("alternatives", alternatives::measure),
    ("secrets", secrets::measure),
    ("bodies", bodies::measure),
    ("steps at a time", concurrency::measure),
    ("steps in flight", in_flight::measure),
    ("curves", curves::measure),
    // The cache contains the compiled component by this time.
    ("sizes", sizes::measure),
];
