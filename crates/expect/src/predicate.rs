//! Predicates.

use std::fmt;

use http_step_json::Value;

use crate::describe::describe;
use crate::mismatch::Mismatch;
use crate::test::Test;

/// What a value has to be like.
///
/// Displayed as what is expected, for people: `200 or 2xx`, `starts with "application/json"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate(pub(crate) Test);

impl Predicate {
    /// Check it for a value, or for nothing: a header that is absent, or a JSON path that selects
    /// nothing.
    ///
    /// For nothing, only `exists: false`, `count: 0` and combinations of them hold. It takes time linear
    /// in the value, and recursion that the predicate bounds, whatever the value is.
    ///
    /// # Errors
    ///
    /// It doesn't hold.
    pub fn check(&self, found: Option<&Value>) -> Result<(), Mismatch> {
        match self.0.is_fulfilled(found) {
            true => Ok(()),
            false => Err(Mismatch::new(&self.0, found)),
        }
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe(&self.0, f)
    }
}
