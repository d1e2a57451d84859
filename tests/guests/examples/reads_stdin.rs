//! Reads its standard input. The process's own may hold a password, and reading it could block.

use std::io::Read;

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let mut input = String::new();
        let read = std::io::stdin().read_to_string(&mut input);
        report(&format!(
            "{:?}: {input:?}",
            read.map_err(|error| error.kind())
        ));
        success("read")
    }
}

export!(Step);
