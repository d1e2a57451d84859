//! The one way out. Every request of every run passes [`Egress::exchange`],
//! which reads top to bottom: admit, put secrets in, wait for a turn, take a
//! connection that the policy allows or open one, send, wait for the head, decode.
//! `carry.rs` takes secrets out of what goes on to the component.

mod admit;
mod again;
mod arrived;
mod asked;
mod body;
mod carry;
mod charset;
mod chatter;
mod collect;
mod connect;
mod connection;
mod credentials;
mod decode;
mod dial;
mod error;
mod failure;
mod fill;
mod filled;
mod header_memory;
mod interim;
mod journal;
mod ledger;
mod meter;
mod options;
mod pool;
mod proof;
mod proxy;
mod rehearsal;
mod repeat;
mod resolve;
mod scrub;
mod secrets;
mod send;
mod stream;
mod tls;
mod token;
mod turns;
mod watched;
mod whole;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_step_policy::{Origin, Permit, Policy};
use hyper::body::Incoming;
use tokio::time::timeout;

pub use self::arrived::ResponseBody;
pub use self::asked::{Asked, AskedProxies, AskedTls};
pub use self::body::BoxBody;
pub use self::connection::Protocol;
pub use self::credentials::{
    Aws, Credentials, OAuth2, PlainSignature, Promise, RequestedScheme, SchemeError, SignatureForm,
};
pub use self::error::{Error, ErrorKind, Sent, Stage};
pub use self::failure::Failure;
pub use self::header_memory::{field_bytes, header_bytes, places_bytes};
pub use self::journal::{Journal, Over};
pub use self::ledger::{ConnectionUse, LedgerError, LedgerRow, LentSecret, Seconds};
pub use self::meter::{CpuMeter, Memory, Room};
pub use self::options::RequestOptions;
pub use self::rehearsal::Rehearsal;
pub use self::resolve::{Addresses, Resolve, SystemResolver};
pub use self::secrets::{
    LendError, Lent, SecretSource, SecretValue, Shrouds, Sources, Unavailable, Veil, VeiledText,
};
pub use self::send::{Sending, is_forbidden};
pub use self::tls::{Certificates, ClientCertificate, PemError, Roots, TlsFacts, Trust};
pub use http_step_signing::hmac::Encoding;
pub use http_step_signing::oauth2::ClientAuthentication;

use self::admit::Admitted;
use self::again::{Attempts, Failed, may_repeat};
use self::body::{Held, Outgoing, Progress, Received};
use self::connect::{Connector, Route};
use self::connection::{Connection, Stream};
use self::error::{TransportError, is_of_wire};
use self::journal::UnderWay;
use self::ledger::Entry;
use self::pool::Pool;
use self::proof::Proof;
use self::resolve::Lookups;
use self::scrub::{Arrival, Unredacted, Watch};
use self::tls::Tls;
use self::token::Tokens;
use self::turns::Turns;

/// The shortest time limit that is more than a refusal.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);

/// The connections of the process, and what opens them.
pub struct Outbound {
    connector: Connector,
    pool: Arc<Pool>,
    /// To make a request.
    turns: Turns,
    tokens: Tokens,
}

impl Outbound {
    /// Without a connection yet, for so many requests at a time.
    #[must_use]
    pub fn new(resolver: Arc<dyn Resolve>, roots: Roots, requests: usize) -> Self {
        Self {
            connector: Connector {
                lookups: Lookups::new(resolver),
                tls: Tls::new(roots),
            },
            pool: Arc::new(Pool::for_requests(requests)),
            turns: Turns::new(requests),
            tokens: Tokens::new(),
        }
    }

    /// How many more requests can be under way.
    #[must_use]
    pub fn free_turns(&self) -> usize {
        self.turns.free()
    }

    /// Connections that are kept open for the next request.
    #[must_use]
    pub fn idle_connections(&self) -> usize {
        self.pool.idle_connections()
    }
}

/// The way out of one run.
#[derive(Clone)]
pub struct Egress {
    /// The connections that it uses.
    pub outbound: Arc<Outbound>,
    /// Whose run it is.
    pub tenant: Arc<str>,
    /// What it may reach.
    pub policy: Policy,
    /// What its step asks for beyond its requests.
    pub asked: Arc<Asked>,
    /// The secrets that it is lent.
    pub lent: Arc<Lent>,
    /// The credentials that it has asked for.
    pub credentials: Arc<Credentials>,
    /// If nothing is to be sent.
    pub rehearsal: Option<Arc<Rehearsal>>,
    /// What it does on the network, counted and told.
    pub journal: Arc<Journal>,
    /// Where what the host computes for it is counted.
    pub cpu: CpuMeter,
}

