//! The world of a step, for the components in `examples/`.

mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "step",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export",
        default_bindings_module: "http_step_test_guests",
    });
}

pub use bindings::ci::http_step::log;
pub use bindings::ci::http_step::properties;
pub use bindings::ci::http_step::types::{Outcome, Output};
pub use bindings::*;

/// A result that says a word and nothing else.
pub fn success(summary: &str) -> StepResult {
    StepResult {
        outcome: Outcome::Success,
        summary: summary.to_owned(),
        exchanges: Vec::new(),
        outputs: Vec::new(),
        error: None,
    }
}
