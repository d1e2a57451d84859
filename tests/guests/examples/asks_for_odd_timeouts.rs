//! Sets every timeout to zero, and then to more than five hundred years.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method, RequestOptions};

struct Step;

fn ask(authority: &str, nanoseconds: u64) -> String {
    let options = RequestOptions::new();
    options.set_connect_timeout(Some(nanoseconds)).unwrap();
    options.set_first_byte_timeout(Some(nanoseconds)).unwrap();
    options
        .set_between_bytes_timeout(Some(nanoseconds))
        .unwrap();
    let request = request(&Method::Get, authority, Fields::new());
    outcome(handle(request, Some(options)))
}

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        for order in orders(&spec) {
            report(&format!(
                "{order} ns: {}",
                ask(authority(&spec), order.parse().unwrap())
            ));
        }
        success("asked")
    }
}

export!(Step);
