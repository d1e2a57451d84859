//! Secrets: a component holds handles, the gate knows the values.
//!
//! `source.rs` reads the values, `secret.rs` is a granted secret and its handle, `granted.rs` all
//! that a run is granted, and `redactions.rs` what is redacted, in order. `inject/` puts values
//! into requests and `redact.rs` takes them out of responses; what people are shown has neither
//! values nor handles (`redactor.rs`). `matcher.rs` finds values in text; matchers are cached for
//! later runs, by fingerprint (`fingerprint.rs`).

mod fingerprint;
mod granted;
mod matcher;
mod redactions;
mod redactor;
mod secret;
mod source;

pub use crate::secrets::granted::{GrantError, GrantedSecrets};
pub use crate::secrets::matcher::MatcherCache;
pub use crate::secrets::redactor::{Redactor, StreamRedactor};
pub use crate::secrets::secret::UnavailableSecret;
pub use crate::secrets::source::{SecretSource, SecretValue, Sources};

pub(crate) use crate::secrets::fingerprint::{Fingerprint, Fingerprints};
pub(crate) use crate::secrets::redactions::Passes;
pub(crate) use crate::secrets::redactor::{REDACTED, through};
pub(crate) use crate::secrets::secret::GrantedSecret;
