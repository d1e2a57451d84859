//! Injection of secrets into requests, and redaction of secrets in responses, without I/O.
//!
//! A component holds a [`Handle`] in place of a [`Value`]. In requests, a [`Replacer`]
//! replaces the handle with the value, [encoded](encode()) for its place. In responses,
//! another one replaces all [forms](PatternsBuilder::value) of the value, in one pass over a
//! stream that can be split anywhere.
//!
//! ```
//! use std::sync::Arc;
//! use http_step_redact::{Handles, Patterns, Replacer, Value};
//!
//! let value = Value::new(b"pass word".to_vec())?;
//! let handle = Handles::new()?.next()?;
//! let back = Arc::new(Patterns::builder().value(0, &value).build()?);
//! let handles = [handle.as_str().as_bytes().to_vec().into()];
//! let mut replacer = Replacer::steady(back, handles.into());
//!
//! let mut seen = replacer.feed(b"{\"echo\": \"cGFzcyB3b");
//! seen.extend(replacer.feed(b"3Jk\", \"url\": \"/?q=pass+wo"));
//! seen.extend(replacer.feed(b"rd\"}"));
//! seen.extend(replacer.finish());
//! let expected = format!("{{\"echo\": \"{handle}\", \"url\": \"/?q={handle}\"}}");
//! assert_eq!(String::from_utf8(seen)?, expected);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod automaton;
mod decoder;
mod digits;
mod encode;
mod escape;
mod forms;
mod handle;
mod inner;
mod input;
mod inside;
mod lanes;
mod lists;
mod machine;
mod open;
mod partial;
mod patterns;
mod random;
mod reading;
mod replacer;
mod runs;
mod scan;
mod shared;
mod spelling;
mod table;
mod text;
mod typed;
mod units;
mod value;
mod view;

pub use encode::{Context, EncodeError, encode};
pub use handle::{HANDLE_BYTES, Handle, Handles, NoRandomness};
pub use inner::{inner_values, random_pieces};
pub use open::OpenEscape;
pub use patterns::{Patterns, PatternsBuilder, TooMuch};
pub use replacer::{Replacements, Replacer, through};
pub use value::{MAX_LEN, MIN_REDACTED, Value, ValueError};