/// How long a request may take at each of its stages.
struct Patience {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Egress {
    /// Make a request, up to the head of its response, which is the host's to read.
    async fn exchange(
        &self,
        mut request: Request<BoxBody>,
        options: RequestOptions,
        entry: &Arc<Entry>,
        under_way: Arc<UnderWay>,
        proofs: &[Proof],
    ) -> Result<Unredacted, TransportError> {
        if let Some(rehearsal) = &self.rehearsal {
            return Box::pin(self.rehearse(request, rehearsal, entry, proofs)).await;
        }
        let Admitted { permit, route } = self.admit(&mut request, entry)?;
        let patience = self.patience(&options);
        let origin = &route.key.origin;
        let is_bound = self.lent.is_bound_to(origin);
        if is_bound {
            // How well a text compresses tells what is in it.
            let identity = HeaderValue::from_static("identity");
            request.headers_mut().insert(ACCEPT_ENCODING, identity);
            charset::ask_for_none(request.headers_mut());
        }
        // What signs a body has to have all of it.
        let most_held = (!proofs.is_empty()).then_some(usize::MAX);
        let mut request = self
            .fill_body(request, origin, patience.first_byte, most_held, entry)
            .await?;
        if !proofs.is_empty() {
            self.prove(&mut request, proofs, origin, entry)?;
            self.journal.header(request.headers(), Stage::Policy)?;
        }
        let length = announced_length(request.headers());
        let turns = &self.outbound.turns;
        let held = Arc::new(Held {
            _turn: turns.turn_in(self.journal.line(), &self.tenant).await,
            _under_way: under_way,
        });
        entry.on_turn();

        let watch = is_bound.then(|| self.watch(origin, entry));
        let origin = origin.to_string();
        let request = request.map(|body| {
            let journal = Arc::clone(&self.journal);
            Outgoing::new(body, length, journal, Arc::clone(entry), Arc::clone(&held))
        });
        let (response, stream) = self
            .transmit(request, &route, &permit, &patience, entry)
            .await?;
        self.journal.answered();
        entry.answered(response.status().as_u16());
        self.journal.header(response.headers(), Stage::Head)?;

        let (mut head, body) = response.into_parts();
        let arrival = Arrival {
            origin: &origin,
            is_bound,
            has_body: !body.is_end_stream(),
        };
        let withheld = arrival.withheld(&head);
        if !arrival.has_body {
            arrival.forget_length(&mut head.headers);
        }
        let body = Received::new(
            body,
            Arc::clone(&self.journal),
            Arc::clone(entry),
            origin.clone(),
            patience.between_bytes,
            held,
            stream,
        );
        let journal = Arc::clone(&self.journal);
        let response = decode::decoded(
            head,
            body,
            origin,
            journal,
            Arc::clone(entry),
            Arc::clone(&self.lent),
        );
        Ok(Unredacted::new(response, withheld, watch))
    }

