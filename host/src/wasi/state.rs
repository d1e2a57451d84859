//! What a store holds beside the component: the host's side of one run.

use std::sync::Arc;

use http_step_egress::{Egress, Reservation, RunMemory};
use http_step_policy::Exceeded;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::clock::{CoarseMonotonicClock, CoarseWallClock};
use super::hooks::Hooks;
use super::memory::MemoryMeter;
use super::resource_memory::ResourceMemory;
use crate::expect::observed::Observer;
use crate::log::{Log, Stream};
use crate::spec::properties::Properties;
use crate::stderr::Stderr;

/// How many of the host's resources a component may hold at a time: streams, bodies, pollables,
/// header tables. Each takes some hundred bytes; `wasi/resource_memory.rs` counts what they hold
/// beside.
pub(crate) const HANDLES: usize = 512;

/// The maximum size of a table of headers, as wasmtime counts it. Servers accept about a tenth of
/// it.
pub(crate) const HEADER_BYTES: usize = 64 << 10;

/// Random bytes that a component may request in one call.
const RANDOM_BYTES: u64 = 64 << 10;

/// The host's side of one run.
pub(crate) struct State {
    hooks: Hooks,
    /// A secret that was requested and is not granted.
    pub(crate) missing_secret: Option<String>,
    pub(crate) memory: MemoryMeter,
    pub(crate) resource_memory: ResourceMemory,
    pub(crate) properties: Arc<Properties>,
    pub(crate) log: Log,
    pub(crate) stderr: Stderr,
    pub(crate) table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
}

impl State {
    pub(crate) fn new(
        egress: Egress,
        observer: Option<Arc<Observer>>,
        memory: &Arc<RunMemory>,
        properties: Arc<Properties>,
        log: Log,
    ) -> Self {
        let stderr = Stderr::default();
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        // No directory, environment, argument, input or socket.
        let wasi = WasiCtx::builder()
            .stderr(stderr.clone())
            .max_random_size(RANDOM_BYTES)
            .wall_clock(CoarseWallClock)
            .monotonic_clock(CoarseMonotonicClock::start())
            .allow_tcp(false)
            .allow_udp(false)
            .build();
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADER_BYTES);
        Self {
            hooks: Hooks { egress, observer },
            missing_secret: None,
            memory: MemoryMeter::new(memory),
            resource_memory: ResourceMemory::new(memory),
            properties,
            log,
            stderr,
            table,
            wasi,
            http,
        }
    }

    /// The egress gate of the run.
    pub(crate) fn egress(&self) -> &Egress {
        &self.hooks.egress
    }

    /// Write the gate's notices, before the component's next text.
    pub(crate) fn write_notices(&mut self) {
        for line in self.egress().usage.notices().take_new() {
            self.log.write_line(Stream::Stderr, &line);
        }
    }
}

impl State {
    /// A text is passed between the component and the host, so both hold it: there has to be room
    /// for that.
    pub(crate) fn hands_over(&self, bytes: usize) -> Result<(), Exceeded> {
        Reservation::with_bytes(self.egress().usage.memory(), bytes).map(drop)
    }
}

impl Drop for State {
    /// A body that the component did not finish must not look finished, and dropping its stream
    /// would end it.
    fn drop(&mut self) {
        self.egress().usage.signal().close();
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}
