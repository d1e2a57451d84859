//! Calls itself endlessly.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        #[expect(unconditional_recursion, reason = "this is the attack")]
        fn deeper(depth: u64) -> u64 {
            std::hint::black_box(deeper(std::hint::black_box(depth + 1))) + 1
        }
        success(&deeper(0).to_string())
    }
}

export!(Step);
