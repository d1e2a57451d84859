//! The network usage of a run: counted against its budgets, and recorded where the component can't
//! change it.

pub(crate) mod audit;
pub(crate) mod counters;
pub(crate) mod cpu;
pub(crate) mod facts;
pub(crate) mod memory;
pub(crate) mod notices;
pub(crate) mod signal;
pub(crate) mod trace;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http_step_policy::{Amount, Budget, Exceeded, Host, Limits, Origin, PartialEcho};
use tracing::Span;

use self::audit::{AuditEntry, AuditLog};
use self::counters::{Counters, UsageCounts};
use self::memory::RunMemory;
use self::notices::Notices;
use self::signal::RunSignal;
use self::trace::RunTrace;
use crate::error::{Stage, TransportError};
use crate::fair_semaphore::RunQueue;
use crate::secrets::GrantedSecrets;

/// The memory of a request besides its texts: its entry in the audit log, and the rows made from
/// it.
const ENTRY_BYTES: usize = 4 << 10;

/// The network usage of one attempt at a run, and of those before it.
#[derive(Debug, Default)]
pub struct RunUsage {
    limits: Limits,
    memory: Arc<RunMemory>,
    run_queue: RunQueue,
    counters: Arc<Counters>,
    signal: RunSignal,
    audit: Arc<AuditLog>,
    notices: Arc<Notices>,
}

/// The memory of a run that the host uses for a message, released on drop: a reader may drop a body
/// before its end.
pub(crate) struct MessageReservation {
    usage: Arc<RunUsage>,
    reservation: memory::Reservation,
}

impl MessageReservation {
    pub(crate) fn new(usage: Arc<RunUsage>) -> Self {
        let reservation = memory::Reservation::new(&usage.memory);
        Self { usage, reservation }
    }

    /// Set its size.
    pub(crate) fn resize(&mut self, bytes: usize) -> Result<(), TransportError> {
        let taken = self.reservation.resize(bytes);
        self.usage.abort_if_exceeded(taken, Stage::Body)
    }

    /// Set its size, if the memory is available: otherwise the run does not end, for memory that is
    /// optional.
    pub(crate) fn try_resize(&mut self, bytes: usize) -> bool {
        self.reservation.resize(bytes).is_ok()
    }
}

/// A request in flight, until this is dropped.
pub(crate) struct InFlight(Arc<RunUsage>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.counters.finish();
    }
}

