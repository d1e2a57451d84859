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
    /// 2: invalid arguments, an invalid step file, or a component that is not a step.
    Usage,
    /// 3: the policy denied a request.
    Denied,
    /// 4: no response to judge: network, timeout, trap, a limit, stopped.
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

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// One sentence for people.
    pub(crate) message: String,
}

/// By default, an error is one that the user can fix.
impl<T: Into<String>> From<T> for Failure {
    fn from(message: T) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
        }
    }
}
