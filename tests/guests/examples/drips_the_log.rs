//! Writes half a million texts of one letter, alternating between streams so that no two can be
//! merged.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        for _ in 0..250_000 {
            log::write(log::Stream::Stdout, "x");
            log::write(log::Stream::Stderr, "x");
        }
        success("dripped")
    }
}

export!(Step);
