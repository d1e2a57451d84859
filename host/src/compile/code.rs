//! The one place where bytes become code that runs.

use std::fs::File;
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

use super::artefact::{Artefact, Kept};

/// Load an artefact, which is to have come from this host, or from its compiler over
/// their pipe.
///
/// # Errors
///
/// The component needs more of the engine's pool than a component may have.
#[expect(
    unsafe_code,
    reason = "what is compiled before can be had in no other way"
)]
pub(super) fn load(engine: &Engine, artefact: &Artefact) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` wants what wasmtime has serialized, unchanged. An
    // `Artefact` exists only where the digest of its code is the one that its
    // label says, and the label names this engine. That wasmtime wrote it, its
    // origin says: this process made it; or the compiler did, which is a program
    // that the embedder chose, and nobody else holds the pipe. The bytes are ours,
    // and are copied, so nobody changes them afterwards.
    unsafe { Component::deserialize(engine, artefact.code()) }
}

/// Load what is kept in a file, which is to have come from this host's
/// [`PrivateDir`](super::private_dir::PrivateDir), where it is at `path`. The code is the
/// file's own pages: what no step uses is not read, and hosts share what they use.
///
/// # Errors
///
/// As [`load`]; or the file can't be mapped.
#[expect(
    unsafe_code,
    reason = "what is compiled before can be had in no other way"
)]
pub(super) fn map(engine: &Engine, kept: &Kept, path: &Path) -> wasmtime::Result<Component> {
    // The very file that was checked, where the system has a name for it.
    let open = open_file(kept.file());
    let path = open.as_deref().filter(|open| open.exists()).unwrap_or(path);
    // SAFETY: `deserialize_file` wants what wasmtime has serialized, unchanged for as long
    // as it is used. A `Kept` exists only where the digest of its code is the one that
    // its label says, and the label names this engine. The file is this user's alone, in
    // a directory that only this user can write: who could change it could as well
    // change this process. Hosts never do: what they write is another file, which takes
    // this one's place, and what they remove stays there for as long as it is mapped.
    unsafe { Component::deserialize_file(engine, path) }
}

/// A name of a file that is open, whatever has become of the one by which it was opened.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn open_file(file: &File) -> Option<PathBuf> {
    Some(format!("/proc/self/fd/{}", file.as_raw_fd()).into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn open_file(_: &File) -> Option<PathBuf> {
    None
}
