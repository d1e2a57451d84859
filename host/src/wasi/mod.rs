//! What a component imports: `wasi:http` over the egress crate (`hooks.rs`), the contract's own
//! interfaces (`imports.rs`, `hash.rs`), and WASI over nothing (`state.rs`). What a component
//! has the host hold for it counts as memory of its run (`resource_memory.rs`).

mod clock;
mod hash;
mod hooks;
mod imports;
mod memory;
mod resource_memory;
pub(crate) mod state;

pub(crate) use self::resource_memory::add_to_linker;
