//! What a response has to be like: `expect` of a step file.
//!
//! A value to be equal to, or a mapping of predicates, is [`parse`]d for a [`Kind`] of subject, and
//! checked for what was found:
//!
//! ```
//! use http_step_expect::{Kind, parse};
//!
//! let status = parse(&r#"[200, "3xx"]"#.parse()?, Kind::Status)?;
//! assert!(status.check(Some(&304.into())).is_ok());
//! assert_eq!(
//!     status.check(Some(&404.into())).unwrap_err().to_string(),
//!     "expected 200 or 3xx, found 404"
//! );
//!
//! let state = parse(&r#"{"not": {"starts_with": "draft"}}"#.parse()?, Kind::Json)?;
//! assert!(state.check(Some(&"published".into())).is_ok());
//! // `not` needs a value, too.
//! assert_eq!(state.check(None).unwrap_err().found, "nothing");
//!
//! let error = parse(&r#"{"starts-with": "draft"}"#.parse()?, Kind::Text).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "`starts-with`: unknown predicate `starts-with`, did you mean `starts_with`?"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is found is hostile, such as the body of a response: a check takes time linear in it, and its
//! texts are short. Numbers are compared exactly, whatever their length.
//!
//! Stages: value ─► names (`name`, `kind`) and values to compare with (`bare`) ─► tests (`parse`) ─►
//! an answer (`test`) ─► what was expected (`describe`) and found (`mismatch`).

mod bare;
mod describe;
mod difference;
mod error;
mod kind;
mod mismatch;
mod name;
mod number;
mod parse;
mod pattern;
mod predicate;
mod shown;
mod size;
mod status;
mod test;
mod value_type;

pub use error::{PathItem, PredicateError};
pub use kind::Kind;
pub use mismatch::Mismatch;
pub use parse::{parse, patterns};
pub use pattern::MAX_SIZE as MAX_PATTERN_SIZE;
pub use predicate::Predicate;
pub use shown::excerpt;
pub use size::bytes_with_unit;
pub use status::{StatusPattern, StatusPatternError};
