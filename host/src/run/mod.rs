//! One run: a function of component, step file, properties and policy, that writes a log and
//! returns a result. It makes one attempt, or several if the step file has `retry` or `until`.

mod attempt;
mod bounds;
mod grants;
mod job;
mod retry;

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_step_egress::{
    CpuMeter, DryRun, GrantedSecrets, Idempotency, KeySource, Redactor, Reservation,
};
use http_step_file::{IdempotencyKey, StepFile};
use http_step_policy::Policy;
use http_step_retry::Decision;
use tokio::time::Instant;

pub use self::job::Job;

use self::attempt::{Attempts, Ended};
use self::bounds::Bounds;
use self::grants::Grants;
use self::retry::Retries;
use crate::contract::Version;
use crate::engine::Host;
use crate::engine::component::Step;
use crate::expect::Expectations;
use crate::log::{Log, Stream};
use crate::result::run_end::RunEnd;
use crate::result::{Attempt, RunResult};
use crate::spec;
use crate::trace::{End, RunTrace};

impl Host {
    /// Run a step. Whatever happens is in the result.
    ///
    /// Runs on the tokio runtime that polls it; all runs of a host belong on one runtime, which
    /// also drives the connections that they share. Poll a started future whenever it is woken:
    /// other runs may wait for it. To drop the future is to stop the step; [`Host::run_until`]
    /// stops it and keeps its log.
    pub async fn run(&self, step: &Step, job: Job) -> RunResult {
        self.run_until(step, job, pending()).await
    }

    /// Run a step, or until `stop` is ready: then its requests are aborted, and the outcome is
    /// [`Cancelled`](crate::Outcome::Cancelled).
    pub async fn run_until(
        &self,
        step: &Step,
        mut job: Job,
        stop: impl Future<Output = ()>,
    ) -> RunResult {
        let trace = RunTrace::start(&job.tenant);
        let limits = job.policy.budgets().clone();
        let stop = pin!(stop);
        let mut bounds = Bounds::start(stop, limits.clone());
        let memory = limits.memory;
        let log = Log::new(limits, bounds.run_usage.memory(), job.sink.take());
        let slot = bounds
            .hold(async { Ok(trace.queue(self.slots.take(memory)).await?) })
            .await;
        let result = match slot.flatten() {
            Ok(slot) => {
                // A waiting run takes little memory, and a running one takes what another has
                // just freed.
                let result = Box::pin(self.run_now(step, job, bounds, log, &trace)).await;
                // The slot is free when all that the run holds is gone.
                drop(slot);
                result
            }
            Err(run_end) => bounds.end_early(step, run_end, log, &Redactor::empty()),
        };
        let error = result.error.as_ref();
        trace.ended(&End {
            outcome: result.outcome,
            kind: error.map(|error| error.kind),
            stage: error.and_then(|error| error.stage),
            requests: result.usage.requests,
            seconds: result.usage.wall_seconds,
        });
        result
    }

    /// Run a step that has its slot. It keeps the slot while it waits between two attempts: its log and
    /// its files take memory, and to give the slot back could mean to wait for another one for long.
    async fn run_now(
        &self,
        step: &Step,
        job: Job,
        mut bounds: Bounds<'_, impl Future<Output = ()>>,
        mut log: Log,
        trace: &RunTrace,
    ) -> RunResult {
        let properties = Arc::new(job.properties);
        let grants = Grants {
            origin: spec::origin(&job.file, &properties),
            url_secret: job.file.url_secret(),
            policy: job.policy.clone(),
        };
        let keys = key_source(&job.file);
        let granted = bounds.hold(self.grant(&job.policy)).await;
        let secrets = match granted.flatten() {
            Ok(secrets) => Arc::new(secrets),
            Err(run_end) => return bounds.end_early(step, run_end, log, &Redactor::empty()),
        };
        log.redact(&secrets);
        let prepared = async {
            let files = secrets.files();
            let prepared = spec::prepare(job.file, &properties, job.files, &job.policy, files);
            Ok(prepared.await?)
        };
        let request = match bounds.hold(prepared).await.flatten() {
            Ok(request) => request,
            Err(run_end) => return bounds.end_early(step, run_end, log, &secrets.redactor()),
        };
        if request.expectations.is_some() && step.pre.version() == Version::V0_1 {
            let run_end = RunEnd::old_contract();
            return bounds.end_early(step, run_end, log, &secrets.redactor());
        }
        trace.read_secrets(&job.policy, &secrets);
        bounds.run_usage.trace(trace.span(), &secrets);
        let patterns = request.expectations.as_ref().map_or(0, Expectations::bytes);
        let kept = request.file_bytes.saturating_add(patterns);
        let _kept = match Reservation::with_bytes(bounds.run_usage.memory(), kept) {
            Ok(room) => room,
            Err(exceeded) => {
                let run_end = RunEnd::exceeded(exceeded);
                return bounds.end_early(step, run_end, log, &secrets.redactor());
            }
        };
        let Some(keys) = keys else {
            return bounds.end_early(step, RunEnd::no_random(), log, &secrets.redactor());
        };
        if let Some(total) = request.spec.settings.timeout.total {
            bounds.limit_attempts(Duration::from_nanos(total));
        }
        if let Some(total) = request.retry.as_ref().and_then(|retry| retry.total) {
            bounds.limit_run(total);
        }
        let attempts = Attempts {
            host: self,
            step,
            tenant: job.tenant,
            policy: job.policy,
            properties,
            secrets,
            dry_run: job.is_dry.then(|| {
                Arc::new(DryRun {
                    redacted_headers: request.spec.hide_request_headers.clone(),
                })
            }),
            spec: request.spec,
            requested: Arc::new(request.requested),
            expectations: request.expectations.map(Arc::new),
            grants,
            cpu: CpuMeter::default(),
            trace,
        };
        let retries = Retries::new(request.retry.as_ref(), request.poll, Idempotency::new(keys));
        let (last, made) = repeat(&attempts, retries, &mut bounds, log).await;
        report(attempts, last, made, &bounds).await
    }

