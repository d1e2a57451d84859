//! The components in `guests/`. The build script lists them.

use std::fs;
use std::path::Path;

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

impl Guest {
    /// The bytes of the component.
    pub fn wasm(self) -> Vec<u8> {
        let path = Path::new(env!("HTTP_STEP_GUESTS"))
            .join(self.name())
            .with_extension("wasm");
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}
