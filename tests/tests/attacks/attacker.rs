//! How a component attacks the host, and how its run is reported.

use std::time::Duration;

use http_step_host::{ErrorKind, Job, Limits, Policy, RunResult, Step};
use http_step_tests::{Guest, step_file};
use tokio::task::JoinHandle;

use crate::arena::ARENA;

/// The target of a component that may not reach anything.
pub const NOWHERE: &str = "http://127.0.0.1:9";

/// A run that attacks, or is attacked.
pub struct Attacker {
    step: &'static Step,
    step_file: String,
    orders: Option<String>,
    tenant: &'static str,
    policy: Policy,
    limits: Limits,
}

impl Attacker {
    /// A component that makes any request, and may reach one origin.
    pub fn new(guest: Guest, origin: &str) -> Self {
        Self::with(&ARENA.guests[&guest], origin)
    }

    /// The reference step, as the target of a server's attack.
    pub fn none(origin: &str) -> Self {
        Self::with(&ARENA.reference, origin)
    }

    fn with(step: &'static Step, origin: &str) -> Self {
        Self {
            step,
            step_file: format!("get: {origin}/"),
            orders: None,
            tenant: "",
            policy: Policy::nothing().allow(origin.parse().unwrap()),
            limits: Limits {
                wall: Duration::from_secs(5),
                cpu: Duration::from_secs(5),
                ..Limits::default()
            },
        }
    }

    /// The component's orders, one per line.
    pub fn orders<S: AsRef<str>>(mut self, orders: impl IntoIterator<Item = S>) -> Self {
        let lines: Vec<_> = orders
            .into_iter()
            .map(|order| order.as_ref().to_owned())
            .collect();
        self.orders = Some(lines.join("\n"));
        self
    }

    pub fn tenant(mut self, tenant: &'static str) -> Self {
        self.tenant = tenant;
        self
    }

    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    pub fn limits(mut self, set: impl FnOnce(&mut Limits)) -> Self {
        set(&mut self.limits);
        self
    }

    /// Run it, on the host's runtime.
    pub async fn run(self) -> RunResult {
        self.start().await.unwrap()
    }

    /// As [`run`](Self::run), to be aborted.
    pub fn start(self) -> JoinHandle<RunResult> {
        let mut text = self.step_file;
        if let Some(orders) = self.orders {
            // A string of JSON is one of YAML.
            text.push_str(&format!("\ndata: {}", serde_json::Value::from(orders)));
        }
        let job = Job::new(step_file(&text), self.policy)
            .tenant(self.tenant)
            .limits(self.limits);
        ARENA.runtime.spawn(ARENA.host.run(self.step, job))
    }
}

/// The result of a run as text.
pub fn report(result: &RunResult, origin: &str) -> String {
    let words = match &result.error {
        Some(error) => format!(
            "{:?}, {:?}, sent {:?}: {}",
            result.outcome, error.kind, error.sent, error.message
        ),
        None => format!("{:?}: {}", result.outcome, result.summary),
    };
    words.replace(origin, "ORIGIN")
}

/// What a component wrote to its log.
pub fn log(result: &RunResult, origin: &str) -> String {
    let text: String = result.log.iter().map(|entry| &*entry.text).collect();
    let authority = origin.split_once("://").unwrap().1;
    text.replace(authority, "HERE")
}

/// Why a component is not loaded.
pub async fn not_loaded(guest: Guest) -> String {
    match ARENA.host.load(&guest.wasm()) {
        Ok(_) => panic!("it is loaded"),
        Err(error) => format!("not loaded: {error}"),
    }
}

/// Assert that a run ended with an error of a kind.
pub fn ended_by(result: &RunResult, kind: ErrorKind) {
    let error = result.error.as_ref();
    assert_eq!(error.map(|error| error.kind), Some(kind), "{result:#?}");
}

/// An attack that needs no server, and has to end with an error of a kind.
pub async fn alone(guest: Guest, kind: ErrorKind) -> String {
    let result = Attacker::new(guest, NOWHERE).run().await;
    ended_by(&result, kind);
    report(&result, NOWHERE)
}
