//! The signal with which the egress gate ends a run.

use std::future::pending;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use http_step_policy::{Exceeded, Origin};
use tokio::sync::Notify;

/// Why the egress gate ends a run.
#[derive(Debug, PartialEq)]
pub enum AbortReason {
    /// A budget is exceeded.
    Exceeded(Exceeded),
    /// The dry run is complete, with its output.
    DryRun(Vec<String>),
    /// A part of a secret was echoed, and the policy requires the run to stop.
    PartialEcho(String),
}

/// Ends a run, for the first reason.
#[derive(Debug, Default)]
pub struct RunSignal {
    exceeded: OnceLock<Exceeded>,
    dry_run: OnceLock<Vec<String>>,
    partial_echo: OnceLock<String>,
    closed: AtomicBool,
    aborted: Notify,
}

impl RunSignal {
    /// A budget is exceeded.
    pub(super) fn exceed(&self, exceeded: Exceeded) {
        // Only the first reason counts; later ones are consequences.
        let _ = self.exceeded.set(exceeded);
        self.aborted.notify_one();
    }

    /// The budget that is exceeded, if any.
    #[must_use]
    pub fn exceeded(&self) -> Option<Exceeded> {
        self.exceeded.get().cloned()
    }

    /// A dry run is complete.
    pub(crate) fn end_dry_run(&self, lines: Vec<String>) {
        let _ = self.dry_run.set(lines);
        self.aborted.notify_one();
    }

    /// A part of a secret or token was echoed, and the policy requires the run to stop.
    pub(super) fn stop_at_partial_echo(&self, what: &str, by: &Origin) {
        let _ = self.partial_echo.set(format!(
            "{by} echoed a part of {what}, and the policy says `partial_echo: stop`"
        ));
        self.aborted.notify_one();
    }

    /// Whether a partial echo ends the run.
    pub(crate) fn is_stopped(&self) -> bool {
        self.partial_echo.get().is_some()
    }

    /// The partial echo that ends the run, if any.
    #[must_use]
    pub fn partial_echo(&self) -> Option<&str> {
        self.partial_echo.get().map(String::as_str)
    }

    /// Wait until the egress gate ends the run. For a single waiter.
    pub async fn aborted(&self) -> AbortReason {
        self.aborted.notified().await;
        if let Some(reason) = self.partial_echo() {
            return AbortReason::PartialEcho(reason.to_owned());
        }
        match (self.exceeded(), self.dry_run.get()) {
            (Some(exceeded), _) => AbortReason::Exceeded(exceeded),
            (None, Some(lines)) => AbortReason::DryRun(lines.clone()),
            (None, None) => pending().await,
        }
    }

    /// The run has ended: nothing that it started may appear complete.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}
