//! JSON whose numbers keep their digits.
//!
//! serde_json reads a number as a 64-bit integer or float, so that
//! `123456789012345678901234567890` comes out as `1.2345678901234568e+29` and
//! `1.10` as `1.1`. (Its feature `arbitrary_precision` would change that for every
//! crate of the build.) Here a number is its text: the digits that go in come out.
//!
//! ```
//! use http_step_json::Value;
//!
//! let text = r#"{"id":123456789012345678901234567890,"price":[1.10,1e400,-0]}"#;
//! assert_eq!(text.parse::<Value>()?.to_string(), text);
//! # Ok::<(), http_step_json::Error>(())
//! ```
//!
//! A number can also keep how the YAML file that it comes from spells it
//! (`+15551234567`, `0x1F`), for places where a text is wanted. See
//! [`Number::spelling`].

mod number;
mod parse;
mod serialize;
mod spelled;
mod value;
mod weight;

pub use number::{NotANumber, Number};
/// Text that is not JSON.
pub use serde_json::Error;
pub use value::{Map, Value};
pub use weight::weight;
