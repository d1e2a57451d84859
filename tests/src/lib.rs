//! What the integration tests share: a host, the components, servers.
//!
//! The tests in `tests/` run the real component in the real host against a real
//! server on a port that the system picks. `HTTP_STEP_COMPONENT` names another
//! file to run them with: the one that `cargo component build` makes.

mod alone;
mod authority;
mod bench;
mod bomb;
mod guest;
mod http_proxy;
mod names;
mod record;
mod scripted;
mod service;
mod socks;
mod streams;
mod trace_log;
mod traces;

pub use alone::alone;
pub use authority::{Authority, Issued, TlsServer};
pub use bench::{
    Bench, bench, host, host_builder, policy, reference, reference_of, run, run_with, step_file,
};
pub use bomb::{bomb, crowd};
pub use guest::Guest;
pub use http_proxy::HttpProxy;
pub use names::Names;
pub use record::{error, ledger, transcript};
pub use scripted::{Reaction, Scripted};
pub use service::{Answer, Recorded, Service, answer, redirect};
pub use socks::SocksProxy;
pub use streams::{Requested, ServerConnection, Streams};
pub use trace_log::TraceLog;
pub use traces::{Traces, forms};
