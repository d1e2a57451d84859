//! Reads the clocks as fast as it can, and reports the smallest step. Go treats a clock that starts
//! at 0 as broken.

use std::time::{Duration, Instant};

use http_step_test_guests::*;
use wasi::clocks::monotonic_clock;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        assert_ne!(monotonic_clock::now(), 0);
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
