//! Origins, patterns and addresses: whatever the text is, all readers read it the same, and no
//! spelling changes which address it is.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http_step_fuzz::check_line;
use http_step_policy::address::{Class, classify};
use http_step_policy::{
    DenyPattern, Host, NoProxy, Origin, OriginPattern, Permission, Policy, ProxyUrl, Scheme,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(bytes) = data.first_chunk::<4>() {
        check_v4(Ipv4Addr::from(*bytes));
    }
    if let Some(bytes) = data.first_chunk::<16>() {
        check_v6(Ipv6Addr::from(*bytes));
    }
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    match Origin::from_url(text) {
        Ok(origin) => check_origin(text, &origin),
        Err(error) => check_line(&error.to_string()),
    }
    match text.parse::<Origin>() {
        Ok(origin) => check_bare(text, &origin),
        Err(error) => check_line(&error.to_string()),
    }
    match text.parse::<OriginPattern>() {
        Ok(pattern) => check_pattern(text, &pattern),
        Err(error) => check_line(&error.to_string()),
    }
    match text.parse::<ProxyUrl>() {
        Ok(proxy) => check_proxy(&proxy),
        Err(error) => check_line(&error.to_string()),
    }
    if let Ok(hosts) = text.parse::<NoProxy>() {
        assert_eq!(hosts.to_string().parse(), Ok(hosts));
    }
});

/// The origin of a URL is what the URL's parser, hyper and its own spelling say.
fn check_origin(text: &str, origin: &Origin) {
    let url = url::Url::parse(text).expect("an origin is of a URL");
    assert_eq!(url.scheme(), origin.scheme.as_str());
    assert_eq!(url.port_or_known_default(), Some(origin.port));
    let host = url.host().map(|host| host.to_owned());
    assert_eq!(host, url::Host::parse(&origin.host.to_string()).ok());

    let spelled = origin.to_string();
    check_line(&spelled);
    assert_eq!(spelled.parse().as_ref(), Ok(origin));
    if let Ok(uri) = format!("{spelled}/").parse::<http::Uri>() {
        assert_eq!(uri.scheme_str(), Some(origin.scheme.as_str()));
        assert_eq!(uri.host(), Some(origin.host.to_string().as_str()));
        let port = uri.port_u16().unwrap_or(origin.scheme.default_port());
        assert_eq!(port, origin.port);
    }

    let pattern = OriginPattern::from(origin.clone());
    assert!(pattern.matches(origin));
    check_pattern(&pattern.to_string(), &pattern);
    check_admission(text, origin);
    match origin.host {
        Host::Address(IpAddr::V4(address)) => check_v4(address),
        Host::Address(IpAddr::V6(address)) => check_v6(address),
        Host::Name(_) => {}
    }
}

/// The grant that a denial suggests allows what was denied, and no other address.
fn check_admission(url: &str, origin: &Origin) {
    let denial = match Policy::nothing().admit(origin, "GET") {
        Ok(_) => panic!("{origin} is allowed by nothing"),
        Err(denial) => denial,
    };
    check_line(&denial.to_string());
    let grant = denial.grant().expect("no deny rule");
    let line = grant.policy_line().to_string();
    check_line(&line);
    let Permission::Origin { origin: granted } = grant.permission else {
        panic!("{denial}: {line}");
    };
    let granted = Policy::nothing().allow(granted.into());
    let decision = granted.judge(url, "GET");
    assert!(decision.is_allowed(), "{line}: {decision}");
    check_line(&decision.to_string());

    let is_special = match origin.host {
        Host::Address(address) => classify(address) != Class::Public,
        // A list of names belongs to the policy; these are in it, whatever else is.
        Host::Name(ref name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let is_local = ["local", "localhost", "internal", "home.arpa", "onion"]
                .iter()
                .any(|suffix| name == *suffix || name.ends_with(&format!(".{suffix}")));
            let is_allowed = Policy::public().judge(url, "GET").is_allowed();
            assert!(!is_allowed || !is_local && name.contains('.'), "{origin}");
            return check_denied(url, origin);
        }
    };
    let decision = Policy::public().judge(url, "GET");
    assert_eq!(decision.is_allowed(), !is_special, "{decision}");
    check_denied(url, origin);
}

/// A rule that denies an origin, or its host, denies it whatever allows it.
fn check_denied(url: &str, origin: &Origin) {
    let own = OriginPattern::from(origin.clone());
    for entry in [origin.to_string(), origin.host.to_string()] {
        let entry: DenyPattern = entry.parse().expect("an origin, or a host");
        let spelled = entry.to_string();
        check_line(&spelled);
        assert_eq!(spelled.parse().as_ref(), Ok(&entry));
        let policy = Policy::public().deny(entry).allow(own.clone());
        let decision = policy.judge(url, "GET");
        assert!(!decision.is_allowed(), "{spelled}: {decision}");
    }
}

/// A text that is an origin contains nothing else.
fn check_bare(text: &str, origin: &Origin) {
    assert_eq!(Origin::from_url(text).as_ref(), Ok(origin));
    let url = url::Url::parse(text).expect("an origin is a URL");
    assert_eq!(
        (url.path(), url.query(), url.fragment()),
        ("/", None, None),
        "{text:?} is more than an origin"
    );
}

