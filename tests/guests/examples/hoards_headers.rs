//! Fills as many header tables as it may hold, each to its limit.

use http_step_test_guests::*;
use wasi::http::types::Fields;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let value = vec![b'x'; 4096];
        let kept: Vec<_> = (0..1_000_000)
            .map(|_| {
                let fields = Fields::new();
                while fields.append("x", &value).is_ok() {}
                fields
            })
            .collect();
        success(&format!("{} kept", kept.len()))
    }
}

export!(Step);
