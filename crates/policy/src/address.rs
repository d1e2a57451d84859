//! Classes of IP addresses: public, or in a special range.
//!
//! The ranges are those of the IANA special-purpose registries (RFC 6890 and its updates), with
//! the multicast blocks and the metadata addresses of clouds. Globally reachable ranges are
//! public, except for protocol-specific anycast addresses (in 192.0.0.0/24 and 2001::/23). An
//! IPv6 address that embeds an IPv4 address has the class of that address: packets to
//! `::ffff:127.0.0.1` and `64:ff9b::7f00:1` reach `127.0.0.1`. NAT64's local prefix
//! (64:ff9b:1::/48, RFC 8215) is reserved, since the position of the IPv4 address in it depends on
//! the network.
//!
//! This crate has its own table. The standard library's `is_global` is unstable and only returns a
//! boolean. The crates with the registries have those of RFC 6890, of 2013, or ignore embedded IPv4
//! addresses; none knows the metadata addresses. `tests/policy/registries.rs` compares the table
//! with the registries, row by row.
//!
//! ```
//! use http_step_policy::address::{Class, classify};
//!
//! assert_eq!(classify("1.1.1.1".parse()?), Class::Public);
//! assert_eq!(classify("127.0.0.1".parse()?), Class::Loopback);
//! assert_eq!(classify("::ffff:169.254.169.254".parse()?), Class::Metadata);
//! # Ok::<(), std::net::AddrParseError>(())
//! ```

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http_step_yaml::excerpt;
use ipnet::IpNet;

/// The class of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Globally reachable.
    Public,
    /// This machine.
    Loopback,
    /// A private network (RFC 1918, RFC 4193).
    Private,
    /// Link-local (RFC 3927, RFC 4291).
    LinkLocal,
    /// A cloud metadata service, which provides credentials.
    Metadata,
    /// Carrier-grade NAT (RFC 6598).
    Shared,
    /// For benchmarks (RFC 2544, RFC 5180).
    Benchmarking,
    /// For documentation (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// Multicast.
    Multicast,
    /// Broadcast.
    Broadcast,
    /// Unspecified, or "this network", which systems treat as themselves.
    Unspecified,
    /// Reserved, or for a specific protocol.
    Reserved,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Metadata => "cloud metadata",
            Self::Shared => "carrier-grade NAT",
            Self::Benchmarking => "benchmarking",
            Self::Documentation => "documentation",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Unspecified => "unspecified",
            Self::Reserved => "reserved",
        })
    }
}

/// The first range that contains the address decides, so narrower ranges come first.
const V4: &[(Ipv4Addr, u32, Class)] = &[
    (Ipv4Addr::new(169, 254, 169, 254), 32, Class::Metadata), // AWS, Azure, Google, OpenStack
    (Ipv4Addr::new(169, 254, 170, 2), 32, Class::Metadata),   // AWS ECS task credentials
    (Ipv4Addr::new(169, 254, 170, 23), 32, Class::Metadata),  // AWS EKS pod identity
    (Ipv4Addr::new(169, 254, 0, 23), 32, Class::Metadata),    // Tencent
    (Ipv4Addr::new(169, 254, 42, 42), 32, Class::Metadata),   // Scaleway
    (Ipv4Addr::new(100, 100, 100, 200), 32, Class::Metadata), // Alibaba
    (Ipv4Addr::new(192, 0, 0, 192), 32, Class::Metadata),     // Oracle, before OCI
    (Ipv4Addr::new(168, 63, 129, 16), 32, Class::Metadata),   // Azure, a public address by number
    (Ipv4Addr::new(0, 0, 0, 0), 8, Class::Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Class::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Class::Shared),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Class::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Class::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Class::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Class::Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Class::Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Class::Reserved),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Class::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Class::Benchmarking),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Class::Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Class::Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Class::Multicast),
    (Ipv4Addr::BROADCAST, 32, Class::Broadcast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Class::Reserved),
];

