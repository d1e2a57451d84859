//! The `http-step` program: it parses arguments, runs a step, shows its log, and returns an exit
//! code. The library defines what a step is and may do.

mod args;
mod body;
mod check;
mod ci;
mod compile;
mod component;
mod curl;
mod demo;
mod exit;
mod grant;
mod input;
mod inspect;
mod json;
mod needs;
mod policy;
mod printable;
mod properties;
mod proxy_env;
mod run;
mod secret_args;
mod show;
mod terminal;
mod trace;
mod typed;
mod typed_url;

use std::env;
use std::panic;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::{Args, Command, FileKind, Format};
use crate::exit::{Exit, Failure};

fn main() -> ExitCode {
    // Not a subcommand: only this program uses it, and its output is not for people.
    if env::args_os()
        .nth(1)
        .is_some_and(|first| first == component::CHILD)
    {
        return http_step_host::compile_child();
    }
    panic::set_hook(Box::new(|info| terminal::bug(info)));
    let exit = match Args::try_parse() {
        Ok(args) => execute(args.command).unwrap_or_else(|failure| {
            terminal::error(failure.message);
            failure.exit
        }),
        Err(error) => args::refuse(&error),
    };
    match terminal::lost_output() {
        Some(error) => {
            terminal::error(format_args!("the output can't be written: {error}"));
            Exit::Exception.into()
        }
        None => exit.into(),
    }
}

fn execute(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => {
            let format = args.format;
            // An error before the run has no log around it.
            run::run(*args).inspect_err(|failure| {
                if format == Format::Text {
                    terminal::annotate("error", &failure.message);
                }
            })
        }
        Command::Demo(args) => demo::demo(&args),
        Command::Check(args) => check::check(&args),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Compile(args) => compile::compile(&args),
        Command::Schema { kind } => {
            let schema = match kind {
                FileKind::StepFile => http_step_file::schema(),
                FileKind::Policy => http_step_host::policy::schema(),
            };
            terminal::own(&format!("{schema:#}\n"));
            Ok(Exit::Success)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "http-step", &mut script);
            terminal::own(&String::from_utf8_lossy(&script));
            Ok(Exit::Success)
        }
    }
}
