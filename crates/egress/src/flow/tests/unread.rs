//! Servers that answer without reading a request's body, and take it for the next request.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use http::Response;
use http_body::{Body, Frame};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::yield_now;

use super::*;
use crate::body::BoxBody;
use crate::body::response::ResponseBody;
use crate::error::Error;
use crate::requested::RequestedProxies;

/// A body that looks like the start of a request.
const REQUEST: &str = "POST /notes HTTP/1.1\r\nX: ";

const JSON: &str = r#"{"a": "b"}"#;

/// A server that reads heads only, skips what is no head, and keeps its connections.
struct HeadServer {
    origin: String,
    /// What has arrived on each connection.
    connections: Arc<Mutex<Vec<String>>>,
    /// The number of connections that the client has closed.
    closed: Arc<AtomicUsize>,
}

impl HeadServer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            connections: Arc::default(),
            closed: Arc::default(),
        };
        let (connections, closed) = (Arc::clone(&server.connections), Arc::clone(&server.closed));
        tokio::spawn(async move {
            for number in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                connections.lock().unwrap().push(String::new());
                let (connections, closed) = (Arc::clone(&connections), Arc::clone(&closed));
                tokio::spawn(async move {
                    let (mut unread, mut buffer) = (String::new(), [0; 4096]);
                    let mut answered = 0;
                    loop {
                        let Ok(count @ 1..) = stream.read(&mut buffer).await else {
                            closed.fetch_add(1, Ordering::Relaxed);
                            return;
                        };
                        let text = str::from_utf8(&buffer[..count]).unwrap();
                        connections.lock().unwrap()[number].push_str(text);
                        unread.push_str(text);
                        while let Some((head, rest)) = unread.split_once("\r\n\r\n") {
                            if !head.contains(" HTTP/1.1") {
                                unread = rest.to_owned();
                                continue;
                            }
                            if head.contains("/only-first") && answered > 0 {
                                return;
                            }
                            let body = match head.contains("/token") {
                                true => r#"{"access_token":"a-token","token_type":"bearer"}"#,
                                false => "",
                            };
                            let answer = ok("", body).replace("Connection: close\r\n", "");
                            stream.write_all(answer.as_bytes()).await.unwrap();
                            answered += 1;
                            unread = rest.to_owned();
                        }
                    }
                });
            }
        });
        server
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    fn count(&self) -> usize {
        self.connections.lock().unwrap().len()
    }

    /// Wait until the client has closed its only connection, or keeps it.
    async fn is_done_with(&self, egress: &Egress) {
        while egress.transport.idle_connections() == 0 && self.closed.load(Ordering::Relaxed) == 0 {
            yield_now().await;
        }
    }

    /// Whether the next request takes the connection of the latest one.
    async fn is_reused(&self, egress: &Egress) -> bool {
        if self.count() > 0 {
            self.is_done_with(egress).await;
        }
        let before = self.count();
        let request = Request::get(self.url("/next")).body(whole(Bytes::new()));
        respond(egress, request.unwrap()).await.unwrap();
        self.count() == before
    }
}

fn allowing(server: &HeadServer) -> Policy {
    Policy::nothing().allow(server.origin.parse().unwrap())
}

/// The head of a response whose body was read.
async fn respond(egress: &Egress, request: Request<BoxBody>) -> Result<u16, Error> {
    let sending = egress.send(request, RequestOptions::default());
    let response: Response<ResponseBody> = sending.await?;
    let (head, body) = response.into_parts();
    body.collect().await.unwrap();
    Ok(head.status.as_u16())
}

