//! Reads the clocks as fast as it can, and tells the smallest step that it saw. A clock that
//! says 0 at first is one that Go takes for broken.

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
