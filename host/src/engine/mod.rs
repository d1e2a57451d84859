//! The process-wide part: one engine, one linker and one transport, shared by all runs.

pub(crate) mod component;
pub(crate) mod resources;
pub(crate) mod slots;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http_step_egress::{
    Certificates, MatcherCache, Resolve, Roots, SecretSource, Sources, SystemResolver, Transport,
};
use thiserror::Error;
use wasmtime::component::Linker;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use self::slots::Slots;
use crate::compile::config;
use crate::compile::{Compiler, EngineId};
use crate::contract;
use crate::wasi;
use crate::wasi::state::State;

/// How often a running component is interrupted, to stop it or to let another run.
const TICK: Duration = Duration::from_millis(10);

/// How many core instances a component may have. One made by wit-bindgen has one; one that goes
/// through the adapter of `cargo component` is divided into four; one made by
/// componentize-py has 14.
const CORE_INSTANCES: u32 = 16;
const MEMORIES: u32 = 2;
const TABLES: u32 = 8;

/// Bytes of a stack that are wiped after a run, rather than returned to the system and mapped
/// again: more than most runs use.
const STACK_KEPT: usize = 32 << 10;

/// Bytes of a table that are wiped in the same way: all of it, for most components.
const TABLE_KEPT: usize = 8 << 10;

/// No memory of a component is larger, whatever a run's limits say.
const MAX_MEMORY: usize = 1 << 30;

/// Runs steps. One per process is enough; it is shared by reference.
///
/// ```
/// use http_step_host::{Host, Job, Policy, StepFile};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::new()?;
/// let step = host.load(http_step_component::WASM)?;
/// let file = StepFile::parse(b"get: https://example.com/")?;
/// let result = host.run(&step, Job::new(file, Policy::nothing())).await;
/// assert_eq!(result.summary, "Requested (denied)");
/// # Ok(())
/// # }
/// ```
pub struct Host {
    pub(crate) engine: Engine,
    pub(crate) engine_id: EngineId,
    pub(crate) compiler: Compiler,
    pub(crate) linker: Linker<State>,
    pub(crate) transport: Arc<Transport>,
    pub(crate) slots: Slots,
    pub(crate) requests: usize,
    pub(crate) sources: Sources,
    pub(crate) matchers: Arc<MatcherCache>,
}

impl Host {
    /// A host with the defaults of [`HostBuilder`].
    ///
    /// # Errors
    ///
    /// The machine does not provide what the engine needs.
    pub fn new() -> Result<Self, HostError> {
        Self::builder().build()
    }

    /// Configure a host.
    #[must_use]
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }
}

/// Configures a [`Host`].
pub struct HostBuilder {
    compiler: Compiler,
    concurrency: u32,
    queue: u32,
    memory: Option<u64>,
    requests: usize,
    resolver: Arc<dyn Resolve>,
    roots: Roots,
    sources: Sources,
}

impl Default for HostBuilder {
    fn default() -> Self {
        Self {
            compiler: Compiler::in_process(),
            concurrency: 1000,
            queue: 10_000,
            memory: None,
            requests: 1024,
            resolver: Arc::new(SystemResolver),
            roots: Roots::default(),
            sources: Sources::default(),
        }
    }
}

impl HostBuilder {
    /// How components are compiled; in this process by default.
    #[must_use]
    pub fn compiler(mut self, compiler: Compiler) -> Self {
        self.compiler = compiler;
        self
    }

    /// How many steps run at a time; 1000 by default. Further steps wait, which counts towards
    /// their wall time.
    #[must_use]
    pub fn concurrency(mut self, steps: u32) -> Self {
        self.concurrency = steps.max(1);
        self
    }

    /// How many steps wait to run; 10,000 by default. Further steps end at once, with an error of
    /// kind [`Overloaded`](crate::ErrorKind::Overloaded), rather than when their time is over. All
    /// [tenants](crate::Job::tenant) share this queue: an embedder with several tenants has to
    /// limit each of them.
    #[must_use]
    pub fn queue(mut self, steps: u32) -> Self {
        self.queue = steps;
        self
    }

