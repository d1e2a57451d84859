//! The whole program, as a user or a script meets it: arguments and files in,
//! standard output, standard error and an exit code out.
//!
//! What a test expects is written beside it, and `UPDATE_EXPECT=1` writes it
//! anew. Ports and directories read `ORIGIN` and `DIR`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

// The tests' own tools.
mod http_step;
mod server;

// What it runs.
mod properties;
mod proxies_of_environment;
mod step_file;
mod typed_request;

// What comes of it.
mod exit_codes;
mod formats;
mod grants;
mod policies;
mod secrets;
mod stopping;

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
