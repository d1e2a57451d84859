//! Why the secrets of a policy can't be granted.

use thiserror::Error;

/// The secrets can't be granted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the secrets of the policy can't be granted: {0}")]
pub struct GrantError(String);

impl GrantError {
    pub(super) fn new(error: impl ToString) -> Self {
        Self(error.to_string())
    }

    /// The reason, for a message that names the secrets.
    pub(crate) fn into_reason(self) -> String {
        self.0
    }
}