    /// Read the secrets that a policy grants.
    async fn grant(&self, policy: &Policy) -> Result<GrantedSecrets, RunEnd> {
        Ok(GrantedSecrets::read(policy, &self.sources, &self.matchers).await?)
    }
}

/// Who gives the requests of a run their keys; none if the system has no random numbers.
fn key_source(file: &StepFile) -> Option<KeySource> {
    match file.idempotency_key {
        Some(IdempotencyKey::Auto) => {
            let mut seed = [0; 16];
            getrandom::fill(&mut seed).ok()?;
            Some(KeySource::Host(seed))
        }
        None if file.sets_idempotency_key() => Some(KeySource::StepFile),
        None => Some(KeySource::None),
    }
}

/// Make attempts until one succeeds, or no other one may follow. Returns how the last one ended, and
/// all of them.
async fn repeat(
    attempts: &Attempts<'_>,
    mut retries: Retries<'_>,
    bounds: &mut Bounds<'_, impl Future<Output = ()>>,
    mut log: Log,
) -> (Ended, Vec<Attempt>) {
    let mut made = Vec::new();
    loop {
        let started = Instant::now();
        let mut ended = attempts.make(bounds, retries.idempotency(), log).await;
        let run_usage = Arc::clone(&bounds.run_usage);
        let decision = retries.next(&ended.end, &run_usage, bounds.left());
        if let Some(decision) = &decision {
            let line = format!("{}; {decision}", retries.describe(made.len() + 1));
            ended.log.write_line(Stream::Header, &line);
        }
        let (wait, not_retried) = match decision {
            Some(Decision::Wait(wait)) => (Some(wait), None),
            Some(Decision::Stop(stop)) => (None, Some(stop.to_string())),
            None => (None, None),
        };
        made.push(Attempt {
            outcome: ended.end.outcome,
            summary: ended.end.summary.clone(),
            requests: run_usage.audit().requests_of_attempt(),
            seconds: started.elapsed().as_secs_f64(),
            wait_seconds: None,
            not_retried,
        });
        let Some(wait) = wait else {
            return (ended, made);
        };
        attempts.trace.waiting(wait);
        run_usage.audit().end_attempt();
        if let Err(run_end) = bounds.wait(wait).await {
            run_end.note(&mut ended.log);
            ended.end = run_end.into_attempt(&run_usage, &attempts.secrets.redactor());
            return (ended, made);
        }
        if let Some(last) = made.last_mut() {
            last.wait_seconds = Some(wait.as_secs_f64());
        }
        bounds.start_attempt();
        log = ended.log;
    }
}

/// The result of a run.
async fn report(
    attempts: Attempts<'_>,
    last: Ended,
    made: Vec<Attempt>,
    bounds: &Bounds<'_, impl Future<Output = ()>>,
) -> RunResult {
    let Attempts {
        step, secrets, cpu, ..
    } = attempts;
    let Ended {
        end,
        mut log,
        is_long,
    } = last;
    let run_usage = Arc::clone(&bounds.run_usage);
    if run_usage.signal().partial_echo().is_none() {
        for line in run_usage.notices().partial_echoes() {
            log.write_line(Stream::Stderr, &line);
        }
    }
    let usage = bounds.usage(step, &cpu, log.written());
    let log = log.into_entries();
    let work = move || {
        let redactor = secrets.redactor();
        let mut result = end.into_result(&run_usage, made, log, usage, &redactor);
        if !secrets.is_empty() {
            result.redact(&redactor);
        }
        result
    };
    let reported = if is_long {
        cpu.measure_blocking(work).await
    } else {
        Some(work())
    };
    match reported {
        Some(mut result) => {
            result.usage.cpu_seconds = cpu.total().as_secs_f64();
            result
        }
        None => {
            let run_end = RunEnd::host_closing();
            bounds.end_early(step, run_end, Log::default(), &Redactor::empty())
        }
    }
}
