//! Builds the guest for wasm32-wasip2, so that `cargo build` in the root folder produces a working
//! program.

mod wasm;

use std::env;
use std::path::{Path, PathBuf};

/// The path of a prebuilt component, which is embedded instead of the guest.
const PREBUILT: &str = "HTTP_STEP_COMPONENT_WASM";

fn main() {
    println!("cargo::rerun-if-env-changed={PREBUILT}");
    let component = match env::var_os(PREBUILT) {
        Some(file) => Some(prebuilt(Path::new(&file))),
        None => guest(),
    };
    if let Some(wasm) = component {
        println!("cargo::rustc-env=HTTP_STEP_WASM={}", wasm.display());
    }
}

fn prebuilt(file: &Path) -> PathBuf {
    if file.is_relative() {
        println!("cargo::error={PREBUILT} has to be an absolute path");
    }
    println!("cargo::rerun-if-changed={}", file.display());
    file.to_owned()
}

fn guest() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for source in [
        "guest",
        "crates/json",
        "crates/template",
        "wit",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let is_release = env::var_os("PROFILE").is_some_and(|profile| profile == "release");
    let profile = if is_release {
        "component"
    } else {
        "component-dev"
    };
    let folder = wasm::build(
        &root.join("Cargo.toml"),
        profile,
        &["--package", "http-step-guest"],
    )?;
    Some(folder.join("http_step.wasm"))
}
