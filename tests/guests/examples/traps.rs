//! Traps at the stage of a request that its orders name.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method, OutgoingBody};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let last = *orders(&spec).first().unwrap();
        let stage = |stage: &str| {
            report(stage);
            if stage == last {
                std::arch::wasm32::unreachable()
            }
        };
        stage("at once");
        let request = request(&Method::Post, authority(&spec), Fields::new());
        stage("with a request");
        let body = request.body().unwrap();
        let stream = body.write().unwrap();
        stage("with a body");
        let response = handle(request, None).unwrap();
        stage("when it is sent");
        write_all(&stream, b"half").unwrap();
        stage("within the body");
        drop(stream);
        OutgoingBody::finish(body, None).unwrap();
        stage("before the answer");
        let response = answer(&response).unwrap();
        stage("after the head");
        let body = response.consume().unwrap();
        let stream = body.stream().unwrap();
        stream.subscribe().block();
        stage("before the answer's body");
        stream.blocking_read(1).unwrap();
        stage("within the answer's body");
        while stream.blocking_read(1024).is_ok() {}
        stage("at the end");
        success("went well")
    }
}

export!(Step);
