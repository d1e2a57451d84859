//! Secrets: a component holds handles, the egress gate knows the values.
//!
//! `source.rs` reads the values, `files.rs` keeps the files of values from steps, `secret.rs`
//! contains a granted secret and its handle, `granted.rs` everything that is granted to a run, and
//! `redactions.rs` what is redacted, in order. `inject/` injects values into requests and
//! `redact.rs` redacts them in responses; output for users contains neither values nor handles
//! (`redactor.rs`, `stream_redactor.rs`). `matcher.rs` finds values in text; matchers are cached for
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
pub(crate) use self::redactions::{AddError, PartsOf, Passes};
pub(crate) use self::redactor::{REDACTED, Redacted};
pub(crate) use self::secret::GrantedSecret;
