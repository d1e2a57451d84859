//! One attempt at a run: one call of the component, in a new instance.

use std::future::Future;
use std::mem::take;
use std::sync::Arc;

use http_step_egress::{
    CpuMeter, DryRun, Egress, GrantedSecrets, Idempotency, Requested, RunUsage,
};
use http_step_policy::{Amount, Budget, Exceeded, Limits, Policy};
use wasmtime::{Store, UpdateDeadline};

use super::bounds::Bounds;
use super::grants::Grants;
use crate::contract::types;
use crate::engine::Host;
use crate::engine::component::Step;
use crate::expect::Expectations;
use crate::expect::observed::Observer;
use crate::log::Log;
use crate::result::answer;
use crate::result::run_end::{AttemptEnd, RunEnd};
use crate::spec::properties::Properties;
use crate::trace::RunTrace;
use crate::wasi::state::{HANDLES, State};

/// Bytes that a component may pass in one call, at most half of its memory: it may pass the same
/// text repeatedly, and each time it is copied.
const HOSTCALL_BYTES: u64 = 32 << 20;

/// Requests whose rows are processed in a fraction of a millisecond.
const FEW_REQUESTS: u32 = 256;

/// What all attempts at a run share.
pub(super) struct Attempts<'r> {
    pub(super) host: &'r Host,
    pub(super) step: &'r Step,
    pub(super) tenant: Arc<str>,
    pub(super) policy: Policy,
    pub(super) properties: Arc<Properties>,
    pub(super) secrets: Arc<GrantedSecrets>,
    pub(super) spec: types::RequestSpec,
    pub(super) requested: Arc<Requested>,
    pub(super) expectations: Option<Arc<Expectations>>,
    pub(super) dry_run: Option<Arc<DryRun>>,
    pub(super) grants: Grants,
    pub(super) cpu: CpuMeter,
    pub(super) trace: &'r RunTrace,
}

/// How an attempt ended.
pub(super) struct Ended {
    pub(super) end: AttemptEnd,
    pub(super) log: Log,
    /// Whether the result takes long to process.
    pub(super) is_long: bool,
}

impl Attempts<'_> {
    /// Make an attempt.
    pub(super) async fn make(
        &self,
        bounds: &mut Bounds<'_, impl Future<Output = ()>>,
        idempotency: &Arc<Idempotency>,
        log: Log,
    ) -> Ended {
        let run_usage = Arc::clone(&bounds.run_usage);
        let limits = self.policy.budgets().clone();
        let egress = Egress {
            transport: Arc::clone(&self.host.transport),
            tenant: Arc::clone(&self.tenant),
            policy: self.policy.clone(),
            requested: Arc::clone(&self.requested),
            secrets: Arc::clone(&self.secrets),
            credentials: Arc::default(),
            idempotency: Arc::clone(idempotency),
            dry_run: self.dry_run.clone(),
            usage: Arc::clone(&run_usage),
            cpu: self.cpu.clone(),
        };
        let expectations = self.expectations.as_ref();
        let observer = expectations.map(|all| Arc::new(all.observer(&run_usage)));
        let state = State::new(
            egress,
            observer.clone(),
            run_usage.memory(),
            Arc::clone(&self.properties),
            log,
        );
        let mut store = self.store(state, limits);
        self.trace.called(&self.step.sha256);
        let called = self.cpu.measure(self.step.pre.call(&mut store, &self.spec));
        let called = bounds.hold(called).await;

        let mut state = store.into_data();
        let mut is_long = run_usage.counts().requests > FEW_REQUESTS;
        let mut run_end = match (called, run_usage.signal().exceeded()) {
            // It may have returned while a budget ended it.
            (Ok(_), Some(exceeded)) => RunEnd::exceeded(exceeded),
            (Ok(Ok(result)), None) => {
                is_long |= answer::is_long(&result);
                answered(result, is_long, &run_usage, &self.cpu).await
            }
            (Ok(Err(error)), None) => RunEnd::aborted(&error, &state.stderr.words()),
            (Err(run_end), _) => run_end,
        };
        let missing = state.missing_secret.take();
        if let Some(missing) = missing.and_then(|name| self.grants.missing(&name)) {
            run_end.missed(missing);
        }
        state.write_notices();
        let mut log = take(&mut state.log);
        // Requests in flight are aborted now, so that nothing is sent after the result says what
        // was.
        drop(state);
        // It may have returned while it was stopped.
        if let Some(reason) = run_usage.signal().partial_echo() {
            run_end = RunEnd::stopped(reason);
        }
        if let (Some(expectations), Some(observer)) = (expectations, observer)
            && run_end.has_response()
        {
            self.check(expectations, observer, &run_usage, &mut run_end)
                .await;
        }
        run_end.note(&mut log);
        Ended {
            end: run_end.into_attempt(&run_usage, &self.secrets.redactor()),
            log,
            is_long,
        }
    }

    /// Check what is expected of the response.
    async fn check(
        &self,
        expectations: &Arc<Expectations>,
        observer: Arc<Observer>,
        run_usage: &RunUsage,
        run_end: &mut RunEnd,
    ) {
        let facts = run_usage.audit().facts();
        let certificate_expires = facts.last().and_then(|last| last.certificate_expires);
        let all = Arc::clone(expectations);
        let check = move || all.check(&observer, certificate_expires);
        let checked = match expectations.are_long() {
            true => self.cpu.measure_blocking(check).await,
            false => Some(check()),
        };
        match (checked, run_usage.check_cpu(self.cpu.total())) {
            (None, _) => *run_end = RunEnd::host_closing(),
            (_, Err(exceeded)) => *run_end = RunEnd::exceeded(exceeded),
            (Some(checked), Ok(())) => run_end.checked(checked),
        }
    }

    /// A store with its limits set.
    fn store(&self, state: State, limits: Limits) -> Store<State> {
        let mut store = Store::new(&self.host.engine, state);
        store.limiter(|state| &mut state.memory);
        let most = HOSTCALL_BYTES.min(limits.memory / 2);
        store.set_hostcall_fuel(usize::try_from(most).unwrap_or(usize::MAX));
        // The host's own table has to fill up first, since it returns an error.
        store.set_max_component_handles(2 * HANDLES);
        store.set_epoch_deadline(1);
        let cpu = self.cpu.clone();
        store.epoch_deadline_callback(move |_| {
            Exceeded::check(Budget::Cpu, &limits, Amount::Time(cpu.now()))?;
            Ok(UpdateDeadline::Yield(1))
        });
        store
    }
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