    /// Bytes of memory that all running steps may take together; unlimited by default. Before a
    /// step starts, the memory that its [budget](crate::Limits::memory) allows is reserved for it,
    /// so that no running step is short of it. A step for which not enough is left waits in the
    /// same [queue](Self::queue), first come, first served; beyond the queue it ends with an error
    /// of kind [`Overloaded`](crate::ErrorKind::Overloaded). A step whose budget exceeds this limit
    /// would wait forever: it ends at once, with an error of kind
    /// [`Limit`](crate::ErrorKind::Limit).
    ///
    /// Not included are the host's own memory, loaded components, open connections, and results
    /// that the caller still holds.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// How many requests of all steps are in flight at a time; 1024 by default. Further requests
    /// wait, which counts towards the wall time of their step. Each takes a socket, or shares one;
    /// as many are kept open for later requests, up to a fourth of the files that the process may
    /// have open.
    ///
    /// A [tenant](crate::Job::tenant) starts a request only while it has fewer in flight than there
    /// are permits left: alone it gets half of all, two tenants get a third each, and permits are
    /// left for the next. Waiting requests that may start do so first come, first served. Jobs
    /// without a tenant may take all.
    #[must_use]
    pub fn requests(mut self, requests: u32) -> Self {
        self.requests = requests.max(1) as usize;
        self
    }

    /// How names become addresses; by the system's resolver by default.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolve) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// A source of secrets that a policy names as `SCHEME:REFERENCE`, such as a vault. `env` and
    /// `file` are built in.
    #[must_use]
    pub fn secret_source(mut self, scheme: &str, source: impl SecretSource) -> Self {
        self.sources.set(scheme, source);
        self
    }

    /// The certificates, in PEM, of the trusted authorities. By default the system's, or Mozilla's
    /// where the system has none.
    ///
    /// # Errors
    ///
    /// The text contains no certificate, or an invalid one.
    pub fn trust_roots(mut self, pem: &[u8]) -> io::Result<Self> {
        let certificates = Certificates::from_pem(pem)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.roots = Roots::Only(certificates);
        Ok(self)
    }

    /// Create the engine.
    ///
    /// # Errors
    ///
    /// The machine does not provide what the engine needs.
    pub fn build(self) -> Result<Host, HostError> {
        let engine = Engine::new(&config(self.concurrency)).map_err(HostError::new)?;
        let linker = linker(&engine).map_err(HostError::new)?;
        tick(&engine).map_err(HostError::new)?;
        Ok(Host {
            engine_id: EngineId::new(&engine),
            engine,
            compiler: self.compiler,
            linker,
            transport: Arc::new(Transport::new(self.resolver, self.roots, self.requests)),
            slots: Slots::new(self.concurrency, self.queue, self.memory),
            requests: self.requests,
            sources: self.sources,
            matchers: Arc::new(MatcherCache::default()),
        })
    }
}

/// The engine can't be created.
#[derive(Debug, Error)]
#[error("the WebAssembly engine can't be set up: {0}")]
pub struct HostError(String);

impl HostError {
    fn new(error: impl Into<wasmtime::Error>) -> Self {
        Self(format!("{:#}", error.into()))
    }
}

/// The engine's configuration: the compiler's, and a pool for instances.
fn config(concurrency: u32) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(concurrency)
        .total_core_instances(concurrency.saturating_mul(CORE_INSTANCES))
        .total_memories(concurrency.saturating_mul(MEMORIES))
        .total_tables(concurrency.saturating_mul(TABLES))
        .total_stacks(concurrency)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memory_size(MAX_MEMORY)
        .async_stack_keep_resident(STACK_KEPT)
        .table_keep_resident(TABLE_KEPT);
    // Memories are returned to the system: wiping them takes longer, and `pagemap_scan`, which
    // finds the written pages, misses those that were swapped out
    // (bytecodealliance/wasmtime#14357), which the next run could then read.
    let mut config = config::code();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        // A stack that was deep once would stay resident, and the next run could read what a run
        // left on it.
        .async_stack_zeroing(true);
    config
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    // The standard libraries import more of WASI than they use. All of it is there, over an empty
    // context.
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasi::add_to_linker(&mut linker)?;
    contract::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Advance the epoch for as long as the engine lives.
fn tick(engine: &Engine) -> io::Result<()> {
    let engine = engine.weak();
    thread::Builder::new()
        .name("http-step-epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })
        .map(drop)
}
