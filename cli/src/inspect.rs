//! `http-step inspect`: what a component asks for and offers.

use std::fs;

use http_step_host::Host;

use crate::args::InspectArgs;
use crate::exit::Exit;
use crate::show;

pub(crate) fn inspect(args: &InspectArgs) -> Result<Exit, String> {
    let path = args.component.display();
    let wasm = fs::read(&args.component).map_err(|error| format!("{path}: {error}"))?;
    let host = Host::new().map_err(|error| error.to_string())?;
    let interfaces = host
        .inspect(&wasm)
        .map_err(|error| format!("{path}: {error}"))?;
    let mut text = format!("{path}: {} bytes\n", wasm.len());
    for (title, names) in [
        ("imports", &interfaces.imports),
        ("exports", &interfaces.exports),
    ] {
        text.push_str(&format!("{title}:\n"));
        for name in names {
            text.push_str(&format!("  {name}\n"));
        }
    }
    show::stdout(&text)?;
    match host.load(&wasm) {
        Ok(_) => show::stdout("It is a step.\n"),
        Err(error) => Err(format!("{path}: {error}")),
    }
}
