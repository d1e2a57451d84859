//! An open connection to an origin: HTTP/1.1 with one request at a time, or HTTP/2, which several
//! requests share. hyper implements the protocols.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use http::header::{CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request, Response, Uri, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::sync::Semaphore;

use super::io::Io;
use crate::body::outgoing::Outgoing;
use crate::error::cause::is_of_connection;
use crate::flood::http2::{FloodGuard, Http2Flood, Http2Stream};
use crate::flood::inspected::InspectedIo;
use crate::flood::interim::InterimCounter;
use crate::flood::{HTTP2_STREAM_WINDOW, MAX_HEADER_BYTES, MAX_HEADER_FIELDS};
use crate::usage::facts::{ConnectionFacts, Protocol};

/// The maximum number of requests on a connection. The connection's window is the sum of theirs:
/// with a smaller one, a few requests whose responses are not read would block the others, which
/// may belong to another step.
const HTTP2_STREAMS: u32 = 64;
const HTTP2_CONNECTION_WINDOW: u32 = HTTP2_STREAMS * HTTP2_STREAM_WINDOW;

/// The maximum of a request's body that is buffered for a server that doesn't read it.
const HTTP2_SEND_BUFFER: usize = 128 << 10;

/// The maximum number of streams that the server reset and that are still remembered, so that a
/// server that resets all streams uses no memory (CVE-2023-44487).
const HTTP2_RESET_STREAMS: usize = 64;

/// What requests through a forwarding proxy need.
#[derive(Clone, Debug)]
pub(crate) struct Forwarded {
    pub(crate) authorization: Option<HeaderValue>,
}

/// An open connection.
pub(crate) struct Connection {
    pub(crate) facts: ConnectionFacts,
    /// Set if requests go to a forwarding proxy, and therefore contain the whole URL (RFC 9112,
    /// section 3.2.2).
    forwarded: Option<Forwarded>,
    sender: Sender,
    /// Counts the interim responses of the current request, on HTTP/1.1.
    interim: InterimCounter,
}

enum Sender {
    Http1 {
        sender: http1::SendRequest<Outgoing>,
        /// The number of bytes received since the latest request was sent.
        came: Arc<AtomicUsize>,
        /// Whether a server that has not read the body of the latest request finds no request in it.
        is_body_harmless: Arc<AtomicBool>,
    },
    Http2 {
        sender: http2::SendRequest<Outgoing>,
        /// The number of requests that it can still take, which all handles share.
        room: Arc<Semaphore>,
        flood_guard: FloodGuard,
    },
}

impl Connection {
    /// Start HTTP. A separate task drives the connection and ends when it is dropped, or when the
    /// server closes it.
    pub(crate) async fn start(
        io: impl Io + 'static,
        facts: ConnectionFacts,
        forwarded: Option<Forwarded>,
    ) -> hyper::Result<Self> {
        let interim = InterimCounter::default();
        let sender = match facts.protocol {
            Protocol::Http1 => {
                let (interim, came) = (interim.clone(), Arc::<AtomicUsize>::default());
                let count = Arc::clone(&came);
                let watch = move |bytes| {
                    count.fetch_add(bytes, Ordering::Relaxed);
                    interim.check()
                };
                let io = TokioIo::new(InspectedIo { io, inspect: watch });
                let (sender, driver) = http1::Builder::new()
                    .max_headers(MAX_HEADER_FIELDS)
                    .max_buf_size(MAX_HEADER_BYTES)
                    .handshake(io)
                    .await?;
                drop(tokio::spawn(driver));
                Sender::Http1 {
                    sender,
                    came,
                    is_body_harmless: Arc::new(AtomicBool::new(true)),
                }
            }
            Protocol::Http2 => {
                let room = Arc::new(Semaphore::new(HTTP2_STREAMS as usize));
                let flood_guard = FloodGuard::new();
                let watch = {
                    let flood_guard = flood_guard.clone();
                    move |bytes| flood_guard.receive(bytes)
                };
                let io = TokioIo::new(InspectedIo { io, inspect: watch });
                let (sender, driver) = http2::Builder::new(TokioExecutor::new())
                    .timer(TokioTimer::new())
                    .initial_stream_window_size(HTTP2_STREAM_WINDOW)
                    .initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
                    .max_send_buf_size(HTTP2_SEND_BUFFER)
                    .max_header_list_size(MAX_HEADER_BYTES as u32)
                    .max_concurrent_reset_streams(HTTP2_RESET_STREAMS)
                    .handshake(io)
                    .await?;
                drop(tokio::spawn(driver));
                Sender::Http2 {
                    sender,
                    room,
                    flood_guard,
                }
            }
        };
        Ok(Self {
            facts,
            forwarded,
            sender,
            interim,
        })
    }

