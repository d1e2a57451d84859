//! Runs HTTP steps that are WebAssembly components: sandboxed, with a guarded egress as the
//! only way to the network.
//!
//! A step is any component that exports the world `ci:http-step/step`: it gets a request to make,
//! the build's properties, and a log; it makes the request through `wasi:http`, judges the
//! response, and returns a result. It gets no file, no socket and no environment, and it reaches
//! only what the [`Policy`] of its run allows.
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
//!     "the policy does not allow http://127.0.0.1:9: no rule matches it",
//! );
//! # Ok(())
//! # }
//! ```
//!
//! A host emits spans and events of [`tracing`] with the target [`TRACE_TARGET`], in which there are no
//! values of secrets. A subscriber must not show other targets at level DEBUG or TRACE: the libraries
//! below the host emit headers and bodies as they are.

mod compile;
mod contract;
mod engine;
mod expect;
mod log;
mod result;
mod run;
mod spec;
mod stderr;
mod trace;
mod wasi;

pub use crate::compile::{
    Cache, CacheError, Cached, CompileLimits, Compiler, LoadError, compile_child,
};
pub use crate::engine::component::{Compiled, Interfaces, Step};
pub use crate::engine::resources::Resources;
pub use crate::engine::{Host, HostBuilder, HostError};
pub use crate::expect::check::{Check, CheckBy, CheckOutcome};
pub use crate::log::{LogEntry, Sink, Stream};
pub use crate::result::{
    Attempt, BodyDigest, Exchange, Header, Outcome, ReceivedResponse, RunError, RunResult,
    SentRequest, Usage,
};
pub use crate::run::Job;
pub use crate::spec::properties::Properties;
/// The target of the spans and events of [`tracing`].
pub use http_step_egress::trace::TARGET as TRACE_TARGET;
pub use http_step_egress::{
    Addresses, AuditError, AuditRow, ConnectionUse, ErrorKind, InjectedSecret, Protocol, Resolve,
    Seconds, SecretSource, SecretValue, Sent, Stage, SystemResolver, TlsFacts,
};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
/// The example of a host with a compiler.
#[cfg(doctest)]
#[doc = include_str!("../../docs/compile.md")]
struct CompilingComponents;

/// The step files that a [`Job`] is made of.
pub use http_step_file::{Diagnostics, StepFile};

/// JSON whose numbers keep their digits: properties and outputs.
pub use http_step_json as json;

/// What a run may reach and use.
pub use http_step_policy as policy;
pub use http_step_policy::{Budget, Exceeded, Limits, Origin, Policy};
