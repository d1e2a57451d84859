//! Reports properties: each one that the URL names after its last slash, as JSON and as it is
//! spelled.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let (_, names) = spec.url.rsplit_once('/').unwrap();
        let mut result = success("report");
        for name in names.split(',') {
            for (report, value) in [
                ("get", properties::get(name)),
                ("spelled", properties::spelled(name)),
            ] {
                if let Some(value) = value {
                    result.outputs.push(Output {
                        name: format!("{report} {name}"),
                        value,
                    });
                }
            }
        }
        result
    }
}

export!(Step);
