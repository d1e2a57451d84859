//! YAML documents with diagnostics for every error.
//!
//! A file is always read to its end. All errors are reported at once, each with its line
//! and column and how to fix it. One declaration of the keys makes the reader, the list of
//! known keys and the JSON Schema:
//!
//! ```
//! use http_step_yaml::{FromNode, Kind, Node, Report, Reported, mapping, read, value_or};
//! use schemars::JsonSchema;
//!
//! const KIND: Kind = Kind {
//!     noun: "greeting",
//!     longest: 1024,
//!     most_values: 100,
//!     smallest: Some("loud: true"),
//! };
//!
//! mapping! {
//!     /// How to greet.
//!     struct Greeting as "a mapping, as in `loud: true`" {
//!         /// In capital letters.
//!         loud: bool,
//!         /// More than once.
//!         repeated: bool,
//!     }
//! }
//!
//! let loud = |file: &[u8]| read(file, &KIND, |root, report| {
//!     let greeting = Greeting::from_node(root, report)?;
//!     Ok((value_or(greeting.loud, false)?, value_or(greeting.repeated, false)?))
//! });
//! assert_eq!(loud(b"loud: true"), Ok((true, false)));
//! assert_eq!(
//!     loud(b"Loud: true\nrepeated: yes").unwrap_err().to_string(),
//!     "1:1: unknown key `Loud`, did you mean `loud`?\n\
//!      2:11: `repeated`: expected `true` or `false`, not a string; did you mean `true`?"
//! );
//! ```
//!
//! Stages: bytes ─► text (`syntax`) ─► size limits (`bounds`) ─► values with positions
//! (`tree`, `node`), scalars by the core schema of YAML 1.2 (`schema`) ─► keys (`mapping`).

mod bounds;
mod choice;
mod diagnostic;
mod document;
mod kind;
mod list;
mod mapping;
mod node;
mod other;
mod parser;
mod schema;
mod syntax;
mod tree;

pub use choice::choice;
pub use diagnostic::{Diagnostic, Diagnostics, Position, Report, Reported, excerpt};
pub use document::{read, schema};
pub use http_step_json::{Number, Value};
pub use kind::Kind;
pub use list::{List, Listed};
pub use mapping::{Given, similar, unknown_key, value, value_or};
pub use node::{Content, Entry, FromNode, Node, deserialize, read_all, read_text};
