//! `http-step check`: every mistake of step files, without running them.

use crate::args::CheckArgs;
use crate::exit::Exit;
use crate::{input, terminal};

pub(crate) fn check(args: &CheckArgs) -> Exit {
    let mut exit = Exit::Success;
    for step in &args.steps {
        match input::step_file(step) {
            Ok(_) => terminal::output(&format!("{}: no mistakes\n", input::shown(step))),
            Err(error) => {
                terminal::error(error);
                exit = Exit::Usage;
            }
        }
    }
    exit
}
