//! Makes a request to its URL, and gives up whatever the result is: its orders say how.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        report(&outcome(handle(get(&spec.url), None)));
        match orders(&spec).as_slice() {
            ["panic"] => panic!("there was no answer"),
            ["exit"] => std::process::exit(1),
            _ => StepResult {
                outcome: Outcome::Exception,
                ..success("gave up")
            },
        }
    }
}

export!(Step);
