//! Reads, skips and splices more bytes than there are, so that the host makes room for them.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method, OutgoingBody};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let here = authority(&spec);
        let get = || {
            let request = request(&Method::Get, here, Fields::new());
            answer(&handle(request, None).unwrap()).unwrap()
        };
        for order in orders(&spec) {
            let response = get();
            let body = response.consume().unwrap();
            let input = body.stream().unwrap();
            input.subscribe().block();
            let outcome = match order {
                "read" => format!("{:?} bytes", input.read(u64::MAX).map(|bytes| bytes.len())),
                "skip" => format!("{:?} bytes", input.skip(u64::MAX)),
                "splice" => {
                    let request = request(&Method::Post, here, Fields::new());
                    let to = request.body().unwrap();
                    let output = to.write().unwrap();
                    let response = handle(request, None);
                    let spliced = output.blocking_splice(&input, u64::MAX);
                    drop(output);
                    OutgoingBody::finish(to, None).unwrap();
                    format!("{spliced:?} bytes, {}", outcome(response))
                }
                "zeroes" => {
                    let request = request(&Method::Post, here, Fields::new());
                    let to = request.body().unwrap();
                    let output = to.write().unwrap();
                    format!("{:?}", output.write_zeroes(u64::MAX))
                }
                other => panic!("{other}"),
            };
            report(&format!("{order}: {outcome}"));
        }
        success("asked")
    }
}

export!(Step);
