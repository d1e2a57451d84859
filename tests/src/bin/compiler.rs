//! A compiler for the tests' hosts, as an embedder would have one. Its arguments make it misbehave.

use std::env;
use std::io::{self, Write};
use std::process::{self, ExitCode};
use std::thread;

fn main() -> ExitCode {
    match env::args().nth(1).as_deref() {
        None => http_step_host::compile_child(),
        Some("hangs") => loop {
            thread::park();
        },
        Some("aborts") => process::abort(),
        Some("gives up") => {
            eprintln!("It gives up.\n  Really.");
            ExitCode::FAILURE
        }
        Some("is silent") => ExitCode::SUCCESS,
        Some("shows its environment") => {
            eprintln!("{:?}", env::vars_os().collect::<Vec<_>>());
            ExitCode::SUCCESS
        }
        Some("babbles") => babble(io::stdout().lock()),
        Some("babbles its words") => babble(io::stderr().lock()),
        Some(other) => panic!("no mode `{other}`"),
    }
}

/// Write endlessly, and never read.
fn babble(mut to: impl Write) -> ExitCode {
    while to.write_all(&[b'x'; 1 << 16]).is_ok() {}
    ExitCode::SUCCESS
}
