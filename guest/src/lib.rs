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
//! | plain data → request | `request`, `method`, `target`, `form`, `header`, `body`, `multipart`, `auth` |
//! | request → response | `follow`, `redirect`, `cookies`; `transport` and `error_code` for wasi:http |
//! | response → text | `content`, `digest`, `text`, `media_type` |
//! | text → log | `layout`, `log`, `mask` |
//! | status → result | `judge`, `error` |
//!
//! Only `component` and `transport` call the host. The rest is rules.

mod auth;
mod bindings;
mod body;
mod component;
mod content;
mod cookies;
mod digest;
mod error;
mod error_code;
mod follow;
mod form;
mod header;
pub mod host;
mod judge;
mod layout;
mod log;
mod mask;
mod media_type;
mod method;
mod multipart;
mod redirect;
mod render;
mod request;
pub mod step;
mod target;
mod text;
mod transport;

pub use bindings::ci::http_step::types as contract;
