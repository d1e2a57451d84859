//! What the integration tests share: a host, the components, servers.
//!
//! The tests in `tests/` run the real component in the real host against a real
//! server on a port that the system picks. `HTTP_STEP_COMPONENT` names another
//! file to run them with: the one that `cargo component build` makes.

mod bench;
mod bomb;
mod guest;
mod record;
mod scripted;
mod service;

pub use bench::{host, reference, reference_of, run, run_with, step_file};
pub use bomb::{bomb, crowd};
pub use guest::Guest;
pub use record::transcript;
pub use scripted::Scripted;
pub use service::{Answer, Recorded, Service};
