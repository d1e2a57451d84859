//! One run: a function of component, step file, properties and policy, that writes a log and
//! returns a result.

use std::future::{Future, pending};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http_step_egress::{CpuMeter, DryRun, Egress, GrantedSecrets, Redactor, Reservation, RunUsage};
use http_step_file::StepFile;
use http_step_policy::{Amount, Budget, Exceeded, Grant, Limits, Origin, Policy};
use tokio::time::{Instant, timeout};
use wasmtime::{Store, UpdateDeadline};

use crate::contract::types;
use crate::engine::Host;
use crate::engine::component::Step;
use crate::log::{Log, Sink, Stream};
use crate::result::answer;
use crate::result::run_end::RunEnd;
use crate::result::{RunResult, Usage};
use crate::spec;
use crate::spec::files::Files;
use crate::spec::properties::Properties;
use crate::trace::{End, RunTrace};
use crate::wasi::state::{HANDLES, State};

/// Bytes that a component may pass in one call, at most half of its memory: it may pass the same
/// text repeatedly, and each time it is copied.
const HOSTCALL_BYTES: u64 = 32 << 20;

/// Requests whose rows are processed in a fraction of a millisecond.
const FEW_REQUESTS: u32 = 256;

/// Everything that a run needs.
pub struct Job {
    file: StepFile,
    tenant: Arc<str>,
    policy: Policy,
    properties: Properties,
    files: Files,
    sink: Option<Box<dyn Sink>>,
    is_dry: bool,
}

impl Job {
    /// A step file, and what its run may reach and use. The component is already loaded, so the
    /// policy's limits for loading (`component_bytes`, `compile_time` and `compile_memory`) have no
    /// effect here; pass [`CompileLimits::from(policy.budgets())`](crate::CompileLimits) to the
    /// [`Compiler`](crate::Compiler).
    #[must_use]
    pub fn new(file: StepFile, policy: Policy) -> Self {
        Self {
            file,
            tenant: "".into(),
            policy,
            properties: Properties::default(),
            files: Files::None,
            sink: None,
            is_dry: false,
        }
    }

    /// The build's properties; none by default.
    #[must_use]
    pub fn properties(mut self, properties: Properties) -> Self {
        self.properties = properties;
        self
    }

    /// What the run may use, instead of its policy's limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.policy = self.policy.limits(limits);
        self
    }

    /// The tenant: one of several users of a host, who must not share connections. No tenant can
    /// take all of the [concurrent requests](crate::HostBuilder::requests) of the host, or all of
    /// its [lookups](crate::Resolve). By default, or with an empty name, there is no tenant: a host
    /// with several users has to name one for every job.
    #[must_use]
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// The directory below which the step file may name files, of those that its policy grants
    /// ([`Policy::allow_file`]); by default it may name none.
    #[must_use]
    pub fn files_under(mut self, directory: impl Into<PathBuf>) -> Self {
        self.files = Files::Under(directory.into());
        self
    }

    /// Show the first request of the step and the policy's decision, and end there: nothing is
    /// sent.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.is_dry = true;
        self
    }

    /// Receives the log while the step runs; the result contains it in any case.
    #[must_use]
    pub fn sink(mut self, sink: impl Sink) -> Self {
        self.sink = Some(Box::new(sink));
        self
    }
}

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
        let run_usage = Arc::new(RunUsage::new(limits.clone()));
        let mut bounds = Bounds {
            stop: pin!(stop),
            run_usage,
            started: Instant::now(),
            wall: limits.wall,
            set_by: SET_BY_POLICY,
        };
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

    /// Run a step that has its slot.
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
        trace.read_secrets(&job.policy, &secrets);
        bounds.run_usage.trace(trace.span(), &secrets);
        let _files = match Reservation::with_bytes(bounds.run_usage.memory(), request.file_bytes) {
            Ok(room) => room,
            Err(exceeded) => {
                let run_end = RunEnd::exceeded(exceeded);
                return bounds.end_early(step, run_end, log, &secrets.redactor());
            }
        };
        if let Some(total) = request.spec.settings.timeout.total {
            let total = Duration::from_nanos(total);
            if total < bounds.wall {
                (bounds.wall, bounds.set_by) = (total, SET_BY_STEP_FILE);
            }
        }

        let (limits, run_usage) = (job.policy.budgets().clone(), Arc::clone(&bounds.run_usage));
        let dry_run = job.is_dry.then(|| {
            Arc::new(DryRun {
                redacted_headers: request.spec.hide_request_headers.clone(),
            })
        });
        let cpu = CpuMeter::default();
        let egress = Egress {
            transport: Arc::clone(&self.transport),
            tenant: job.tenant,
            policy: job.policy,
            requested: Arc::new(request.requested),
            secrets: Arc::clone(&secrets),
            credentials: Arc::default(),
            dry_run,
            usage: Arc::clone(&run_usage),
            cpu: cpu.clone(),
        };
        let state = State::new(egress, run_usage.memory(), properties, log);
        let mut store = self.store(state, &cpu, limits);
        trace.called(&step.sha256);
        let called = bounds
            .hold(cpu.measure(call(step, &mut store, &request.spec)))
            .await;

        let mut state = store.into_data();
        let mut is_long = run_usage.counts().requests > FEW_REQUESTS;
        let mut run_end = match (called, run_usage.signal().exceeded()) {
            // It may have returned while a budget ended it.
            (Ok(_), Some(exceeded)) => RunEnd::exceeded(exceeded),
            (Ok(Ok(result)), None) => {
                is_long |= answer::is_long(&result);
                answered(result, is_long, &run_usage, &cpu).await
            }
            (Ok(Err(error)), None) => RunEnd::aborted(&error, &state.stderr.words()),
            (Err(run_end), _) => run_end,
        };
        let missing = state.missing_secret.take();
        if let Some(missing) = missing.and_then(|name| grants.missing(&name)) {
            run_end.missed(missing);
        }
        // It may have returned while it was stopped.
        let run_end = match run_usage.signal().partial_echo() {
            Some(reason) => RunEnd::stopped(reason),
            None => {
                for line in run_usage.notices().partial_echoes() {
                    state.log.write_line(Stream::Stderr, &line);
                }
                run_end
            }
        };
        state.write_notices();
        run_end.note(&mut state.log);
        let written = state.log.written();
        let log = state.log.take_entries();
        // Requests in flight are aborted now, so that nothing is sent after the result says what
        // was.
        drop(state);
        let usage = bounds.usage(step, &cpu, written);
        let report = move || {
            let redactor = secrets.redactor();
            let mut result = run_end.into_result(&run_usage, log, usage, &redactor);
            if !secrets.is_empty() {
                result.redact(&redactor);
            }
            result
        };
        let reported = if is_long {
            cpu.measure_blocking(report).await
        } else {
            Some(report())
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

    /// Read the secrets that a policy grants.
    async fn grant(&self, policy: &Policy) -> Result<GrantedSecrets, RunEnd> {
        Ok(GrantedSecrets::read(policy, &self.sources, &self.matchers).await?)
    }

    /// A store with its limits set.
    fn store(&self, state: State, cpu: &CpuMeter, limits: Limits) -> Store<State> {
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        let most = HOSTCALL_BYTES.min(limits.memory / 2);
        store.set_hostcall_fuel(usize::try_from(most).unwrap_or(usize::MAX));
        // The host's own table has to fill up first, since it returns an error.
        store.set_max_component_handles(2 * HANDLES);
        store.set_epoch_deadline(1);
        let cpu = cpu.clone();
        store.epoch_deadline_callback(move |_| {
            Exceeded::check(Budget::Cpu, &limits, Amount::Time(cpu.now()))?;
            Ok(UpdateDeadline::Yield(1))
        });
        store
    }
}

