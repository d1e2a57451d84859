//! A policy in people's words.

use crate::policy::Policy;

impl Policy {
    /// What the policy says, line by line, each with the line of the file that says
    /// so.
    #[must_use]
    pub fn explain(&self) -> String {
        String::new()
    }
}
