//! An HTTP proxy that records its requests. It resolves every host to this machine.

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A proxy on loopback. It ends with the runtime of its test.
pub struct HttpProxy {
    /// Where it is: `127.0.0.1:PORT`.
    pub address: String,
    /// Its port.
    pub port: u16,
    requested: Arc<Mutex<Vec<String>>>,
}

/// How a proxy treats a request.
#[derive(Clone, Copy)]
enum Manner {
    /// It forwards it.
    Open,
    /// It forwards requests with this `Proxy-Authorization`.
    For(&'static str),
    /// It responds itself.
    Answers(StatusCode),
}

impl HttpProxy {
    /// A proxy that forwards all requests.
    pub async fn start() -> Self {
        Self::serve(Manner::Open, None).await
    }

    /// A proxy that speaks TLS.
    pub async fn start_tls(acceptor: TlsAcceptor) -> Self {
        Self::serve(Manner::Open, Some(acceptor)).await
    }

    /// A proxy that forwards only requests with this `Proxy-Authorization`.
    pub async fn wanting(authorization: &'static str) -> Self {
        Self::serve(Manner::For(authorization), None).await
    }

    /// A proxy that forwards nothing.
    pub async fn answering(status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("a status");
        Self::serve(Manner::Answers(status), None).await
    }

    /// The requests, in order: the first line without its version, the host, and the authorization,
    /// if any.
    pub fn requested(&self) -> Vec<String> {
        self.requested.lock().expect("no panic").clone()
    }

    async fn serve(manner: Manner, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requested = Arc::new(Mutex::new(Vec::new()));
        let serving = Arc::clone(&requested);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let requested = Arc::clone(&serving);
                match acceptor.clone() {
                    None => drop(tokio::spawn(answer_all(stream, manner, requested))),
                    Some(acceptor) => drop(tokio::spawn(async move {
                        // A client that would speak HTTP/2 gets no response.
                        if let Ok(stream) = acceptor.accept(stream).await
                            && stream.get_ref().1.alpn_protocol() != Some(b"h2")
                        {
                            answer_all(stream, manner, requested).await;
                        }
                    })),
                }
            }
        });
        Self {
            address: address.to_string(),
            port: address.port(),
            requested,
        }
    }
}

async fn answer_all(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    manner: Manner,
    requested: Arc<Mutex<Vec<String>>>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let words = |name| match request.headers().get(name) {
            Some(value) => value.to_str().expect("text").to_owned(),
            None => "none".to_owned(),
        };
        let authorization = words(PROXY_AUTHORIZATION);
        requested.lock().expect("no panic").push(format!(
            "{} {}, host {}, authorization {authorization}",
            request.method(),
            request.uri(),
            words(HOST),
        ));
        async move {
            match manner {
                Manner::Answers(status) => Ok(empty(status)),
                Manner::For(wanted) if authorization != wanted => {
                    let mut answer = empty(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
                    let basic = HeaderValue::from_static("Basic");
                    answer.headers_mut().insert(PROXY_AUTHENTICATE, basic);
                    Ok(answer)
                }
                _ if request.method() == Method::CONNECT => tunnel(request).await,
                _ => pass_on(request).await,
            }
        }
    });
    // A proxy ignores a client that disconnects.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}

type Answered = Result<Response<Full<Bytes>>, hyper::Error>;

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut answer = Response::default();
    *answer.status_mut() = status;
    answer
}

/// Connect to a port of this machine, as a proxy does.
#[expect(
    clippy::disallowed_methods,
    reason = "a proxy of the tests stands for one that is not ours"
)]
pub(crate) async fn connect(port: u16) -> io::Result<TcpStream> {
    TcpStream::connect(("127.0.0.1", port)).await
}

fn port_of(request: &Request<Incoming>) -> u16 {
    request.uri().port_u16().unwrap_or(80)
}

async fn tunnel(request: Request<Incoming>) -> Answered {
    let Ok(mut server) = connect(port_of(&request)).await else {
        return Ok(empty(StatusCode::BAD_GATEWAY));
    };
    tokio::spawn(async move {
        if let Ok(client) = hyper::upgrade::on(request).await {
            let _ = copy_bidirectional(&mut TokioIo::new(client), &mut server).await;
        }
    });
    Ok(empty(StatusCode::OK))
}

async fn pass_on(mut request: Request<Incoming>) -> Answered {
    let Ok(server) = connect(port_of(&request)).await else {
        return Ok(empty(StatusCode::BAD_GATEWAY));
    };
    let (mut sender, driver) = conn::http1::handshake(TokioIo::new(server)).await?;
    tokio::spawn(driver);
    request.headers_mut().remove(PROXY_AUTHORIZATION);
    let target = request.uri().path_and_query().expect("a path").clone();
    *request.uri_mut() = Uri::from(target);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Response::from_parts(head, body.into()))
}
