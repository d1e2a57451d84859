//! Drops everything that a request is made of, at the stage that its orders name, and succeeds.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method, OutgoingBody};

struct Step;

fn until(last: &str, authority: &str) {
    let request = request(&Method::Post, authority, Fields::new());
    if last == "the request" {
        return;
    }
    let body = request.body().unwrap();
    let stream = body.write().unwrap();
    if last == "the body" {
        return;
    }
    let response = handle(request, None).unwrap();
    if last == "what is under way" {
        return;
    }
    write_all(&stream, b"half").unwrap();
    if last == "half a body" {
        return;
    }
    drop(stream);
    OutgoingBody::finish(body, None).unwrap();
    if last == "the answer to come" {
        return;
    }
    let pollable = response.subscribe();
    let response = answer(&response).unwrap();
    drop(pollable);
    if last == "the answer" {
        return;
    }
    let body = response.consume().unwrap();
    let stream = body.stream().unwrap();
    stream.blocking_read(1).unwrap();
}

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        for last in orders(&spec) {
            until(last, authority(&spec));
        }
        success("dropped")
    }
}

export!(Step);
