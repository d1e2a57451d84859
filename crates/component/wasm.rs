//! Runs cargo within cargo, for the parts that are WebAssembly. The tests' build script also uses
//! it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// Build a workspace with `arguments`, in this profile. Returns the folder of the output; none if
/// it fails, in which case cargo has printed the error.
pub(crate) fn build(manifest: &Path, profile: &str, arguments: &[&str]) -> Option<PathBuf> {
    // A separate folder: the outer cargo holds the lock of the common one. The component and the
    // tests' guests share it, and with it the macros that both use.
    let target_dir = target_dir()?.join("wasm");
    let output = Command::new(env::var_os("CARGO")?)
        .arg("build")
        .args(arguments)
        .args(["--locked", "--profile", profile])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&target_dir)
        .arg("--manifest-path")
        .arg(manifest)
        // The outer build's settings are for this machine's code.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .output();
    match output {
        Ok(output) if output.status.success() => {
            return Some(target_dir.join(TARGET).join(profile));
        }
        Ok(output) => complain(&String::from_utf8_lossy(&output.stderr)),
        Err(error) => println!("cargo::error=cargo could not be run: {error}"),
    }
    None
}

fn complain(words: &str) {
    if words.contains("target may not be installed") {
        println!(
            "cargo::error=the target {TARGET} is not installed: run `make setup` first, or `rustup target add {TARGET}`"
        );
        return;
    }
    for line in words.lines() {
        println!("cargo::error={line}");
    }
}

/// `target`, of `target/PROFILE/build/PACKAGE/out`.
fn target_dir() -> Option<PathBuf> {
    let out = PathBuf::from(env::var_os("OUT_DIR")?);
    let build = out
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "build"))?;
    Some(build.parent()?.parent()?.to_owned())
}
