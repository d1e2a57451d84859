//! What a run did on the network: counted against its budgets, and kept by the
//! host, so that a component can't tell it otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use http_step_policy::{Amount, Budget, Exceeded, Host, Limits, Origin, PartialEcho};
use tokio::sync::Notify;

use super::error::{ErrorKind, Sent, Stage, TransportError};
use super::failure::Failure;
use super::ledger::{Entry, LedgerRow};
use super::turns::Line;
use crate::meter::{self, Memory};
use crate::secrets::Veil;

/// How many remarks one run has: they are for people.
const MOST_REMARKS: usize = 64;

/// The network side of one run.
#[derive(Debug, Default)]
pub struct Journal {
    limits: Limits,
    memory: Arc<Memory>,
    entries: Mutex<Vec<Arc<Entry>>>,
    requests: AtomicU32,
    line: Line,
    answered: AtomicBool,
    closed: AtomicBool,
    under_way: AtomicU32,
    most_under_way: AtomicU32,
    hosts: Mutex<BTreeSet<Host>>,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    bytes_decoded: AtomicU64,
    header_fields: AtomicU64,
    header_bytes: AtomicU64,
    last_error: Mutex<Option<Failure>>,
    exceeded: OnceLock<Exceeded>,
    rehearsed: OnceLock<Vec<String>>,
    /// The secrets of which a part was echoed, and by whom first.
    partial_echoes: Mutex<BTreeMap<String, String>>,
    /// Why the run is over, if it is for one of them.
    stopped: OnceLock<String>,
    remarks: Mutex<Vec<String>>,
    is_over: Notify,
}

/// What a request takes beside its texts: its row, and the rows that are made of that.
const ROW_BYTES: usize = 4 << 10;

/// What the host takes of a run's memory for a message, until it is dropped: a reader may
/// let go of a body in its middle.
pub(super) struct Room {
    journal: Arc<Journal>,
    room: meter::Room,
}

impl Room {
    pub(super) fn new(journal: Arc<Journal>) -> Self {
        let room = meter::Room::new(&journal.memory);
        Self { journal, room }
    }

    /// Take so many bytes in all.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), TransportError> {
        let taken = self.room.resize(bytes);
        self.journal.ends_if_exceeded(taken, Stage::Body)
    }

    /// Take so many bytes in all, if there is room for them: a run does not end for what
    /// it can do without.
    pub(super) fn try_take(&mut self, bytes: usize) -> bool {
        self.room.resize(bytes).is_ok()
    }
}

/// Why a run is over on its way out.
#[derive(Debug, PartialEq)]
pub enum Over {
    /// A budget is used up.
    Exceeded(Exceeded),
    /// It is a dry run, and this is what is to be shown.
    Rehearsed(Vec<String>),
    /// A part of a secret was echoed, and the policy says to stop there.
    Stopped(String),
}

