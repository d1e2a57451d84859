//! Secrets: a component holds handles, the way out knows the values.
//!
//! `source.rs` reads the values, `loan.rs` is what one run is lent. The way out puts
//! values in (`outbound/fill.rs`) and takes them out of what comes back
//! (`outbound/scrub.rs`); what people are shown has neither (`veil.rs`).

mod loan;
mod source;
mod veil;

pub use self::source::{SecretSource, SecretValue};

pub(crate) use self::loan::{Echo, LendError, Lent, Loan, Unavailable};
pub(crate) use self::source::Sources;
pub(crate) use self::veil::{HIDDEN, Veil, VeiledText};
