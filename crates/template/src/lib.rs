//! The `${{ … }}` expressions of a step file.
//!
//! | form | value |
//! |---|---|
//! | `${{ property.NAME }}` | the build property; an error if it is unknown |
//! | `${{ property.NAME \| default(JSON) }}` | the build property, or the JSON value if it is unknown |
//! | `${{ secret.NAME }}` | the secret's handle; an error if it is unknown |
//! | `$${{` | the characters `${{` |
//!
//! A text that consists of exactly one expression is replaced by the value, with its JSON
//! type. Inside other text, null is empty, a number keeps its spelling from the source, and
//! lists and objects are JSON text. Values are not rendered again: a property with the text
//! `${{ secret.TOKEN }}` inserts these characters, not the secret.
//!
//! ```
//! use http_step_template::{Names, Template, Value};
//!
//! struct Build;
//! impl Names for Build {
//!     fn property(&self, name: &str) -> Option<Value> {
//!         (name == "number").then(|| Value::from(7))
//!     }
//!     fn secret(&self, _: &str) -> Option<String> {
//!         None
//!     }
//! }
//!
//! let text = Template::parse("build ${{ property.number }}")?;
//! assert_eq!(text.render(&Build)?, Value::from("build 7"));
//!
//! let whole = Template::parse("${{ property.number }}")?;
//! assert_eq!(whole.render(&Build)?, Value::from(7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod escape;
mod parse;
mod render;

pub use escape::escape;
pub use http_step_json::Value;
pub use parse::{Part, Reference, SyntaxError, Template};
pub use render::{Names, RenderError, render_json, to_text};
