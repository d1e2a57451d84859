//! Names that never lead to the public internet: they are the machine's own, its
//! network's, or those of a cloud's metadata service.
//!
//! Nobody looks one up, neither the host nor a proxy, unless a rule names it. Behind a
//! proxy that looks up names no address is checked, so the name is all there is to
//! judge by.
//!
//! | name | why |
//! |---|---|
//! | of one label | found by search lists alone; no top-level domain is a host (ICANN, SAC053) |
//! | `localhost` and below | RFC 6761 |
//! | `.local` | RFC 6762 |
//! | `.internal` | ICANN's reservation of 2024 |
//! | `.home.arpa` | RFC 8375 |
//! | `.onion` | RFC 7686 |
//! | `.alt` | RFC 9476 |
//! | `.corp`, `.home`, `.intranet`, `.lan`, `.mail`, `.private` | private networks use them (RFC 6762, appendix G), and ICANN delegates none of them |
//! | `.localdomain`, `.svc` | what resolvers and clusters append to names of theirs |
//! | [`METADATA`] and below | a cloud's metadata service, which hands out credentials |
//!
//! A rule with a wildcard names what is below a suffix that is local itself:
//! `*.corp.internal`, `*.localhost`. The name of a metadata service has to stand in a
//! rule as a whole, as its address has to stand in a network.

use std::fmt;

/// The suffixes below which names are local; each is local itself.
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

/// The metadata services of clouds.
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
    // Public blocklists have these, though the clouds' documentation does not.
    "metadata.azure.internal",
    "metadata.azure.com",
    "metadata.oraclecloud.com",
    "metadata.digitalocean.com",
    "metadata.scaleway.com",
];

/// Why a name is local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocalName {
    /// It has one label.
    OneLabel,
    /// It is this suffix, or below it.
    Suffix(&'static str),
    /// It is a cloud's metadata service, or below one.
    Metadata,
}

impl LocalName {
    /// Why a name is local, if it is. It stands without the dot of the root, in lower
    /// case.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let is_in = |suffix: &&str| name == *suffix || is_below(name, suffix);
        if METADATA.iter().any(is_in) {
            return Some(Self::Metadata);
        }
        match SUFFIXES.into_iter().find(|suffix| is_in(suffix)) {
            Some(suffix) => Some(Self::Suffix(suffix)),
            None => (!name.contains('.')).then_some(Self::OneLabel),
        }
    }

    /// Whether `*.PARENT`, which matches a name, names it: one wildcard does not grant
    /// a local name beside public ones.
    pub(crate) fn is_named_below(name: &str, parent: &str) -> bool {
        match Self::of(name) {
            None => true,
            Some(Self::Metadata) if METADATA.contains(&name) => false,
            Some(_) => Self::of(parent).is_some(),
        }
    }
}

/// Whether a name has further labels before those of another.
pub(crate) fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent)
        .and_then(|labels| labels.strip_suffix('.'))
        .is_some_and(|labels| !labels.is_empty())
}

/// Completes "the policy does not allow ORIGIN: ".
impl fmt::Display for LocalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneLabel => {
                f.write_str("a name of one label is not public, and no rule names it")
            }
            Self::Suffix("localhost") => {
                f.write_str("its name is this machine's own, and no rule names it")
            }
            Self::Suffix(suffix) => {
                write!(
                    f,
                    "names in `.{suffix}` are not public, and no rule names it"
                )
            }
            Self::Metadata => f.write_str(
                "it is a cloud's metadata service, and no rule has the whole of its name",
            ),
        }
    }
}
