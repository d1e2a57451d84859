//! Writes to the log for a while, or everything in one call.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        if orders(&spec) == ["at once"] {
            log::write(log::Stream::Stdout, &"x".repeat(40 << 20));
            return success("flooded");
        }
        let line = "x".repeat(64 << 10);
        for _ in 0..1024 {
            log::write(log::Stream::Stdout, &line);
        }
        success("flooded")
    }
}

export!(Step);
