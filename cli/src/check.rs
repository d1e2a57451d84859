//! `http-step check`: every mistake of step files and policies, and what a
//! policy says, without running anything.

use http_step_file::StepFile;
use http_step_host::policy::{Judgement, Policy};

use crate::args::CheckArgs;
use crate::exit::{Exit, Failure};
use crate::{input, policy, terminal, typed};

pub(crate) fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    let policy = match &args.policy {
        Some(path) => Some(policy::read(path)?),
        None => None,
    };
    if let (Some(policy), []) = (&policy, args.steps.as_slice()) {
        terminal::output(&policy.explain());
    }
    let checked = args.steps.iter().map(|step| match &policy {
        Some(policy) if typed::is_url(step) => verdict(&policy.judge(step, &args.method)),
        policy => step_file(step, policy.as_ref()),
    });
    // All are checked; the first that is wrong gives the code.
    Ok(checked.fold(Exit::Success, |first, exit| match first {
        Exit::Success => exit,
        wrong => wrong,
    }))
}

fn step_file(step: &str, policy: Option<&Policy>) -> Exit {
    match input::step_file(step) {
        Ok(file) => {
            terminal::output(&format!("{}: no mistakes\n", input::shown(step)));
            match (policy, literal(&file)) {
                (Some(policy), Some((url, method))) => verdict(&policy.judge(url, method)),
                (Some(_), None) => {
                    terminal::output(
                        "its URL or method has an expression in it: where it goes is known when it runs\n",
                    );
                    Exit::Success
                }
                (None, _) => Exit::Success,
            }
        }
        Err(error) => {
            terminal::error(error);
            Exit::Usage
        }
    }
}

/// The URL and the method, if they are known before the step runs.
fn literal(file: &StepFile) -> Option<(&str, &str)> {
    let is_literal = !file.url.contains("${{") && !file.method.contains("${{");
    is_literal.then_some((&file.url, &file.method))
}

fn verdict(judgement: &Judgement) -> Exit {
    match judgement {
        Judgement::Allowed(_) => {
            terminal::output(&format!("{judgement}\n"));
            Exit::Success
        }
        Judgement::Denied(_) => {
            terminal::error(judgement);
            Exit::Denied
        }
        Judgement::NotAUrl(_) => {
            terminal::error(judgement);
            Exit::Usage
        }
    }
}