fn check_pattern(text: &str, pattern: &OriginPattern) {
    let spelled = pattern.to_string();
    check_line(&spelled);
    assert_eq!(spelled.parse().as_ref(), Ok(pattern));
    assert_eq!(text.to_ascii_uppercase().parse().as_ref(), Ok(pattern));
    if let Ok(origin) = spelled.parse::<Origin>() {
        // It has no wildcard: it matches that origin, and no other.
        assert_eq!(*pattern, OriginPattern::from(origin.clone()));
        assert!(pattern.matches(&origin));
        for other in neighbours(&origin) {
            assert!(!pattern.matches(&other), "{spelled} matches {other}");
        }
        return;
    }
    let Some((_, parent)) = spelled.split_once("://*.") else {
        return;
    };
    let parent = parent.split(':').next().unwrap_or_default();
    for scheme in [Scheme::Http, Scheme::Https] {
        for host in [
            parent.to_owned(),
            format!("a{parent}"),
            format!("a.{parent}.b"),
        ] {
            let host = Host::Name(host);
            let port = scheme.default_port();
            let other = Origin { scheme, host, port };
            assert!(!pattern.matches(&other), "{spelled} matches {other}");
        }
    }
}

fn neighbours(origin: &Origin) -> Vec<Origin> {
    let mut others = vec![
        Origin {
            scheme: match origin.scheme {
                Scheme::Http => Scheme::Https,
                Scheme::Https => Scheme::Http,
            },
            ..origin.clone()
        },
        Origin {
            port: origin.port ^ 1,
            ..origin.clone()
        },
    ];
    let hosts = match &origin.host {
        Host::Name(name) => vec![
            Host::Name(format!("a{name}")),
            Host::Name(format!("a.{name}")),
            Host::Name(format!("{name}.b")),
        ],
        Host::Address(IpAddr::V4(address)) => vec![
            Host::Name(address.to_string()),
            Host::Address(address.to_ipv6_mapped().into()),
            Host::Address(Ipv4Addr::from_bits(address.to_bits() ^ 1).into()),
        ],
        Host::Address(IpAddr::V6(address)) => {
            vec![Host::Address(
                Ipv6Addr::from_bits(address.to_bits() ^ 1).into(),
            )]
        }
    };
    others.extend(hosts.into_iter().map(|host| Origin {
        host,
        ..origin.clone()
    }));
    others
}

/// A proxy is shown without its credentials, and as a proxy.
fn check_proxy(proxy: &ProxyUrl) {
    let spelled = proxy.to_string();
    check_line(&spelled);
    assert!(!spelled.contains('@'));
    let bare = ProxyUrl {
        credentials: None,
        ..proxy.clone()
    };
    assert_eq!(spelled.parse(), Ok(bare));
}

/// In every spelling it is the same host, and wherever it is embedded it is as special.
fn check_v4(address: Ipv4Addr) {
    let class = classify(address.into());
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation();
    assert!(!special || class != Class::Public, "{address} is {class}");
    check_public(address.into(), class);

    let [a, b, c, d] = address.octets();
    let bits = address.to_bits();
    let (after_a, after_b) = (bits & 0xff_ffff, bits & 0xffff);
    for spelled in [
        format!("{bits}"),
        format!("{bits:#x}"),
        format!("{bits:#X}"),
        format!("0{bits:o}"),
        format!("{a}.{after_a}"),
        format!("{a}.{b}.{after_b}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a:#x}.{b}.0{c:o}.{d:#X}"),
        format!("{a}.{b}.{c}.{d}."),
        format!("{a}%2e{b}\u{3002}{c}\u{ff0e}{d}"),
        address
            .to_string()
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect(),
    ] {
        let origin = Origin::from_url(&format!("http://{spelled}:8080/"));
        let host = origin.expect("an address").host;
        assert_eq!(host, Host::Address(address.into()), "{spelled}");
    }

    let [high, low] = [bits >> 16, bits].map(|half| half as u16);
    for carrying in [
        Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
        Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
    ] {
        assert_eq!(classify(carrying.into()), class, "{carrying}");
    }
    for (carrying, exactly) in [
        // `::` and `::1` are themselves.
        (Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low), bits > 1),
        (Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1), true),
        (Ipv6Addr::new(0x2001, 0, 1, 1, 0, 0, !high, !low), true),
    ] {
        let carried = classify(carrying.into());
        assert_ne!(carried, Class::Public, "{carrying}");
        if class != Class::Public && exactly {
            assert_eq!(carried, class, "{carrying}");
        }
    }
}

fn check_v6(address: Ipv6Addr) {
    let class = classify(address.into());
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast();
    assert!(!special || class != Class::Public, "{address} is {class}");
    check_public(address.into(), class);

    let groups = address
        .segments()
        .map(|group| format!("{group:04X}"))
        .join(":");
    let [.., a, b, c, d] = address.octets();
    let (front, _) = groups.split_at(6 * 5);
    for spelled in [groups.clone(), format!("{front}{a}.{b}.{c}.{d}")] {
        let origin = Origin::from_url(&format!("http://[{spelled}]:8080/"));
        let host = origin.expect("an address").host;
        assert_eq!(host, Host::Address(address.into()), "{spelled}");
    }
}

/// Names may resolve to public addresses only, unless a rule names the address.
fn check_public(address: IpAddr, class: Class) {
    let name = Origin::from_url("https://example.com").expect("an origin");
    for policy in [
        Policy::public(),
        Policy::nothing().allow(name.clone().into()),
    ] {
        let permit = policy.admit(&name, "GET").expect("a name that is granted");
        match permit.check_address(address) {
            Ok(()) => assert_eq!(class, Class::Public, "{address}"),
            Err(denial) => {
                assert_ne!(class, Class::Public, "{denial}");
                let grant = denial.grant().expect("no deny rule");
                let Permission::Network { network } = grant.permission else {
                    panic!("{denial}: {}", grant.policy_line());
                };
                let policy = policy.allow_network(network);
                let permit = policy.admit(&name, "GET").expect("as before");
                permit.check_address(address).expect("it is granted");
            }
        }
    }
}
