//! `wasi:http` over the egress crate: requests are handed over (`hooks.rs`), and what a
//! component has the host hold for it counts as memory of its run (`held.rs`).

mod held;
mod hooks;

pub(crate) use self::held::{Held, add_to_linker};
pub(crate) use self::hooks::Hooks;
