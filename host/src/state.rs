//! What a store holds beside the component: the host's side of one run.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::log::Log;
use crate::meter::MemoryMeter;
use crate::outbound::Egress;
use crate::properties::Properties;
use crate::stderr::Stderr;

/// What a component may hold of the host's resources at a time: streams,
/// bodies, pollables, header tables.
const HANDLES: usize = 4096;

/// Random bytes that a component may ask for in one call.
const RANDOM_BYTES: u64 = 64 << 10;

/// The host's side of one run.
pub(crate) struct State {
    pub(crate) egress: Egress,
    pub(crate) memory: MemoryMeter,
    pub(crate) properties: Properties,
    pub(crate) log: Log,
    pub(crate) stderr: Stderr,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
}

impl State {
    pub(crate) fn new(
        egress: Egress,
        memory: MemoryMeter,
        properties: Properties,
        log: Log,
    ) -> Self {
        let stderr = Stderr::default();
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        // No directory, environment, argument, input or socket.
        let wasi = WasiCtx::builder()
            .stderr(stderr.clone())
            .max_random_size(RANDOM_BYTES)
            .allow_tcp(false)
            .allow_udp(false)
            .build();
        Self {
            egress,
            memory,
            properties,
            log,
            stderr,
            table,
            wasi,
            http: WasiHttpCtx::new(),
        }
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
            hooks: &mut self.egress,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}
