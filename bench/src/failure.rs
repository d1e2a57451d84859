//! What goes wrong ends the whole benchmark: a page with half its rows is no page.

use std::error::Error;

/// What can't be measured, in words.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// A figure, or why there is none.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;
