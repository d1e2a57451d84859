//! The one place where bytes become code that runs.

#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd as _;

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
/// [`PrivateDir`](super::private_dir::PrivateDir), by mapping it: what no step uses is not
/// read, and hosts share what they use. None if it can't be, or had better not: from a
/// network's file system a file can vanish while it is mapped, and who then reads it is
/// ended by the system.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "what is compiled before can be had in no other way"
)]
pub(super) fn map(engine: &Engine, kept: &Kept) -> Option<Component> {
    let file = kept.file();
    let system = rustix::fs::fstatfs(file).ok()?;
    if !LOCAL.contains(&(system.f_type as u32)) {
        return None;
    }
    // The very file that was checked, whatever has become of its name.
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    // SAFETY: `deserialize_file` wants what wasmtime has serialized, unchanged for as long
    // as it is used. A `Kept` exists only where the digest of its code is the one that
    // its label says, and the label names this engine. The file is this user's alone, in
    // a directory that only this user can write: who could change it could as well
    // change this process. Hosts never do: what they write is another file, which takes
    // this one's place, and what they remove a local file system keeps for as long as it
    // is mapped.
    unsafe { Component::deserialize_file(engine, open) }.ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn map(_: &Engine, _: &Kept) -> Option<Component> {
    None
}

/// File systems of this machine, by the number that statfs(2) has for them: ext4, XFS,
/// Btrfs, tmpfs, overlayfs, ZFS, F2FS, bcachefs.
#[cfg(target_os = "linux")]
const LOCAL: [u32; 8] = [
    0xef53,
    0x5846_5342,
    0x9123_683e,
    0x0102_1994,
    0x794c_7630,
    0x2fc1_2fc1,
    0xf2f5_2010,
    0xca45_1a4e,
];
