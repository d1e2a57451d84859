//! Policy files. `docs/policy.md` describes them.
//!
//! `document` declares the keys of the file and combines them; the other modules read their
//! values. Missing keys have defaults.

mod amounts;
mod denied;
mod document;
mod files;
mod limits;
mod proxies;
mod rules;
mod secrets;
mod tls;
mod written;

use std::sync::Arc;

use http_step_yaml::{Diagnostics, FromNode, Kind};

use crate::terms::Terms;
use document::Document;

/// The maximum size of a policy file: 1 MiB.
pub const MAX_LEN: usize = 1024 * 1024;

const KIND: Kind = Kind {
    noun: "policy",
    longest: MAX_LEN,
    most_values: 100_000,
    smallest: Some("allow: []"),
};

/// Keys of policies that step files don't have.
pub const OF_POLICIES: [&str; 6] = ["public", "allow", "deny", "networks", "secrets", "limits"];

/// Keys of step files that policies don't have; every step file has one of them.
pub const OF_STEP_FILES: [&str; 8] = [
    "url", "get", "post", "put", "delete", "head", "options", "patch",
];

/// Read a policy file.
pub(crate) fn read(yaml: &[u8], name: &str) -> Result<Terms, Diagnostics> {
    let name: Arc<str> = name.into();
    http_step_yaml::read(yaml, &KIND, |root, report| {
        if root.is_rather(&OF_STEP_FILES, &OF_POLICIES) {
            return Err(report.add(root.at, "this is a step file, not a policy file"));
        }
        Document::from_node(root, report)?.terms(&name, report)
    })
}

/// The JSON Schema (draft 2020-12) of policy files, for editors.
///
/// It accepts every file that [`Policy::parse`](crate::Policy::parse) accepts, and some more: it
/// checks keys and types, not the content of origins and networks.
#[must_use]
pub fn schema() -> serde_json::Value {
    http_step_yaml::schema::<Document>()
}
