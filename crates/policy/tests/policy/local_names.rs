//! Names that are not public: they are not resolved unless a rule names them.

use expect_test::expect;
use http_step_policy::{Origin, Permission, Policy};

use crate::{origin, policy};

/// Local names, in many spellings, which the URL's parser normalizes before they are checked.
const LOCAL: [&str; 56] = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "a.b.LocalHost.",
    "loc%61lhost",
    "%6c%6f%63%61%6c%68%6f%73%74",
    "ⓛocalhost",
    "ｌｏｃａｌｈｏｓｔ",
    "local\u{ad}host",
    "localhost\u{3002}",
    "a\u{ff0e}localhost",
    "a%2elocalhost",
    "db",
    "DB.",
    "intranet",
    "com",
    "bücher",
    "xn--bcher-kva",
    "printer.local",
    "a.printer.local.",
    "printer%2Elocal",
    "local",
    "git.internal",
    "host.docker.internal",
    "internal.",
    "router.home.arpa",
    "home.arpa",
    "router\u{3002}home\u{3002}arpa",
    "expyuzz4wqqyqhjn.onion",
    "expyuzz4wqqyqhjn.ONION.",
    "name.alt",
    "git.corp",
    "nas.home",
    "www.intranet",
    "router.lan",
    "smtp.mail",
    "git.private",
    "localhost.localdomain",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "metadata",
    "metadata.google.internal",
    "METADATA.google.internal.",
    "metadata.google%2einternal",
    "a.metadata.google.internal",
    "metadata.goog",
    "a.metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
    "metadata.azure.internal",
    "metadata.tencentyun.com",
    "api.metadata.cloud.ibm.com",
    "metadata.exoscale.com",
    "metadata.platformequinix.com",
    "rancher-metadata",
];

/// Names that only resemble those.
const PUBLIC: [&str; 16] = [
    "localhost.example",
    "mylocalhost.example",
    "alocalhost.com",
    "a.notlocal",
    "internal.example.com",
    "git.internal.example",
    "home.arpa.example",
    "a.arpa",
    "onion.example",
    "metadata.example.com",
    "google.internal.example",
    "tencentyun.com",
    "www.tencentyun.com",
    "cloud.ibm.com",
    "notmetadata.goog",
    "one.test",
];

