//! What machine code depends on.

use wasmtime::Config;

/// The settings that machine code depends on. A compiler needs nothing else, and two engines with
/// the same settings can run each other's code.
pub(crate) fn code() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        // Steps are WASI 0.2: nothing in them runs concurrently.
        .concurrency_support(false)
        // Only backtraces need it, and it is a sixth of what is cached and loaded.
        .generate_address_map(false)
        .native_unwind_info(false)
        // Features that a step does not need are attack surface.
        .wasm_threads(false)
        .wasm_memory64(false)
        .wasm_gc(false)
        .gc_support(false)
        .wasm_exceptions(false)
        .wasm_function_references(false)
        .wasm_tail_call(false)
        .wasm_wide_arithmetic(false)
        .wasm_stack_switching(false);
    config
}
