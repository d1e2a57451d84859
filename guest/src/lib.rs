//! The reference step: one HTTP request, as Buildbot's HTTPStep makes it.
//!
//! For `wasm32-wasip2` this is a component of the world `step` in `wit/`. On any
//! other target it is a library, in which a [`Host`](host::Host) stands for the
//! component's imports.
//!
//! The modules, in the order of the data's way:
//!
//! | stage | modules |
//! |---|---|
//! | the edge | `component` (export and imports), `bindings` (generated), [`host`] |
//! | the stages, in order | [`step`] |
//! | spec → plain data | `render` |
//! | plain data → request | `request` |
//! | request → response, hop by hop | `exchange`; its `transport` speaks wasi:http |
//! | response → text | `response` |
//! | text → log | `log` |
//! | status → result | `judge`, `error` |
//!
//! Only `component` and `exchange::transport` call the host. The rest is rules.

mod bindings;
mod component;
mod digest;
mod error;
mod exchange;
pub mod host;
mod judge;
mod log;
mod render;
mod request;
mod response;
pub mod step;

pub use bindings::ci::http_step::auth as credentials;
pub use bindings::ci::http_step::types as contract;
