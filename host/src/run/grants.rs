//! Finds the grant of a secret that a step needs.

use http_step_policy::{Grant, Origin, Policy};

/// Finds the grant that a step needs.
pub(super) struct Grants {
    pub(super) policy: Policy,
    pub(super) origin: Option<Origin>,
    /// The secret at the start of the step file's URL.
    pub(super) url_secret: Option<String>,
}

impl Grants {
    /// The grant of a secret.
    pub(super) fn missing(&self, name: &str) -> Option<Grant> {
        // A URL that starts with a secret is that secret.
        let is_url = self.url_secret.as_deref() == Some(name);
        (self.policy).missing_secret(name, self.origin.as_slice(), is_url)
    }
}
