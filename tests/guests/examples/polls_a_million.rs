//! Polls one thing a million times in one call, so that the host goes through a long list without
//! interruption.

use http_step_test_guests::*;
use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::io::poll::poll;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let later = subscribe_duration(u64::MAX);
        let list = vec![&later; 1_000_000];
        let ready = poll(&list);
        success(&format!("{} ready", ready.len()))
    }
}

export!(Step);
