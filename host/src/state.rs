//! What a store holds beside the component: the host's side of one run.

use std::sync::Arc;

use http_step_egress::{Egress, Memory, Room};
use http_step_policy::Exceeded;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::clock::{CoarseMonotonicClock, CoarseWallClock};
use crate::log::{Log, Stream};
use crate::meter::MemoryMeter;
use crate::properties::Properties;
use crate::stderr::Stderr;
use crate::wasi::{Held, Hooks};

/// What a component may hold of the host's resources at a time: streams,
/// bodies, pollables, header tables. Each takes some hundred bytes; what they
/// hold beside, `wasi/held.rs` counts.
pub(crate) const HANDLES: usize = 512;

/// Bytes of a table of headers, as wasmtime counts them. Servers take about a
/// tenth of it.
pub(crate) const HEADER_BYTES: usize = 64 << 10;

/// Random bytes that a component may ask for in one call.
const RANDOM_BYTES: u64 = 64 << 10;

/// The host's side of one run.
pub(crate) struct State {
    hooks: Hooks,
    /// A secret that was asked for and is not lent.
    pub(crate) missing_secret: Option<String>,
    pub(crate) memory: MemoryMeter,
    pub(crate) held: Held,
    pub(crate) properties: Arc<Properties>,
    pub(crate) log: Log,
    /// How many of the journal's remarks are in the log.
    remarked: usize,
    pub(crate) stderr: Stderr,
    pub(crate) table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
}

impl State {
    pub(crate) fn new(
        egress: Egress,
        memory: &Arc<Memory>,
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
            hooks: Hooks(egress),
            missing_secret: None,
            memory: MemoryMeter::new(Arc::clone(memory)),
            held: Held::new(memory),
            properties,
            log,
            remarked: 0,
            stderr,
            table,
            wasi,
            http,
        }
    }

    /// The way out of the run.
    pub(crate) fn egress(&self) -> &Egress {
        &self.hooks.0
    }

    /// Write what was remarked on the way out, before what the component writes next.
    pub(crate) fn write_remarks(&mut self) {
        for line in self.egress().journal.remarks_from(self.remarked) {
            self.remarked += 1;
            self.log.write_line(Stream::Stderr, &line);
        }
    }
}

impl State {
    /// A text is on its way between the component and the host, so that both have it: there
    /// has to be room for that.
    pub(crate) fn hands_over(&self, bytes: usize) -> Result<(), Exceeded> {
        Room::of(self.egress().journal.memory(), bytes).map(drop)
    }
}

impl Drop for State {
    /// A body that the component did not finish must not look finished, and to
    /// drop its stream would end it.
    fn drop(&mut self) {
        self.egress().journal.close();
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
