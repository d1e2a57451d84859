//! The `http-step` program: arguments in, a step run, its log shown, an exit
//! code out. What a step is, and what it may do, is the library's to say.

mod args;
mod check;
mod demo;
mod exit;
mod inspect;
mod properties;
mod run;
mod show;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::{Args, Command};
use crate::exit::Exit;

fn main() -> ExitCode {
    let exit = match Args::parse().command {
        Command::Run(args) => run::run(args),
        Command::Demo(args) => demo::demo(&args),
        Command::Check(args) => check::check(&args),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Schema => show::stdout(&format!("{:#}\n", http_step_file::schema())),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "http-step", &mut script);
            show::stdout(&String::from_utf8_lossy(&script))
        }
    };
    match exit {
        Ok(exit) => exit.into(),
        Err(error) => {
            show::error(&error);
            Exit::Usage.into()
        }
    }
}
