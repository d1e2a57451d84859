//! Looks for the environment, the arguments and the working directory of the
//! process that it runs in.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        report(&format!(
            "environment: {:?}",
            std::env::vars_os().collect::<Vec<_>>()
        ));
        report(&format!(
            "arguments: {:?}",
            std::env::args_os().collect::<Vec<_>>()
        ));
        report(&format!(
            "directory: {:?}",
            wasi::cli::environment::initial_cwd()
        ));
        success("looked")
    }
}

export!(Step);
