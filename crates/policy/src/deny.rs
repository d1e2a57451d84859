//! Deny rules: origins and networks that no other rule can allow.
//!
//! | entry | denies |
//! |---|---|
//! | `https://evil.example` | that origin |
//! | `evil.example` | that host, for every scheme and port |
//! | `*.evil.example`, `*.evil` | every name below |
//! | `10.0.0.0/8`, `10.0.0.1` | connections to these addresses, whatever the name |
//!
//! IPv6 addresses that embed an IPv4 address count as that address: `10.0.0.0/8` contains
//! `::ffff:10.0.0.1` and NAT64's `64:ff9b::a00:1`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http_step_yaml::excerpt;
use ipnet::{IpNet, Ipv4Net};
use thiserror::Error;

use crate::address::{read_network, without_carrier};
use crate::origin::{Host, Origin};
use crate::pattern::{OriginPattern, parse_denied, without_secrets};
use crate::rule::Source;

/// Origins or addresses to deny. It overrides every allow rule.
///
/// ```
/// use http_step_policy::{DenyPattern, Policy};
///
/// let policy = Policy::public().deny("*.evil.example".parse()?);
/// let denial = policy.admit(&"http://a.evil.example:8080".parse()?, "GET").unwrap_err();
/// assert_eq!(
///     denial.to_string(),
///     "the policy does not allow http://a.evil.example:8080: it matches the deny rule \
///      `*.evil.example`, which overrides any allow rule",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DenyPattern(Target);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Target {
    Origins(OriginPattern),
    Network(IpNet),
}

impl DenyPattern {
    /// Whether it denies requests to an origin, or to an address that the origin's name resolves
    /// to.
    pub(crate) fn denies(&self, origin: &Origin, address: Option<IpAddr>) -> bool {
        let address = match origin.host {
            Host::Address(address) => Some(address),
            Host::Name(_) => address,
        };
        match (&self.0, address) {
            (Target::Network(network), Some(address)) => is_in(address, network),
            (Target::Network(_), None) => false,
            (Target::Origins(pattern), address) => {
                pattern.spells(origin)
                    || address.is_some_and(|address| is_host(pattern, address))
                        && pattern.has_port(origin)
            }
        }
    }

    /// The network, if it is one.
    pub(crate) fn network(&self) -> Option<&IpNet> {
        match &self.0 {
            Target::Network(network) => Some(network),
            Target::Origins(_) => None,
        }
    }

    /// Whether it denies everything that an allow rule matches.
    pub(crate) fn covers(&self, allowed: &OriginPattern) -> bool {
        match (&self.0, allowed.host()) {
            (Target::Origins(pattern), _) if pattern.spells_all_of(allowed) => true,
            (Target::Network(network), Some(Host::Address(address))) => is_in(*address, network),
            _ => false,
        }
    }

    /// Whether it denies all addresses of a network.
    pub(crate) fn covers_network(&self, allowed: &IpNet) -> bool {
        self.network()
            .is_some_and(|network| network.contains(allowed))
    }
}

/// Whether an address, or the IPv4 address embedded in it, is in a network.
fn is_in(address: IpAddr, network: &IpNet) -> bool {
    network.contains(&address)
        || network.contains(&without_carrier(address))
        || mapped(network).is_some_and(|network| network.contains(&without_carrier(address)))
}

/// The IPv4 network of an IPv4-mapped one such as `::ffff:10.0.0.0/104`. None for `::ffff:0:0/96`,
/// which denies the notation rather than all IPv4 addresses.
fn mapped(network: &IpNet) -> Option<IpNet> {
    let IpNet::V6(network) = network else {
        return None;
    };
    let address = network.addr().to_ipv4_mapped()?;
    let length = network.prefix_len().checked_sub(96)?;
    let network = Ipv4Net::new(address, length).ok()?;
    (length > 0).then(|| network.into())
}

fn is_host(pattern: &OriginPattern, address: IpAddr) -> bool {
    match pattern.host() {
        Some(Host::Address(host)) => without_carrier(*host) == without_carrier(address),
        _ => false,
    }
}

impl FromStr for DenyPattern {
    type Err = DenyPatternError;

    /// Parse an origin, a host, a network or an address.
    fn from_str(text: &str) -> Result<Self, DenyPatternError> {
        let (address, _) = text.split_once('/').unwrap_or((text, ""));
        if address.parse::<IpAddr>().is_ok() {
            let text = excerpt(text);
            let network = read_network(&text);
            return network
                .map(|network| Self(Target::Network(network)))
                .map_err(|reason| DenyPatternError { text, reason });
        }
        let pattern = parse_denied(text).map_err(|reason| DenyPatternError {
            text: without_secrets(text),
            reason,
        })?;
        Ok(match pattern.host() {
            // An address in a notation that only URLs have.
            Some(Host::Address(address)) if pattern.has_every_port() => {
                Self(Target::Network((*address).into()))
            }
            _ => Self(Target::Origins(pattern)),
        })
    }
}

impl fmt::Display for DenyPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                network.addr().fmt(f)
            }
            Target::Network(network) => network.fmt(f),
            Target::Origins(pattern) if pattern.has_every_port() => f.write_str(&pattern.hosts()),
            Target::Origins(pattern) => pattern.fmt(f),
        }
    }
}

/// A text that is not a valid [`DenyPattern`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{text}` can't be denied: {reason}; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`"
)]
pub struct DenyPatternError {
    text: String,
    reason: String,
}

/// A deny pattern, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DenyRule {
    pub(crate) pattern: DenyPattern,
    pub(crate) source: Source,
}

impl fmt::Display for DenyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.source, self.pattern)
    }
}
