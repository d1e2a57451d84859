//! An error ends the whole benchmark: a page with half of its rows is useless.

use std::error::Error;

/// Why something can't be measured, as text.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// A figure, or why there is none.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;
