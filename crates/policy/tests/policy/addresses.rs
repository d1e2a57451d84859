//! The class of addresses: the edges of each range, and IPv4 in IPv6.

use std::net::{Ipv4Addr, Ipv6Addr};

use http_step_policy::address::{Class, classify};
use proptest::prelude::*;

/// The first and last address of each special range, and their neighbours, so that every row of the
/// table is tested with its exact bounds.
#[test]
fn edges() {
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
        ("100.100.100.201", Shared),
        ("100.127.255.255", Shared),
        ("100.128.0.0", Public),
        ("126.255.255.255", Public),
        ("127.0.0.1", Loopback),
        ("127.255.255.255", Loopback),
        ("128.0.0.0", Public),
        ("168.63.129.16", Metadata),
        ("168.63.129.17", Public),
        ("169.254.0.0", LinkLocal),
        ("169.254.0.22", LinkLocal),
        ("169.254.0.23", Metadata),
        ("169.254.42.42", Metadata),
        ("169.254.42.43", LinkLocal),
        ("169.254.169.253", LinkLocal),
        ("169.254.169.254", Metadata),
        ("169.254.169.255", LinkLocal),
        ("169.254.170.2", Metadata),
        ("169.254.170.3", LinkLocal),
        ("169.254.170.22", LinkLocal),
        ("169.254.170.23", Metadata),
        ("169.254.255.255", LinkLocal),
        ("169.255.0.0", Public),
        ("172.15.255.255", Public),
        ("172.16.0.0", Private),
        ("172.31.255.255", Private),
        ("172.32.0.0", Public),
        ("192.0.0.0", Reserved),
        ("192.0.0.192", Metadata),
        ("192.0.0.193", Reserved),
        ("192.0.0.255", Reserved),
        ("192.0.1.0", Public),
        ("192.0.2.0", Documentation),
        ("192.0.2.255", Documentation),
        ("192.0.3.0", Public),
        ("192.88.98.255", Public),
        ("192.88.99.0", Reserved),
        ("192.88.99.255", Reserved),
        ("192.88.100.0", Public),
        ("192.168.0.0", Private),
        ("192.168.255.255", Private),
        ("192.169.0.0", Public),
        ("198.17.255.255", Public),
        ("198.18.0.0", Benchmarking),
        ("198.19.255.255", Benchmarking),
        ("198.20.0.0", Public),
        ("198.51.99.255", Public),
        ("198.51.100.0", Documentation),
        ("198.51.100.255", Documentation),
        ("198.51.101.0", Public),
        ("203.0.112.255", Public),
        ("203.0.113.0", Documentation),
        ("203.0.113.255", Documentation),
        ("203.0.114.0", Public),
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
        ("2001:2::", Benchmarking),
        ("2001:2:0:ffff:ffff:ffff:ffff:ffff", Benchmarking),
        ("2001:2:1::", Reserved),
        ("2001:10::1", Reserved),
        ("2001:1ff:ffff::", Reserved),
        ("2001:200::1", Public),
        ("2001:db7:ffff::", Public),
        ("2001:db8::", Documentation),
        ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Documentation),
        ("2001:db9::", Public),
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
        ("fd00:ec2::255", Private),
        ("fd00:ec2::23", Metadata),
        ("fd00:ec2::22", Private),
        ("fd20:ce::254", Metadata),
        ("fd20:ce::255", Private),
        ("fd00:42::42", Metadata),
        ("fd00:42::43", Private),
        ("fd00:c1::a9fe:a9fe", Metadata),
        ("fd00:c1::a9fe:a9ff", Private),
        ("fdff::1", Private),
        ("fe80::1", LinkLocal),
        ("fe80::a9fe:a9fe", Metadata),
        ("fe80::a9fe:a9ff", LinkLocal),
        ("febf::1", LinkLocal),
        ("fec0::1", Private),
        ("feff:ffff::", Private),
        ("fe00::", Reserved),
        ("ff00::", Multicast),
        ("ffff:ffff::", Multicast),
    ];
    for (address, class) in table {
        assert_eq!(classify(address.parse().unwrap()), class, "{address}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Another notation of an IPv4 address is that address; an obsolete notation is never public.
    #[test]
    fn ipv4_in_ipv6(bits in any::<u32>(), rest in any::<u64>()) {
        let v4 = Ipv4Addr::from_bits(bits);
        let class = classify(v4.into());
        let of = |bits: u128| classify(Ipv6Addr::from_bits(bits).into());
        let low = u128::from(bits);
        prop_assert_eq!(classify(v4.to_ipv6_mapped().into()), class);
        prop_assert_eq!(of(0xffff_0000 << 32 | low), class);
        prop_assert_eq!(of(0x0064_ff9b << 96 | low), class);
        let unused = match class {
            Class::Public => Class::Reserved,
            special => special,
        };
        let rest = u128::from(rest);
        prop_assert_eq!(of(0x2002 << 112 | low << 80 | rest), unused);
        prop_assert_eq!(of(0x2001_0000 << 96 | rest << 32 | u128::from(!bits)), unused);
        // `::` and `::1` have their own meanings.
        if low > 1 {
            prop_assert_eq!(of(low), unused);
        }
    }
}
