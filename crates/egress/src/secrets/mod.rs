//! Secrets: a component holds handles, the way out knows the values.
//!
//! `source.rs` reads the values, `loan.rs` is one of them and its handle, `lent.rs` all
//! that one run is lent, and `hidden.rs` what of it is looked for. The way out puts values in (`fill.rs`) and takes them
//! out of what comes back (`scrub.rs`); what people are shown has neither
//! (`veil.rs`). `shroud.rs` is what finds them, kept for later runs by `fingerprint.rs`.

mod fingerprint;
mod hidden;
mod lent;
mod loan;
mod shroud;
mod source;
mod veil;

pub use self::lent::{LendError, Lent};
pub use self::loan::Unavailable;
pub use self::shroud::Shrouds;
pub use self::source::{SecretSource, SecretValue, Sources};
pub use self::veil::{Veil, VeiledText};

pub(crate) use self::fingerprint::{Fingerprint, Fingerprints};
pub(crate) use self::hidden::Masks;
pub(crate) use self::loan::Loan;
pub(crate) use self::veil::{HIDDEN, through};
