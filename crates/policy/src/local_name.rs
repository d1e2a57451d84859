//! Local names: those of the machine, of its network, and of cloud metadata services.
//!
//! Neither the host nor a proxy resolves one unless a rule names it. With a proxy that resolves
//! names no address is checked, so the name must decide.
//!
//! | name | why |
//! |---|---|
//! | a single label | resolved with search lists only; no top-level domain is a host (ICANN, SAC053) |
//! | `localhost` and below | RFC 6761 |
//! | `.local` | RFC 6762 |
//! | `.internal` | ICANN's reservation of 2024 |
//! | `.home.arpa` | RFC 8375 |
//! | `.onion` | RFC 7686 |
//! | `.alt` | RFC 9476 |
//! | `.corp`, `.home`, `.intranet`, `.lan`, `.mail`, `.private` | private networks use them (RFC 6762, appendix G), and ICANN does not delegate them |
//! | `.localdomain`, `.svc` | resolvers and clusters append them to their names |
//! | [`METADATA`] and below | cloud metadata services, which provide credentials |
//!
//! A wildcard includes local names only below a local suffix: `*.corp.internal`, `*.localhost`.
//! The name of a metadata service must be in a rule literally, as its address must be in a network
//! by itself.

use std::fmt;

/// The suffixes of local names, which are local names themselves.
pub(crate) const SUFFIXES: [&str; 14] = [
    "localhost",
    "local",
    "internal",
    "home.arpa",
    "onion",
    "alt",
    "corp",
    "home",
    "intranet",
    "lan",
    "mail",
    "private",
    "localdomain",
    "svc",
];

/// Cloud metadata services.
const METADATA: [&str; 16] = [
    // cloud.google.com/compute/docs/metadata/querying-metadata
    "metadata.google.internal",
    "metadata.goog",
    "metadata",
    // docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
    "instance-data.ec2.internal",
    "instance-data",
    // cloud.tencent.com/document/product/213/4934
    "metadata.tencentyun.com",
    // cloud.ibm.com/apidocs/vpc-metadata
    "api.metadata.cloud.ibm.com",
    // community.exoscale.com/product/compute/instances/how-to/cloud-init-user-data
    "metadata.exoscale.com",
    // deploy.equinix.com/developers/docs/metal/server-metadata/metadata, and before
    "metadata.platformequinix.com",
    "metadata.packet.net",
    // rancher.com/docs/rancher/v1.6/en/rancher-services/metadata-service
    "rancher-metadata",
    // In public blocklists, but not in the clouds' documentation.
    "metadata.azure.internal",
    "metadata.azure.com",
    "metadata.oraclecloud.com",
    "metadata.digitalocean.com",
    "metadata.scaleway.com",
];

/// Why a name is local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocalName {
    /// It is a single label.
    OneLabel,
    /// It has, or is, this suffix.
    Suffix(&'static str),
    /// It is a cloud metadata service, or below one.
    Metadata,
}

impl LocalName {
    /// Why a name is local, if it is. It must be in lower case, without a trailing dot.
    pub(crate) fn classify(name: &str) -> Option<Self> {
        let is_in = |suffix: &&str| name == *suffix || is_below(name, suffix);
        if METADATA.iter().any(is_in) {
            return Some(Self::Metadata);
        }
        match SUFFIXES.into_iter().find(|suffix| is_in(suffix)) {
            Some(suffix) => Some(Self::Suffix(suffix)),
            None => (!name.contains('.')).then_some(Self::OneLabel),
        }
    }

    /// Whether `*.PARENT`, which matches a name, also grants it: a wildcard for public names does
    /// not grant local ones.
    pub(crate) fn is_named_below(name: &str, parent: &str) -> bool {
        match Self::classify(name) {
            None => true,
            Some(Self::Metadata) if METADATA.contains(&name) => false,
            Some(_) => Self::classify(parent).is_some(),
        }
    }
}

/// Whether a name is a subdomain of another.
pub(crate) fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent)
        .and_then(|labels| labels.strip_suffix('.'))
        .is_some_and(|labels| !labels.is_empty())
}

/// The reason after "the policy does not allow ORIGIN: ".
impl fmt::Display for LocalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneLabel => {
                f.write_str("a single-label name is not public, and no rule names it")
            }
            Self::Suffix("localhost") => {
                f.write_str("`localhost` is this machine, and no rule names it")
            }
            Self::Suffix(suffix) => {
                write!(
                    f,
                    "names under `.{suffix}` are not public, and no rule names it"
                )
            }
            Self::Metadata => {
                f.write_str("it is a cloud metadata service, and no rule has its exact name")
            }
        }
    }
}