impl RunUsage {
    /// The usage of a run that has not started.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            memory: Arc::new(RunMemory::new(limits.clone())),
            limits,
            ..Self::default()
        }
    }

    /// The usage of the next attempt at the run, after this one has ended. It continues the counters
    /// and the audit log. Only what ends an attempt is new.
    #[must_use]
    pub fn next_attempt(&self) -> Self {
        self.audit.end_attempt();
        Self {
            limits: self.limits.clone(),
            memory: Arc::clone(&self.memory),
            run_queue: RunQueue::default(),
            counters: Arc::clone(&self.counters),
            signal: RunSignal::default(),
            audit: Arc::clone(&self.audit),
            notices: Arc::clone(&self.notices),
        }
    }

    /// The run's memory, which decoders and the component share.
    #[must_use]
    pub fn memory(&self) -> &Arc<RunMemory> {
        &self.memory
    }

    /// The signal that ends the run.
    #[must_use]
    pub fn signal(&self) -> &RunSignal {
        &self.signal
    }

    /// The audit log.
    #[must_use]
    pub fn audit(&self) -> &AuditLog {
        &self.audit
    }

    /// Trace its requests in the span of the run, without the secrets that it is granted.
    pub fn trace(&self, run: &Span, secrets: &Arc<GrantedSecrets>) {
        if !run.is_disabled() {
            self.audit.trace(RunTrace::new(run.clone(), secrets));
        }
    }

    /// Notices for its log.
    #[must_use]
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// The counters.
    #[must_use]
    pub fn counts(&self) -> UsageCounts {
        self.counters.snapshot()
    }

    /// The queue of its requests for permits.
    pub(crate) fn run_queue(&self) -> &RunQueue {
        &self.run_queue
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Start the entry of a request by a component.
    pub(crate) fn start_request(
        self: &Arc<Self>,
        method: &str,
    ) -> Result<(Arc<AuditEntry>, InFlight), TransportError> {
        let in_flight = self.counters.start();
        let guard = InFlight(Arc::clone(self));
        self.count_request()?;
        let in_flight = Amount::Count(in_flight.into());
        self.check(Budget::ConcurrentRequests, in_flight, Stage::Policy)?;
        Ok((self.start_entry(method)?, guard))
    }

    /// Start the entry of a follow-up request by the host.
    pub(crate) fn start_follow_up(&self, method: &str) -> Result<Arc<AuditEntry>, TransportError> {
        self.count_request()?;
        self.start_entry(method)
    }

    fn count_request(&self) -> Result<(), TransportError> {
        let requests = Amount::Count(self.counters.add_request().into());
        self.check(Budget::Requests, requests, Stage::Policy)
    }

    /// The entry is kept until the run ends.
    fn start_entry(&self, method: &str) -> Result<Arc<AuditEntry>, TransportError> {
        self.retain(ENTRY_BYTES + method.len(), Stage::Policy)?;
        Ok(self.audit.start(method))
    }

    /// Count the host of a request.
    pub(crate) fn count_host(&self, host: &Host) -> Result<(), TransportError> {
        let hosts = self.counters.add_host(host);
        self.check(Budget::Hosts, Amount::Count(hosts as u64), Stage::Policy)
    }

    /// Count a header that is sent or was received.
    pub(crate) fn count_header(
        &self,
        header: &HeaderMap,
        stage: Stage,
    ) -> Result<(), TransportError> {
        let (fields, bytes) = self.counters.add_header(header);
        self.check(Budget::HeaderFields, Amount::Count(fields), stage)?;
        self.check(Budget::HeaderBytes, Amount::Bytes(bytes), stage)
    }

    pub(crate) fn count_sent(&self, bytes: usize) -> Result<(), TransportError> {
        let used = self.counters.add_sent(bytes);
        self.check(Budget::BytesSent, Amount::Bytes(used), Stage::Send)
    }

    pub(crate) fn count_received(&self, bytes: usize) -> Result<(), TransportError> {
        let used = self.counters.add_received(bytes);
        self.check(Budget::BytesReceived, Amount::Bytes(used), Stage::Body)
    }

    pub(crate) fn count_decoded(&self, bytes: usize) -> Result<(), TransportError> {
        let used = self.counters.add_decoded(bytes);
        self.check(Budget::BytesDecoded, Amount::Bytes(used), Stage::Body)
    }

    /// Count memory that the host keeps until the run ends.
    pub(crate) fn retain(&self, bytes: usize, stage: Stage) -> Result<(), TransportError> {
        self.abort_if_exceeded(self.memory.take(bytes), stage)
    }

    /// Check the CPU time of the run, including the host's work for it.
    ///
    /// # Errors
    ///
    /// It exceeds the budget, and the run ends.
    pub fn check_cpu(&self, used: Duration) -> Result<(), Exceeded> {
        let within = Exceeded::check(Budget::Cpu, &self.limits, Amount::Time(used));
        if let Err(exceeded) = &within {
            self.signal.exceed(exceeded.clone());
        }
        within
    }

    /// A budget was exceeded outside of the egress gate, which ends the run.
    pub fn exceed(&self, exceeded: Exceeded) {
        self.signal.exceed(exceeded);
    }

    /// Check a budget. Exceeding it ends the run.
    fn check(&self, budget: Budget, used: Amount, stage: Stage) -> Result<(), TransportError> {
        let within = Exceeded::check(budget, &self.limits, used);
        self.abort_if_exceeded(within, stage)
    }

    /// Abort the run if a check failed, and return the check's result.
    pub(crate) fn abort_if_exceeded(
        &self,
        within: Result<(), Exceeded>,
        stage: Stage,
    ) -> Result<(), TransportError> {
        within.map_err(|exceeded| {
            self.signal.exceed(exceeded.clone());
            TransportError::Exceeded { exceeded, stage }
        })
    }

    /// An origin that a secret is bound to echoed a part of `what`, such as "the secret `TOKEN`".
    pub(crate) fn record_partial_echo(&self, what: &str, by: &Origin, then: PartialEcho) {
        self.notices.add_partial_echo(what, by);
        if then == PartialEcho::Stop {
            self.signal.stop_at_partial_echo(what, by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::facts::{ConnectionFacts, ConnectionUse};
    use super::signal::AbortReason;
    use super::*;
    use crate::error::failure::Failure;
    use crate::error::{ErrorKind, Sent};
    use crate::secrets::Redactor;

    fn refused() -> TransportError {
        TransportError::Refused("no".to_owned())
    }

    #[test]
    fn a_response_discards_an_earlier_failure() {
        let usage = Arc::new(RunUsage::default());
        drop(usage.start_request("GET").unwrap());
        let failure = Failure::at_once(refused());
        usage.audit().failed(failure.clone());
        assert_eq!(
            (usage.audit().sent(), usage.audit().last_failure()),
            (Sent::No, Some(failure))
        );
        let (entry, _) = usage.start_request("GET").unwrap();
        assert_eq!(usage.audit().sent(), Sent::No);
        entry.sent_on(&ConnectionFacts::empty(), ConnectionUse::New);
        assert_eq!(usage.audit().sent(), Sent::Unknown);
        entry.failed(&refused());
        assert_eq!(usage.audit().sent(), Sent::No);
        drop(usage.start_request("GET").unwrap());
        usage.audit().answered();
        assert_eq!(
            (usage.audit().sent(), usage.audit().last_failure()),
            (Sent::Yes, None)
        );
        assert_eq!(usage.counts().peak_in_flight, 1);
    }

    /// What ends a later attempt says nothing about the requests of an earlier one.
    #[test]
    fn an_attempt_that_has_ended_stays_as_it_is() {
        let usage = Arc::new(RunUsage::default());
        let (entry, in_flight) = usage.start_request("GET").unwrap();
        entry.answered(503, Some("7"));
        drop(in_flight);
        usage.audit().failed(Failure::at_once(refused()));
        assert_eq!(usage.audit().facts()[0].status, Some(503));
        let next = Arc::new(usage.next_attempt());
        assert_eq!(
            (next.audit().last_failure(), next.audit().facts()),
            (None, vec![])
        );
        drop(next.start_request("POST").unwrap());
        next.audit().abort(ErrorKind::Cancelled, "stopped");
        let rows = next.audit().rows(&Redactor::empty());
        let errors = rows
            .iter()
            .map(|row| row.error.as_ref().map(|error| error.kind));
        assert_eq!(
            errors.collect::<Vec<_>>(),
            [None, Some(ErrorKind::Cancelled)]
        );
        assert_eq!(next.counts().requests, 2);
        assert_eq!(next.audit().requests_of_attempt(), 1);
        // It has its own end.
        usage.signal().close();
        assert!(!next.signal().is_closed());
    }

    /// A body that the host refuses in the middle was sent in part.
    #[test]
    fn a_part_of_a_body_may_have_had_an_effect() {
        for (bytes, may_have) in [(0, false), (1, true)] {
            let usage = Arc::new(RunUsage::default());
            let (entry, _) = usage.start_request("POST").unwrap();
            entry.sent_on(&ConnectionFacts::empty(), ConnectionUse::New);
            entry.sent(bytes);
            entry.failed(&refused());
            assert_eq!(usage.audit().facts()[0].may_have_been_sent, may_have);
        }
    }

    #[tokio::test]
    async fn the_first_exceeded_budget_is_reported() {
        let limits = Limits {
            bytes_sent: 3,
            requests: 0,
            ..Limits::default()
        };
        let usage = Arc::new(RunUsage::new(limits));
        assert!(usage.count_sent(3).is_ok());
        assert!(usage.count_sent(1).is_err());
        assert!(usage.start_request("GET").is_err());
        assert_eq!(
            usage.signal().aborted().await,
            AbortReason::Exceeded(Exceeded::new(
                Budget::BytesSent,
                usage.limits(),
                Amount::Bytes(4)
            ))
        );
    }
}
