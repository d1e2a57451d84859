//! Begins a body without a length, and traps in the middle of it.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method, OutgoingRequest, Scheme};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let request = OutgoingRequest::new(Fields::new());
        let authority = spec.url.strip_prefix("http://").unwrap();
        request.set_method(&Method::Post).unwrap();
        request.set_scheme(Some(&Scheme::Http)).unwrap();
        request.set_authority(Some(authority)).unwrap();
        request.set_path_with_query(Some("/")).unwrap();
        let body = request.body().unwrap();
        let stream = body.write().unwrap();
        let response = handle(request, None).unwrap();
        // More than waits in the host, so that some of it has gone out.
        for _ in 0..8 {
            while stream.check_write().unwrap() == 0 {
                stream.subscribe().block();
            }
            stream.write(b"half").unwrap();
        }
        log::write(log::Stream::Stdout, "half is sent");
        drop(response);
        std::arch::wasm32::unreachable()
    }
}

export!(Step);
