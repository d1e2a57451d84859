//! The world of a step, for the components in `examples/`.

mod asking;
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        // The standard library imports more of WASI than the contract names. What is not used is
        // not imported.
        inline: "
            package test:guests;

            world attacker {
                import wasi:cli/environment@0.2.12;
                import wasi:random/random@0.2.12;
                include ci:http-step/step@0.2.0;
            }
        ",
        world: "test:guests/attacker",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export",
        default_bindings_module: "http_step_test_guests",
    });
}

pub use asking::{answer, authority, orders, outcome, request, scheme, write_all};
pub use bindings::ci::http_step::properties;
pub use bindings::ci::http_step::types::{self, Exchange, Outcome, Output, SentRequest};
pub use bindings::ci::http_step::{auth, log};
pub use bindings::*;

/// A successful result with a summary and nothing else.
pub fn success(summary: &str) -> StepResult {
    StepResult {
        outcome: Outcome::Success,
        summary: summary.to_owned(),
        exchanges: Vec::new(),
        checks: Vec::new(),
        outputs: Vec::new(),
        error: None,
    }
}

/// Write a line to the log.
pub fn report(line: &str) {
    log::write(log::Stream::Stdout, &format!("{line}\n"));
}

/// A GET request of a URL.
pub fn get(url: &str) -> wasi::http::types::OutgoingRequest {
    use wasi::http::types::{Fields, OutgoingRequest, Scheme};
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = match rest.find('/') {
        Some(index) => rest.split_at(index),
        None => (rest, "/"),
    };
    let scheme = match scheme {
        "https" => Scheme::Https,
        _ => Scheme::Http,
    };
    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(&scheme)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request.set_path_with_query(Some(path)).unwrap();
    request
}
