//! `http-step inspect`: a component's imports and exports.

use http_step_host::Limits;

use crate::args::InspectArgs;
use crate::component::{load, refused};
use crate::exit::{Exit, Failure};
use crate::terminal;

pub(crate) fn inspect(args: &InspectArgs) -> Result<Exit, Failure> {
    let path = args.component.as_path();
    let loaded = load(path, &Limits::default())?;
    let interfaces = loaded.compiled.interfaces;
    let mut text = format!("{}: {} bytes\n", path.display(), loaded.size);
    for (title, names) in [
        ("imports", interfaces.imports),
        ("exports", interfaces.exports),
    ] {
        match sorted(names).as_slice() {
            [] => text.push_str(&format!("{title}: nothing\n")),
            names => text.push_str(&format!("{title}:\n  {}\n", names.join("\n  "))),
        }
    }
    terminal::output(&text);
    if let Err(error) = &loaded.compiled.step {
        return Err(refused(path, error));
    }
    terminal::output("It is a step.\n");
    Ok(Exit::Success)
}

/// In an order that does not depend on how the component was linked.
fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}
