//! Reports checks of its own. The step's `data` says which, a line each: `outcome name`. A first line `no
//! request` makes none, `no body` does not read the response, and `many` reports 1,001 checks.

use http_step_test_guests::*;
use types::{Check, CheckOutcome};
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, IncomingResponse, Method};
use wasi::io::streams::StreamError;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let mut result = success("Reported");
        let orders = orders(&spec);
        if !orders.contains(&"no request") {
            let request = request(&Method::Get, authority(&spec), Fields::new());
            let response = answer(&handle(request, None).unwrap()).unwrap();
            if !orders.contains(&"no body") {
                read(&response);
            }
        }
        let check = |outcome, name: &str| Check {
            name: name.to_owned(),
            outcome,
            expected: "one thing".to_owned(),
            found: Some("another".to_owned()),
        };
        for order in orders {
            match order.split_once(' ') {
                Some(("passed", name)) => result.checks.push(check(CheckOutcome::Passed, name)),
                Some(("warning", name)) => result.checks.push(check(CheckOutcome::Warning, name)),
                Some(("failed", name)) => result.checks.push(check(CheckOutcome::Failed, name)),
                None if order == "many" => {
                    result.checks = vec![check(CheckOutcome::Passed, "a"); 1001];
                }
                _ => {}
            }
        }
        result
    }
}

/// Read a body to its end.
fn read(response: &IncomingResponse) {
    let body = response.consume().unwrap();
    let stream = body.stream().unwrap();
    while !matches!(stream.blocking_read(1 << 20), Err(StreamError::Closed)) {}
}

export!(Step);
