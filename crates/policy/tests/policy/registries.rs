//! The IANA special-purpose address registries, row by row:
//! <https://www.iana.org/assignments/iana-ipv4-special-registry> and
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>.
//!
//! What they call globally reachable may be public; anything else never is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http_step_policy::IpNet;
use http_step_policy::address::{Class, classify};
use proptest::prelude::*;

/// The column "globally reachable".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reachable {
    Yes,
    No,
    NotApplicable,
}

/// The class of a row's addresses here.
#[derive(Clone, Copy, Debug)]
enum Ours {
    /// All have this class.
    Is(Class),
    /// The class of the embedded IPv4 address. The registry calls `::ffff:0:0/96` not globally
    /// reachable, since no packet has such an address; but a program that uses one connects to the
    /// IPv4 address.
    AsInside,
    /// The class of the embedded IPv4 address, but never public.
    NeverPublic,
}

use Class::{
    Benchmarking, Broadcast, Documentation, LinkLocal, Loopback, Private, Public, Reserved, Shared,
    Unspecified,
};
use Ours::{AsInside, Is, NeverPublic};
use Reachable::{No, NotApplicable, Yes};

type Row = (&'static str, &'static str, &'static str, Reachable, Ours);

#[rustfmt::skip] // One row a row.
const V4: &[Row] = &[
    ("0.0.0.0/8", "\"This network\"", "RFC 791", No, Is(Unspecified)),
    ("0.0.0.0/32", "\"This host on this network\"", "RFC 1122", No, Is(Unspecified)),
    ("10.0.0.0/8", "Private-Use", "RFC 1918", No, Is(Private)),
    ("100.64.0.0/10", "Shared Address Space", "RFC 6598", No, Is(Shared)),
    ("127.0.0.0/8", "Loopback", "RFC 1122", No, Is(Loopback)),
    ("169.254.0.0/16", "Link Local", "RFC 3927", No, Is(LinkLocal)),
    ("172.16.0.0/12", "Private-Use", "RFC 1918", No, Is(Private)),
    ("192.0.0.0/24", "IETF Protocol Assignments", "RFC 6890", No, Is(Reserved)),
    ("192.0.0.0/29", "IPv4 Service Continuity Prefix", "RFC 7335", No, Is(Reserved)),
    ("192.0.0.8/32", "IPv4 dummy address", "RFC 7600", No, Is(Reserved)),
    ("192.0.0.9/32", "Port Control Protocol Anycast", "RFC 7723", Yes, Is(Reserved)),
    ("192.0.0.10/32", "Traversal Using Relays around NAT Anycast", "RFC 8155", Yes, Is(Reserved)),
    ("192.0.0.170/32", "NAT64/DNS64 Discovery", "RFC 8880, RFC 7050", No, Is(Reserved)),
    ("192.0.0.171/32", "NAT64/DNS64 Discovery", "RFC 8880, RFC 7050", No, Is(Reserved)),
    ("192.0.2.0/24", "Documentation (TEST-NET-1)", "RFC 5737", No, Is(Documentation)),
    ("192.31.196.0/24", "AS112-v4", "RFC 7535", Yes, Is(Public)),
    ("192.52.193.0/24", "AMT", "RFC 7450", Yes, Is(Public)),
    ("192.88.99.0/24", "Deprecated (6to4 Relay Anycast)", "RFC 7526", NotApplicable, Is(Reserved)),
    ("192.88.99.2/32", "6a44-relay anycast address", "RFC 6751", No, Is(Reserved)),
    ("192.168.0.0/16", "Private-Use", "RFC 1918", No, Is(Private)),
    ("192.175.48.0/24", "Direct Delegation AS112 Service", "RFC 7534", Yes, Is(Public)),
    ("198.18.0.0/15", "Benchmarking", "RFC 2544", No, Is(Benchmarking)),
    ("198.51.100.0/24", "Documentation (TEST-NET-2)", "RFC 5737", No, Is(Documentation)),
    ("203.0.113.0/24", "Documentation (TEST-NET-3)", "RFC 5737", No, Is(Documentation)),
    ("240.0.0.0/4", "Reserved", "RFC 1112", No, Is(Reserved)),
    ("255.255.255.255/32", "Limited Broadcast", "RFC 8190, RFC 919", No, Is(Broadcast)),
];

#[rustfmt::skip] // One row a row.
const V6: &[Row] = &[
    ("::1/128", "Loopback Address", "RFC 4291", No, Is(Loopback)),
    ("::/128", "Unspecified Address", "RFC 4291", No, Is(Unspecified)),
    ("::ffff:0:0/96", "IPv4-mapped Address", "RFC 4291", No, AsInside),
    ("64:ff9b::/96", "IPv4-IPv6 Translat.", "RFC 6052", Yes, AsInside),
    ("64:ff9b:1::/48", "IPv4-IPv6 Translat.", "RFC 8215", No, Is(Reserved)),
    ("100::/64", "Discard-Only Address Block", "RFC 6666", No, Is(Reserved)),
    ("100:0:0:1::/64", "Dummy IPv6 Prefix", "RFC 9780", No, Is(Reserved)),
    ("2001::/23", "IETF Protocol Assignments", "RFC 2928", No, NeverPublic),
    ("2001::/32", "TEREDO", "RFC 4380, RFC 8190", NotApplicable, NeverPublic),
    ("2001:1::1/128", "Port Control Protocol Anycast", "RFC 7723", Yes, Is(Reserved)),
    ("2001:1::2/128", "Traversal Using Relays around NAT Anycast", "RFC 8155", Yes, Is(Reserved)),
    ("2001:1::3/128", "DNS-SD Service Registration Protocol Anycast", "RFC 9665", Yes, Is(Reserved)),
    ("2001:2::/48", "Benchmarking", "RFC 5180", No, Is(Benchmarking)),
    ("2001:3::/32", "AMT", "RFC 7450", Yes, Is(Reserved)),
    ("2001:4:112::/48", "AS112-v6", "RFC 7535", Yes, Is(Reserved)),
    ("2001:10::/28", "Deprecated (previously ORCHID)", "RFC 4843", NotApplicable, Is(Reserved)),
    ("2001:20::/28", "ORCHIDv2", "RFC 7343", Yes, Is(Reserved)),
    ("2001:30::/28", "Drone Remote ID Protocol Entity Tags (DETs) Prefix", "RFC 9374", Yes, Is(Reserved)),
    ("2001:db8::/32", "Documentation", "RFC 3849", No, Is(Documentation)),
    ("2002::/16", "6to4", "RFC 3056", NotApplicable, NeverPublic),
    ("2620:4f:8000::/48", "Direct Delegation AS112 Service", "RFC 7534", Yes, Is(Public)),
    ("3fff::/20", "Documentation", "RFC 9637", No, Is(Documentation)),
    ("5f00::/16", "Segment Routing (SRv6) SIDs", "RFC 9602", No, Is(Reserved)),
    ("fc00::/7", "Unique-Local", "RFC 4193, RFC 8190", No, Is(Private)),
    ("fe80::/10", "Link-Local Unicast", "RFC 4291", No, Is(LinkLocal)),
];

fn rows() -> impl Iterator<Item = (IpNet, Row)> {
    V4.iter()
        .chain(V6)
        .map(|row| (row.0.parse().unwrap(), *row))
}

/// The IPv4 address in the last 32 bits.
fn inside(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        panic!("{address} has nothing inside")
    };
    Ipv4Addr::from_bits(v6.to_bits() as u32).into()
}

