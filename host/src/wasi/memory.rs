//! A component's memory, against the limits of its run.

use std::sync::Arc;

use http_step_egress::{Reservation, RunMemory};
use wasmtime::ResourceLimiter;

/// All memories and tables of a component, counted together. A component may also reach its own
/// declared maximum, as WebAssembly specifies. They are released with the instance.
pub(crate) struct MemoryMeter(Reservation);

impl MemoryMeter {
    pub(crate) fn new(memory: &Arc<RunMemory>) -> Self {
        Self(Reservation::new(memory))
    }

    fn grow(&mut self, by: usize) -> wasmtime::Result<bool> {
        // An error rather than a refusal: a component that can't continue would only abort, and the
        // limit would not be named.
        self.0.grow(by)?;
        Ok(true)
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.grow(desired.saturating_sub(current))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let elements = desired.saturating_sub(current);
        self.grow(elements.saturating_mul(size_of::<usize>()))
    }
}
