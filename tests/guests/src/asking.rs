//! How most attacks start: a plain request, as `wasi:http` has it.

use crate::bindings::RequestSpec;
use crate::bindings::ci::http_step::types::{Body, Fields as Values};
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingRequest, Scheme,
};
use crate::bindings::wasi::io::streams::{OutputStream, StreamError};

/// The authority in the step's URL: the server that the step may reach.
pub fn authority(spec: &RequestSpec) -> &str {
    let (_, rest) = spec.url.split_once("://").unwrap();
    rest.split('/').next().unwrap()
}

/// The scheme in the step's URL.
pub fn scheme(spec: &RequestSpec) -> Scheme {
    match spec.url.split_once("://").unwrap().0 {
        "https" => Scheme::Https,
        _ => Scheme::Http,
    }
}

/// The orders, one per line, for a component that knows several attacks: the step's `data`.
pub fn orders(spec: &RequestSpec) -> Vec<&str> {
    match &spec.body {
        Some(Body::Data(Values::Text(text))) => text.lines().collect(),
        _ => Vec::new(),
    }
}

/// A request to an authority.
pub fn request(method: &Method, authority: &str, headers: Fields) -> OutgoingRequest {
    let request = OutgoingRequest::new(headers);
    request.set_method(method).unwrap();
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request.set_path_with_query(Some("/")).unwrap();
    request
}

/// Wait for the response to a request.
pub fn answer(response: &FutureIncomingResponse) -> Result<IncomingResponse, ErrorCode> {
    response.subscribe().block();
    response.get().unwrap().unwrap()
}

/// The same as text.
pub fn outcome(response: Result<FutureIncomingResponse, ErrorCode>) -> String {
    match response.and_then(|response| answer(&response)) {
        Ok(response) => format!("status {}", response.status()),
        Err(code) => code.to_string(),
    }
}

/// Write all of it, and wait as long as the stream blocks.
pub fn write_all(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    while !bytes.is_empty() {
        let room = stream.check_write()?;
        if room == 0 {
            stream.subscribe().block();
            continue;
        }
        let (now, later) = bytes.split_at(bytes.len().min(room as usize));
        stream.write(now)?;
        bytes = later;
    }
    Ok(())
}
