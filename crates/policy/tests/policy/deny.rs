//! Denials, which override every grant.

use expect_test::expect;
use http_step_policy::{DenyPattern, Policy};

use crate::{origin, policy};

/// A policy that allows everything possible.
const WIDE: &str = "public: true
allow:
- '*://a.example:*'
- '*://*.b.example:*'
- http://10.0.0.1:8080
- 'http://[::ffff:10.0.0.1]:8080'
- '*://localhost:*'
networks: [0.0.0.0/0, '::/0', 169.254.169.254]
";

fn denying(entry: &str) -> Policy {
    policy(WIDE).deny(entry.parse().unwrap_or_else(|error| panic!("{error}")))
}

/// Why a request is denied, or that it is permitted.
fn report(policy: &Policy, to: &str, address: Option<&str>) -> String {
    let verdict = policy
        .admit(&origin(to), "GET")
        .and_then(|permit| match address {
            Some(address) => permit.check_address(address.parse().unwrap()),
            None => Ok(()),
        });
    match verdict {
        Ok(()) => "allowed".to_owned(),
        Err(denial) => denial.to_string(),
    }
}

#[test]
fn origins_and_hosts() {
    for (entry, denied, allowed) in [
        (
            "https://a.example",
            &[
                "https://a.example",
                "https://A.example.",
                "https://%61.example",
            ][..],
            &[
                "http://a.example",
                "https://a.example:8443",
                "https://c.a.example",
            ][..],
        ),
        (
            "a.example",
            &[
                "https://a.example",
                "http://a.example",
                "http://a.example:8080",
            ],
            &["https://c.a.example", "https://aa.example"],
        ),
        (
            "A.Example.:8080-8090",
            &["https://a.example:8080", "http://a.example:8090"],
            &["https://a.example", "http://a.example:8091"],
        ),
        (
            "*.b.example",
            &["https://c.b.example", "http://d.c.b.example:1"],
            &["https://b.example", "https://a.example"],
        ),
        // As wide as a top-level domain.
        (
            "*.example",
            &["https://a.example", "https://c.b.example"],
            &["https://example.com"],
        ),
        ("*.com", &["https://example.com"], &["https://a.example"]),
        (
            "*://*.example:*",
            &["https://a.example:1"],
            &["https://example.com"],
        ),
        (
            "bücher.example",
            &["https://xn--bcher-kva.example"],
            &["https://a.example"],
        ),
        (
            "localhost",
            &["http://localhost", "http://LOCALHOST.:8080"],
            &["https://a.example"],
        ),
    ] {
        let policy = denying(entry);
        for to in denied {
            let report = report(&policy, to, None);
            assert!(
                report.contains("it matches the deny rule `"),
                "{entry}: {report}"
            );
        }
        for to in allowed {
            assert_eq!(report(&policy, to, None), "allowed", "{entry}: {to}");
        }
    }
}

#[test]
fn networks_and_addresses_in_every_spelling() {
    for (entry, denied, allowed) in [
        (
            "10.0.0.0/8",
            &[
                "10.0.0.1",
                "10.255.255.255",
                "::ffff:10.0.0.1",
                "::ffff:0:10.0.0.1",
                "64:ff9b::10.0.0.1",
                "::10.0.0.1",
                "2002:a00:1::1",
                "2001:0:a9fe:a9fe::f5ff:fffe",
            ][..],
            &["11.0.0.1", "::ffff:11.0.0.1", "::1"][..],
        ),
        ("10.0.0.1", &["10.0.0.1", "::ffff:10.0.0.1"], &["10.0.0.2"]),
        (
            "http://10.0.0.1",
            &["10.0.0.1", "::ffff:10.0.0.1"],
            &["10.0.0.2"],
        ),
        ("0xa.1", &["10.0.0.1", "::ffff:10.0.0.1"], &["10.0.0.2"]),
        (
            "[::ffff:10.0.0.1]",
            &["10.0.0.1", "::ffff:10.0.0.1"],
            &["10.0.0.2"],
        ),
        (
            "::ffff:10.0.0.0/104",
            &["10.0.0.1", "::ffff:10.0.0.1"],
            &["11.0.0.1"],
        ),
        // The notation itself, and not the addresses in it.
        ("::ffff:0:0/96", &["::ffff:10.0.0.1"], &["10.0.0.1"]),
        ("64:ff9b::/96", &["64:ff9b::10.0.0.1"], &["10.0.0.1"]),
        ("169.254.0.0/16", &["169.254.169.254"], &["1.1.1.1"]),
        (
            "0.0.0.0/0",
            &["1.1.1.1", "10.0.0.1", "::ffff:1.1.1.1"],
            &["2606:4700::1111"],
        ),
        (
            "::/0",
            &["2606:4700::1111", "::1", "::ffff:1.1.1.1"],
            &["1.1.1.1"],
        ),
        ("fd00::/8", &["fd00::1"], &["fc00::1"]),
    ] {
        let policy = denying(entry);
        for address in denied {
            let report = report(&policy, "http://a.example", Some(address));
            assert!(
                report.contains("which matches the deny rule `"),
                "{entry}: {address}: {report}"
            );
        }
        for address in allowed {
            let report = report(&policy, "http://a.example", Some(address));
            assert_eq!(report, "allowed", "{entry}: {address}");
        }
    }
}

