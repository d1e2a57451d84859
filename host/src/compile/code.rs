//! The one place where bytes become code that runs.

use wasmtime::Engine;
use wasmtime::component::Component;

use super::artefact::Artefact;

/// Load an artefact, which is to have come from this host, from its compiler over
/// their pipe, or from its [`PrivateDir`](super::private_dir::PrivateDir).
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
    // that the embedder chose, and nobody else holds the pipe; or it was read
    // from a directory that only this user can write, and is this user's alone.
    // The bytes are ours, and are copied, so nobody changes them afterwards.
    unsafe { Component::deserialize(engine, artefact.code()) }
}
