//! The one way out. Every request of every run passes [`Egress::send`], which
//! reads top to bottom: admit, connect (or take a connection that the same
//! policy has opened), send, wait for the head.
//!
//! Connections are shared by all runs of the process that have the same policy,
//! and by no others: a connection that one policy allowed to be opened is never
//! reused under another, which might not.

mod body;
mod connect;
mod error;
mod journal;
mod resolve;
mod stream;
mod tls;

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{CONTENT_LENGTH, HOST};
use http::uri::Authority;
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::BodyExt;
use http_step_policy::{Limits, Origin, Policy};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{sleep, timeout};
use wasmtime_wasi_http as wasi_http;
use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpHooks};

pub use self::error::Sent;
pub use self::resolve::{Addresses, Resolve, SystemResolver};

pub(crate) use self::error::TransportError;
pub(crate) use self::journal::Journal;
pub(crate) use self::tls::{Roots, Tls};

use self::body::{Outgoing, Progress, Received};
use self::connect::Connector;

/// How long a connection is kept that nobody uses. Servers commonly end theirs
/// after a minute; to be earlier spares a request the race.
const IDLE: Duration = Duration::from_secs(30);

/// How many idle connections are kept for an origin.
const IDLE_PER_ORIGIN: usize = 64;

/// How many policies have connections at a time; the one that was not used for
/// the longest time loses them.
const POLICIES: usize = 64;

/// The most of a request's body that a component hands over at once. Twice as
/// much waits in the host, for each body that a component has open.
const BODY_CHUNK: usize = 64 << 10;

/// The shortest time limit that is more than a refusal.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);

type Pool = Client<Connector, Outgoing>;

/// The connections of the process.
pub(crate) struct Outbound {
    resolver: Arc<dyn Resolve>,
    tls: Arc<Tls>,
    /// By policy, the one used last at the end.
    pools: Mutex<Vec<(Arc<Policy>, Pool)>>,
}

impl Outbound {
    pub(crate) fn new(resolver: Arc<dyn Resolve>, tls: Tls) -> Self {
        Self {
            resolver,
            tls: Arc::new(tls),
            pools: Mutex::default(),
        }
    }

    /// The connections that runs of a policy share.
    fn pool(&self, policy: &Arc<Policy>) -> Pool {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pools.iter().position(|(key, _)| key == policy);
        // Its connections close one by one; nobody has to wait for that.
        let evicted = (known.is_none() && pools.len() == POLICIES).then(|| pools.remove(0));
        let entry = match known {
            Some(index) => pools.remove(index),
            None => (Arc::clone(policy), self.new_pool(Arc::clone(policy))),
        };
        let pool = entry.1.clone();
        pools.push(entry);
        drop(pools);
        drop(evicted);
        pool
    }

    fn new_pool(&self, policy: Arc<Policy>) -> Pool {
        Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_ORIGIN)
            // The component model's request has its `Host` already.
            .set_host(false)
            // Only a request that an idle connection refused to begin, because
            // the server had just closed it: not a byte of it was written.
            .retry_canceled_requests(true)
            .build(Connector {
                policy,
                resolver: Arc::clone(&self.resolver),
                tls: Arc::clone(&self.tls),
            })
    }
}

/// The way out of one run.
#[derive(Clone)]
pub(crate) struct Egress {
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) limits: Limits,
    pub(crate) journal: Arc<Journal>,
}

impl Egress {
    /// Whether a request may be made at all; where it goes, if so. It goes there
    /// in the words of the origin that was checked: a server is to read the
    /// authority as the policy did.
    fn admit(&self, request: &mut Request<WasiBody>) -> Result<Origin, TransportError> {
        if self.journal.request() > self.limits.requests {
            return Err(TransportError::TooManyRequests(self.limits.requests));
        }
        // CONNECT would make a tunnel of the connection; TRACE echoes what
        // intermediaries have added.
        if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
            return Err(TransportError::Refused(format!(
                "a step may not use the method {}",
                request.method()
            )));
        }
        let mut uri = request.uri().clone().into_parts();
        let (Some(scheme), Some(authority)) = (&uri.scheme, &uri.authority) else {
            return Err(TransportError::Refused(
                "the request has no host".to_owned(),
            ));
        };
        let origin = Origin::of_url(&format!("{scheme}://{authority}/"))?;
        if authority.as_str().contains('@') {
            return Err(TransportError::Refused(format!(
                "the request to {origin} has a user name or a password before its host"
            )));
        }
        self.policy.admit(&origin, request.method().as_str())?;