#[test]
fn an_address_of_an_origin_on_its_ports_alone() {
    let policy = denying("http://10.0.0.1:8000-8010");
    for (to, is_allowed) in [
        ("http://a.example:8005", false),
        ("https://a.example:8005", true),
        ("http://a.example:8011", true),
    ] {
        let report = report(&policy, to, Some("10.0.0.1"));
        assert_eq!(report == "allowed", is_allowed, "{to}: {report}");
    }
}

#[test]
fn a_literal_grant_does_not_help() {
    let mut lines = String::new();
    for (entry, to) in [
        ("10.0.0.0/8", "http://10.0.0.1:8080"),
        ("10.0.0.0/8", "http://[::ffff:10.0.0.1]:8080"),
        ("http://10.0.0.1:8080", "http://[::ffff:10.0.0.1]:8080"),
        ("169.254.169.254", "http://[::ffff:a9fe:a9fe]"),
    ] {
        let policy = Policy::public()
            .allow(to.parse().unwrap())
            .allow_network("::/0".parse().unwrap())
            .deny(entry.parse().unwrap());
        lines.push_str(&format!("{}\n", report(&policy, to, None)));
    }
    expect![[r#"
        the policy does not allow http://10.0.0.1:8080: it matches the deny rule `10.0.0.0/8`, which overrides any allow rule
        the policy does not allow http://[::ffff:10.0.0.1]:8080: it matches the deny rule `10.0.0.0/8`, which overrides any allow rule
        the policy does not allow http://[::ffff:10.0.0.1]:8080: it matches the deny rule `http://10.0.0.1:8080`, which overrides any allow rule
        the policy does not allow http://[::ffff:169.254.169.254]: it matches the deny rule `169.254.169.254`, which overrides any allow rule
    "#]].assert_eq(&lines);
}

/// Later grants, as by arguments, do not override denials.
#[test]
fn later_grants_do_not_help() {
    let policy = policy("deny: [a.example, 10.0.0.0/8]")
        .allow("https://a.example".parse().unwrap())
        .allow("https://b.example".parse().unwrap())
        .allow_network("10.0.0.0/8".parse().unwrap());
    expect!["the policy does not allow https://a.example: it matches the deny rule `policy.yaml:1: a.example`, which overrides any allow rule"].assert_eq(&report(&policy, "https://a.example", None));
    expect!["the policy does not allow https://b.example: it resolves to 10.0.0.1, which matches the deny rule `policy.yaml:1: 10.0.0.0/8`, and that overrides any allow rule"].assert_eq(&report(&policy, "https://b.example", Some("10.0.0.1")));
    let denial = policy
        .admit(&origin("https://a.example"), "GET")
        .unwrap_err();
    assert_eq!(denial.grant(), None);
}

#[test]
fn with_a_proxy() {
    for proxies in [
        "{all: http://proxy.example}",
        "{all: socks5h://proxy.example}",
        "{all: http://proxy.example, resolve: proxy}",
    ] {
        let policy = policy(&format!(
            "public: true\nproxies: {proxies}\ndeny: [a.example, 1.1.1.0/24]"
        ));
        for url in [
            "https://a.example/",
            "http://1.1.1.1/",
            "http://[::ffff:1.1.1.1]/",
        ] {
            assert!(!policy.judge(url, "GET").is_allowed(), "{proxies}: {url}");
        }
    }
}

#[test]
fn explained_and_judged() {
    let policy = policy(
        "public: true
networks: [10.0.0.0/8]
deny:
- evil.example
- '*.evil.example'
- https://a.example:8443
- 10.1.0.0/16
- 10.2.3.4
- '[::1]:8080'
",
    );
    let explained = policy.explain();
    let of_deny: Vec<&str> = explained.lines().take(9).collect();
    expect![[r#"
        policy.yaml
           4  evil.example: denied, overriding any rule
           5  *.evil.example: denied, overriding any rule
           6  https://a.example:8443: denied, overriding any rule
           7  addresses in 10.1.0.0/16: denied, overriding any rule
           8  addresses in 10.2.3.4: denied, overriding any rule
           9  *://[::1]:8080: denied, overriding any rule
           1  any other origin except local names: any method, at public addresses
           2  names may also resolve to addresses in 10.0.0.0/8"#]]
    .assert_eq(&of_deny.join("\n"));
    let judged: Vec<String> = [
        "https://b.example/",
        "https://evil.example/",
        "http://x.evil.example:81/",
        "https://a.example:8443/",
        "http://10.1.2.3/",
    ]
    .into_iter()
    .map(|url| policy.judge(url, "GET").to_string())
    .collect();
    expect![[r#"
        GET https://b.example is allowed by `policy.yaml:1: any public origin`; the name may resolve to public addresses and 10.0.0.0/8, but not to 10.1.0.0/16 and 10.2.3.4/32
        the policy does not allow https://evil.example: it matches the deny rule `policy.yaml:4: evil.example`, which overrides any allow rule
        the policy does not allow http://x.evil.example:81: it matches the deny rule `policy.yaml:5: *.evil.example`, which overrides any allow rule
        the policy does not allow https://a.example:8443: it matches the deny rule `policy.yaml:6: https://a.example:8443`, which overrides any allow rule
        the policy does not allow http://10.1.2.3: it matches the deny rule `policy.yaml:7: 10.1.0.0/16`, which overrides any allow rule"#]].assert_eq(&judged.join("\n"));
}

#[test]
fn spellings() {
    for (text, shown) in [
        ("Evil.Example.", "evil.example"),
        ("*.evil.example:*", "*.evil.example"),
        ("*://evil.example", "*://evil.example"),
        ("*://evil.example:*", "evil.example"),
        ("evil.example:443", "*://evil.example:443"),
        ("https://evil.example:443/", "https://evil.example"),
        ("0x7f.1", "127.0.0.1"),
        ("10.0.0.1/32", "10.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[::1]:80", "*://[::1]:80"),
        ("FD00::/8", "fd00::/8"),
    ] {
        let pattern: DenyPattern = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(pattern.to_string(), shown);
        assert_eq!(shown.parse(), Ok(pattern), "{shown}");
    }
    let mut report = String::new();
    for text in [
        "",
        "*",
        "*.",
        "a.*.example",
        "10.1.2.3/8",
        "10.0.0.0/33",
        "evil.example/path",
        "https://user:hunter2@evil.example/hunter2",
        "user:hunter2@evil.example",
        "ftp://evil.example",
        "evil.example:99999",
        "e vil",
    ] {
        report.push_str(&format!("{}\n", text.parse::<DenyPattern>().unwrap_err()));
    }
    expect![[r#"
        `` can't be denied: it has no host; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `*` can't be denied: `*` matches only whole labels at the start of a name, as in `*.example.com`; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `*.` can't be denied: its host is invalid: empty host; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `a.*.example` can't be denied: `*` matches only whole labels at the start of a name, as in `*.example.com`; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `10.1.2.3/8` can't be denied: `10.1.2.3/8` has host bits set; did you mean `10.0.0.0/8`, or the address `10.1.2.3`?; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `10.0.0.0/33` can't be denied: `10.0.0.0/33` is not an address or a network such as `10.0.0.0/8` or `fd12:3456::/32`; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `evil.example/…` can't be denied: it can't have a path; remove everything after the host and port; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `…@evil.example/…` can't be denied: it can't have a path; remove everything after the host and port; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `…@evil.example` can't be denied: it contains a user name or a password; remove them; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `ftp://evil.example` can't be denied: its scheme must be `https`, `http`, or `*` for both; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `evil.example:99999` can't be denied: its port must be a number up to 65535, a range such as `8000-8010`, or `*`; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
        `e vil` can't be denied: it contains a space or a control character; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`
    "#]].assert_eq(&report);
    assert!(!report.contains("hunter2"));
}
