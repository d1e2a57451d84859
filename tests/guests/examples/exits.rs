//! Ends the process that it believes to be its own.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let code = orders(&spec).first().unwrap().parse().unwrap();
        std::process::exit(code)
    }
}

export!(Step);
