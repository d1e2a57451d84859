//! The components in `guests/`. The build script lists them.

use std::fs;

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

impl Guest {
    /// The bytes of the component.
    pub fn wasm(self) -> Vec<u8> {
        fs::read(self.file()).unwrap_or_else(|error| panic!("{}: {error}", self.file()))
    }
}
