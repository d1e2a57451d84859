//! Sets header fields that are hop-by-hop or that only the host may set. Each line of its orders is
//! one.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let headers = Fields::new();
        for order in orders(&spec) {
            let (name, value) = order.split_once(": ").unwrap();
            let set = match headers.append(name, value.as_bytes()) {
                Ok(()) => "taken".to_owned(),
                Err(error) => error.to_string(),
            };
            report(&format!("{order}: {set}"));
        }
        let sent = handle(request(&Method::Get, authority(&spec), headers), None);
        report(&outcome(sent));
        success("set")
    }
}

export!(Step);
