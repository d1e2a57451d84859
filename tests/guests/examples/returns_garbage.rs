//! Returns something other than JSON where JSON is due.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        StepResult {
            checks: Vec::new(),
            outputs: vec![Output {
                name: "id".to_owned(),
                value: "\u{0}{".to_owned(),
            }],
            ..success("\u{1b}[2J")
        }
    }
}

export!(Step);