/// The same as [`V4`]. Addresses outside of these ranges and of 2000::/3 are reserved.
#[rustfmt::skip] // One row a range.
const V6: &[(Ipv6Addr, u32, Class)] = &[
    (Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254), 128, Class::Metadata), // AWS
    (Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0023), 128, Class::Metadata), // AWS EKS
    (Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254), 128, Class::Metadata), // Google
    (Ipv6Addr::new(0xfd00, 0x00c1, 0, 0, 0, 0, 0xa9fe, 0xa9fe), 128, Class::Metadata), // Oracle
    (Ipv6Addr::new(0xfd00, 0x0042, 0, 0, 0, 0, 0, 0x0042), 128, Class::Metadata), // Scaleway
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe), 128, Class::Metadata), // OpenStack
    (Ipv6Addr::new(0x2001, 0x0002, 0, 0, 0, 0, 0, 0), 48, Class::Benchmarking),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Class::Reserved), // IETF protocol assignments
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32, Class::Documentation),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Class::Documentation),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Class::Private),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, Class::LinkLocal),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, Class::Private), // site-local, deprecated
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Class::Multicast),
];

/// The class of an address.
#[must_use]
pub fn classify(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(v4) => classify_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6),
    }
}

fn classify_v4(address: Ipv4Addr) -> Class {
    V4.iter()
        .find(|(network, length, _)| {
            (address.to_bits() ^ network.to_bits()).leading_zeros() >= *length
        })
        .map_or(Class::Public, |(_, _, class)| *class)
}

fn classify_v6(address: Ipv6Addr) -> Class {
    match carried(address) {
        Some(Carried::Same(v4)) => classify_v4(v4),
        Some(Carried::InTransition(v4)) => never_public(classify_v4(v4)),
        None => registered_v6(address),
    }
}

/// The IPv4 address embedded in an IPv6 address.
enum Carried {
    /// An alternative notation: packets reach the IPv4 address.
    Same(Ipv4Addr),
    /// A deprecated transition mechanism: what packets reach depends on the network.
    InTransition(Ipv4Addr),
}

fn carried(address: Ipv6Addr) -> Option<Carried> {
    let join = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        // Loopback, not an embedded address.
        [0, 0, 0, 0, 0, 0, 0, 1] => None,
        // IPv4-mapped and -translated addresses, and NAT64's well-known prefix: alternative
        // notations of the IPv4 address (RFC 4291, RFC 2765, RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(Carried::Same(join(high, low))),
        // IPv4-compatible addresses, 6to4 and Teredo (with inverted bits) are deprecated, and
        // what they reach depends on the network (RFC 4291, RFC 7526, RFC 4380). `::` has the
        // class of 0.0.0.0.
        [0, 0, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(Carried::InTransition(join(high, low)))
        }
        [0x2001, 0, _, _, _, _, high, low] => Some(Carried::InTransition(join(!high, !low))),
        _ => None,
    }
}

/// The embedded IPv4 address, if there is one.
pub(crate) fn without_carrier(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match carried(v6) {
            Some(Carried::Same(v4) | Carried::InTransition(v4)) => v4.into(),
            None => address,
        },
    }
}

/// The class of an address of a transition mechanism, which is never public.
fn never_public(inside: Class) -> Class {
    match inside {
        Class::Public => Class::Reserved,
        special => special,
    }
}

fn registered_v6(address: Ipv6Addr) -> Class {
    if address == Ipv6Addr::LOCALHOST {
        return Class::Loopback;
    }
    let unlisted = if address.to_bits() >> 125 == 0b001 {
        Class::Public
    } else {
        Class::Reserved
    };
    V6.iter()
        .find(|(network, length, _)| {
            (address.to_bits() ^ network.to_bits()).leading_zeros() >= *length
        })
        .map_or(unlisted, |(_, _, class)| *class)
}

/// Parse a network. A single address is a network, too.
///
/// # Errors
///
/// Why it is invalid.
pub(crate) fn read_network(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.into());
    }
    match text.parse::<IpNet>() {
        Ok(network) if network == network.trunc() => Ok(network),
        Ok(network) => Err(format!(
            "`{network}` has host bits set; did you mean `{}`, or the address `{}`?",
            network.trunc(),
            network.addr()
        )),
        Err(_) => Err(format!(
            "`{}` is not an address or a network such as `10.0.0.0/8` or `fd12:3456::/32`",
            excerpt(text)
        )),
    }
}
