//! Builds the components in `guests/`.

#[path = "../component/wasm.rs"]
mod wasm;

use std::path::Path;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for source in ["guests", "../wit", "../component/wasm.rs"] {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let built = wasm::build(
        &root.join("guests/Cargo.toml"),
        "guests",
        &["--release", "--examples", "--locked"],
    );
    if let Some(folder) = built {
        let guests = folder.join("release/examples");
        println!("cargo::rustc-env=HTTP_STEP_GUESTS={}", guests.display());
    }
}
