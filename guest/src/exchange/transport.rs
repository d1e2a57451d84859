//! The only file that uses wasi:http.
//!
//! Every call leaves the component, so calls are few: a small body is written before the request
//! is sent, so that the head and the body are sent in one write. A larger body is sent while the
//! response is awaited and read, because a server may respond before it has read the whole body,
//! or without reading it.
//!
//! Child resources are dropped before their parents, by the order of the fields in the structs
//! below.

use url::Position;
use wasi::http::outgoing_handler;
use wasi::http::types::{
    self as http, ErrorCode, Fields, FutureIncomingResponse, HeaderError, IncomingBody,
    OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use wasi::io::poll::poll;
use wasi::io::streams::{InputStream, OutputStream, StreamError};

use crate::exchange::error_code::failure;
use crate::host::{Chunks, ErrorKind, Failure, Header, Incoming, Method, Outgoing, Timeouts};

/// The maximum length of a read: large enough to make calls cheap, small enough to keep the log
/// live.
const CHUNK: u64 = 64 * 1024;

/// Send a request, and wait for the head of the response.
pub(crate) fn send<'r>(outgoing: &Outgoing<'r>) -> Result<Incoming<'r>, Failure> {
    let request = request(outgoing)?;
    let mut upload = Upload::start(&request, outgoing.body)?.and_then(Upload::advance);
    let future = outgoing_handler::handle(request, options(outgoing.timeouts)).map_err(failure)?;
    let response = wait(&future, &mut upload)?;
    drop(future);
    let headers = response.headers().entries();
    let body = response.consume().map_err(|()| broken_contract())?;
    let stream = body.stream().map_err(|()| broken_contract())?;
    Ok(Incoming {
        status: response.status(),
        headers,
        body: Box::new(Download {
            open: Some((stream, body)),
            upload,
        }),
    })
}

fn request(outgoing: &Outgoing<'_>) -> Result<OutgoingRequest, Failure> {
    let entries: Vec<(String, Vec<u8>)> = outgoing
        .headers
        .iter()
        .map(|Header { name, value }| (name.clone(), value.clone().into_bytes()))
        .collect();
    let fields = Fields::from_list(&entries).map_err(|_| refused_header(&entries))?;
    let request = OutgoingRequest::new(fields);
    let url = outgoing.url;
    let scheme = if url.scheme() == "https" {
        Scheme::Https
    } else {
        Scheme::Http
    };
    let path = &url[Position::BeforePath..Position::AfterQuery];
    let refused = |part: &str| {
        let words = format!("the host rejects the {part}");
        move |()| Failure {
            kind: ErrorKind::InvalidSpec,
            words,
        }
    };
    request
        .set_method(&method(outgoing.method))
        .map_err(refused(&format!("method {}", outgoing.method.name())))?;
    request
        .set_scheme(Some(&scheme))
        .map_err(refused(&format!("scheme `{}` of the URL", url.scheme())))?;
    request
        .set_authority(Some(url.authority()))
        .map_err(refused(&format!("host `{}` of the URL", url.authority())))?;
    request
        .set_path_with_query(Some(path))
        .map_err(refused(&format!(
            "path and query of the URL, which have {} bytes; the limit is 65,534",
            path.len()
        )))?;
    Ok(request)
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::Get,
        Method::Head => http::Method::Head,
        Method::Post => http::Method::Post,
        Method::Put => http::Method::Put,
        Method::Delete => http::Method::Delete,
        Method::Options => http::Method::Options,
        Method::Patch => http::Method::Patch,
    }
}

/// Find the header that the host rejected: it does not say which one of a list.
fn refused_header(entries: &[(String, Vec<u8>)]) -> Failure {
    let fields = Fields::new();
    let words = entries.iter().find_map(|(name, value)| {
        let reason = match fields.append(name, value).err()? {
            HeaderError::Forbidden => "the host sets it",
            HeaderError::InvalidSyntax => "the host rejects its syntax",
            HeaderError::Immutable => "the host accepts no more headers",
        };
        Some(format!("the header `{name}` can't be sent: {reason}"))
    });
    Failure {
        kind: ErrorKind::InvalidSpec,
        words: words.unwrap_or_else(|| "the host rejects the headers".to_owned()),
    }
}

