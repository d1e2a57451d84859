//! Policy files.

use http_step_yaml::Mistakes;

use crate::policy::Terms;

/// The most bytes that a policy file may have: 1 MiB.
pub const LONGEST: usize = 1024 * 1024;

/// Read a policy file.
pub(crate) fn read(_yaml: &[u8], _name: &str) -> Result<Terms, Mistakes> {
    todo!()
}

/// The JSON Schema (draft 2020-12) of policy files, for editors.
#[must_use]
pub fn schema() -> serde_json::Value {
    todo!()
}
