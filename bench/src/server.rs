//! The server of all requests: hyper on one thread, in a separate process, so that its work is not
//! counted as the client's.
//!
//! | path | answers |
//! |---|---|
//! | `/builds?answer=N&wait=MS` | JSON, of about N bytes, after MS milliseconds |
//! | `/download?bytes=N` | N bytes |

use std::io::{self, BufRead as _, Write as _};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::download::Download;
use crate::failure::Result;
use crate::process;
use crate::tls;

/// Connections that wait to be accepted; the system's limit may be lower.
const BACKLOG: u32 = 1 << 14;

/// The options of the server.
#[derive(Debug, clap::Args)]
pub(crate) struct ServerArgs {
    /// The directory of `certificate.pem` and `key.pem`. Without it, there is no TLS.
    #[arg(long)]
    certificates: Option<PathBuf>,
}

/// Where it listens, as the first line of its output says.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Ports {
    pub(crate) plain: u16,
    pub(crate) tls: Option<u16>,
}

/// What it received since it was last asked. Any line of input asks.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Seen {
    /// Connections that were made.
    pub(crate) connections: u64,
    /// Requests that were answered.
    pub(crate) requests: u64,
    /// The maximum number of concurrent requests.
    pub(crate) peak: u64,
    /// The first request: its line, its header fields in alphabetical order, and the length
    /// of its body.
    pub(crate) first: Option<String>,
    under_way: u64,
}

type SharedCounts = Arc<Mutex<Seen>>;

/// Serve until the input ends.
pub(crate) fn run(args: &ServerArgs) -> Result<()> {
    process::allow_files()?;
    let counts = SharedCounts::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (plain, over_tls) =
        runtime.block_on(async { Ok::<_, io::Error>((listen()?, listen()?)) })?;
    let acceptor = args
        .certificates
        .as_deref()
        .map(tls::acceptor)
        .transpose()?;
    let ports = Ports {
        plain: plain.local_addr()?.port(),
        tls: match &acceptor {
            Some(_) => Some(over_tls.local_addr()?.port()),
            None => None,
        },
    };
    report(&ports)?;
    let requested = Arc::clone(&counts);
    std::thread::spawn(move || {
        let output = io::stdin().lock().lines().map_while(io::Result::ok);
        for _ in output {
            let mut seen = lock(&requested);
            let under_way = seen.under_way;
            let output = std::mem::take(&mut *seen);
            seen.under_way = under_way;
            if report(&output).is_err() {
                break;
            }
        }
        // The parent has gone.
        std::process::exit(0);
    });
    runtime.block_on(async move {
        if let Some(acceptor) = acceptor {
            let counts = Arc::clone(&counts);
            tokio::spawn(async move {
                loop {
                    let stream = accepted(&over_tls, &counts).await?;
                    let (acceptor, counts) = (acceptor.clone(), Arc::clone(&counts));
                    tokio::spawn(async move {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, counts).await;
                        }
                    });
                }
                #[expect(unreachable_code, reason = "it sets the type of the loop's errors")]
                Result::<()>::Ok(())
            });
        }
        loop {
            let stream = accepted(&plain, &counts).await?;
            tokio::spawn(serve(stream, Arc::clone(&counts)));
        }
    })
}

/// Listen, with a backlog for all simultaneous connections: a client that is refused tries again a
/// second later.
fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(BACKLOG)
}

fn report(what: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    Ok(out.flush()?)
}

fn lock(counts: &SharedCounts) -> std::sync::MutexGuard<'_, Seen> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accepted(listener: &TcpListener, counts: &SharedCounts) -> Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    lock(counts).connections += 1;
    Ok(stream)
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, counts: SharedCounts) {
    let answering = service_fn(|request| {
        let counts = Arc::clone(&counts);
        async move {
            lock(&counts).begin();
            let answer = answer(request, &counts).await;
            lock(&counts).under_way -= 1;
            answer
        }
    });
    // A client may disconnect at any time.
    _ = http1::Builder::new()
        .timer(TokioTimer::new())
        // By default, it would close a connection that a contestant leaves alone while others take turns.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), answering)
        .await;
}

impl Seen {
    fn begin(&mut self) {
        self.requests += 1;
        self.under_way += 1;
        self.peak = self.peak.max(self.under_way);
    }
}

async fn answer(
    request: Request<Incoming>,
    counts: &SharedCounts,
) -> Result<Response<BoxBody<Bytes, std::convert::Infallible>>, hyper::Error> {
    let (head, mut body) = request.into_parts();
    let mut length = 0;
    // A server that left it unread would have to close the connection.
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, Bytes::len);
    }
    lock(counts)
        .first
        .get_or_insert_with(|| described(&head, length));
    let number = |name| {
        let query = head.uri.query().unwrap_or_default().split('&');
        let mut pairs = query.filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name)?.1;
        value.parse::<u64>().ok()
    };
    if let Some(wait) = number("wait") {
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    let mut answer = match (head.uri.path(), number("bytes")) {
        ("/builds", _) => Response::new(queued(number("answer").unwrap_or(0))),
        ("/download", Some(bytes)) => Response::new(Download::new(bytes).boxed()),
        _ => {
            let mut answer = Response::new(Full::default().boxed());
            *answer.status_mut() = StatusCode::NOT_FOUND;
            return Ok(answer);
        }
    };
    let media_type = match head.uri.path() {
        "/builds" => "application/json",
        _ => "application/octet-stream",
    };
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::SERVER, "http-step-bench"),
        (header::VARY, "Accept-Encoding"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(answer)
}

fn queued(bytes: u64) -> BoxBody<Bytes, std::convert::Infallible> {
    let note = "x".repeat(bytes as usize);
    let text = format!(r#"{{"queued":true,"number":42,"builder":"linux/x86_64","note":"{note}"}}"#);
    Full::from(text).boxed()
}

/// A request as text, without the values that differ by client.
fn described(head: &http::request::Parts, length: usize) -> String {
    let mut names: Vec<&str> = head
        .headers
        .keys()
        .map(header::HeaderName::as_str)
        .collect();
    names.sort_unstable();
    format!(
        "{} {}, with {}, and a body of {length} bytes",
        head.method,
        head.uri,
        names.join(", ")
    )
}
