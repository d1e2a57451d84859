//! What an IP address is: public, or one of the special ranges that a step has
//! no business with.
//!
//! The ranges are those of the IANA special-purpose registries (RFC 6890 and
//! its updates), with the multicast blocks and the metadata addresses of the
//! clouds. What the registries call globally reachable is public, but for the
//! anycast addresses that a protocol keeps to itself (in 192.0.0.0/24 and
//! 2001::/23). An IPv6 address that carries an IPv4 address is what that IPv4
//! address is: a packet to `::ffff:127.0.0.1` or `64:ff9b::7f00:1` ends where
//! one to `127.0.0.1` does. NAT64's local prefix (64:ff9b:1::/48, RFC 8215) is
//! reserved, whatever it carries: where in it the IPv4 address stands is up to
//! the network.
//!
//! The table is our own. The standard library's `is_global` is not stable, and
//! tells one bit; the crates that hold the registries hold those of RFC 6890, of
//! 2013, or look at no IPv4 address in an IPv6 address; none knows the metadata
//! addresses. `tests/policy/registries.rs` holds it against the registries, row by
//! row.
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

/// The kind of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Globally reachable.
    Public,
    /// This machine.
    Loopback,
    /// A private network (RFC 1918, RFC 4193).
    Private,
    /// This link alone (RFC 3927, RFC 4291).
    LinkLocal,
    /// The metadata service of a cloud, which hands out credentials.
    Metadata,
    /// Behind a carrier's address translation (RFC 6598).
    Shared,
    /// For benchmarks (RFC 2544, RFC 5180).
    Benchmarking,
    /// For documents (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// To many hosts.
    Multicast,
    /// To every host of a link.
    Broadcast,
    /// No address, or "this network", which systems take for themselves.
    Unspecified,
    /// Reserved, or for a protocol's own use.
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

/// The first range that holds the address decides, so the narrower stand first.
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

/// As [`V4`]; what is in none of them and not in 2000::/3 is reserved.
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

/// Tell what an address is.
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

/// The IPv4 address that an IPv6 address carries.
enum Carried {
    /// Another spelling of it: packets arrive there.
    Same(Ipv4Addr),
    /// By a mechanism that is out of use: where packets arrive is up to the network.
    InTransition(Ipv4Addr),
}

fn carried(address: Ipv6Addr) -> Option<Carried> {
    let join = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        // Loopback, which carries nothing.
        [0, 0, 0, 0, 0, 0, 0, 1] => None,
        // IPv4-mapped and -translated, and NAT64's well-known prefix: another
        // way to write the IPv4 address (RFC 4291, RFC 2765, RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(Carried::Same(join(high, low))),
        // IPv4-compatible, 6to4 and Teredo, whose bits are turned over, are out
        // of use, and where they still lead is up to the network (RFC 4291,
        // RFC 7526, RFC 4380). `::` is what 0.0.0.0 is.
        [0, 0, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(Carried::InTransition(join(high, low)))
        }
        [0x2001, 0, _, _, _, _, high, low] => Some(Carried::InTransition(join(!high, !low))),
        _ => None,
    }
}

/// The IPv4 address that packets to an address may arrive at, however it is written.
pub(crate) fn without_carrier(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match carried(v6) {
            Some(Carried::Same(v4) | Carried::InTransition(v4)) => v4.into(),
            None => address,
        },
    }
}

/// What an IPv6 address of a transition mechanism is: never public.
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

/// Read a network as people write it: an address is a network of one.
///
/// # Errors
///
/// Why it is none.
pub(crate) fn read_network(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.into());
    }
    match text.parse::<IpNet>() {
        Ok(network) if network == network.trunc() => Ok(network),
        Ok(network) => Err(format!(
            "`{network}` begins inside a network; did you mean `{}`, or the address `{}`?",
            network.trunc(),
            network.addr()
        )),
        Err(_) => Err(format!(
            "`{}` is not a network, as `10.0.0.0/8` or `fd12:3456::/32`, nor an address",
            excerpt(text)
        )),
    }
}
