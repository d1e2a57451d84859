//! A well-behaved server of HTTP/1.1 and HTTP/2 that records its requests.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a [`Service`] answers with.
pub type Answer = Response<Full<Bytes>>;

/// An empty answer with a status code.
pub fn answer(status: u16) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = status.try_into().expect("a status code");
    answer
}

/// An answer that redirects.
pub fn redirect(status: u16, to: &str) -> Answer {
    let mut answer = answer(status);
    let to = to.parse().expect("a URL");
    answer.headers_mut().insert("location", to);
    answer
}

/// A request that a [`Service`] got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Method and target: `POST /path?query`.
    pub line: String,
    /// The header fields, in order: `name: value`.
    pub headers: Vec<String>,
    /// The body.
    pub body: Bytes,
    /// The version of HTTP.
    pub version: Version,
    /// On which connection it came: the first is 1.
    pub connection: usize,
}

impl Recorded {
    /// The value of a header, if it came.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

type Handler = dyn Fn(&Recorded) -> Answer + Send + Sync;

struct Shared {
    handler: Box<Handler>,
    requests: Mutex<Vec<Recorded>>,
    connections: AtomicUsize,
}

/// A server on loopback that answers as a function decides. It ends with the runtime of its test.
pub struct Service {
    /// Its origin.
    pub origin: String,
    /// Its port.
    pub port: u16,
    shared: Arc<Shared>,
}

impl Service {
    /// Start one.
    pub async fn start(handler: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Self {
        Self::serve(handler, None).await
    }

    /// Start one that speaks TLS.
    pub async fn start_tls(
        acceptor: TlsAcceptor,
        handler: impl Fn(&Recorded) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::serve(handler, Some(acceptor)).await
    }

    async fn serve(
        handler: impl Fn(&Recorded) -> Answer + Send + Sync + 'static,
        acceptor: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            requests: Mutex::default(),
            connections: AtomicUsize::default(),
        });
        let origin = match acceptor {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = serving.connections.fetch_add(1, Ordering::Relaxed) + 1;
                let shared = Arc::clone(&serving);
                match acceptor.clone() {
                    None => drop(tokio::spawn(answer_all(stream, number, shared, false))),
                    Some(acceptor) => drop(tokio::spawn(async move {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                            answer_all(stream, number, shared, is_http2).await;
                        }
                    })),
                }
            }
        });
        let port = address.port();
        Self {
            origin,
            port,
            shared,
        }
    }

    /// The requests, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.requests.lock().expect("no panic").clone()
    }

    /// How many connections it accepted.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

async fn answer_all(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connection: usize,
    shared: Arc<Shared>,
    is_http2: bool,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move {
            let (head, body) = request.into_parts();
            let recorded = Recorded {
                line: format!("{} {}", head.method, head.uri),
                headers: head
                    .headers
                    .iter()
                    .map(|(name, value)| {
                        format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
                    })
                    .collect(),
                body: body
                    .collect()
                    .await
                    .map(|body| body.to_bytes())
                    .unwrap_or_default(),
                version: head.version,
                connection,
            };
            let answer = (shared.handler)(&recorded);
            shared.requests.lock().expect("no panic").push(recorded);
            Ok::<_, Infallible>(answer)
        }
    });
    // A server ignores a client that disconnects.
    let stream = TokioIo::new(stream);
    let _ = if is_http2 {
        let server = http2::Builder::new(TokioExecutor::new());
        server.serve_connection(stream, service).await
    } else {
        http1::Builder::new()
            .serve_connection(stream, service)
            .await
    };
}
