//! The whole program, as a user or a script runs it: arguments and files in, standard output,
//! standard error and an exit code out.
//!
//! The expected output is next to each test; `UPDATE_EXPECT=1` rewrites it. Ports and directories
//! are shown as `ORIGIN` and `DIR`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

// The tests' tools.
mod http_step;
mod server;

// The input of a run.
mod properties;
mod proxies_of_environment;
mod step_file;
mod typed_request;

// The output of a run.
mod exit_codes;
mod formats;
mod grants;
mod policies;
mod secrets;
mod stopping;
mod verbose;

// What it refuses, and what it does not pass on.
mod bad_arguments;
mod bad_components;
mod bad_step_files;
mod hostile_output;
mod lost_output;

// The other subcommands.
mod check;
mod compile;
mod demo;
mod help;
mod inspect;
mod readme;
mod schema_and_completions;
