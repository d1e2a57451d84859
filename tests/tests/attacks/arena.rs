//! The host that is attacked, and how a component is set on it.

use std::collections::BTreeMap;
use std::io;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use http_step_host::{Addresses, Host, Job, Limits, Policy, Resolve, RunResult, Step};
use http_step_tests::{Guest, reference_of, step_file};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::servers::certificates::AUTHORITY;

/// The host that is attacked. It has few slots, so that one that is not given
/// back is soon missed.
pub static ARENA: LazyLock<Arena> = LazyLock::new(Arena::new);

pub struct Arena {
    pub host: Host,
    /// All runs of a host belong on one runtime. The servers have another.
    runtime: Runtime,
    reference: Step,
    guests: BTreeMap<Guest, Step>,
}

impl Arena {
    fn new() -> Self {
        let host = Host::builder()
            .concurrency(16)
            .resolver(Names)
            .trust_roots(AUTHORITY.pem().as_bytes())
            .unwrap()
            .build()
            .unwrap();
        let reference = reference_of(&host);
        let guests = loaded(&host);
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        Self {
            host,
            runtime,
            reference,
            guests,
        }
    }
}

/// All components that are steps; those that are none are attacks by themselves.
/// They are compiled before the first attack, so that memory that is taken later
/// is taken by runs.
fn loaded(host: &Host) -> BTreeMap<Guest, Step> {
    let load = |guests: &[Guest]| -> Vec<_> {
        let steps = guests
            .iter()
            .map(|guest| (*guest, host.load(&guest.wasm())));
        steps
            .filter_map(|(guest, step)| Some((guest, step.ok()?)))
            .collect()
    };
    let (some, others) = Guest::ALL.split_at(Guest::ALL.len() / 2);
    let (some, others) = thread::scope(|scope| {
        let others = scope.spawn(|| load(others));
        (load(some), others.join().unwrap())
    });
    some.into_iter().chain(others).collect()
}

/// Names that lead where their owner pleases.
struct Names;

/// How often a name that rebinds was asked for.
pub static REBOUND: AtomicUsize = AtomicUsize::new(0);

impl Resolve for Names {
    fn resolve(&self, name: &str) -> Addresses {
        let addresses: Vec<String> = match name.trim_end_matches('.') {
            "localhost" | "loopback.test" => vec!["127.0.0.1".to_owned()],
            "metadata.test" => vec!["169.254.169.254".to_owned()],
            "mixed.test" => vec!["127.0.0.2".to_owned(), "127.0.0.1".to_owned()],
            // Another answer each time.
            "rebinds.test" => match REBOUND.fetch_add(1, Ordering::Relaxed) % 2 {
                0 => vec!["127.0.0.2".to_owned()],
                _ => vec!["127.0.0.1".to_owned()],
            },
            "many.test" => (0..10_000)
                .map(|index| format!("127.9.{}.{}", index / 250, index % 250))
                .collect(),
            "silent.test" => return Box::pin(std::future::pending()),
            _ => return Box::pin(async { Err(io::ErrorKind::NotFound.into()) }),
        };
        Box::pin(async move {
            Ok(addresses
                .iter()
                .map(|address| address.parse().unwrap())
                .collect())
        })
    }
}

/// A run that is an attack, or is attacked.
pub struct Attacker {
    step: &'static Step,
    step_file: String,
    orders: Option<String>,
    policy: Policy,
    limits: Limits,
}

impl Attacker {
    /// A component that asks for what it pleases, and may reach one origin.
    pub fn of(guest: Guest, origin: &str) -> Self {
        Self::with(&ARENA.guests[&guest], origin)
    }

    /// The reference step, which is to be deceived by what it asks.
    pub fn none(origin: &str) -> Self {
        Self::with(&ARENA.reference, origin)
    }

    fn with(step: &'static Step, origin: &str) -> Self {
        Self {
            step,
            step_file: format!("get: {origin}/"),
            orders: None,
            policy: Policy::nothing().allow(origin.parse().unwrap()),
            limits: Limits {
                wall: Duration::from_secs(5),
                cpu: Duration::from_secs(5),
                ..Limits::default()
            },
        }
    }

    /// What a component is to do, a line each.
    pub fn orders<S: AsRef<str>>(mut self, orders: impl IntoIterator<Item = S>) -> Self {
        let lines: Vec<_> = orders
            .into_iter()
            .map(|order| order.as_ref().to_owned())
            .collect();
        self.orders = Some(lines.join("\n"));
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

    /// As [`run`](Self::run), to be broken off.
    pub fn start(self) -> JoinHandle<RunResult> {
        let mut text = self.step_file;
        if let Some(orders) = self.orders {
            // A string of JSON is one of YAML.
            text.push_str(&format!("\ndata: {}", serde_json::Value::from(orders)));
        }
        let job = Job::new(step_file(&text), self.policy).limits(self.limits);
        ARENA.runtime.spawn(ARENA.host.run(self.step, job))
    }
}

/// What came of a run, in its own words.
pub fn told(result: &RunResult, origin: &str) -> String {
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
