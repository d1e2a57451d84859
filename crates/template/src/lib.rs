//! The `${{ … }}` expressions of a step file.
//!
//! | form | stands for |
//! |---|---|
//! | `${{ property.NAME }}` | the build property's value; unknown: an error |
//! | `${{ property.NAME \| default(JSON) }}` | the JSON value, if the property is unknown |
//! | `${{ secret.NAME }}` | the secret's handle; unknown: an error |
//! | `$${{` | the characters `${{` |
//!
//! A text that is wholly one expression is replaced by the value, with its JSON
//! type. Within other text a string stands as it is, null as nothing, a number as it
//! is spelled where it comes from, and any other value as JSON text. A value is never rendered again, so a property
//! that holds `${{ secret.TOKEN }}` brings in those characters and no secret.
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