    /// Whether several requests can use it at a time.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.sender, Sender::Http2 { .. })
    }

    /// Another handle to it, if several requests can use it.
    pub(crate) fn share(&self) -> Option<Self> {
        match &self.sender {
            Sender::Http1 { .. } => None,
            Sender::Http2 {
                sender,
                room,
                flood_guard,
            } => Some(Self {
                facts: self.facts.clone(),
                forwarded: self.forwarded.clone(),
                sender: Sender::Http2 {
                    sender: sender.clone(),
                    room: Arc::clone(room),
                    flood_guard: flood_guard.clone(),
                },
                interim: self.interim.clone(),
            }),
        }
    }

    /// Whether both are handles to one connection.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.sender, &other.sender) {
            (Sender::Http2 { room, .. }, Sender::Http2 { room: other, .. }) => {
                Arc::ptr_eq(room, other)
            }
            _ => false,
        }
    }

    /// Whether it can take another concurrent request.
    pub(crate) fn has_room(&self) -> bool {
        match &self.sender {
            Sender::Http1 { .. } => true,
            Sender::Http2 { room, .. } => room.available_permits() > 0,
        }
    }

    /// A request's share of the connection, held until the response was read; none if the request
    /// has the whole connection.
    pub(crate) fn stream(&self) -> Option<Http2Stream> {
        match &self.sender {
            Sender::Http1 { .. } => None,
            Sender::Http2 {
                room, flood_guard, ..
            } => {
                let part = Arc::clone(room).try_acquire_owned().ok()?;
                Some(Http2Stream::new(flood_guard, part))
            }
        }
    }

    /// The flood for which the host closed it, if any.
    pub(crate) fn flood(&self) -> Option<Http2Flood> {
        match &self.sender {
            Sender::Http1 { .. } => None,
            Sender::Http2 { flood_guard, .. } => flood_guard.flood(),
        }
    }

    /// Whether it ended with an error before any byte of a response to the latest request. For a
    /// shared connection, an error of the stream is not enough.
    pub(crate) fn has_ended_before_an_answer(&self, error: &hyper::Error) -> bool {
        match &self.sender {
            Sender::Http1 { came, .. } => came.load(Ordering::Relaxed) == 0,
            Sender::Http2 { .. } => is_of_connection(error),
        }
    }

    /// Whether a request can be sent on it, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        match &self.sender {
            Sender::Http1 { sender, .. } => sender.is_ready(),
            Sender::Http2 { sender, .. } => !sender.is_closed(),
        }
    }

    /// Wait until it can take the next request: on HTTP/1.1, until the body of the latest response
    /// was read. False if it ends before, or if the server may read the latest request's body as
    /// another request.
    pub(crate) async fn is_free(&mut self) -> bool {
        match &mut self.sender {
            Sender::Http1 {
                sender,
                is_body_harmless,
                ..
            } => sender.ready().await.is_ok() && is_body_harmless.load(Ordering::Acquire),
            Sender::Http2 { sender, .. } => sender.ready().await.is_ok(),
        }
    }

    /// Send a request. The error returns it if none of it was written.
    pub(crate) async fn send(
        &mut self,
        mut request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Outgoing>>> {
        match &mut self.sender {
            Sender::Http1 {
                sender,
                came,
                is_body_harmless,
            } => {
                came.store(0, Ordering::Relaxed);
                is_body_harmless.store(false, Ordering::Release);
                if let Some(length) = reusable_after(&request) {
                    let is_harmless = Arc::clone(is_body_harmless);
                    request.body_mut().watch_unread(length, is_harmless);
                }
                *request.version_mut() = Version::HTTP_11;
                self.interim.count(&mut request);
                match &self.forwarded {
                    None => *request.uri_mut() = origin_form(request.uri()),
                    Some(Forwarded { authorization }) => {
                        if let Some(value) = authorization {
                            let headers = request.headers_mut();
                            headers.insert(PROXY_AUTHORIZATION, value.clone());
                        }
                    }
                }
                sender.try_send_request(request).await
            }
            Sender::Http2 {
                sender,
                flood_guard,
                ..
            } => {
                request.body_mut().attach_flood_guard(flood_guard.clone());
                *request.version_mut() = Version::HTTP_2;
                // `:authority` replaces it (RFC 9113, section 8.3.1).
                request.headers_mut().remove(HOST);
                sender.try_send_request(request).await
            }
        }
    }
}

/// The length of a body on HTTP/1.1 after which the connection may be reused. None if it is written in
/// chunks, whose last one ends a header for a server that has not read them, or if its length is not
/// clear. None if it has values: a server may quote them in its response to the next request, and
/// whether the connection is reused must not depend on them.
fn reusable_after(request: &Request<Outgoing>) -> Option<u64> {
    let body = request.body();
    if body.has_values() {
        return None;
    }
    let mut announced = request.headers().get_all(CONTENT_LENGTH).iter();
    match (announced.next(), announced.next()) {
        (Some(length), None) => {
            let length = length.to_str().ok()?;
            let is_number = length.bytes().all(|byte| byte.is_ascii_digit());
            length.parse().ok().filter(|_| is_number)
        }
        (Some(_), Some(_)) => None,
        (None, _) if body.is_end_stream() => Some(0),
        // hyper writes no body of unknown length for these methods.
        (None, _) => body.size_hint().exact().or_else(|| {
            let methods = [Method::GET, Method::HEAD, Method::CONNECT];
            methods.contains(request.method()).then_some(0)
        }),
    }
}

/// The target in origin form (RFC 9112, section 3.2.1).
fn origin_form(uri: &Uri) -> Uri {
    uri.path_and_query()
        .map_or_else(|| Uri::from_static("/"), |target| Uri::from(target.clone()))
}
