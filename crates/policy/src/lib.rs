//! Policies: what a step may reach, and how much it may use. Without I/O.
//!
//! A [`Policy`] is read from a YAML file ([`Policy::parse`], described in `docs/policy.md` and by
//! [`schema`]) or built in code. The host consults it several times for each request:
//! [`Policy::admit`] with the origin and method, [`Permit::check_address`] with each address
//! that the origin's name resolves to, [`Permit::tls`] with the TLS settings of the step file,
//! and [`Secret::admit`] with each secret in the request. [`Policy::admit_file`] decides whether
//! a file may be read that the step file names. [`Limits`] limit everything else.
//!
//! ```
//! use http_step_policy::Policy;
//!
//! let policy = Policy::parse(b"
//! allow:
//!   - origin: https://*.example.com
//!     methods: [GET]
//! ", "policy.yaml")?;
//! let permit = policy.admit(&"https://api.example.com".parse()?, "GET")?;
//! assert_eq!(permit.rule().to_string(), "policy.yaml:3: https://*.example.com");
//! assert_eq!(
//!     permit.check_address("10.0.0.1".parse()?).unwrap_err().to_string(),
//!     "the policy does not allow https://api.example.com: \
//!      it resolves to the private address 10.0.0.1",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Origins and addresses.
pub mod address;
mod authority;
mod local_name;
mod origin;
mod pattern;

// Rules and denials.
mod denial;
mod deny;
mod grant;
mod permit;
mod policy;
mod policy_line;
mod proxies;
mod proxy_url;
mod rule;
mod terms;
mod tls;

// Secrets, files and limits.
mod budget;
mod files;
mod limits;
mod missing_secret;
mod partial_echo;
mod secret;
mod secret_use;

// Policy files and explanations.
mod decision;
mod explain;
mod file;
mod sentence;

pub use http_step_yaml::{Diagnostic, Diagnostics};
pub use ipnet::IpNet;

pub use budget::{Amount, Budget, Exceeded};
pub use decision::{Allowed, Decision};
pub use denial::Denial;
pub use deny::{DenyPattern, DenyPatternError};
pub use file::{MAX_LEN, OF_POLICIES, OF_STEP_FILES, schema};
pub use files::{FileGlob, FileGlobError};
pub use grant::{Grant, Permission};
pub use limits::{Limits, MAX_CONNECT};
pub use origin::{Host, Origin, OriginError, Scheme};
pub use partial_echo::PartialEcho;
pub use pattern::{OriginPattern, PatternError};
pub use permit::Permit;
pub use policy::Policy;
pub use policy_line::PolicyLine;
pub use proxies::{NoProxy, NoProxyError, Proxy, ProxyResolve, ProxyRules};
pub use proxy_url::{ProxyCredentials, ProxyScheme, ProxyUrl, ProxyUrlError};
pub use rule::{Rule, RuleName};
pub use secret::{
    CREDENTIAL_FIELDS, DESTINATION_WORDS, FieldName, FieldNameError, HeaderFormat,
    HeaderFormatError, HiddenFields, InHeader, KNOWN_FIELDS, MAX_FIELD_NAME, OtherField,
    PathPrefix, PathPrefixError, Place, Placement, QueryFields, SCHEMES, Secret, SecretNameError,
    SourceRef, SourceRefError, check_secret_name, decoded_field, field_names, header_name,
    is_credential_field, is_method, is_method_key, is_override_field, is_plain_in_path,
    may_hold_secret, names_codec, override_in_cookies, override_in_query, parent_fields,
};
pub use secret_use::SecretUse;
pub use tls::{
    PinnedKey, PinnedKeyError, TlsAsk, TlsRequest, TlsRules, TlsTerms, TlsVersion, TlsVersionError,
    VerifyRequest,
};