fn options(timeouts: Timeouts) -> Option<RequestOptions> {
    if timeouts.connect.is_none() && timeouts.read.is_none() {
        return None;
    }
    let options = RequestOptions::new();
    // A host that does not support a timeout returns an error, and has its own timeouts.
    if timeouts.connect.is_some() {
        let _ = options.set_connect_timeout(timeouts.connect);
    }
    if timeouts.read.is_some() {
        let _ = options.set_first_byte_timeout(timeouts.read);
        let _ = options.set_between_bytes_timeout(timeouts.read);
    }
    Some(options)
}

/// Wait for the response, and send the body meanwhile.
fn wait(
    future: &FutureIncomingResponse,
    upload: &mut Option<Upload<'_>>,
) -> Result<http::IncomingResponse, Failure> {
    let is_here = future.subscribe();
    loop {
        match upload.take() {
            None => is_here.block(),
            Some(sending) => {
                let is_writable = sending.stream.subscribe();
                poll(&[&is_here, &is_writable]);
                drop(is_writable);
                *upload = sending.advance();
            }
        }
        if let Some(result) = future.get() {
            return result.map_err(|()| broken_contract())?.map_err(failure);
        }
    }
}

/// A request body being sent.
struct Upload<'r> {
    stream: OutputStream,
    body: OutgoingBody,
    rest: &'r [u8],
}

impl<'r> Upload<'r> {
    fn start(request: &OutgoingRequest, bytes: &'r [u8]) -> Result<Option<Self>, Failure> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let body = request.body().map_err(|()| broken_contract())?;
        let stream = body.write().map_err(|()| broken_contract())?;
        Ok(Some(Self {
            stream,
            body,
            rest: bytes,
        }))
    }

    /// Write as much as the stream accepts now. None when it is done: everything is written, or the
    /// other side has stopped reading, for which the response gives the reason.
    fn advance(mut self) -> Option<Self> {
        while !self.rest.is_empty() {
            let permit = match self.stream.check_write().ok()? {
                0 => return Some(self),
                permit => usize::try_from(permit).unwrap_or(usize::MAX),
            };
            let (now, rest) = self.rest.split_at(permit.min(self.rest.len()));
            self.stream.write(now).ok()?;
            self.rest = rest;
        }
        let Self { stream, body, .. } = self;
        drop(stream);
        // An error is returned in place of the response.
        let _ = OutgoingBody::finish(body, None);
        None
    }
}

/// A response body being read, while the request body may still be sent.
struct Download<'r> {
    open: Option<(InputStream, IncomingBody)>,
    upload: Option<Upload<'r>>,
}

impl Chunks for Download<'_> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Some((stream, _)) = &self.open else {
            return Ok(None);
        };
        while let Some(upload) = self.upload.take() {
            let is_readable = stream.subscribe();
            let is_writable = upload.stream.subscribe();
            let ready = poll(&[&is_readable, &is_writable]);
            drop((is_readable, is_writable));
            self.upload = if ready.contains(&1) {
                upload.advance()
            } else {
                Some(upload)
            };
            if ready.contains(&0) {
                break;
            }
        }
        match stream.blocking_read(CHUNK) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StreamError::Closed) => {
                if let Some((stream, body)) = self.open.take() {
                    drop(stream);
                    // Finished rather than dropped, so that the host can reuse the connection.
                    drop(IncomingBody::finish(body));
                }
                Ok(None)
            }
            Err(StreamError::LastOperationFailed(error)) => {
                Err(match http::http_error_code(&error) {
                    Some(code) => failure(code),
                    // Not every host can downcast its own errors. The body ended early in any case.
                    None => Failure {
                        kind: ErrorKind::Protocol,
                        words: error.to_debug_string(),
                    },
                })
            }
        }
    }
}

/// The host violated wasi:http.
fn broken_contract() -> Failure {
    failure(ErrorCode::InternalError(Some(
        "the host violated wasi:http".to_owned(),
    )))
}
