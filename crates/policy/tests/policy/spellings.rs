//! An address is the same in every spelling, in a URL or in a rule.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http_step_policy::address::classify;
use http_step_policy::{Host, Origin, OriginPattern, Policy};
use proptest::prelude::*;

/// The spellings of an IPv4 address in the WHATWG's URL standard.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let bits = address.to_bits();
    let [a, b, c, d] = address.octets();
    let (low24, low16) = (bits & 0x00ff_ffff, bits & 0xffff);
    let dotted = format!("{a}.{b}.{c}.{d}");
    vec![
        bits.to_string(),
        format!("0x{bits:x}"),
        format!("0X{bits:X}"),
        format!("0x00000000{bits:x}"),
        format!("0{bits:o}"),
        format!("{a}.{low24}"),
        format!("{a}.{b}.{low16}"),
        format!("0x{a:x}.0x{low24:x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("0x{a:x}.0{b:o}.{c}.0x{d:X}"),
        format!("000{a:o}.{b}.{low16}"),
        format!("{dotted}."),
        dotted.replace('.', "%2e"),
        dotted.replace('.', "。"),
        dotted.chars().map(full_width).collect(),
        dotted.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        dotted,
    ]
}

fn full_width(c: char) -> char {
    match c {
        '0'..='9' => char::from_u32(u32::from(c) - u32::from('0') + 0xff10).unwrap(),
        _ => c,
    }
}

fn v6_spellings(address: Ipv6Addr) -> Vec<String> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = Ipv4Addr::from_bits(address.to_bits() as u32);
    vec![
        format!("[{address}]"),
        format!("[{}]", address.to_string().to_uppercase()),
        format!("[{a:x}:{b:x}:{c:x}:{d:x}:{e:x}:{f:x}:{g:x}:{h:x}]"),
        format!("[{a:04X}:{b:04X}:{c:04X}:{d:04X}:{e:04X}:{f:04X}:{g:04X}:{h:04X}]"),
        format!("[{a:x}:{b:x}:{c:x}:{d:x}:{e:x}:{f:x}:{v4}]"),
    ]
}

#[track_caller]
fn leads_to(host: &str, address: IpAddr) {
    let url = format!("http://{host}:8080/x?y#z");
    let origin = Origin::from_url(&url).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(origin.host, Host::Address(address), "{url}");
    let Host::Address(read) = origin.host else {
        unreachable!()
    };
    assert_eq!(classify(read), classify(address), "{url}");

    let pattern: OriginPattern = format!("http://{host}:8080").parse().unwrap();
    assert_eq!(pattern, OriginPattern::from(origin.clone()));
    // A grant of the address in one spelling grants it in all.
    let permit = Policy::nothing().allow(pattern).admit(&origin, "GET");
    permit.unwrap().check_address(address).unwrap();
    // A grant of all public origins grants only the public ones.
    let permit = Policy::public().admit(&origin, "GET").unwrap();
    assert_eq!(
        permit.check_address(address).is_ok(),
        classify(address) == http_step_policy::address::Class::Public
    );
}

#[test]
fn metadata_in_every_spelling() {
    let denial = |host: &str| {
        let origin = Origin::from_url(&format!("http://{host}/latest/meta-data/")).unwrap();
        let Host::Address(address) = origin.host else {
            panic!("{host} is not read as an address")
        };
        let permit = Policy::public().admit(&origin, "GET").unwrap();
        permit.check_address(address).unwrap_err().to_string()
    };
    let v4 = Ipv4Addr::new(169, 254, 169, 254);
    for host in spellings(v4) {
        assert_eq!(
            denial(&host),
            "the policy does not allow http://169.254.169.254: 169.254.169.254 is \
             a cloud metadata address",
            "{host}"
        );
    }
    for host in [
        "[::ffff:169.254.169.254]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[::169.254.169.254]",
        "[::ffff:0:169.254.169.254]",
        "[64:ff9b::169.254.169.254]",
        "[2002:a9fe:a9fe::]",
        "[2001:0::5601:5601]",
        "[fd00:ec2::254]",
        "[FE80::A9FE:A9FE]",
    ] {
        let origin = Origin::from_url(&format!("http://{host}/")).unwrap();
        assert_eq!(
            denial(host),
            format!(
                "the policy does not allow {origin}: {} is a cloud metadata address",
                origin.host.to_string().trim_matches(['[', ']'])
            ),
        );
    }
}

/// Hosts that end in a number are addresses or errors: none is resolved as a name.
#[test]
fn texts_that_resemble_addresses() {
    for host in [
        "256.0.0.1",
        "1.2.3.4.5",
        "0x100000000",
        "1.2.3.08",
        "foo.0x7f",
        "127.0.0.1.1",
        "[::1%25lo]",
        "[fe80::1%lo]",
        "[::1",
        "::1",
        "[1.2.3.4]",
        "[:::]",
    ] {
        assert!(
            Origin::from_url(&format!("http://{host}/")).is_err(),
            "{host}"
        );
        assert!(
            format!("http://{host}").parse::<OriginPattern>().is_err(),
            "{host}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn ipv4(address in any::<Ipv4Addr>()) {
        for host in spellings(address) {
            leads_to(&host, address.into());
        }
    }

    #[test]
    fn ipv6(address in any::<Ipv6Addr>(), v4 in any::<Ipv4Addr>()) {
        for address in [address, v4.to_ipv6_mapped(), v4.to_ipv6_compatible()] {
            for host in v6_spellings(address) {
                leads_to(&host, address.into());
            }
        }
    }
}
