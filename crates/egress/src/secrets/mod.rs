//! Secrets: a component holds handles, the egress gate knows the values.
//!
//! `source.rs` reads the values, `files.rs` knows the files among their sources, `secret.rs` is a granted secret and its handle, `granted.rs` all
//! that a run is granted, and `redactions.rs` what is redacted, in order. `inject/` puts values
//! into requests and `redact.rs` takes them out of responses; what people are shown has neither
//! values nor handles (`redactor.rs`). `matcher.rs` finds values in text; matchers are cached for
//! later runs, by fingerprint (`fingerprint.rs`).

mod files;
mod fingerprint;
mod grant_error;
mod granted;
mod matcher;
mod redactions;
mod redactor;
mod secret;
mod source;
mod stream_redactor;

pub use self::files::SecretFiles;
pub use self::grant_error::GrantError;
pub use self::granted::GrantedSecrets;
pub use self::matcher::MatcherCache;
pub use self::redactor::Redactor;
pub use self::secret::UnavailableSecret;
pub use self::source::{SecretSource, SecretValue, Sources};
pub use self::stream_redactor::StreamRedactor;

pub(crate) use self::fingerprint::{Fingerprint, Fingerprints};
pub(crate) use self::matcher::Room;
pub(crate) use self::redactions::{Passes, SignatureError};
pub(crate) use self::redactor::{REDACTED, Redacted, through};
pub(crate) use self::secret::GrantedSecret;
