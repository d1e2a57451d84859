//! What a component imports: `wasi:http` over the egress crate (`hooks.rs`), the contract's own
//! interfaces (`imports.rs`, `hash.rs`), and an empty WASI (`state.rs`). What the host holds for a
//! component counts as memory of its run (`resource_memory.rs`,
//! `counted_http.rs`).

mod clock;
mod counted_http;
mod hash;
mod hooks;
mod imports;
mod memory;
mod resource_memory;
pub(crate) mod state;

pub(crate) use self::counted_http::add_to_linker;
