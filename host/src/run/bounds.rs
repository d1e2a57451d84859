//! What ends a run from outside, and what a run has used.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http_step_egress::{CpuMeter, Redactor, RunUsage};
use http_step_policy::Limits;
use tokio::time::{Instant, sleep, timeout};

use crate::engine::component::Step;
use crate::log::Log;
use crate::result::run_end::RunEnd;
use crate::result::{RunResult, Usage};

/// What ends a run from outside: its caller, its budgets, and its time.
pub(super) struct Bounds<'r, S> {
    stop: Pin<&'r mut S>,
    /// Of the current attempt.
    pub(super) run_usage: Arc<RunUsage>,
    /// For the whole run.
    run: TimeLimit,
    /// For the current attempt, if it has a limit.
    attempt: Option<TimeLimit>,
}

/// A time, and the setting that extends it.
#[derive(Clone, Copy)]
struct TimeLimit {
    started: Instant,
    wall: Duration,
    set_by: &'static str,
}

impl TimeLimit {
    fn left(&self) -> Duration {
        self.wall.saturating_sub(self.started.elapsed())
    }
}

const SET_BY_POLICY: &str = "`--timeout` gives it longer, or `wall` under `limits:` of a policy";
const SET_BY_TIMEOUT: &str = "`total` under `timeout:` of the step file gives it longer";
const SET_BY_RETRY: &str = "`total` under `retry:` of the step file gives it longer";

impl<'r, S: Future<Output = ()>> Bounds<'r, S> {
    /// The bounds of a run that starts now, by its policy.
    pub(super) fn start(stop: Pin<&'r mut S>, limits: Limits) -> Self {
        Self {
            stop,
            run: TimeLimit {
                started: Instant::now(),
                wall: limits.wall,
                set_by: SET_BY_POLICY,
            },
            attempt: None,
            run_usage: Arc::new(RunUsage::new(limits)),
        }
    }

    /// Limit all attempts together.
    pub(super) fn limit_run(&mut self, total: Duration) {
        if total < self.run.wall {
            (self.run.wall, self.run.set_by) = (total, SET_BY_RETRY);
        }
    }

    /// Limit each attempt. The first one has started with the run.
    pub(super) fn limit_attempts(&mut self, total: Duration) {
        self.attempt = Some(TimeLimit {
            wall: total,
            set_by: SET_BY_TIMEOUT,
            ..self.run
        });
    }

    /// Another attempt starts.
    pub(super) fn start_attempt(&mut self) {
        self.run_usage = Arc::new(self.run_usage.next_attempt());
        if let Some(attempt) = &mut self.attempt {
            attempt.started = Instant::now();
        }
    }

    /// The time that is left for the run.
    pub(super) fn left(&self) -> Duration {
        self.run.left()
    }

    /// Wait between two attempts.
    pub(super) async fn wait(&mut self, wait: Duration) -> Result<(), RunEnd> {
        self.hold_within(self.run, sleep(wait)).await
    }

    /// Continue a part of the run as long as permitted.
    pub(super) async fn hold<T>(&mut self, part: impl Future<Output = T>) -> Result<T, RunEnd> {
        let limits = [Some(self.run), self.attempt].into_iter().flatten();
        let limit = limits.min_by_key(TimeLimit::left).unwrap_or(self.run);
        self.hold_within(limit, part).await
    }

    async fn hold_within<T>(
        &mut self,
        limit: TimeLimit,
        part: impl Future<Output = T>,
    ) -> Result<T, RunEnd> {
        let part = timeout(limit.left(), part);
        tokio::select! {
            biased;
            () = &mut self.stop => Err(RunEnd::cancelled()),
            over = self.run_usage.signal().aborted() => Err(over.into()),
            done = part => done.map_err(|_| {
                RunEnd::timed_out(limit.wall, limit.started.elapsed(), limit.set_by)
            }),
        }
    }

    /// The result of a run that ends before its component is called.
    pub(super) fn end_early(
        &self,
        step: &Step,
        run_end: RunEnd,
        mut log: Log,
        redactor: &Redactor<'_>,
    ) -> RunResult {
        run_end.note(&mut log);
        let usage = self.usage(step, &CpuMeter::default(), 0);
        let log = log.into_entries();
        let end = run_end.into_attempt(&self.run_usage, redactor);
        let mut result = end.into_result(&self.run_usage, Vec::new(), log, usage, redactor);
        result.redact(redactor);
        result
    }

    pub(super) fn usage(&self, step: &Step, cpu: &CpuMeter, log_bytes: u64) -> Usage {
        let counts = self.run_usage.counts();
        Usage {
            wall_seconds: self.run.started.elapsed().as_secs_f64(),
            cpu_seconds: cpu.total().as_secs_f64(),
            peak_memory_bytes: self.run_usage.memory().peak(),
            requests: counts.requests,
            peak_concurrent_requests: counts.peak_in_flight,
            hosts: counts.hosts,
            bytes_sent: counts.bytes_sent,
            bytes_received: counts.bytes_received,
            bytes_decoded: counts.bytes_decoded,
            peak_header_fields: counts.header_fields,
            peak_header_bytes: counts.header_bytes,
            log_bytes,
            component_bytes: step.bytes,
        }
    }
}
