//! What a step may reach, and what it may use: rules, without I/O.
//!
//! A [`Policy`] is read from a YAML file ([`Policy::parse`], described by
//! `docs/policy.md` and by [`schema`]) or built. The host asks it three times for
//! each request: [`Policy::admit`] by origin and method, [`Permit::check_address`]
//! for each address that the host's name leads to, and [`Permit::tls`] for the terms
//! of the connection. Before a file that the step file names is read,
//! [`Policy::admit_file`] is asked for it. Before a secret is put into a request, [`Secret::admit`] is asked
//! for it. The policy's [`Limits`] bound everything else.
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
//!     "the policy does not allow https://api.example.com: its name leads to 10.0.0.1, \
//!      which is not public but private; `- 10.0.0.1/32` under `networks:` in policy.yaml would",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Where a request goes.
pub mod address;
mod authority;
mod local_name;
mod origin;
mod pattern;

// Whether it may, and on which terms.
mod denial;
mod deny;
mod permit;
mod policy;
mod proxies;
mod proxy_url;
mod rule;
mod tls;

// What a step may use.
mod budget;
mod files;
mod limits;
mod partial_echo;
mod secret;

// The policy as a file, and as an answer to people.
mod explain;
mod file;
mod judgement;
mod sentence;

pub use http_step_yaml::{Mistake, Mistakes};
pub use ipnet::IpNet;

pub use budget::{Amount, Budget, Exceeded};
pub use denial::{Denial, Grant};
pub use deny::{DenyPattern, DenyPatternError};
pub use file::{LONGEST, OF_POLICIES, OF_STEP_FILES, schema};
pub use files::{FileGlob, FileGlobError};
pub use judgement::{Allowed, Judgement};
pub use limits::{LONGEST_CONNECT, Limits};
pub use origin::{Host, Origin, OriginError, Scheme};
pub use partial_echo::PartialEcho;
pub use pattern::{OriginPattern, PatternError};
pub use permit::Permit;
pub use policy::Policy;
pub use proxies::{NoProxy, NoProxyError, Proxy, ProxyResolve, ProxyRules};
pub use proxy_url::{ProxyCredentials, ProxyScheme, ProxyUrl, ProxyUrlError};
pub use rule::{Rule, RuleName};
pub use secret::{
    HeaderFormat, HeaderFormatError, InHeader, MissingSecret, PathPrefix, PathPrefixError, Place,
    QueryFields, SCHEMES, Secret, SecretArgumentError, SecretArgumentsError, SecretCompose,
    SecretNameError, SecretPlaces, SecretPlacesError, SecretUse, SourceRef, SourceRefError, Stands,
    field_name, header_name, is_override_header, is_plain_in_path, names_codec, override_field,
    override_in_query, parent_fields,
};
pub use tls::{
    PinnedKey, PinnedKeyError, TlsAsk, TlsRequest, TlsRules, TlsTerms, TlsVersion, TlsVersionError,
    VerifyRequest,
};
