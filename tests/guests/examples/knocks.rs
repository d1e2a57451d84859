//! Makes the requests that its orders list, one after the other, and reports each result. A line of
//! its orders is a method, an authority and a target.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method, OutgoingRequest, Scheme};

struct Step;

fn knock(method: &str, authority: &str, target: &str) -> String {
    let method = match method {
        "GET" => Method::Get,
        "CONNECT" => Method::Connect,
        "TRACE" => Method::Trace,
        other => Method::Other(other.to_owned()),
    };
    let request = OutgoingRequest::new(Fields::new());
    let set = request
        .set_method(&method)
        .and_then(|()| request.set_scheme(Some(&Scheme::Http)))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(target)));
    match set {
        Ok(()) => outcome(handle(request, None)),
        Err(()) => "can't be asked".to_owned(),
    }
}

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        for order in orders(&spec) {
            let mut words = order.splitn(3, ' ');
            let mut next = || words.next().unwrap();
            report(&format!("{order}: {}", knock(next(), next(), next())));
        }
        success("knocked")
    }
}

export!(Step);
