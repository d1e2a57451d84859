//! The reference step, ready to load.
//!
//! ```
//! // A WebAssembly component, not a core module.
//! assert_eq!(http_step_component::WASM[..8], *b"\0asm\x0d\0\x01\0");
//! ```

/// The component: the output of `cargo build -p http-step-guest --target wasm32-wasip2 --profile
/// component`, or in a build without optimization `--profile component-dev`.
pub static WASM: &[u8] = include_bytes!(env!("HTTP_STEP_WASM"));
