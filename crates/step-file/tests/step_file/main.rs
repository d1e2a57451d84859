//! Step files as users write them: what they mean, their errors, and how the schema describes them.

// So that clippy knows that helpers, too, may unwrap.
#![cfg(test)]

mod accepted;
mod diagnostics;
mod documents;
mod expectations;
mod expressions;
mod hostile;
mod schema;
mod unreadable;