        let canonical = origin.authority();
        let unwritable = || TransportError::Refused(format!("{origin} can't be written as a URL"));
        let host = HeaderValue::from_str(&canonical).map_err(|_| unwritable())?;
        uri.authority = Some(Authority::try_from(canonical).map_err(|_| unwritable())?);
        *request.uri_mut() = Uri::from_parts(uri).map_err(|_| unwritable())?;
        request.headers_mut().insert(HOST, host);
        Ok(origin)
    }

    async fn send(
        self,
        request: Request<WasiBody>,
        origin: Origin,
        options: RequestOptions,
    ) -> Result<Response<WasiBody>, TransportError> {
        let origin = origin.to_string();
        let limit = |asked: Option<Duration>, limit: Duration| {
            asked.unwrap_or(limit).min(limit).max(SHORTEST_TIMEOUT)
        };
        let connect = limit(options.connect_timeout, self.limits.connect);
        let first_byte = limit(options.first_byte_timeout, self.limits.read);
        let between_bytes = limit(options.between_bytes_timeout, self.limits.read);

        let length = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse().ok());
        let mut request =
            request.map(|body| Outgoing::new(body, length, Arc::clone(&self.journal)));
        let progress = request.body().progress();
        let mut connection = capture_connection(&mut request);
        let mut response = pin!(self.outbound.pool(&self.policy).request(request));
        let early = tokio::select! {
            biased;
            early = &mut response => Some(early),
            _ = async { _ = connection.wait_for_connection_metadata().await; } => None,
            () = sleep(connect) => {
                return Err(TransportError::ConnectTimeout { to: origin, within: connect });
            }
        };
        let response = match early {
            Some(response) => response,
            None => head(response, &progress, first_byte, &origin).await?,
        };
        match response {
            Ok(response) => {
                self.journal.answered();
                Ok(response.map(|body| {
                    Received::new(body, self.journal, origin, between_bytes).boxed_unsync()
                }))
            }
            Err(error) => Err(TransportError::of_request(&error, &origin)),
        }
    }
}

/// Wait for a response's head. As long as the body goes out, the server is not
/// late.
async fn head<F: Future>(
    mut response: Pin<&mut F>,
    progress: &Progress,
    within: Duration,
    origin: &str,
) -> Result<F::Output, TransportError> {
    progress.step();
    loop {
        let left = within.saturating_sub(progress.silence());
        if let Ok(response) = timeout(left, &mut response).await {
            return Ok(response);
        }
        if progress.silence() < within {
            continue;
        }
        let origin = origin.to_owned();
        return Err(if progress.is_done() {
            TransportError::ReadTimeout {
                from: origin,
                within,
            }
        } else {
            TransportError::UploadTimeout { to: origin, within }
        });
    }
}

/// What a request has come to: the response and what there is left to do for
/// it, which is nothing, since the pool drives its connections.
type Answer = Result<
    (
        Response<WasiBody>,
        Box<dyn Future<Output = Result<(), wasi_http::Error>> + Send>,
    ),
    wasi_http::Error,
>;

impl WasiHttpHooks for Egress {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), wasi_http::Error>> + Send>,
    ) -> Box<dyn Future<Output = Answer> + Send> {
        let admitted = self.admit(&mut request);
        let egress = self.clone();
        Box::new(async move {
            let journal = Arc::clone(&egress.journal);
            let sent = match admitted {
                Ok(origin) => {
                    let options = options.unwrap_or_default();
                    egress.send(request, origin, options).await
                }
                Err(error) => Err(error),
            };
            match sent {
                Ok(response) => {
                    let nothing: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
                    Ok((response, nothing))
                }
                Err(error) => {
                    let code = wasi_http::Error::from(&error);
                    journal.failed(error);
                    Err(code)
                }
            }
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }
}
