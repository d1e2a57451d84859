//! Writes to its standard output and error for a while, and traps.

use std::io::Write;

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let line = [b'x'; 4096];
        for _ in 0..2 << 10 {
            _ = std::io::stdout().write_all(&line);
            _ = std::io::stderr().write_all(&line);
        }
        std::arch::wasm32::unreachable()
    }
}

export!(Step);
