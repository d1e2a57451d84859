//! The comparisons, in the order of the page.

mod steps;

use crate::bench::Bench;
use crate::failure::Result;
use crate::report::Report;

/// One of them.
type Suite = fn(&mut Bench, &mut Report) -> Result<()>;

/// All of them, by what they measure.
pub(crate) const ALL: &[(&str, Suite)] = &[("steps", steps::measure)];
