//! The step of CONTRIBUTING.md, to the letter.

wit_bindgen::generate!({ path: "../../wit", world: "step", generate_all });

use ci::http_step::{log, properties, types::Outcome};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let builder = properties::get("buildername").unwrap_or_default();
        log::write(
            log::Stream::Header,
            &format!("{builder} asks for {}\n", spec.url),
        );
        // … wasi:http/outgoing-handler makes the request …
        StepResult {
            outcome: Outcome::Success,
            summary: "Done".to_owned(),
            exchanges: Vec::new(),
            checks: Vec::new(),
            outputs: Vec::new(),
            error: None,
        }
    }
}

export!(Step);
