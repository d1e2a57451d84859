//! Reads the clocks as fast as it can, and tells the smallest step that it saw.

use std::time::{Duration, Instant};

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let mut finest = Duration::MAX;
        let mut last = Instant::now();
        for _ in 0..100_000 {
            let now = Instant::now();
            if now > last {
                finest = finest.min(now - last);
                last = now;
            }
        }
        success(&finest.as_nanos().to_string())
    }
}

export!(Step);
