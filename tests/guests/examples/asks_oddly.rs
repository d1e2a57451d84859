//! Asks for what no request may be, and tells the answers.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method, OutgoingRequest, Scheme};

struct Step;

fn ask(method: &Method, authority: &str, path: &str) -> String {
    let request = OutgoingRequest::new(Fields::new());
    let set = request
        .set_method(method)
        .and_then(|()| request.set_scheme(Some(&Scheme::Http)))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(path)));
    if set.is_err() {
        return "can't be asked".to_owned();
    }
    let response = match handle(request, None) {
        Ok(response) => response,
        Err(code) => return code.to_string(),
    };
    response.subscribe().block();
    match response.get().unwrap().unwrap() {
        Ok(response) => format!("status {}", response.status()),
        Err(code) => code.to_string(),
    }
}

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let host = spec.url.strip_prefix("http://").unwrap();
        for (method, authority, path) in [
            (Method::Get, host.to_owned(), "/"),
            (Method::Connect, host.to_owned(), "/"),
            (Method::Trace, host.to_owned(), "/"),
            (Method::Other("A B".to_owned()), host.to_owned(), "/"),
            (Method::Get, format!("user@{host}"), "/"),
            (Method::Get, format!("@{host}"), "/"),
            (Method::Get, format!("{host}@evil.example"), "/"),
            (Method::Get, format!("{host}/@evil.example"), "/"),
            (Method::Get, host.to_owned(), "http://evil.example/"),
            (Method::Get, host.to_owned(), "//evil.example/"),
            (Method::Get, host.to_owned(), "*"),
            (Method::Get, host.to_owned(), "/a b"),
            (Method::Get, host.to_owned(), "/\r\nX-Smuggled: 1"),
            (Method::Get, String::new(), "/"),
        ] {
            let answer = ask(&method, &authority, path);
            let asked = format!("{method:?} {authority} {path}").replace(host, "HOST");
            log::write(log::Stream::Stdout, &format!("{asked:?}: {answer}\n"));
        }
        success("asked")
    }
}

export!(Step);