#[test]
fn every_row() {
    for (network, (_, name, rfc, reachable, ours)) in rows() {
        for address in [network.network(), network.broadcast()] {
            let class = classify(address);
            let row = format!("{address} of {network} ({name}, {rfc})");
            match ours {
                Is(expected) => {
                    assert_eq!(class, most_specific(address).unwrap_or(expected), "{row}")
                }
                AsInside => assert_eq!(class, classify(inside(address)), "{row}"),
                NeverPublic => assert_ne!(class, Public, "{row}"),
            }
            if !matches!(ours, AsInside) {
                assert!(class != Public || reachable == Yes, "{row}");
            }
        }
    }
}

/// The class of the most specific row, if there is one.
fn most_specific(address: IpAddr) -> Option<Class> {
    match narrowest(address)?.4 {
        Is(class) => Some(class),
        AsInside | NeverPublic => None,
    }
}

fn narrowest(address: IpAddr) -> Option<Row> {
    rows()
        .filter(|(network, _)| network.contains(&address))
        .max_by_key(|(network, _)| network.prefix_len())
        .map(|(_, row)| row)
}

/// Whether the registries make an address public. Not in them are IPv4's multicast block, and the
/// part of IPv6 that is not assigned for unicast.
fn may_be_public(address: IpAddr) -> bool {
    match narrowest(address) {
        Some((.., AsInside)) => may_be_public(inside(address)),
        Some((.., reachable, _)) => reachable == Yes,
        None => match address {
            IpAddr::V4(v4) => !v4.is_multicast(),
            IpAddr::V6(v6) => v6.to_bits() >> 125 == 0b001,
        },
    }
}

