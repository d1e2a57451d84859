//! Answers with a summary, outputs and an exchange of many mebibytes each.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let long = "x".repeat(10 << 20);
        if orders(&spec) == ["exchanges"] {
            let request = SentRequest {
                method: "GET".to_owned(),
                url: long,
                headers: Vec::new(),
                body: None,
            };
            return StepResult {
                exchanges: vec![Exchange {
                    request,
                    response: None,
                }],
                ..success("answered")
            };
        }
        if orders(&spec) == ["outputs"] {
            return StepResult {
                checks: Vec::new(),
                outputs: vec![Output {
                    name: "long".to_owned(),
                    value: format!("\"{long}\""),
                }],
                ..success("answered")
            };
        }
        success(&long)
    }
}

export!(Step);
