//! Build properties from a file and from arguments.

use std::path::Path;

use http_step_host::Properties;
use serde_json::Value;
use serde_saphyr::Error;

use crate::args::PropertyArgs;
use crate::input;

/// The properties of a file, with those of the arguments over them.
pub(crate) fn read(args: &PropertyArgs) -> Result<Properties, String> {
    let mut properties = match &args.properties {
        Some(path) => from_file(path)?,
        None => Properties::default(),
    };
    for (name, value) in &args.property {
        properties.set(name, value.as_str());
    }
    Ok(properties)
}

fn from_file(path: &Path) -> Result<Properties, String> {
    let shown = path.display();
    let text = input::file(path)?;
    // YAML is not quite a superset of JSON: the length of a key is bounded.
    let value = match serde_json::from_slice(&text) {
        Ok(value) => value,
        Err(_) => yaml(&text).map_err(|error| format!("{shown}{error}"))?,
    };
    match value {
        Value::Null => Ok(Properties::default()),
        Value::Object(entries) => Ok(entries.into_iter().collect()),
        other => Err(format!(
            "{shown}: expected a mapping of property names to values, not {}",
            named(&other)
        )),
    }
}

/// The value of YAML; an error begins with its place.
fn yaml(text: &[u8]) -> Result<Value, String> {
    serde_saphyr::from_slice(text).map_err(|error| {
        let at = error.location().map_or_else(String::new, |location| {
            format!(":{}:{}", location.line(), location.column())
        });
        format!("{at}: {}", in_words(&error))
    })
}

fn in_words(error: &Error) -> String {
    match error.without_snippet() {
        Error::AliasError { error, .. } => in_words(error),
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => {
            "the file is too large, aliases (`*name`) written out".to_owned()
        }
        Error::DuplicateMappingKey { .. } => "this name is given already".to_owned(),
        error => {
            let error = error.to_string();
            // Its place is told already.
            let (reason, _) = error.split_once(" at line ").unwrap_or((&error, ""));
            let reason = reason.lines().next().unwrap_or_default();
            format!("this is neither JSON nor YAML: {reason}")
        }
    }
}

fn named(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