/// Public by the registries, but not here.
fn is_exception(address: IpAddr) -> bool {
    let protocols: [IpNet; 2] = ["192.0.0.0/24", "2001::/23"].map(|text| text.parse().unwrap());
    let azure: IpAddr = "168.63.129.16".parse().unwrap();
    protocols.iter().any(|network| network.contains(&address)) || address == azure
}

/// `::ffff:0:a.b.c.d` (RFC 2765) is in no registry; it is parsed as the IPv4 address.
fn is_translated(address: IpAddr) -> bool {
    let translated: IpNet = "::ffff:0:0:0/96".parse().unwrap();
    translated.contains(&address)
}

#[track_caller]
fn agrees(address: IpAddr) {
    let address = if is_translated(address) {
        inside(address)
    } else {
        address
    };
    let public = classify(address) == Public;
    let through = match narrowest(address) {
        Some((.., AsInside)) => inside(address),
        _ => address,
    };
    let expected = may_be_public(address) && !is_exception(through);
    assert_eq!(public, expected, "{address}");
}

#[test]
fn neighbours() {
    for (network, _) in rows() {
        let (first, last) = (network.network(), network.broadcast());
        for (address, step) in [(first, -1), (first, 1), (last, -1), (last, 1)] {
            match address {
                IpAddr::V4(v4) => {
                    if let Some(bits) = v4.to_bits().checked_add_signed(step) {
                        agrees(Ipv4Addr::from_bits(bits).into());
                    }
                }
                IpAddr::V6(v6) => {
                    if let Some(bits) = v6.to_bits().checked_add_signed(step.into()) {
                        agrees(Ipv6Addr::from_bits(bits).into());
                    }
                }
            }
        }
        agrees(first);
        agrees(last);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn anywhere(v4 in any::<Ipv4Addr>(), v6 in any::<Ipv6Addr>()) {
        agrees(v4.into());
        agrees(v6.into());
    }

    /// Where IPv6 is dense: inside the prefixes of the rows.
    #[test]
    fn in_a_row(row in prop::sample::select(V6), bits in any::<u128>()) {
        let network: IpNet = row.0.parse().unwrap();
        let IpAddr::V6(first) = network.network() else {
            panic!("{network} is IPv6")
        };
        let mask = u128::MAX.checked_shr(network.prefix_len().into()).unwrap_or(0);
        agrees(Ipv6Addr::from_bits(first.to_bits() | bits & mask).into());
    }
}
