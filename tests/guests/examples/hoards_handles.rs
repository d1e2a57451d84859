//! Creates a million handles and drops none.

use http_step_test_guests::*;
use wasi::http::types::Fields;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let kept: Vec<_> = (0..1_000_000).map(|_| Fields::new()).collect();
        success(&format!("{} kept", kept.len()))
    }
}

export!(Step);
