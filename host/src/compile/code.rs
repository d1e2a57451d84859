//! The only place where bytes become code that runs.

#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd as _;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::artefact::{Artefact, Kept};

/// Load an artefact, which must come from this host, or from its compiler over their pipe.
///
/// # Errors
///
/// The component needs more of the engine's pool than a component may use.
#[expect(
    unsafe_code,
    reason = "what is compiled before can be had in no other way"
)]
pub(super) fn load(engine: &Engine, artefact: &Artefact) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` requires what wasmtime has serialized, unchanged. An `Artefact` exists
    // only if the digest of its code is the one in its label, and the label names this engine. Its
    // origin ensures that wasmtime wrote it: either this process made it, or the compiler did,
    // which is a program that the embedder chose, and no other process holds the pipe. The bytes
    // are owned and copied, so nothing changes them afterwards.
    unsafe { Component::deserialize(engine, artefact.code()) }
}

/// Load what is kept in a file by mapping it, so that unused parts are not read, and hosts share
/// what they use. The file must come from this host's
/// [`PrivateDir`](super::private_dir::PrivateDir). None if it can't be mapped, or should not be: on
/// a network file system, a mapped file can vanish, and the system then kills the process that
/// reads it.
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
    // The file that was checked, even if its name now refers to another.
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    // SAFETY: `deserialize_file` requires what wasmtime has serialized, unchanged for as long as it
    // is used. A `Kept` exists only if the digest of its code is the one in its label, and the
    // label names this engine. The file belongs to this user, in a directory that only this user
    // can write: a process that could change it could as well change this process. Hosts never do:
    // they write another file that replaces this one, and a local file system keeps a removed file
    // for as long as it is mapped.
    unsafe { Component::deserialize_file(engine, open) }.ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn map(_: &Engine, _: &Kept) -> Option<Component> {
    None
}

/// Local file systems, by the number that statfs(2) returns for them: ext4, XFS, Btrfs, tmpfs,
/// overlayfs, ZFS, F2FS, bcachefs.
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
