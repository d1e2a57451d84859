//! Asks for more random bytes than fit into memory.

use http_step_test_guests::*;
use wasi::random::random::get_random_bytes;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        success(&format!("{} bytes", get_random_bytes(u64::MAX).len()))
    }
}

export!(Step);
