//! The spans and events of runs and of loading, for a subscriber of [`tracing`].
//!
//! Nothing else in the crate may use `tracing`'s macros (clippy.toml). Fields are numbers, names from
//! the source, digests, the operator's names of tenants, and redacted names of secrets: nothing that
//! a component wrote.

#![expect(
    clippy::disallowed_methods,
    reason = "this module decides what is traced"
)]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use http_step_egress::trace::{Enumeration, Named, TARGET, emit_in};
use http_step_egress::{ErrorKind, GrantedSecrets, Stage};
use http_step_policy::{Policy, Secret};
use tokio::time::Instant;
use tracing::{Span, debug, info, info_span};

/// A component was compiled, or its code was found in the cache.
pub(crate) fn loaded(sha256: &str, is_cached: bool, took: Duration) {
    info!(
        target: TARGET,
        sha256,
        is_cached,
        seconds = took.as_secs_f64(),
        "component loaded",
    );
}

/// The span of a run, which is closed when this is dropped.
pub(crate) struct RunTrace(Span);

impl RunTrace {
    pub(crate) fn start(tenant: &str) -> Self {
        let tenant = (!tenant.is_empty()).then_some(tenant);
        Self(info_span!(target: TARGET, "run", tenant))
    }

    pub(crate) fn span(&self) -> &Span {
        &self.0
    }

    /// Wait for a slot.
    pub(crate) async fn queue<T>(&self, slot: impl Future<Output = T>) -> T {
        let mut slot = pin!(slot);
        let mut since = None;
        poll_fn(|cx| {
            let polled = slot.as_mut().poll(cx);
            match (polled.is_ready(), since) {
                (false, None) => {
                    since = Some(Instant::now());
                    emit_in(
                        &self.0,
                        || debug!(target: TARGET, parent: &self.0, "queued"),
                    );
                }
                (true, Some(since)) => emit_in(&self.0, || {
                    debug!(
                        target: TARGET,
                        parent: &self.0,
                        seconds = since.elapsed().as_secs_f64(),
                        "left the queue",
                    )
                }),
                _ => {}
            }
            polled
        })
        .await
    }

    pub(crate) fn read_secrets(&self, policy: &Policy, secrets: &GrantedSecrets) {
        if !secrets.is_empty() {
            emit_in(&self.0, || {
                debug!(
                    target: TARGET,
                    parent: &self.0,
                    names = names(policy, secrets).as_str(),
                    "secrets read",
                )
            });
        }
    }

    pub(crate) fn called(&self, sha256: &str) {
        emit_in(&self.0, || {
            debug!(
                target: TARGET,
                parent: &self.0,
                sha256,
                "component called",
            )
        });
    }

    /// An attempt has failed, and another one follows.
    pub(crate) fn waiting(&self, wait: Duration) {
        emit_in(&self.0, || {
            info!(
                target: TARGET,
                parent: &self.0,
                seconds = wait.as_secs_f64(),
                "attempt failed",
            )
        });
    }

    pub(crate) fn ended(&self, end: &End<impl Enumeration + Copy>) {
        emit_in(&self.0, || {
            info!(
                target: TARGET,
                parent: &self.0,
                outcome = %Named(end.outcome),
                kind = end.kind.map(|kind| display(Named(kind))),
                stage = end.stage.map(|stage| display(Named(stage))),
                requests = end.requests,
                seconds = end.seconds,
                "ended",
            )
        });
    }
}

/// How a run ended.
pub(crate) struct End<O> {
    pub(crate) outcome: O,
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) stage: Option<Stage>,
    pub(crate) requests: u32,
    pub(crate) seconds: f64,
}

fn names(policy: &Policy, secrets: &GrantedSecrets) -> String {
    let names: Vec<&str> = policy.secrets().map(Secret::name).collect();
    let mut names = names.join(", ");
    secrets.redactor().redact(&mut names);
    names
}
