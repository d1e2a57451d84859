//! Puts a line break and a second request wherever a request takes text, and sends what the host
//! accepts.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method, OutgoingBody};

struct Step;

const SMUGGLED: &str = "\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

fn report_result(what: &str, taken: bool) {
    report(&format!(
        "{what}: {}",
        if taken { "taken" } else { "refused" }
    ));
}

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let here = authority(&spec);
        for end in [
            SMUGGLED,
            "\r\nX-Smuggled: 1",
            "\nX-Smuggled: 1",
            "\rX-Smuggled: 1",
            "\0",
        ] {
            let headers = Fields::new();
            let text = format!("a{end}");
            report_result("a header's name", headers.append(&text, b"b").is_ok());
            report_result(
                "a header's value",
                headers.append("x-a", text.as_bytes()).is_ok(),
            );
            report_result(
                "values set",
                headers.set("x-b", &[text.clone().into_bytes()]).is_ok(),
            );
            let list = [("x-c".to_owned(), text.clone().into_bytes())];
            report_result("a list of headers", Fields::from_list(&list).is_ok());
            let request = request(&Method::Post, here, headers);
            report_result(
                "the method",
                request.set_method(&Method::Other(text.clone())).is_ok(),
            );
            report_result(
                "the path",
                request
                    .set_path_with_query(Some(&format!("/{end}")))
                    .is_ok(),
            );
            report_result(
                "the authority",
                request.set_authority(Some(&format!("{here}{end}"))).is_ok(),
            );
            let trailers = Fields::new();
            report_result("a trailer", trailers.append("x-d", text.as_bytes()).is_ok());
            let body = request.body().unwrap();
            let sent = handle(request, None);
            OutgoingBody::finish(body, Some(trailers)).unwrap();
            report(&outcome(sent));
        }
        success("smuggled")
    }
}

export!(Step);
