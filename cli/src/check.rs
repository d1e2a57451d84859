//! `http-step check`: all errors of step files and policies, what a run needs, and what a policy
//! permits, without running anything.

use http_step_host::policy::Decision;

use crate::args::CheckArgs;
use crate::exit::{Exit, Failure};
use crate::needs::{Files, Given};
use crate::{grant, input, needs, policy, properties, run, terminal, typed_url};

pub(crate) fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    let given = Given {
        properties: match args.properties.is_empty() {
            true => None,
            false => Some(properties::read(&args.properties)?),
        },
        policy: policy::given(&args.policy)?,
    };
    if let (Some(policy), []) = (&given.policy, args.steps.as_slice()) {
        terminal::output(&policy.explain());
    }
    let checked = args.steps.iter().map(|step| match &given.policy {
        Some(policy) if typed_url::is_url(step) => verdict(&policy.judge(step, &args.method)),
        None if typed_url::is_url(step) => {
            terminal::error(
                "a URL is checked against a policy: add `--policy FILE` or `--allow ORIGIN`",
            );
            Exit::Usage
        }
        _ => step_file(step, args, &given),
    });
    // All are checked; the first one with an error decides the exit code.
    Ok(checked.fold(Exit::Success, |first, exit| match first {
        Exit::Success => exit,
        wrong => wrong,
    }))
}

fn step_file(step: &str, args: &CheckArgs, given: &Given) -> Exit {
    match input::step_file(step) {
        Ok(file) => {
            terminal::output(&format!("{}: no errors\n", input::shown(step)));
            let files = Files {
                directory: run::directory(step, false),
                visible: policy::reads_visible_files(&args.policy, step),
            };
            needs::report(&file, &files, given)
        }
        Err(error) => {
            terminal::error(error);
            Exit::Usage
        }
    }
}

fn verdict(decision: &Decision) -> Exit {
    match decision {
        Decision::Allowed(_) => {
            terminal::output(&format!("{decision}\n"));
            Exit::Success
        }
        Decision::Denied(denial) => {
            terminal::error(grant::explained(denial));
            Exit::Denied
        }
        Decision::NotAUrl(_) => {
            terminal::error(decision);
            Exit::Usage
        }
    }
}
