//! Step files: the HTTP request of a step, in YAML or JSON.
//!
//! A file is always read to its end. All errors are reported at once, each with its line and
//! column:
//!
//! ```
//! use http_step_file::{Body, Fields, Renderable, StepFile};
//!
//! let file = br#"
//! post: https://ci.example.com/hooks/${{ property.buildername }}
//! headers:
//!   Authorization: Bearer ${{ secret.HOOK_TOKEN }}
//! json:
//!   number: ${{ property.buildnumber }}
//!   state: done
//! timeout: [3, 30]
//! hide_request_headers: [Authorization]
//! "#;
//! let step = StepFile::parse(file)?;
//! assert_eq!(step.method, "POST");
//! assert_eq!(
//!     step.headers,
//!     Fields::Entries(vec![(
//!         "Authorization".to_owned(),
//!         "Bearer ${{ secret.HOOK_TOKEN }}".to_owned(),
//!     )])
//! );
//! assert!(matches!(step.body, Some(Body::Json(_))));
//! assert_eq!(step.allow_redirects, Renderable::Value(true));
//!
//! let file = b"url: ci.example.com/hooks\nmethod: post\nheader: {}\n";
//! assert_eq!(
//!     StepFile::parse(file).unwrap_err().to_string(),
//!     "1:6: `url`: the URL has no scheme; did you mean `https://…`?\n\
//!      2:9: Wrong method given: 'post' is not known, did you mean `POST`?\n\
//!      3:1: unknown key `header`, did you mean `headers`?"
//! );
//! # Ok::<(), http_step_file::Diagnostics>(())
//! ```
//!
//! Stages: bytes ─► values with positions ([`http_step_yaml`]) ─► the keys (`document`), each
//! read by the module with its name ─► [`StepFile`]. The keys are declared once; the reader and
//! the [`schema`] come from that declaration.

mod auth;
mod document;
mod expect;
mod fields;
mod files;
mod header;
mod header_names;
mod json;
mod method;
mod needs;
mod number;
mod poll;
mod proxies;
mod redirects;
mod renderable;
mod retry;
mod step_file;
mod text;
mod timeout;
mod tls;
mod url;

pub use http_step_policy::{PinnedKey, PinnedKeyError, ProxyUrl, TlsVersion, TlsVersionError};
pub use http_step_yaml::{Diagnostic, Diagnostics, Position};

pub use auth::Auth;
pub use document::schema;
pub use expect::{Expectation, Level, MAX_PATTERNS, Subject};
pub use fields::Fields;
pub use files::{File, FileContent, Filename};
pub use needs::Needs;
pub use poll::{Every, Polling, Within};
pub use proxies::Proxies;
pub use redirects::{DEFAULT_MAX_REDIRECTS, MAX_REDIRECTS};
pub use renderable::Renderable;
pub use retry::{IdempotencyKey, RetrySetting};
pub use step_file::{Body, MAX_LEN, StepFile};
pub use timeout::Timeouts;
pub use tls::{ClientCertificate, Tls, Verify};
