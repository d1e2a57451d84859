//! What became of each request, as the host saw it: the evidence of a run. A
//! component has no part in it.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_step_policy::{Origin, Place, RuleName};
use serde::Serialize;
use tokio::time::Instant;

use super::connection::{Facts, Protocol, Took};
use super::error::{ErrorKind, Sent, Stage, TransportError};
use super::failure::Failure;
use super::tls::TlsFacts;
use crate::secrets::{HIDDEN, Veil};

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerRow {
    /// The method.
    pub method: String,
    /// Where it was to go; none if it named no origin.
    pub origin: Option<String>,
    /// The rule of the policy that let it out; none if none did.
    pub rule: Option<String>,
    /// The addresses of the origin's host, each of which was checked; none
    /// before they were found, or where a proxy finds them.
    pub addresses: Vec<IpAddr>,
    /// Where the socket led: to one of the addresses, or to the proxy.
    pub peer: Option<SocketAddr>,
    /// The proxy, without credentials.
    pub proxy: Option<String>,
    /// The secrets that were put in, and where.
    pub secrets: Vec<LentSecret>,
    /// The secrets of which the response had a part, and not the whole, which is redacted.
    pub partial_echoes: Vec<String>,
    /// How often it was sent, or begun to be: more than once where a server had
    /// ended the connection, or said that it had not taken the request up.
    pub attempts: u32,
    /// Whether the connection was opened for this request; none before there
    /// was one.
    pub connection: Option<ConnectionUse>,
    /// The version of HTTP.
    pub protocol: Option<Protocol>,
    /// What was agreed on by TLS; none without it.
    pub tls: Option<TlsFacts>,
    /// The status code of the response.
    pub status: Option<u16>,
    /// Bytes of the request's body that went out.
    pub bytes_sent: u64,
    /// Bytes of the response's body, as they came.
    pub bytes_received: u64,
    /// Bytes of the response's body without its content coding.
    pub bytes_decoded: u64,
    /// How long each stage took.
    pub seconds: Seconds,
    /// Why there was no answer, or no whole one.
    pub error: Option<LedgerError>,
}

/// A secret in a request: its name, never its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LentSecret {
    /// Its name.
    pub name: String,
    /// Where it was put in.
    pub place: Place,
}

/// Whether a connection was opened for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionUse {
    /// It was.
    New,
    /// It was open from a request before.
    Reused,
}

/// How long each stage of a request took, in seconds; 0 for one that was not
/// come to, or not needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// Waiting for a turn.
    pub wait: f64,
    /// Finding the addresses.
    pub resolve: f64,
    /// Opening the connection, through a proxy if there is one.
    pub connect: f64,
    /// The TLS handshake.
    pub tls: f64,
    /// From there until the head of the response was there: sending, and the
    /// server's work.
    pub head: f64,
    /// Reading the body of the response.
    pub body: f64,
}

/// Why a request got no answer, or no whole one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerError {
    /// The kind.
    pub kind: ErrorKind,
    /// What the request was at.
    pub stage: Stage,
    /// One sentence for people.
    pub message: String,
    /// Whether it may have reached the server.
    pub sent: Sent,
}

/// A row that is still written.
#[derive(Debug)]
pub(crate) struct Entry(Mutex<Open>);

#[derive(Debug)]
struct Open {
    /// Without its error.
    row: LedgerRow,
    error: Option<Met>,
    /// When the stage began that is under way.
    since: Instant,
    /// What it is at.
    stage: Stage,
    /// Whether its response was read to the end.
    is_over: bool,
    /// Whether its URL is a secret, so that nobody is to see where it goes.
    is_secret: bool,
}

/// Why there was no answer, or no whole one.
#[derive(Debug)]
enum Met {
    Failed(TransportError),
    /// With its run.
    BrokenOff(LedgerError),
}

impl Met {
    fn sent(&self) -> Sent {
        match self {
            Self::Failed(error) => error.sent(),
            Self::BrokenOff(error) => error.sent,
        }
    }