    /// Send a request, on a connection that is open or on one that is opened for
    /// it, and wait for the head of the response.
    async fn transmit(
        &self,
        request: Request<Outgoing>,
        route: &Route,
        permit: &Permit,
        patience: &Patience,
        entry: &Entry,
    ) -> Result<(Response<Incoming>, Option<Stream>), TransportError> {
        let (key, pool) = (&route.key, &self.outbound.pool);
        let origin = key.origin.to_string();
        // Each version of HTTP writes a request in its own way, and the next
        // connection may be of another: it is begun anew from what was admitted.
        let (head, mut body) = request.into_parts();
        let is_idempotent = head.method.is_idempotent();
        let upload = body.upload();
        let mut attempts = Attempts::default();
        loop {
            let kept = match attempts.is_fresh() {
                true => None,
                false => pool.take(key, permit),
            };
            let (mut connection, stream, is_reused) = match kept {
                Some((connection, stream)) => (connection, stream, ConnectionUse::Reused),
                None => {
                    let opened = Box::pin(self.open(route, permit, patience.connect, entry)).await;
                    let (connection, stream) = opened.map_err(|error| attempts.last(error))?;
                    (connection, stream, ConnectionUse::New)
                }
            };
            entry.goes_out(&connection.facts, is_reused);
            // The result of a run that is over may have told that this was not
            // sent. It is asked after the entry was made: one sees the other.
            if self.journal.is_closed() {
                return Err(TransportError::RequestBody);
            }
            let progress = body.progress();
            if may_repeat(is_idempotent, connection.is_shared(), is_reused) {
                upload.keep();
            }
            let sent = {
                let sending = pin!(connection.send(Request::from_parts(head.clone(), body)));
                answer(sending, &progress, patience.first_byte, &origin).await
            };
            let mut failed = match sent {
                Ok(Ok(response)) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                    return Err(TransportError::Protocol {
                        from: origin,
                        reason: "it switches protocols, which nobody asked for".to_owned(),
                    });
                }
                Ok(Ok(response)) => {
                    upload.settle();
                    if !connection.is_shared() && !is_authenticated(&head.headers, &response) {
                        pool.put_when_free(key.clone(), connection);
                    }
                    return Ok((response, stream));
                }
                Ok(Err(failed)) => failed,
                Err(late) => {
                    // Nobody may be there any more.
                    pool.forget(key, &connection);
                    return Err(late);
                }
            };
            let unwritten = failed.take_message().map(Request::into_body);
            let unsent = unwritten.is_some();
            let error = failed.into_error();
            let has_ended = connection.has_ended_before_an_answer(&error);
            let error = match connection.flood() {
                Some(flood) if !unsent && is_of_wire(&error) => TransportError::CutOff {
                    from: origin.clone(),
                    reason: flood.to_string(),
                },
                _ => TransportError::of_request(&error, &origin, unsent),
            };
            let failed = Failed {
                error: &error,
                is_idempotent,
                is_shared: connection.is_shared(),
                connection: is_reused,
                has_ended,
            };
            body = match unwritten.or_else(|| upload.again()) {
                Some(body) if attempts.go_on_after(&failed) => body,
                _ => return Err(attempts.last(error)),
            };
        }
    }

    /// Open a connection, in time.
    async fn open(
        &self,
        route: &Route,
        permit: &Permit,
        within: Duration,
        entry: &Entry,
    ) -> Result<(Connection, Option<Stream>), TransportError> {
        entry.connects();
        let opening = self.outbound.connector.connect(route, permit, entry);
        let connection =
            timeout(within, opening)
                .await
                .map_err(|_| TransportError::ConnectTimeout {
                    to: route.key.origin.to_string(),
                    within,
                    stage: entry.stage(),
                })??;
        let stream = connection.stream();
        if let Some(shared) = connection.share() {
            self.outbound.pool.put(route.key.clone(), shared);
        }
        Ok((connection, stream))
    }

    /// What notices parts of values in a response of an origin.
    fn watch(&self, origin: &Origin, entry: &Arc<Entry>) -> Watch {
        Watch {
            origin: origin.clone(),
            entry: Arc::clone(entry),
            journal: Arc::clone(&self.journal),
            on_partial_echo: self.policy.partial_echo(),
        }
    }

    /// What a component asks for, where that is less than the run may have.
    fn patience(&self, options: &RequestOptions) -> Patience {
        let limits = self.journal.limits();
        let less = |asked: Option<Duration>, limit: Duration| {
            asked.unwrap_or(limit).min(limit).max(SHORTEST_TIMEOUT)
        };
        Patience {
            connect: less(options.connect_timeout, limits.connect),
            first_byte: less(options.first_byte_timeout, limits.read),
            between_bytes: less(options.between_bytes_timeout, limits.read),
        }
    }
}

/// The length of a body, if it is announced.
fn announced_length(header: &HeaderMap) -> Option<u64> {
    header.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether a request may have told the server who speaks on the connection from
/// now on, as NTLM and Negotiate do (RFC 4559): the next one on it may be somebody
/// else's.
fn is_authenticated(request: &HeaderMap, response: &Response<Incoming>) -> bool {
    let of_connection = |value: &HeaderValue| {
        let value = value.as_bytes().to_ascii_lowercase();
        value.starts_with(b"ntlm") || value.starts_with(b"negotiate")
    };
    let asked = response.headers().get_all(WWW_AUTHENTICATE);
    request.get_all(AUTHORIZATION).iter().any(of_connection) || asked.iter().any(of_connection)
}

/// Wait for a response's head. As long as the body goes out, the server is not
/// late.
async fn answer<F: Future>(
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
