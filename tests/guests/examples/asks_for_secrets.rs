//! Asks by name for secrets and properties that it was not given.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        for name in ["TOKEN", "", "*", "../TOKEN", "\0", "PATH"] {
            report(&format!(
                "{name:?}: {:?}, {:?}",
                properties::secret(name),
                properties::get(name)
            ));
        }
        success("asked")
    }
}

export!(Step);
