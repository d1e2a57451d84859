//! JSON whose numbers keep their digits.
//!
//! serde_json parses numbers as 64-bit integers or floats, which changes
//! `123456789012345678901234567890` to `1.2345678901234568e+29` and `1.10` to `1.1`. (Its
//! feature `arbitrary_precision` would change that for every crate of the build.) Here a
//! number is its text, so its digits stay as they are.
//!
//! ```
//! use http_step_json::Value;
//!
//! let text = r#"{"id":123456789012345678901234567890,"price":[1.10,1e400,-0]}"#;
//! assert_eq!(text.parse::<Value>()?.to_string(), text);
//! # Ok::<(), http_step_json::Error>(())
//! ```
//!
//! A number can also keep its spelling in a YAML file (`+15551234567`, `0x1F`), for use as
//! text. See [`Number::spelling`].

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