/// Finds the grant that a step needs.
struct Grants {
    policy: Policy,
    origin: Option<Origin>,
    /// The secret at the start of the step file's URL.
    url_secret: Option<String>,
}

impl Grants {
    /// The grant of a secret.
    fn missing(&self, name: &str) -> Option<Grant> {
        // A URL that starts with a secret is that secret.
        let is_url = self.url_secret.as_deref() == Some(name);
        (self.policy).missing_secret(name, self.origin.as_slice(), is_url)
    }
}

/// Call the component's export, in a new instance.
async fn call(
    step: &Step,
    store: &mut Store<State>,
    spec: &types::RequestSpec,
) -> wasmtime::Result<types::StepResult> {
    let instance = step.pre.instantiate_async(&mut *store).await?;
    instance.call_http_step(&mut *store, spec).await
}

/// Check a component's answer, as work on its behalf.
async fn answered(
    result: types::StepResult,
    is_long: bool,
    run_usage: &RunUsage,
    cpu: &CpuMeter,
) -> RunEnd {
    let memory = Arc::clone(run_usage.memory());
    let returned = move || RunEnd::returned(result, &memory);
    let run_end = if is_long {
        cpu.measure_blocking(returned).await
    } else {
        Some(returned())
    };
    let run_end = run_end.unwrap_or_else(RunEnd::host_closing);
    match run_usage.check_cpu(cpu.total()) {
        Err(exceeded) if run_end.is_returned() => RunEnd::exceeded(exceeded),
        _ => run_end,
    }
}

/// What ends a run from outside: its caller, its budgets, and its time.
struct Bounds<'r, S> {
    stop: Pin<&'r mut S>,
    run_usage: Arc<RunUsage>,
    started: Instant,
    wall: Duration,
    /// The setting that extends it.
    set_by: &'static str,
}

const SET_BY_POLICY: &str = "`--timeout` gives it longer, or `wall` under `limits:` of a policy";
const SET_BY_STEP_FILE: &str = "`total` under `timeout:` of the step file gives it longer";

impl<S: Future<Output = ()>> Bounds<'_, S> {
    /// Continue a part of the run as long as permitted.
    async fn hold<T>(&mut self, part: impl Future<Output = T>) -> Result<T, RunEnd> {
        let part = timeout(self.wall.saturating_sub(self.started.elapsed()), part);
        tokio::select! {
            biased;
            () = &mut self.stop => Err(RunEnd::cancelled()),
            over = self.run_usage.signal().aborted() => Err(over.into()),
            done = part => done.map_err(|_| {
                RunEnd::timed_out(self.wall, self.started.elapsed(), self.set_by)
            }),
        }
    }

    /// The result of a run that ends before its component is called.
    fn end_early(
        &self,
        step: &Step,
        run_end: RunEnd,
        mut log: Log,
        redactor: &Redactor<'_>,
    ) -> RunResult {
        run_end.note(&mut log);
        let usage = self.usage(step, &CpuMeter::default(), 0);
        let log = log.into_entries();
        let mut result = run_end.into_result(&self.run_usage, log, usage, redactor);
        result.redact(redactor);
        result
    }

    fn usage(&self, step: &Step, cpu: &CpuMeter, log_bytes: u64) -> Usage {
        let counts = self.run_usage.counts();
        Usage {
            wall_seconds: self.started.elapsed().as_secs_f64(),
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
