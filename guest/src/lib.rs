//! The reference step: one HTTP request, as Buildbot's HTTPStep makes it.
//!
//! For `wasm32-wasip2` this is a component of the world `step` in `wit/`. For any other target it
//! is a library, with a [`HostImports`](host::HostImports) in place of the component's imports.
//!
//! The modules, in the order of the data flow:
//!
//! | stage | modules |
//! |---|---|
//! | interface | `component` (export and imports), `bindings` (generated), [`host`] |
//! | the stages, in order | [`step`] |
//! | spec → plain data | `render` |
//! | plain data → request | `request` |
//! | request → response, hop by hop | `exchange`, whose `transport` uses wasi:http |
//! | response → text | `response` |
//! | text → log | `log` |
//! | status → result | `judge` |
//!
//! Stages share `header`, `method`, `percent`, `cookies` and `digest`. Only `component` and `exchange::transport` call the host.

mod bindings;
mod component;
mod cookies;
mod digest;
mod exchange;
mod header;
pub mod host;
mod judge;
mod log;
mod method;
mod percent;
mod render;
mod request;
mod response;
pub mod step;

pub use bindings::ci::http_step::auth as credentials;
pub use bindings::ci::http_step::types as contract;