    /// As people may see it.
    fn told(&self, is_in_secret: bool, veil: &Veil<'_>) -> LedgerError {
        match self {
            Self::Failed(error) => LedgerError {
                kind: error.kind(),
                stage: error.stage(),
                message: Failure::new(error.clone(), is_in_secret).message(veil),
                sent: error.sent(),
            },
            Self::BrokenOff(error) => {
                let mut error = error.clone();
                veil.over(&mut error.message);
                error
            }
        }
    }
}

impl Entry {
    pub(super) fn new(method: &str) -> Self {
        Self(Mutex::new(Open {
            row: LedgerRow {
                method: method.to_owned(),
                origin: None,
                rule: None,
                addresses: Vec::new(),
                peer: None,
                proxy: None,
                secrets: Vec::new(),
                partial_echoes: Vec::new(),
                attempts: 0,
                connection: None,
                protocol: None,
                tls: None,
                status: None,
                bytes_sent: 0,
                bytes_received: 0,
                bytes_decoded: 0,
                seconds: Seconds::default(),
                error: None,
            },
            error: None,
            since: Instant::now(),
            stage: Stage::Policy,
            is_over: false,
            is_secret: false,
        }))
    }

    /// The row as it is by now, as people may see it. Granted secrets are redacted, and
    /// in the words of an error what derives from them, and nothing else: it is evidence,
    /// in which no component and no server can blank a name.
    pub(super) fn row(&self, veil: &Veil<'_>) -> LedgerRow {
        let open = self.open();
        let mut row = open.row.clone();
        let names = [&mut row.origin, &mut row.rule, &mut row.proxy];
        for name in names.into_iter().flatten().chain([&mut row.method]) {
            veil.over_name(name);
        }
        row.error = open
            .error
            .as_ref()
            .map(|met| met.told(open.is_secret, veil));
        if open.is_secret {
            // Each of them would lead there.
            row.origin = row.origin.map(|_| HIDDEN.to_owned());
            row.rule = row.rule.map(|_| HIDDEN.to_owned());
            row.addresses.clear();
            row.peer = None;
            row.tls = None;
        }
        row
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn aims_at(&self, origin: &Origin) {
        self.open().row.origin = Some(origin.to_string());
    }

    /// The secrets that were put in by now.
    pub(super) fn lent(&self) -> Vec<LentSecret> {
        self.open().row.secrets.clone()
    }

    /// An error of it, as it may be told.
    pub(super) fn failure(&self, error: TransportError) -> Failure {
        Failure::new(error, self.open().is_secret)
    }

    /// Its URL is a secret.
    pub(super) fn aims_in_secret(&self) {
        self.open().is_secret = true;
    }

    /// A secret is put in.
    pub(super) fn lends(&self, name: &str, place: Place) {
        let lent = LentSecret {
            name: name.to_owned(),
            place,
        };
        let mut open = self.open();
        if !open.row.secrets.contains(&lent) {
            open.row.secrets.push(lent);
        }
    }

    /// A part of a secret is in its response.
    pub(super) fn echoes_part(&self, name: &str) {
        let echoes = &mut self.open().row.partial_echoes;
        if !echoes.iter().any(|other| other == name) {
            echoes.push(name.to_owned());
        }
    }

    pub(super) fn admitted(&self, rule: &RuleName) {
        let mut open = self.open();
        open.row.rule = Some(rule.to_string());
        open.stage = Stage::Resolve;
    }

    pub(super) fn goes_through(&self, proxy: String) {
        self.open().row.proxy = Some(proxy);
    }

    /// It has its turn.
    pub(super) fn on_turn(&self) {
        let mut open = self.open();
        open.row.seconds.wait = open.lap();
    }

    /// What it is at.
    pub(super) fn stage(&self) -> Stage {
        self.open().stage
    }

    /// It needs a connection of its own.
    pub(super) fn connects(&self) {
        self.open().stage = Stage::Resolve;
    }

    pub(super) fn resolved(&self, addresses: &[IpAddr], took: Took) {
        let mut open = self.open();
        addresses.clone_into(&mut open.row.addresses);
        open.took(took);
        open.stage = Stage::Connect;
    }

    pub(super) fn connected(&self, peer: Option<SocketAddr>, took: Took) {
        let mut open = self.open();
        open.row.peer = peer;
        open.took(took);
        open.stage = Stage::Tls;
    }

    /// It goes out on a connection.
    pub(super) fn goes_out(&self, facts: &Facts, connection: ConnectionUse) {
        let mut open = self.open();
        let row = &mut open.row;
        row.addresses.clone_from(&facts.addresses);
        row.peer = facts.peer;
        row.protocol = Some(facts.protocol);
        row.tls.clone_from(&facts.tls);
        row.connection = Some(connection);
        row.attempts += 1;
        if connection == ConnectionUse::New {
            open.took(facts.took);
        }
        open.stage = Stage::Head;
        open.lap();
    }

    /// Whether it may have reached its server.
    pub(super) fn went_out(&self) -> bool {
        let open = self.open();
        let came_back = open
            .error
            .as_ref()
            .is_some_and(|met| met.sent() == Sent::No);
        open.row.connection.is_some() && !came_back
    }

    pub(super) fn answered(&self, status: u16) {
        let mut open = self.open();
        open.row.status = Some(status);
        open.row.seconds.head = open.lap();
        open.stage = Stage::Body;
    }

    /// Its response was read to the end.
    pub(super) fn ended(&self) {
        self.open().is_over = true;
    }

    /// The component has ended without waiting for the answer.
    pub(super) fn left_behind(&self) {
        let is_answered = self.open().row.status.is_some();
        if !is_answered {
            self.broken_off(
                ErrorKind::Other,
                "the component did not wait for the answer",
            );
        }
    }

    /// The run has ended for a reason of its own.
    pub(super) fn broken_off(&self, kind: ErrorKind, message: &str) {
        let mut open = self.open();
        if open.is_over || open.error.is_some() {
            return;
        }
        let sent = match (open.row.status, open.row.connection) {
            (Some(_), _) => Sent::Yes,
            (None, Some(_)) => Sent::Unknown,
            (None, None) => Sent::No,
        };
        open.error = Some(Met::BrokenOff(LedgerError {
            kind,
            stage: open.stage,
            message: message.to_owned(),
            sent,
        }));
    }

    pub(super) fn sent(&self, bytes: u64) {
        self.open().row.bytes_sent += bytes;
    }

    pub(super) fn received(&self, bytes: u64) {
        let mut open = self.open();
        open.row.bytes_received += bytes;
        open.row.seconds.body = open.since.elapsed().as_secs_f64();
    }

    pub(super) fn decoded(&self, bytes: u64) {
        self.open().row.bytes_decoded += bytes;
    }

    pub(super) fn failed(&self, error: &TransportError) {
        let mut open = self.open();
        let elapsed = open.since.elapsed().as_secs_f64();
        let seconds = &mut open.row.seconds;
        match error.stage() {
            Stage::Send | Stage::Head => seconds.head = elapsed,
            Stage::Body => seconds.body = elapsed,
            Stage::Policy | Stage::Resolve | Stage::Connect | Stage::Tls => {}
        }
        open.error = Some(Met::Failed(error.clone()));
    }
}

impl Open {
    /// The seconds since the last stage ended; the next begins.
    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        let lap = now.duration_since(self.since);
        self.since = now;
        lap.as_secs_f64()
    }

    fn took(&mut self, took: Took) {
        let seconds = &mut self.row.seconds;
        seconds.resolve = Duration::as_secs_f64(&took.resolve);
        seconds.connect = Duration::as_secs_f64(&took.connect);
        seconds.tls = Duration::as_secs_f64(&took.tls);
    }
}

#[cfg(test)]
mod tests;
