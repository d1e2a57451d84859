//! Keeps header tables, requests and bodies that it never sends. Each is within its limit, so their
//! number fills the host's memory.

use http_step_test_guests::*;
use wasi::http::types::{Fields, Method, OutgoingBody, OutgoingRequest, OutgoingResponse};

/// A table of headers is full at 64 KiB.
const NEARLY_FULL: usize = 60 << 10;
const VALUE: usize = 4 << 10;
/// The host counts about 80 bytes for a field with a name of a few bytes and no value.
const NAMES: usize = 750;
/// More would exceed the limit on handles.
const MANY: usize = 450;
const FEW: usize = 150;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        match orders(&spec)[0] {
            "append" => keep(MANY, |_| full()),
            "from a list" => keep(MANY, |_| Fields::from_list(&names()).unwrap()),
            "emptied" => keep(MANY, |_| {
                let fields = Fields::from_list(&names()).unwrap();
                for (name, _) in names() {
                    fields.delete(&name).unwrap();
                }
                fields
            }),
            "clones" => {
                let one = Fields::from_list(&names()).unwrap();
                keep(MANY, |_| {
                    let other = one.clone();
                    other.append("y", b"y").unwrap();
                    other
                })
            }
            // What remains of a dropped request.
            "of requests" => keep(MANY, |_| OutgoingRequest::new(full()).headers()),
            "of responses" => keep(MANY, |_| OutgoingResponse::new(full())),
            "trailers" => keep(MANY, |_| {
                let request = OutgoingRequest::new(Fields::new());
                OutgoingBody::finish(request.body().unwrap(), Some(full())).unwrap();
                request
            }),
            "targets" => {
                let path = format!("/{}", "x".repeat(NEARLY_FULL));
                keep(MANY, |_| {
                    let request = OutgoingRequest::new(Fields::new());
                    request.set_path_with_query(Some(&path)).unwrap();
                    request
                })
            }
            "methods" => {
                let method = Method::Other("M".repeat(1 << 20));
                taken(|request| request.set_method(&method))
            }
            "authorities" => {
                let authority = "x".repeat(1 << 20);
                taken(|request| request.set_authority(Some(&authority)))
            }
            "bodies" => keep(FEW, |_| {
                let request = OutgoingRequest::new(Fields::new());
                let body = request.body().unwrap();
                let stream = body.write().unwrap();
                while let Ok(room @ 1..) = stream.check_write() {
                    stream.write(&vec![0; room as usize]).unwrap();
                }
                (request, stream, body)
            }),
            other => panic!("{other}"),
        }
    }
}

fn keep<T>(many: usize, one: impl FnMut(usize) -> T) -> StepResult {
    let kept: Vec<T> = (0..many).map(one).collect();
    success(&format!("{} kept", kept.len()))
}

/// How many requests accept a setting that may be refused.
fn taken(set: impl Fn(&OutgoingRequest) -> Result<(), ()>) -> StepResult {
    let requests = (0..MANY).map(|_| OutgoingRequest::new(Fields::new()));
    let kept: Vec<_> = requests.filter(|request| set(request).is_ok()).collect();
    success(&format!("{} taken", kept.len()))
}

fn full() -> Fields {
    let fields = Fields::new();
    for _ in 0..NEARLY_FULL / (VALUE + 64) {
        fields.append("x", &[b'x'; VALUE]).unwrap();
    }
    fields
}

fn names() -> Vec<(String, Vec<u8>)> {
    (0..NAMES).map(|n| (format!("x{n}"), Vec::new())).collect()
}

export!(Step);
