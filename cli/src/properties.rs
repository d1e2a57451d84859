//! Build properties from a file and from arguments.

use std::fs;
use std::path::Path;

use http_step_host::Properties;
use serde_json::{Map, Value};

/// The properties of a file, with those of the arguments over them.
pub(crate) fn read(file: Option<&Path>, pairs: &[(String, String)]) -> Result<Properties, String> {
    let mut properties = match file {
        Some(path) => from_file(path)?,
        None => Properties::default(),
    };
    for (name, value) in pairs {
        properties.set(name, value.as_str());
    }
    Ok(properties)
}

fn from_file(path: &Path) -> Result<Properties, String> {
    let shown = path.display();
    let text = fs::read(path).map_err(|error| format!("{shown}: {error}"))?;
    let entries: Map<String, Value> = serde_saphyr::from_slice(&text).map_err(|error| {
        let error = error.to_string();
        let first = error.lines().next().unwrap_or_default();
        format!("{shown}: this is not a mapping of property names to values: {first}")
    })?;
    Ok(entries.into_iter().collect())
}