/// A body that a component writes piece by piece.
struct Pieces(UnboundedReceiver<&'static str>);

impl Pieces {
    fn channel() -> (UnboundedSender<&'static str>, BoxBody) {
        let (sender, receiver) = unbounded_channel();
        (sender, Self(receiver).boxed_unsync())
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let piece = self.0.poll_recv(cx);
        piece.map(|piece| piece.map(|text| Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
    }
}

/// Of a hostile run, whose next request may be one of another run.
#[tokio::test]
async fn a_connection_with_a_request_in_a_body_is_not_reused() {
    for (method, body, is_reused) in [
        ("GET", "", true),
        ("POST", "", true),
        ("GET", REQUEST, false),
        ("HEAD", REQUEST, false),
        ("POST", REQUEST, false),
        ("DELETE", REQUEST, false),
        ("X", REQUEST, false),
        ("POST", "text", false),
        ("POST", "\r\n", false),
        ("POST", "{\r\nPOST /notes HTTP/1.1\r\nX: ", false),
        ("GET", JSON, true),
        ("POST", JSON, true),
        ("POST", "a=b&c=d", true),
        ("PUT", "<a>b</a>\n", true),
    ] {
        let server = HeadServer::start().await;
        let hostile = egress(allowing(&server), &[]);
        let mut other = egress(allowing(&server), &[]);
        other.transport = Arc::clone(&hostile.transport);
        let request = Request::builder().method(method).uri(server.url("/"));
        let request = request.header("content-length", body.len());
        let request = request.body(whole(Bytes::from_static(body.as_bytes())));
        respond(&hostile, request.unwrap()).await.unwrap();
        assert_eq!(
            server.is_reused(&other).await,
            is_reused,
            "{method} {body:?}"
        );
        // No request is in the middle of a text of the hostile run.
        let connections = server.connections.lock().unwrap();
        let next = connections.last().unwrap();
        assert_eq!(next.starts_with("GET /next "), !is_reused, "{next}");
    }
}

#[tokio::test]
async fn lengths_of_bodies() {
    for (method, lengths, body, is_reused) in [
        ("POST", &[][..], JSON, true),
        ("POST", &[], REQUEST, false),
        // The server reads the next head as the body.
        ("GET", &["10"], "", false),
        ("POST", &["10"], "", false),
        // The rest is not written.
        ("POST", &["0"], REQUEST, true),
        ("POST", &["1"], "a=b", false),
        ("GET", &["10", "2"], "", false),
        ("GET", &["+0"], "", false),
    ] {
        let server = HeadServer::start().await;
        let egress = egress(allowing(&server), &[]);
        let request = Request::builder().method(method).uri(server.url("/"));
        let request = lengths.iter().fold(request, |request, length| {
            request.header("content-length", *length)
        });
        let request = request.body(whole(Bytes::from_static(body.as_bytes())));
        respond(&egress, request.unwrap()).await.unwrap();
        let found = server.is_reused(&egress).await;
        assert_eq!(found, is_reused, "{method} {lengths:?} {body:?}");
    }
}

/// The end of a body in chunks is an empty line.
#[tokio::test]
async fn a_connection_with_chunks_is_not_reused() {
    for (method, piece, is_reused) in [
        ("POST", Some(JSON), false),
        ("POST", None, false),
        // hyper writes no body.
        ("GET", None, true),
        ("GET", Some(REQUEST), true),
    ] {
        let server = HeadServer::start().await;
        let egress = egress(allowing(&server), &[]);
        let (pieces, body) = Pieces::channel();
        if let Some(piece) = piece {
            pieces.send(piece).unwrap();
        }
        drop(pieces);
        let request = Request::builder().method(method).uri(server.url("/"));
        respond(&egress, request.body(body).unwrap()).await.unwrap();
        let found = server.is_reused(&egress).await;
        assert_eq!(found, is_reused, "{method} {piece:?}");
    }
}

/// The response can arrive before the rest of the body is written.
#[tokio::test]
async fn the_rest_of_a_body_counts_after_the_response() {
    for (rest, is_reused) in [
        (&["\"a\":", "1}"][..], true),
        (&["\n", REQUEST], false),
        (&["\"a\":1}\r\n", "\r\n"], false),
    ] {
        let server = HeadServer::start().await;
        let egress = egress(allowing(&server), &[]);
        let (pieces, body) = Pieces::channel();
        pieces.send("{").unwrap();
        let length: usize = rest.iter().map(|piece| piece.len()).sum();
        let request = Request::post(server.url("/")).header("content-length", length + 1);
        respond(&egress, request.body(body).unwrap()).await.unwrap();
        for piece in rest {
            assert_eq!(egress.transport.idle_connections(), 0);
            pieces.send(piece).unwrap();
            yield_now().await;
        }
        drop(pieces);
        assert_eq!(server.is_reused(&egress).await, is_reused, "{rest:?}");
    }
}

/// A body that is sent again on another connection counts there as a whole.
#[tokio::test]
async fn a_replayed_body() {
    for (body, is_reused) in [(JSON, true), (REQUEST, false)] {
        let server = HeadServer::start().await;
        let egress = egress(allowing(&server), &[]);
        assert!(!server.is_reused(&egress).await);
        server.is_done_with(&egress).await;
        let request = Request::put(server.url("/only-first"));
        let request = request.header("content-length", body.len());
        let request = request.body(whole(Bytes::from_static(body.as_bytes())));
        respond(&egress, request.unwrap()).await.unwrap();
        assert_eq!(server.count(), 2);
        assert_eq!(server.is_reused(&egress).await, is_reused, "{body:?}");
    }
}

/// A server may quote what it can't read in the response to the next request.
#[tokio::test]
async fn a_connection_with_a_value_in_a_body_is_not_reused() {
    for (name, is_reused) in [("TOKEN", false), ("none", true)] {
        let server = HeadServer::start().await;
        let granted = secret("TOKEN", &server.origin).place(Place::Body);
        let policy = allowing(&server).grant_secret(granted.clone());
        let egress = egress(policy, &[(granted, VALUE)]);
        let handle = egress.secrets.handle("TOKEN").unwrap().unwrap();
        let body = format!(r#"{{"a":"{}"}}"#, name.replace("TOKEN", &handle));
        let request = Request::post(server.url("/"))
            .header("content-type", "application/json")
            .header("content-length", body.len());
        let request = request.body(whole(Bytes::from(body))).unwrap();
        respond(&egress, request).await.unwrap();
        assert_eq!(server.is_reused(&egress).await, is_reused, "{name}");
    }
}

/// The host's own request for a token has a form.
#[tokio::test]
async fn a_connection_to_a_token_endpoint_is_reused() {
    for authentication in [ClientAuthentication::Basic, ClientAuthentication::Body] {
        let server = HeadServer::start().await;
        let egress = egress(allowing(&server), &[]);
        let requested = RequestedScheme::OAuth2(OAuth2 {
            token_url: server.url("/token"),
            client_id: "a client".to_owned(),
            client_secret: "a secret".to_owned(),
            authentication,
            scope: Some("a b".to_owned()),
            audience: None,
        });
        let client = egress.credentials.request(requested).unwrap();
        let request = Request::get(server.url("/")).header(&client.field, &client.value);
        let request = request.body(whole(Bytes::new())).unwrap();
        respond(&egress, request).await.unwrap();
        assert!(server.is_reused(&egress).await);
    }
}

#[tokio::test]
async fn a_connection_to_a_forwarding_proxy() {
    for (body, is_reused) in [(JSON, true), (REQUEST, false)] {
        let proxy = HeadServer::start().await;
        let url = proxy.origin.parse().unwrap();
        let policy = Policy::nothing().allow("http://127.0.0.1:9".parse().unwrap());
        let mut egress = egress(policy.allow_proxy(url), &[]);
        let url = proxy.origin.parse().unwrap();
        egress.requested = Arc::new(Requested {
            proxies: RequestedProxies(vec![("all".to_owned(), url)]),
            ..Requested::default()
        });
        for (method, body) in [("POST", body), ("GET", "")] {
            let request = Request::builder().method(method);
            let request = request.uri("http://127.0.0.1:9/");
            let request = request.header("content-length", body.len());
            let request = request.body(whole(Bytes::from_static(body.as_bytes())));
            respond(&egress, request.unwrap()).await.unwrap();
            proxy.is_done_with(&egress).await;
        }
        assert_eq!(proxy.count() == 1, is_reused, "{body:?}");
    }
}
