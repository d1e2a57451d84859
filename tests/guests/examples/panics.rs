//! Panics.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        panic!("the step gave up")
    }
}

export!(Step);
