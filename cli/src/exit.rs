//! The exit codes, which scripts rely on.

use std::process::ExitCode;

use http_step_host::{ErrorKind, Outcome, RunResult};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: success, or warnings.
    Success,
    /// 1: the step judged the response a failure.
    Failure,
    /// 2: bad arguments, a bad step file, or a component that is no step.
    Usage,
    /// 3: the policy did not let a request out.
    Denied,
    /// 4: no answer to judge: network, time-out, trap, a limit, stopped.
    Exception,
}

impl Exit {
    pub(crate) fn from_result(result: &RunResult) -> Self {
        match result.outcome {
            Outcome::Success | Outcome::Warnings => Self::Success,
            Outcome::Failure => Self::Failure,
            Outcome::Denied => Self::Denied,
            Outcome::Exception | Outcome::Cancelled => {
                match result.error.as_ref().map(|error| error.kind) {
                    Some(ErrorKind::InvalidSpec | ErrorKind::UnknownName) => Self::Usage,
                    _ => Self::Exception,
                }
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::Denied => 3,
            Exit::Exception => 4,
        })
    }
}

/// A command that did not come to a result.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// For people, in one sentence.
    pub(crate) message: String,
}

/// What is not told apart is the user's to mend.
impl<T: Into<String>> From<T> for Failure {
    fn from(message: T) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
        }
    }
}
