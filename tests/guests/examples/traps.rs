//! Executes an instruction that traps.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        std::arch::wasm32::unreachable()
    }
}

export!(Step);
