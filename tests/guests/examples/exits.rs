//! Exits, to end the process that it runs in.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let code = orders(&spec).first().unwrap().parse().unwrap();
        std::process::exit(code)
    }
}

export!(Step);
