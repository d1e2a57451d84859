//! Writes to the log without end, for a while.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let line = "x".repeat(64 << 10);
        for _ in 0..1024 {
            log::write(log::Stream::Stdout, &line);
        }
        success("flooded")
    }
}

export!(Step);
