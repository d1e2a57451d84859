//! The whole benchmark: the comparisons, in the order of the page, and the page of their results.

mod alternatives;
mod bodies;
mod concurrency;
mod curves;
mod in_flight;
mod secrets;
mod sizes;
mod steps;

use std::fs;
use std::io::{self, Write as _};

use crate::bench::{Bench, BenchArgs, CERTIFICATES, COMPONENT};
use crate::failure::Result;
use crate::report::Report;
use crate::worker::{Server, other, own};

/// One of them.
type Suite = fn(&mut Bench, &mut Report) -> Result<()>;

/// All of them, by what they measure.
const ALL: &[(&str, Suite)] = &[
    ("steps", steps::measure),
    ("alternatives", alternatives::measure),
    ("secrets", secrets::measure),
    ("bodies", bodies::measure),
    ("steps at a time", concurrency::measure),
    ("steps in flight", in_flight::measure),
    ("curves", curves::measure),
    // The cache contains the compiled component by this time.
    ("sizes", sizes::measure),
];

/// Run everything, and write the page.
pub(crate) fn run(args: BenchArgs) -> Result<()> {
    fs::create_dir_all(&args.scratch)?;
    fs::write(args.scratch.join(COMPONENT), http_step_component::WASM)?;
    let certificates = args.scratch.join(CERTIFICATES);
    let made = other(&args.plain_host)
        .arg("certificates")
        .arg(&certificates)
        .status();
    match made {
        Ok(status) if status.success() => {}
        made => {
            return Err(format!(
                "{} makes no certificates: {made:?}",
                args.plain_host.display()
            )
            .into());
        }
    }
    let server = own(&["serve", "--certificates", &certificates.to_string_lossy()])?;
    let mut bench = Bench {
        args,
        server: Server::start(server)?,
    };
    let mut report = Report::default();
    for (name, suite) in ALL {
        progress(&format!("Measuring {name} …"))?;
        suite(&mut bench, &mut report).map_err(|error| format!("{name}: {error}"))?;
    }
    let page = report.write(&bench.args.out)?;
    progress(&format!("Written: {}", page.display()))
}

fn progress(line: &str) -> Result<()> {
    Ok(writeln!(io::stderr(), "{line}")?)
}
