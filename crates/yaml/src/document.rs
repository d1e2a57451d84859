//! A document as a whole: from bytes to a value, and its schema.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::diagnostic::{Diagnostics, Position, Report, Reported};
use crate::kind::Kind;
use crate::node::Node;
use crate::tree;

/// Read a document: YAML 1.2 or JSON, in UTF-8.
///
/// # Errors
///
/// All its errors.
pub fn read<T>(
    bytes: &[u8],
    kind: &Kind,
    read: impl FnOnce(&Node, &mut Report) -> Result<T, Reported>,
) -> Result<T, Diagnostics> {
    let mut report = Report::default();
    let root = tree::parse(bytes, kind, &mut report)?;
    let read = match kind.smallest {
        Some(smallest) if root.is_null() => Err(report.add(
            Position::START,
            format!("the file is empty; a minimal {} is `{smallest}`", kind.noun),
        )),
        _ => read(&root, &mut report),
    };
    report.finish()?;
    // Unreachable: a failed read has added a diagnostic.
    read.map_err(|_reported| Diagnostics::sole(root.at, "the file can't be read"))
}

/// The JSON Schema (draft 2020-12) of a document, for editors.
#[must_use]
pub fn schema<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(unwrap_lines))
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Unwrap descriptions: they are wrapped in the source, and editors wrap them again.
fn unwrap_lines(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        let paragraphs = description.split("\n\n");
        *description = paragraphs
            .map(|paragraph| paragraph.replace('\n', " "))
            .collect::<Vec<_>>()
            .join("\n\n");
    }
}
