//! Answers with outputs that are little JSON and many values.

use http_step_test_guests::*;

const SIZE: usize = 1_000_000;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let value = match orders(&spec)[0] {
            "numbers" => "0",
            "arrays" => "[]",
            "objects" => r#"{"":0}"#,
            "texts" => r#""x""#,
            other => panic!("{other}"),
        };
        let values = format!("{value},").repeat(SIZE / (value.len() + 1));
        StepResult {
            checks: Vec::new(),
            outputs: vec![Output {
                name: "many".to_owned(),
                value: format!("[{values}{value}]"),
            }],
            ..success("answered")
        }
    }
}

export!(Step);
