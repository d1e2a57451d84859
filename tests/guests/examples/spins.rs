//! Loops for ever.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let mut turns = 0_u64;
        loop {
            turns = std::hint::black_box(turns + 1);
        }
    }
}

export!(Step);