fn url(name: &str) -> Origin {
    Origin::from_url(&format!("http://{name}:8080/")).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn any_public_origin_has_no_local_name() {
    // Whatever they resolve to, and whether the host or a proxy resolves them.
    for public in [
        Policy::public(),
        Policy::public().allow_network("0.0.0.0/0".parse().unwrap()),
        policy("public: true\nproxies: {all: 'socks5h://proxy.example'}"),
        policy("public: true\nproxies: {all: 'http://proxy.example', resolve: proxy}"),
        policy("public: true\nallow: [https://*.example.com, '*://*.example:*']"),
    ] {
        for name in LOCAL {
            assert!(public.admit(&url(name), "GET").is_err(), "{name}");
            let decision = public.judge(&format!("http://{name}:8080/"), "GET");
            assert!(!decision.is_allowed(), "{name}: {decision}");
        }
        for name in PUBLIC {
            let permit = public.admit(&url(name), "GET");
            assert!(permit.is_ok(), "{name}: {permit:?}");
        }
    }
}

#[test]
fn the_line_of_a_denial_grants_the_name() {
    for name in LOCAL {
        let to = url(name);
        let denial = Policy::public().admit(&to, "GET").unwrap_err();
        let grant = denial.grant().unwrap();
        let expected = Permission::Origin { origin: to.clone() };
        assert_eq!(grant.permission, expected);
        let policy = Policy::public().allow(to.clone().into());
        let permit = policy.admit(&to, "GET");
        assert!(permit.is_ok(), "{name}: {permit:?}");
    }
}

#[test]
fn why_not() {
    let report: String = [
        "localhost",
        "a.localhost",
        "db",
        "git.internal",
        "router.home.arpa",
        "metadata.google.internal",
        "metadata.goog",
    ]
    .into_iter()
    .map(|name| {
        format!(
            "{}\n",
            Policy::public().admit(&url(name), "GET").unwrap_err()
        )
    })
    .collect();
    expect![[r#"
        the policy does not allow http://localhost:8080: `localhost` is this machine, and no rule names it
        the policy does not allow http://a.localhost:8080: `localhost` is this machine, and no rule names it
        the policy does not allow http://db:8080: a single-label name is not public, and no rule names it
        the policy does not allow http://git.internal:8080: names under `.internal` are not public, and no rule names it
        the policy does not allow http://router.home.arpa:8080: names under `.home.arpa` are not public, and no rule names it
        the policy does not allow http://metadata.google.internal:8080: it is a cloud metadata service, and no rule has its exact name
        the policy does not allow http://metadata.goog:8080: it is a cloud metadata service, and no rule has its exact name
    "#]].assert_eq(&report);
    // The same without `public`, and in a file.
    let file = policy("allow: [https://example.com]");
    expect!["the policy does not allow http://db:8080: a single-label name is not public, and no rule names it"].assert_eq(&file.admit(&url("db"), "GET").unwrap_err().to_string());
}

/// A wildcard covers the names below a suffix that is local itself, but no metadata service.
#[test]
fn wildcards() {
    let admits = |pattern: &str, name: &str| {
        let policy = Policy::public().allow(pattern.parse().unwrap());
        let origin = origin(&format!("http://{name}"));
        policy.admit(&origin, "GET").is_ok()
    };
    for (pattern, name) in [
        ("http://*.localhost", "a.localhost"),
        ("http://*.internal", "git.internal"),
        ("http://*.corp.internal", "git.corp.internal"),
        ("http://*.local", "a.b.local"),
        ("http://*.home.arpa", "router.home.arpa"),
        ("http://*.onion", "expyuzz4wqqyqhjn.onion"),
        ("http://*.lan", "router.lan"),
        ("http://*.svc", "kubernetes.default.svc"),
        // Below the service, not the service itself.
        ("http://*.google.internal", "a.metadata.google.internal"),
        ("http://*.metadata.goog", "a.metadata.goog"),
        (
            "http://metadata.google.internal",
            "metadata.google.internal",
        ),
    ] {
        assert!(admits(pattern, name), "{pattern} {name}");
    }
    for (pattern, name) in [
        ("http://*.internal", "metadata.google.internal"),
        ("http://*.google.internal", "metadata.google.internal"),
        ("http://*.ec2.internal", "instance-data.ec2.internal"),
        ("http://*.tencentyun.com", "metadata.tencentyun.com"),
        ("http://*.tencentyun.com", "a.metadata.tencentyun.com"),
        ("http://*.cloud.ibm.com", "api.metadata.cloud.ibm.com"),
        ("http://*.ibm.com", "api.metadata.cloud.ibm.com"),
        ("http://*.localhost", "localhost"),
        ("http://*.home.arpa", "home.arpa"),
        ("http://*.corp.internal", "git.internal"),
    ] {
        assert!(!admits(pattern, name), "{pattern} {name}");
    }
    // Nor does a wildcard grant a secret to one.
    let policy = policy(
        "secrets: {A: {from: env:A, origins: ['http://*.tencentyun.com', 'http://*.internal']}}",
    );
    let secret = policy.secret("A").unwrap();
    let granted = |name: &str| {
        let origin = origin(&format!("http://{name}"));
        let place = http_step_policy::Place::Header;
        secret.admit(&origin, "GET", "/", place).is_ok()
    };
    assert!(granted("www.tencentyun.com") && granted("git.internal"));
    assert!(!granted("metadata.tencentyun.com") && !granted("metadata.google.internal"));
}

/// A rule after a wildcard decides about names that the wildcard does not cover.
#[test]
fn a_rule_after_a_wildcard_decides_about_a_metadata_service() {
    let policy = policy("allow:\n- http://*.internal\n- http://metadata.google.internal\n");
    let to = origin("http://metadata.google.internal");
    let permit = policy.admit(&to, "GET").unwrap();
    assert_eq!(
        permit.rule().to_string(),
        "policy.yaml:3: http://metadata.google.internal"
    );
}
