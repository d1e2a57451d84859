//! `http-step check`: every mistake of a step file, without running it.

use crate::args::CheckArgs;
use crate::exit::Exit;
use crate::run::step_file;
use crate::show;

pub(crate) fn check(args: &CheckArgs) -> Result<Exit, String> {
    let file = step_file(&args.step)?;
    show::stdout(&format!(
        "{}: {} {}, no mistakes\n",
        args.step, file.method, file.url
    ))
}
