//! An open connection to an origin: HTTP/1.1, which carries one request at a
//! time, or HTTP/2, which many share. hyper writes and reads the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Request, Response, Uri, Version};
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

/// How many requests share a connection. Together they have the windows of all:
/// were the connection's window smaller, a few that nobody reads would hold up
/// the rest, which may be another step's.
const HTTP2_STREAMS: u32 = 64;
const HTTP2_CONNECTION_WINDOW: u32 = HTTP2_STREAMS * HTTP2_STREAM_WINDOW;

/// What waits of a request's body for a server that lets it come and does not read it.
const HTTP2_SEND_BUFFER: usize = 128 << 10;

/// Streams that the server has reset and that are still remembered, so that a
/// server that resets all it gets costs no memory (CVE-2023-44487).
const HTTP2_RESET_STREAMS: usize = 64;

/// What requests need that a proxy is to pass on.
#[derive(Clone, Debug)]
pub(crate) struct Forwarded {
    pub(crate) authorization: Option<HeaderValue>,
}

/// An open connection.
pub(crate) struct Connection {
    pub(crate) facts: ConnectionFacts,
    /// Where requests go to a proxy that is to pass them on, and so name the
    /// whole URL (RFC 9112, section 3.2.2).
    forwarded: Option<Forwarded>,
    sender: Sender,
    /// Those of the request that is under way, if it speaks HTTP/1.1.
    interim: InterimCounter,
}

enum Sender {
    Http1 {
        sender: http1::SendRequest<Outgoing>,
        /// How many bytes came since the last request was handed over.
        came: Arc<AtomicUsize>,
    },
    Http2 {
        sender: http2::SendRequest<Outgoing>,
        /// How many requests it can still take. All handles have the same.
        room: Arc<Semaphore>,
        flood_guard: FloodGuard,
    },
}

impl Connection {
    /// Begin to speak HTTP. The connection is driven by a task of its own, which
    /// ends when it is dropped, or when the server ends it.
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
                Sender::Http1 { sender, came }
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

    /// Whether requests can share it.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.sender, Sender::Http2 { .. })
    }

    /// Another handle on it, if requests can share it.
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

    /// Whether both are handles on one connection.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.sender, &other.sender) {
            (Sender::Http2 { room, .. }, Sender::Http2 { room: other, .. }) => {
                Arc::ptr_eq(room, other)
            }
            _ => false,
        }
    }

    /// Whether it can take one more request at the same time.
    pub(crate) fn has_room(&self) -> bool {
        match &self.sender {
            Sender::Http1 { .. } => true,
            Sender::Http2 { room, .. } => room.available_permits() > 0,
        }
    }

    /// A request's part of it, to be held until the response was read; none where
    /// it has all of it.
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

    /// Why the host cut it off, if it did.
    pub(crate) fn flood(&self) -> Option<Http2Flood> {
        match &self.sender {
            Sender::Http1 { .. } => None,
            Sender::Http2 { flood_guard, .. } => flood_guard.flood(),
        }
    }

    /// Whether it ended, by an error that it met, before any byte of an answer to the
    /// last request. Of one that is shared, the error has to be more than its stream's.
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

    /// Wait until it can take the next request: for HTTP/1.1, until the body of
    /// the last response was read. False if it ends instead.
    pub(crate) async fn is_free(&mut self) -> bool {
        match &mut self.sender {
            Sender::Http1 { sender, .. } => sender.ready().await.is_ok(),
            Sender::Http2 { sender, .. } => sender.ready().await.is_ok(),
        }
    }

    /// Send a request. The error has it back if not a byte of it was written.
    pub(crate) async fn send(
        &mut self,
        mut request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Outgoing>>> {
        match &mut self.sender {
            Sender::Http1 { sender, came } => {
                came.store(0, Ordering::Relaxed);
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
                // The authority says it (RFC 9113, section 8.3.1).
                request.headers_mut().remove(HOST);
                sender.try_send_request(request).await
            }
        }
    }
}

/// The target as a server itself is asked for it (RFC 9112, section 3.2.1).
fn origin_form(uri: &Uri) -> Uri {
    uri.path_and_query()
        .map_or_else(|| Uri::from_static("/"), |target| Uri::from(target.clone()))
}
