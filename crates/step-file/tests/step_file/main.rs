//! Step files as people write them: what they mean, what is wrong with them, and
//! what the schema says of them.

// By this clippy knows that helpers, too, may unwrap.
#![cfg(test)]

mod accepted;
mod diagnostics;
mod documents;
mod expressions;
mod hostile;
mod schema;
mod unreadable;
