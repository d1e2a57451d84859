//! `http-step inspect`: what a component asks for and offers.

use http_step_host::Host;

use crate::args::InspectArgs;
use crate::exit::Exit;
use crate::{input, terminal};

pub(crate) fn inspect(args: &InspectArgs) -> Result<Exit, String> {
    let path = args.component.display();
    let wasm = input::file(&args.component)?;
    let host = Host::new().map_err(|error| error.to_string())?;
    let interfaces = host
        .inspect(&wasm)
        .map_err(|error| format!("{path}: {error}"))?;
    let mut text = format!("{path}: {} bytes\n", wasm.len());
    for (title, names) in [
        ("imports", &interfaces.imports),
        ("exports", &interfaces.exports),
    ] {
        match names.as_slice() {
            [] => text.push_str(&format!("{title}: nothing\n")),
            names => text.push_str(&format!("{title}:\n  {}\n", names.join("\n  "))),
        }
    }
    terminal::output(&text);
    host.load(&wasm)
        .map_err(|error| format!("{path}: {error}"))?;
    terminal::output("It is a step.\n");
    Ok(Exit::Success)
}