/// A request that is under way, until it is dropped.
pub(super) struct UnderWay(Arc<Journal>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Journal {
    /// That of a run that has not begun.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            memory: Arc::new(Memory::new(limits.clone())),
            limits,
            ..Self::default()
        }
    }

    /// The run's memory: decoders share it with the component.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// Where its requests wait for each other.
    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Begin the entry of a request that a component asks for.
    pub(super) fn request(
        self: &Arc<Self>,
        method: &str,
    ) -> Result<(Arc<Entry>, UnderWay), TransportError> {
        let under_way = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_under_way.fetch_max(under_way, Ordering::Relaxed);
        let guard = UnderWay(Arc::clone(self));
        self.count_request()?;
        let under_way = Amount::Count(under_way.into());
        self.hold(Budget::ConcurrentRequests, under_way, Stage::Policy)?;
        Ok((self.begin(method)?, guard))
    }

    /// Begin the entry of a further request that the host makes for one that is under
    /// way.
    pub(super) fn again(&self, method: &str) -> Result<Arc<Entry>, TransportError> {
        self.count_request()?;
        self.begin(method)
    }

    fn count_request(&self) -> Result<(), TransportError> {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let requests = Amount::Count(requests.into());
        self.hold(Budget::Requests, requests, Stage::Policy)
    }

    /// It stays until the run has told of it.
    fn begin(&self, method: &str) -> Result<Arc<Entry>, TransportError> {
        self.keeps(ROW_BYTES + method.len(), Stage::Policy)?;
        let entry = Arc::new(Entry::new(method));
        lock(&self.entries).push(Arc::clone(&entry));
        Ok(entry)
    }

    /// A request is to go to a host.
    pub(super) fn host(&self, host: &Host) -> Result<(), TransportError> {
        let hosts = {
            let mut hosts = lock(&self.hosts);
            hosts.insert(host.clone());
            hosts.len()
        };
        self.hold(Budget::Hosts, Amount::Count(hosts as u64), Stage::Policy)
    }

    /// A header goes out, or has come in.
    pub(super) fn header(&self, header: &HeaderMap, stage: Stage) -> Result<(), TransportError> {
        let fields = header.len() as u64;
        let bytes: u64 = header
            .iter()
            // As on the wire: a colon, a space, and the line's end.
            .map(|(name, value)| (name.as_str().len() + value.len() + 4) as u64)
            .sum();
        self.header_fields.fetch_max(fields, Ordering::Relaxed);
        self.header_bytes.fetch_max(bytes, Ordering::Relaxed);
        self.hold(Budget::HeaderFields, Amount::Count(fields), stage)?;
        self.hold(Budget::HeaderBytes, Amount::Bytes(bytes), stage)
    }

    pub(super) fn sent(&self, bytes: usize) -> Result<(), TransportError> {
        let used = add(&self.bytes_sent, bytes);
        self.hold(Budget::BytesSent, Amount::Bytes(used), Stage::Send)
    }

    pub(super) fn received(&self, bytes: usize) -> Result<(), TransportError> {
        let used = add(&self.bytes_received, bytes);
        self.hold(Budget::BytesReceived, Amount::Bytes(used), Stage::Body)
    }

    pub(super) fn decoded(&self, bytes: usize) -> Result<(), TransportError> {
        let used = add(&self.bytes_decoded, bytes);
        self.hold(Budget::BytesDecoded, Amount::Bytes(used), Stage::Body)
    }

    /// The host keeps so many bytes until the run is over.
    pub(super) fn keeps(&self, bytes: usize, stage: Stage) -> Result<(), TransportError> {
        self.ends_if_exceeded(self.memory.take(bytes), stage)
    }

    /// So much processor time is used, also beside the component's.
    pub fn spends(&self, used: Duration) -> Result<(), Exceeded> {
        let held = Exceeded::check(Budget::Cpu, &self.limits, Amount::Time(used));
        if let Err(exceeded) = &held {
            self.exceed(exceeded.clone());
        }
        held
    }

    /// Hold a budget: what is used past its limit ends the run.
    fn hold(&self, budget: Budget, used: Amount, stage: Stage) -> Result<(), TransportError> {
        let held = Exceeded::check(budget, &self.limits, used);
        self.ends_if_exceeded(held, stage)
    }

    fn ends_if_exceeded(
        &self,
        held: Result<(), Exceeded>,
        stage: Stage,
    ) -> Result<(), TransportError> {
        held.map_err(|exceeded| {
            self.exceed(exceeded.clone());
            TransportError::Exceeded { exceeded, stage }
        })
    }

    /// A budget is used up: the run is over.
    pub fn exceed(&self, exceeded: Exceeded) {
        // The first tells why; what comes after is a consequence.
        let _ = self.exceeded.set(exceeded);
        self.is_over.notify_one();
    }

    /// The budget that is used up, if one is.
    pub fn exceeded_by_now(&self) -> Option<Exceeded> {
        self.exceeded.get().cloned()
    }

    /// A dry run has shown its request: the run is over.
    pub(super) fn rehearsed(&self, lines: Vec<String>) {
        let _ = self.rehearsed.set(lines);
        self.is_over.notify_one();
    }

    /// A part of a secret was echoed by an origin that it is bound to.
    pub(super) fn echoes_part(&self, secret: &str, by: &Origin, then: PartialEcho) {
        let mut echoes = lock(&self.partial_echoes);
        if echoes.contains_key(secret) {
            return;
        }
        echoes.insert(secret.to_owned(), by.to_string());
        if then == PartialEcho::Stop {
            let _ = self.stopped.set(format!(
                "{by} echoed a part of the secret `{secret}`, and the policy says `partial_echo: stop`"
            ));
            self.is_over.notify_one();
        }
    }

    /// What people are to be told of partial echoes, a line for each secret.
    pub fn partial_echoes(&self) -> Vec<String> {
        let echoes = lock(&self.partial_echoes);
        let line = |(secret, by): (&String, &String)| {
            format!(
                "Warning: a part of the secret `{secret}` was echoed by {by}. A step that has a value cut can read it piece by piece; `--partial-echo stop`, or `partial_echo: stop` in the policy, ends a run before it sees one."
            )
        };
        echoes.iter().map(line).collect()
    }

    /// Whether the run is over for a partial echo.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.get().is_some()
    }

    /// Why the run is over for a partial echo, if it is.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.get().map(String::as_str)
    }

    /// Wait until the run is over for what it does on its way out. For one who waits.
    pub async fn over(&self) -> Over {
        self.is_over.notified().await;
        if let Some(reason) = self.stopped() {
            return Over::Stopped(reason.to_owned());
        }
        match (self.exceeded_by_now(), self.rehearsed.get()) {
            (Some(exceeded), _) => Over::Exceeded(exceeded),
            (None, Some(lines)) => Over::Rehearsed(lines.clone()),
            (None, None) => pending().await,
        }
    }

    /// A line for the log, which the component does not write. The same one is told once,
    /// and of many only the first.
    pub(super) fn remark(&self, line: String) {
        let mut remarks = lock(&self.remarks);
        if remarks.len() < MOST_REMARKS && !remarks.contains(&line) {
            remarks.push(line);
        }
    }

    /// The remarks from a number on.
    pub fn remarks_from(&self, first: usize) -> Vec<String> {
        lock(&self.remarks)
            .get(first..)
            .unwrap_or_default()
            .to_vec()
    }

    /// A server has answered; what went wrong before is the component's to tell.
    pub(super) fn answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
        *lock(&self.last_error) = None;
    }

    /// The run is over: nothing that it has begun may be made to look complete.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub(super) fn failed(&self, failure: Failure) {
        if failure.sent() == Sent::Yes {
            self.answered.store(true, Ordering::Relaxed);
        }
        *lock(&self.last_error) = Some(failure);
    }

    /// The requests that were asked for, also those that were not let out, and those
    /// that the host made for them.
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Whether any of them may have reached a server.
    pub fn sent_any(&self) -> Sent {
        if self.answered.load(Ordering::Relaxed) {
            Sent::Yes
        } else if lock(&self.entries).iter().any(|entry| entry.went_out()) {
            Sent::Unknown
        } else {
            Sent::No
        }
    }

    /// The most requests that were under way at a time.
    pub fn most_under_way(&self) -> u32 {
        self.most_under_way.load(Ordering::Relaxed)
    }

    /// The hosts that requests were to go to.
    pub fn hosts(&self) -> usize {
        lock(&self.hosts).len()
    }

    /// Bytes of request bodies.
    pub fn bytes_sent(&self) -> u64 {
        self.bytes_sent.load(Ordering::Relaxed)
    }

    /// Bytes of response bodies, as they came.
    pub fn bytes_received(&self) -> u64 {
        self.bytes_received.load(Ordering::Relaxed)
    }

    /// Bytes of response bodies, without their content codings.
    pub fn bytes_decoded(&self) -> u64 {
        self.bytes_decoded.load(Ordering::Relaxed)
    }

    /// The most fields of a header.
    pub fn header_fields(&self) -> u64 {
        self.header_fields.load(Ordering::Relaxed)
    }

    /// The most bytes of a header.
    pub fn header_bytes(&self) -> u64 {
        self.header_bytes.load(Ordering::Relaxed)
    }

    /// The error of the last request, if it got no answer.
    pub fn error(&self) -> Option<Failure> {
        lock(&self.last_error).clone()
    }

    /// The run has ended for a reason that is not the component's.
    pub fn broken_off(&self, kind: ErrorKind, message: &str) {
        for entry in lock(&self.entries).iter() {
            entry.broken_off(kind, message);
        }
    }

    /// The component has ended by itself.
    pub fn returned(&self) {
        for entry in lock(&self.entries).iter() {
            entry.left_behind();
        }
    }

    /// What became of each request, as far as it got, as people may see it.
    pub fn ledger(&self, veil: &Veil<'_>) -> Vec<LedgerRow> {
        lock(&self.entries)
            .iter()
            .map(|entry| entry.row(veil))
            .collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn add(counter: &AtomicU64, bytes: usize) -> u64 {
    let bytes = bytes as u64;
    counter
        .fetch_add(bytes, Ordering::Relaxed)
        .saturating_add(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::connection::Facts;
    use super::super::ledger::ConnectionUse;
    use super::*;

    fn refused() -> TransportError {
        TransportError::Refused("no".to_owned())
    }

    #[test]
    fn an_answer_makes_an_earlier_error_the_components_own() {
        let journal = Arc::new(Journal::default());
        drop(journal.request("GET").unwrap());
        let failure = Failure::at_once(refused());
        journal.failed(failure.clone());
        assert_eq!(
            (journal.sent_any(), journal.error()),
            (Sent::No, Some(failure))
        );
        let (entry, _) = journal.request("GET").unwrap();
        assert_eq!(journal.sent_any(), Sent::No);
        entry.goes_out(&Facts::of_nothing(), ConnectionUse::New);
        assert_eq!(journal.sent_any(), Sent::Unknown);
        entry.failed(&refused());
        assert_eq!(journal.sent_any(), Sent::No);
        drop(journal.request("GET").unwrap());
        journal.answered();
        assert_eq!((journal.sent_any(), journal.error()), (Sent::Yes, None));
        assert_eq!(journal.most_under_way(), 1);
    }

    #[tokio::test]
    async fn the_first_budget_that_is_used_up_is_told() {
        let limits = Limits {
            bytes_sent: 3,
            requests: 0,
            ..Limits::default()
        };
        let journal = Arc::new(Journal::new(limits));
        assert!(journal.sent(3).is_ok());
        assert!(journal.sent(1).is_err());
        assert!(journal.request("GET").is_err());
        assert_eq!(
            journal.over().await,
            Over::Exceeded(Exceeded::new(
                Budget::BytesSent,
                journal.limits(),
                Amount::Bytes(4)
            ))
        );
    }
}
