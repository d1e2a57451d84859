//! Fills bodies of requests that it never sends, endlessly.

use http_step_test_guests::*;
use wasi::http::types::{Fields, OutgoingRequest};

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let piece = vec![0; 1 << 20];
        let mut kept = Vec::new();
        loop {
            let request = OutgoingRequest::new(Fields::new());
            let body = request.body().unwrap();
            let stream = body.write().unwrap();
            while let Ok(room @ 1..) = stream.check_write() {
                let room = piece.len().min(room as usize);
                stream.write(&piece[..room]).unwrap();
            }
            drop(stream);
            kept.push((request, body));
        }
    }
}

export!(Step);
