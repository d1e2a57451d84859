//! The egress gate: the only way for a step to reach the network. Every request of every run
//! passes [`Egress::send`].

mod admit;
mod auth;
mod body;
mod connect;
mod dry_run;
mod egress;
mod error;
mod exchange;
mod fair_semaphore;
mod flood;
mod flow;
mod headers;
mod idempotency;
mod inject;
mod redact;
mod requested;
mod retry;
mod secrets;
mod timeouts;
mod usage;

pub use http_step_signing::hmac::Encoding;
pub use http_step_signing::oauth2::ClientAuthentication;

pub use crate::auth::{
    Aws, Credentials, OAuth2, Placeholder, PlainSignature, RequestedScheme, SchemeError,
    SignatureForm,
};
pub use crate::body::BoxBody;
pub use crate::body::response::ResponseBody;
pub use crate::connect::resolve::{Addresses, Resolve, SystemResolver};
pub use crate::connect::tls::{Certificates, ClientCertificate, PemError, Roots, Trust};
pub use crate::egress::{DryRun, Egress, Transport};
pub use crate::error::failure::Failure;
pub use crate::error::{Error, ErrorKind, Sent, Stage};
pub use crate::flow::send::Sending;
pub use crate::headers::{field_bytes, header_bytes, is_forbidden, places_bytes};
pub use crate::idempotency::{Idempotency, KeySource, KeyedRequest};
pub use crate::requested::{Requested, RequestedProxies, RequestedTls};
pub use crate::secrets::{
    GrantError, GrantedSecrets, MatcherCache, Redactor, SecretFiles, SecretSource, SecretValue,
    Sources, StreamRedactor, UnavailableSecret,
};
pub use crate::timeouts::RequestOptions;
pub use crate::usage::RunUsage;
pub use crate::usage::audit::{
    AuditError, AuditLog, AuditRow, InjectedSecret, RequestFacts, Seconds,
};
pub use crate::usage::counters::UsageCounts;
pub use crate::usage::cpu::{BYTES_PER_POLL, CpuMeter};
pub use crate::usage::facts::{ConnectionUse, Protocol, TlsFacts};
pub use crate::usage::memory::{Reservation, RunMemory};
pub use crate::usage::notices::Notices;
pub use crate::usage::signal::{AbortReason, RunSignal};

/// What the host's spans and events have in common with those of requests.
pub mod trace {
    pub use crate::usage::trace::{Enumeration, Named, TARGET, emit_in};
}
