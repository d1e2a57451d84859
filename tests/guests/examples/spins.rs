//! Loops forever.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let mut rounds = 0_u64;
        loop {
            rounds = std::hint::black_box(rounds + 1);
        }
    }
}

export!(Step);
