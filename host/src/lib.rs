//! Runs HTTP steps that are WebAssembly components: sandboxed, with one guarded
//! way out.
//!
//! A step is any component that exports the world `ci:http-step/step`: it is
//! given a request to make, the build's properties, and a log; it makes the
//! request by `wasi:http`, judges the answer, and ends in a result. It gets no
//! file, no socket, no environment, and it reaches only what the [`Policy`] of
//! its run allows.
//!
//! ```
//! use http_step_host::{Host, Job, Outcome, Policy, Properties, StepFile, Stream};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Host::new()?;
//! let step = host.load(http_step_component::WASM)?;
//!
//! let file = StepFile::parse(b"post: http://127.0.0.1:9/builds/${{ property.number }}")?;
//! let job = Job::new(file, Policy::nothing())
//!     .properties(Properties::from([("number", 7)]))
//!     .sink(|stream: Stream, text: &str| eprint!("{stream:?}: {text}"));
//! let result = host.run(&step, job).await;
//!
//! assert_eq!(result.outcome, Outcome::Denied);
//! assert_eq!(
//!     result.error.unwrap().message,
//!     "the policy does not allow http://127.0.0.1:9: no rule names it; \
//!      `--allow http://127.0.0.1:9` would",
//! );
//! # Ok(())
//! # }
//! ```
//!
//! The modules stand in the order in which a request goes through them.

// From step file to request-spec.
mod asked;
mod files;
mod properties;
mod request;

// The component, and the engine it runs in.
mod clock;
mod compile;
mod component;
mod contract;
mod engine;
mod hash;
mod meter;
mod resources;
mod run;
mod slots;
mod state;
mod stderr;

// wasi:http over the egress crate.
mod wasi;

// What comes of it.
mod answer;
mod breakdown;
mod ending;
mod log;
mod result;

pub use crate::compile::{Cache, CacheError, Cached, CompileLimits, Compiler, compile_child};
pub use crate::component::{Compiled, Interfaces, LoadError, Step};
pub use crate::engine::{Host, HostBuilder, HostError};
pub use crate::log::{LogEntry, Sink, Stream};
pub use crate::properties::Properties;
pub use crate::resources::Resources;
pub use crate::result::{
    BodyDigest, Exchange, Header, Outcome, ReceivedResponse, RunError, RunResult, SentRequest,
    Usage,
};
pub use crate::run::Job;
pub use http_step_egress::{
    Addresses, ConnectionUse, ErrorKind, LedgerError, LedgerRow, LentSecret, Protocol, Resolve,
    Seconds, SecretSource, SecretValue, Sent, Stage, SystemResolver, TlsFacts,
};
/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
/// The example of how a host compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/compile.md")]
struct CompilingComponents;

/// The step files that a [`Job`] is made of.
pub use http_step_file::{Mistakes, StepFile};

/// JSON whose numbers keep their digits: properties and outputs.
pub use http_step_json as json;

/// What a run may reach and use.
pub use http_step_policy as policy;
pub use http_step_policy::{Budget, Exceeded, Limits, Origin, Policy};
