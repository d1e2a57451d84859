//! Build properties from a file and from arguments.

use std::path::Path;

use http_step_host::Properties;

use crate::args::PropertyArgs;
use crate::input;

/// The properties of a file, overridden by those of the arguments.
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
    let shown = path.display().to_string();
    Properties::parse(&input::file(path)?)
        .map_err(|diagnostics| input::invalid("the file of properties", &shown, &diagnostics))
}
