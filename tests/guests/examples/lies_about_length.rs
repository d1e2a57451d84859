//! Declares one length of a body and sends another, so that the server takes the rest for a
//! separate request. Each line of its orders is a declared length.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method, OutgoingBody};

struct Step;

const BODY: &str = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

fn send(authority: &str, announced: &str) -> String {
    let headers = Fields::new();
    for header in announced.split("; ") {
        let (name, value) = header.split_once(": ").unwrap();
        if let Err(error) = headers.append(name, value.as_bytes()) {
            return error.to_string();
        }
    }
    let request = request(&Method::Post, authority, headers);
    let Ok(body) = request.body() else {
        return "has no body".to_owned();
    };
    let stream = body.write().unwrap();
    let response = handle(request, None);
    let written = write_all(&stream, BODY.as_bytes());
    drop(stream);
    let finished = OutgoingBody::finish(body, None);
    format!(
        "written {}, finished {}, {}",
        written.is_ok(),
        finished.map_or_else(|code| code.to_string(), |()| "well".to_owned()),
        outcome(response)
    )
}

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        for announced in orders(&spec) {
            report(&format!(
                "{announced}: {}",
                send(authority(&spec), announced)
            ));
        }
        success("lied")
    }
}

export!(Step);
