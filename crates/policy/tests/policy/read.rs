//! Files without errors, and what they mean.

use std::time::Duration;

use http_step_policy::{
    Limits, NoProxy, PartialEcho, Policy, ProxyResolve, ProxyRules, Rule, TlsAsk, TlsRules,
    TlsVersion,
};

use crate::{origin, policy, said};

/// Assert that a file and a built policy permit the same.
fn same(file: &Policy, built: &Policy) {
    let to = origin("https://a.example");
    assert_eq!(file.budgets(), built.budgets());
    assert_eq!(
        file.admit(&to, "GET").is_ok(),
        built.admit(&to, "GET").is_ok()
    );
    assert_eq!(said(file), said(built));
}

#[test]
fn policies_that_grant_nothing() {
    for yaml in [
        "{}",
        "allow: []",
        "allow: null\npublic:\nnetworks: ~\ntls:\nproxies:\nlimits:\n",
        "public: false",
        "tls: {}\nproxies: {}\nlimits: {}",
        "tls: {min_version: null}\nproxies: {all: null}\nlimits: {wall: null}",
    ] {
        same(&policy(yaml), &Policy::nothing());
    }
}

#[test]
fn every_key() {
    let file = policy(
        r#"
public: true
allow:
  - https://a.example
  - origin: https://*.b.example:*
    methods: [GET, PROPFIND]
    networks: [10.0.0.0/8, 192.168.0.7]
    tls: {min_version: "1.3", steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]}
  - {"origin": "*://localhost"}
networks: [fd00::/8]
tls:
  min_version: 1.2
  pinned_keys: []
  steps_may: []
proxies:
  http: http://p
  https: https://p
  all: socks5://p
  no_proxy: ['*', '*.c.example', .d.example, 10.0.0.0/8, 1.2.3.4]
  resolve: proxy
  steps_may_use: [socks5h://q]
limits:
  wall: 1
  cpu: 0.5
  connect: 120
  read: 2.25
  memory: 1 MiB
  requests: 1
  concurrent_requests: 2
  hosts: 0
  bytes_sent: 0
  bytes_received: 7
  bytes_decoded: 1TiB
  header_fields: 3
  header_bytes: 1KiB
  log_bytes: 8
  log_kept: 9
  component_bytes: 10
  compile_time: 31536000
  compile_memory: 18446744073709551615
"#,
    );
    let url = |text: &str| Some(text.parse().unwrap());
    let limits = Limits {
        wall: Duration::from_secs(1),
        cpu: Duration::from_millis(500),
        connect: Duration::from_secs(120),
        read: Duration::from_millis(2_250),
        memory: 1 << 20,
        requests: 1,
        concurrent_requests: 2,
        hosts: 0,
        bytes_sent: 0,
        bytes_received: 7,
        bytes_decoded: 1 << 40,
        header_fields: 3,
        header_bytes: 1024,
        log_bytes: 8,
        log_kept: 9,
        component_bytes: 10,
        compile_time: Duration::from_secs(31_536_000),
        compile_memory: u64::MAX,
    };
    assert_eq!(file.budgets(), &limits);
    let built = Policy::public()
        .allow("https://a.example".parse().unwrap())
        .allow_rule(
            Rule::new("https://*.b.example:*".parse().unwrap())
                .methods(["GET", "PROPFIND"])
                .network("10.0.0.0/8".parse().unwrap())
                .network("192.168.0.7/32".parse().unwrap())
                .tls(TlsRules {
                    min_version: Some(TlsVersion::Tls13),
                    pinned_keys: None,
                    steps_may: Some(TlsAsk::ALL.into()),
                }),
        )
        .allow("*://localhost".parse().unwrap())
        .allow_network("fd00::/8".parse().unwrap())
        .tls(TlsRules {
            min_version: Some(TlsVersion::Tls12),
            pinned_keys: Some(vec![]),
            steps_may: Some([].into()),
        })
        .proxies(ProxyRules {
            http: url("http://p"),
            https: url("https://p"),
            all: url("socks5://p"),
            no_proxy: vec![
                NoProxy::All,
                NoProxy::Domain("c.example".to_owned()),
                NoProxy::Domain("d.example".to_owned()),
                NoProxy::Network("10.0.0.0/8".parse().unwrap()),
                NoProxy::Network("1.2.3.4/32".parse().unwrap()),
            ],
            resolve: Some(ProxyResolve::Proxy),
            steps_may_use: vec!["socks5h://q".parse().unwrap()],
        })
        .limits(limits);
    same(&file, &built);
}

/// JSON is YAML; anchors avoid repetition.
#[test]
fn notations() {
    let built = Policy::nothing()
        .allow("https://a.example".parse().unwrap())
        .allow("https://b.example".parse().unwrap());
    for yaml in [
        r#"{"allow": ["https://a.example", {"origin": "https://b.example"}]}"#,
        "allow:\n- https://a.example\n- {origin: https://b.example, methods: null, tls: null}\n",
        "allow:\n- &a {origin: https://a.example}\n- {<<: *a, origin: https://b.example}\n",
        "# comment\n---\nallow: [ 'https://a.example', \"https://b.example\" ]\n...\n",
    ] {
        same(&policy(yaml), &built);
    }
}

#[test]
fn a_part_of_a_secret_in_a_response() {
    for (file, action) in [
        ("{}", PartialEcho::Report),
        ("partial_echo: null", PartialEcho::Report),
        ("partial_echo: report", PartialEcho::Report),
        ("partial_echo: stop", PartialEcho::Stop),
    ] {
        assert_eq!(policy(file).partial_echo(), action, "{file}");
    }
    let policy = Policy::nothing().on_partial_echo(PartialEcho::Stop);
    assert_eq!(policy.partial_echo(), PartialEcho::Stop);
}
