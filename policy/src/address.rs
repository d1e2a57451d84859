//! What an IP address is: public, or one of the special ranges that a step has
//! no business with.
//!
//! The ranges are those of the IANA special-purpose registries (RFC 6890 and
//! its updates), with the multicast blocks and the metadata addresses of the
//! clouds. An IPv6 address that carries an IPv4 address is what that IPv4
//! address is: a packet to `::ffff:127.0.0.1` or `64:ff9b::7f00:1` ends where
//! one to `127.0.0.1` does. NAT64's local prefix (64:ff9b:1::/48, RFC 8215) is
//! reserved, whatever it carries: where in it the IPv4 address stands is up to
//! the network.
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
    (Ipv4Addr::new(100, 100, 100, 200), 32, Class::Metadata), // Alibaba
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
const V6: &[(Ipv6Addr, u32, Class)] = &[
    (
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        128,
        Class::Metadata,
    ), // AWS
    (
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
        128,
        Class::Metadata,
    ), // AWS EKS
    (
        Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
        128,
        Class::Metadata,
    ), // Google
    (
        Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0),
        64,
        Class::Reserved,
    ), // discard-only
    (
        Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0),
        48,
        Class::Benchmarking,
    ),
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        Class::Reserved,
    ), // IETF protocol assignments
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        Class::Documentation,
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        Class::Documentation,
    ),
    (
        Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0),
        16,
        Class::Reserved,
    ), // segment routing
    (
        Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0),
        7,
        Class::Private,
    ),
    (
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0),
        10,
        Class::LinkLocal,
    ),
    (
        Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0),
        10,
        Class::Private,
    ), // site-local, deprecated
    (
        Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0),
        8,
        Class::Multicast,
    ),
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
    let join = |high: u16, low: u16| {
        classify_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Class::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Loopback,
        // IPv4-mapped and -translated, and NAT64's well-known prefix: another
        // way to write the IPv4 address (RFC 4291, RFC 2765, RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => join(high, low),
        // IPv4-compatible, 6to4 and Teredo, whose bits are turned over, are out
        // of use, and where they still lead is up to the network (RFC 4291,
        // RFC 7526, RFC 4380).
        [0, 0, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => never_public(join(high, low)),
        [0x2001, 0, _, _, _, _, high, low] => never_public(join(!high, !low)),
        _ => registered_v6(address),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// First and last address of each special range, with what lies just
    /// outside where that is public.
    #[test]
    fn the_special_purpose_registries() {
        use Class::*;
        let table = [
            ("0.0.0.0", Unspecified),
            ("0.255.255.255", Unspecified),
            ("1.0.0.0", Public),
            ("9.255.255.255", Public),
            ("10.0.0.0", Private),
            ("10.255.255.255", Private),
            ("11.0.0.0", Public),
            ("100.63.255.255", Public),
            ("100.64.0.0", Shared),
            ("100.100.100.200", Metadata),
            ("100.127.255.255", Shared),
            ("100.128.0.0", Public),
            ("126.255.255.255", Public),
            ("127.0.0.1", Loopback),
            ("127.255.255.255", Loopback),
            ("128.0.0.0", Public),
            ("168.63.129.16", Metadata),
            ("169.254.0.0", LinkLocal),
            ("169.254.169.253", LinkLocal),
            ("169.254.169.254", Metadata),
            ("169.254.170.2", Metadata),
            ("169.254.170.23", Metadata),
            ("169.254.255.255", LinkLocal),
            ("172.15.255.255", Public),
            ("172.16.0.0", Private),
            ("172.31.255.255", Private),
            ("172.32.0.0", Public),
            ("192.0.0.0", Reserved),
            ("192.0.0.255", Reserved),
            ("192.0.1.0", Public),
            ("192.0.2.0", Documentation),
            ("192.0.2.255", Documentation),
            ("192.88.99.1", Reserved),
            ("192.168.0.0", Private),
            ("192.168.255.255", Private),
            ("192.169.0.0", Public),
            ("198.17.255.255", Public),
            ("198.18.0.0", Benchmarking),
            ("198.19.255.255", Benchmarking),
            ("198.20.0.0", Public),
            ("198.51.100.7", Documentation),
            ("203.0.113.7", Documentation),
            ("223.255.255.255", Public),
            ("224.0.0.0", Multicast),
            ("239.255.255.255", Multicast),
            ("240.0.0.0", Reserved),
            ("255.255.255.254", Reserved),
            ("255.255.255.255", Broadcast),
            ("::", Unspecified),
            ("::1", Loopback),
            ("::2", Unspecified), // IPv4-compatible 0.0.0.2
            ("::7f00:1", Loopback),
            ("::ffff:10.0.0.1", Private),
            ("::ffff:1.1.1.1", Public),
            ("::ffff:0:127.0.0.1", Loopback),
            ("64:ff9b::169.254.169.254", Metadata),
            ("64:ff9b::1.1.1.1", Public),
            ("64:ff9b:1::10.1.2.3", Reserved),
            ("64:ff9b:1:a9fe:a9:fe00:808:808", Reserved), // 169.254.169.254 under a /48 prefix
            ("64:ff9b:2::1", Reserved),
            ("100::1", Reserved),
            ("2001::1", Reserved),                  // Teredo of 255.255.255.254
            ("2001:0:0:0:0:0:80ff:fffe", Loopback), // Teredo of 127.0.0.1
            ("2001:2::1", Benchmarking),
            ("2001:10::1", Reserved),
            ("2001:1ff:ffff::", Reserved),
            ("2001:200::1", Public),
            ("2001:db8::1", Documentation),
            ("2002:7f00:1::", Loopback),
            ("2002:101:101::", Reserved),
            ("::1.1.1.1", Reserved),
            ("2606:4700::1111", Public),
            ("3fff:fff::", Documentation),
            ("3fff:1000::", Public),
            ("4000::", Reserved),
            ("5f00::1", Reserved),
            ("fc00::", Private),
            ("fd00:ec2::254", Metadata),
            ("fd00:ec2::23", Metadata),
            ("fd20:ce::254", Metadata),
            ("fdff::1", Private),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("fec0::1", Private),
            ("ff02::1", Multicast),
        ];
        for (address, class) in table {
            assert_eq!(classify(address.parse().unwrap()), class, "{address}");
        }
    }
}
