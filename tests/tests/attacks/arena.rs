//! The host under attack, and the names that it resolves.

use std::collections::BTreeMap;
use std::io;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use http_step_host::{Addresses, Host, Resolve, Step};
use http_step_tests::{Guest, reference_of};
use tokio::runtime::{Builder, Runtime};

use crate::servers::certificates::AUTHORITY;

/// The host under attack. It has few slots, so that one which is not given back is soon missed.
pub static ARENA: LazyLock<Arena> = LazyLock::new(Arena::new);

pub struct Arena {
    pub host: Host,
    /// All runs of a host belong on one runtime. The servers have another.
    pub runtime: Runtime,
    pub reference: Step,
    pub guests: BTreeMap<Guest, Step>,
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

/// All components that are steps; loading the others is an attack by itself. They are compiled
/// before the first attack, so that memory which is taken later is taken by runs.
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

/// Names that resolve as their owner pleases.
struct Names;

/// How often the rebinding name was looked up.
pub static REBOUND: AtomicUsize = AtomicUsize::new(0);

/// How many lookups of a name that is never answered were started, and abandoned.
pub static GIVEN_UP: AtomicUsize = AtomicUsize::new(0);

impl Resolve for Names {
    fn resolve(&self, name: &str) -> Addresses {
        let addresses: Vec<String> = match name.trim_end_matches('.') {
            "localhost" | "loopback.test" => vec!["127.0.0.1".to_owned()],
            "metadata.test" => vec!["169.254.169.254".to_owned()],
            "mixed.test" => vec!["127.0.0.2".to_owned(), "127.0.0.1".to_owned()],
            // A different answer each time.
            "rebinds.test" => match REBOUND.fetch_add(1, Ordering::Relaxed) % 2 {
                0 => vec!["127.0.0.2".to_owned()],
                _ => vec!["127.0.0.1".to_owned()],
            },
            "many.test" => (0..10_000)
                .map(|index| format!("127.9.{}.{}", index / 250, index % 250))
                .collect(),
            "given-up.test" => {
                GIVEN_UP.fetch_add(1, Ordering::Relaxed);
                return Box::pin(std::future::pending());
            }
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
