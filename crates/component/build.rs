//! Builds the guest for wasm32-wasip2, so that `cargo build` at the root gives a
//! program that works.

mod wasm;

use std::path::Path;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for source in [
        "guest",
        "crates/template",
        "wit",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let built = wasm::build(
        &root.join("Cargo.toml"),
        "component",
        &["--package", "http-step-guest", "--profile", "component"],
    );
    if let Some(folder) = built {
        let wasm = folder.join("component/http_step.wasm");
        println!("cargo::rustc-env=HTTP_STEP_WASM={}", wasm.display());
    }
}
