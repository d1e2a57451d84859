//! What a policy would have to grant to allow what it denied. This is data: each program
//! words it in terms of its own options, or as a [line of the policy file](crate::PolicyLine).

use std::fmt;

use ipnet::IpNet;
use serde::{Serialize, Serializer};

use crate::origin::Origin;
use crate::proxy_url::ProxyUrl;
use crate::secret::{FieldName, HeaderFormat, Place, SourceRef};
use crate::tls::TlsAsk;

/// A permission that a policy lacks, and the file that it would go into.
///
/// ```
/// use http_step_policy::{Permission, Policy};
///
/// let origin = "https://api.example.com".parse()?;
/// let denial = Policy::nothing().admit(&origin, "GET").unwrap_err();
/// let grant = denial.grant().unwrap();
/// assert_eq!(grant.permission, Permission::Origin { origin });
/// assert_eq!(
///     grant.policy_line().to_string(),
///     "`- https://api.example.com` under `allow:`",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// The missing permission.
    #[serde(flatten)]
    pub permission: Permission,
    /// The policy file that lacks it; none if the policy was not read from a file.
    pub file: Option<String>,
}

/// A permission that a policy can grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "permission", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Permission {
    /// Requests to an origin.
    Origin {
        /// The origin.
        #[serde(serialize_with = "text")]
        origin: Origin,
    },
    /// A method for an origin whose rules allow others only.
    Method {
        /// The origin.
        #[serde(serialize_with = "text")]
        origin: Origin,
        /// The method.
        method: String,
    },
    /// Addresses that are not public.
    Network {
        /// The network that holds them.
        #[serde(serialize_with = "text")]
        network: IpNet,
    },
    /// A TLS setting of the step file.
    Tls {
        /// The setting.
        #[serde(serialize_with = "text")]
        setting: TlsAsk,
        /// All settings that step files may then use.
        #[serde(serialize_with = "texts")]
        settings: Vec<TlsAsk>,
        /// The line of the rule that restricts them; none if it is not a rule of a file.
        rule_line: Option<u64>,
    },
    /// A proxy that the step file names.
    Proxy {
        /// The proxy, without credentials.
        #[serde(serialize_with = "text")]
        proxy: ProxyUrl,
    },
    /// A file that the step file names.
    File {
        /// The glob that matches this file only.
        glob: String,
    },
    /// A secret that the policy does not have.
    Secret {
        /// Its name.
        name: String,
        /// An environment variable that could hold the value.
        variable: String,
        /// The origins it is needed for; none if they are not known.
        #[serde(serialize_with = "texts")]
        origins: Vec<Origin>,
        /// The places it is needed for, if the default ones are not enough.
        places: Vec<Place>,
    },
    /// An origin that a secret may be sent to.
    SecretOrigin {
        /// The secret.
        name: String,
        /// Where its value comes from.
        #[serde(serialize_with = "text")]
        source: SourceRef,
        /// The origin; none if it is a part of the secret.
        #[serde(serialize_with = "optional_text")]
        origin: Option<Origin>,
    },
    /// A place that a secret may be in.
    SecretPlace {
        /// The secret.
        name: String,
        /// The places to name: also the default ones if none was named before.
        added: Vec<Place>,
        /// The header field to name.
        #[serde(skip_serializing_if = "Option::is_none")]
        header: Option<String>,
        /// All places that are then granted.
        places: Vec<Place>,
        /// The header fields that are granted besides.
        formats: Vec<HeaderFormat>,
    },
    /// A place where other text may be next to a secret.
    SecretCompose {
        /// The secret.
        name: String,
        /// The place.
        place: Place,
        /// All places where other text may then be next to it.
        places: Vec<Place>,
    },
    /// A header field that requests with a secret may have.
    SecretHeaders {
        /// The secret.
        name: String,
        /// The field.
        header: FieldName,
        /// All fields that are then granted.
        headers: Vec<FieldName>,
    },
    /// A method of requests that a secret may be in.
    SecretMethod {
        /// The secret.
        name: String,
        /// Where its value comes from.
        #[serde(serialize_with = "text")]
        source: SourceRef,
        /// Where the request goes; none if that is a part of the secret.
        #[serde(serialize_with = "optional_text")]
        origin: Option<Origin>,
        /// All methods that are then granted.
        methods: Vec<String>,
    },
    /// A secret without its restriction to methods or to paths.
    SecretUnrestricted {
        /// The secret.
        name: String,
        /// Where its value comes from.
        #[serde(serialize_with = "text")]
        source: SourceRef,
        /// Where the request goes; none if that is a part of the secret.
        #[serde(serialize_with = "optional_text")]
        origin: Option<Origin>,
        /// Whether the methods are no longer restricted.
        any_method: bool,
        /// Whether the paths are no longer restricted.
        any_path: bool,
    },
}

fn text<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn texts<T: fmt::Display, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(T::to_string))
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn optional_text<T: fmt::Display, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.as_ref().map(T::to_string).serialize(serializer)
}
