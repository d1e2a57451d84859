//! What policies permit, by which rule, and the denials of the rest.

use http_step_policy::{Policy, Rule};

use crate::{origin, policy};

/// The rule that decides about a request and an address, or the denial.
fn verdict(policy: &Policy, request: &str, address: &str) -> String {
    let (method, to) = request.split_once(' ').unwrap();
    let verdict = policy.admit(&origin(to), method).and_then(|permit| {
        permit.check_address(address.parse().unwrap())?;
        Ok(permit.rule().to_string())
    });
    verdict.unwrap_or_else(|denial| crate::with_grant(&denial))
}

#[track_caller]
fn verdicts(policy: &Policy, cases: &[(&str, &str, &str)]) {
    for (request, address, expected) in cases {
        assert_eq!(
            verdict(policy, request, address),
            *expected,
            "{request} at {address}"
        );
    }
}

#[test]
fn nothing() {
    verdicts(
        &Policy::nothing(),
        &[(
            "GET https://api.example.com",
            "1.1.1.1",
            "the policy does not allow https://api.example.com: no rule matches it; `- https://api.example.com` under `allow:`",
        )],
    );
}

#[test]
fn public() {
    verdicts(
        &Policy::public(),
        &[
            (
                "GET https://api.example.com",
                "1.1.1.1",
                "any public origin",
            ),
            ("GET https://1.1.1.1", "1.1.1.1", "any public origin"),
            (
                "GET http://127.0.0.1:8080",
                "127.0.0.1",
                "the policy does not allow http://127.0.0.1:8080: 127.0.0.1 is a loopback address; `- http://127.0.0.1:8080` under `allow:`",
            ),
            (
                "GET http://rebind.example",
                "::ffff:169.254.169.254",
                "the policy does not allow http://rebind.example: it resolves to the cloud metadata address ::ffff:169.254.169.254; `- ::ffff:169.254.169.254/128` under `networks:`",
            ),
            (
                "GET http://localhost",
                "127.0.0.1",
                "the policy does not allow http://localhost: `localhost` is this machine, and no rule names it; `- http://localhost` under `allow:`",
            ),
        ],
    );
}

#[test]
fn a_name() {
    verdicts(
        &Policy::nothing().allow("https://api.example.com".parse().unwrap()),
        &[
            (
                "GET https://api.example.com",
                "1.1.1.1",
                "https://api.example.com",
            ),
            (
                "GET http://api.example.com",
                "1.1.1.1",
                "the policy does not allow http://api.example.com: no rule matches it; `- http://api.example.com` under `allow:`",
            ),
            // A grant of a name does not grant its address.
            (
                "GET https://api.example.com",
                "10.0.0.1",
                "the policy does not allow https://api.example.com: it resolves to the private address 10.0.0.1; `- 10.0.0.1/32` under `networks:`",
            ),
        ],
    );
}

#[test]
fn an_address() {
    verdicts(
        &Policy::public().allow("http://127.0.0.1:8080-8081".parse().unwrap()),
        &[
            (
                "GET http://127.0.0.1:8080",
                "127.0.0.1",
                "http://127.0.0.1:8080-8081",
            ),
            (
                "GET http://127.0.0.1:8081",
                "127.0.0.1",
                "http://127.0.0.1:8080-8081",
            ),
            (
                "GET http://127.0.0.1:8082",
                "127.0.0.1",
                "the policy does not allow http://127.0.0.1:8082: 127.0.0.1 is a loopback address; `- http://127.0.0.1:8082` under `allow:`",
            ),
            // The granted address is the one that is dialled.
            (
                "GET http://127.0.0.1:8080",
                "127.0.0.2",
                "the policy does not allow http://127.0.0.1:8080: 127.0.0.2 is a loopback address; `- http://127.0.0.1:8080` under `allow:`",
            ),
        ],
    );
}

#[test]
fn localhost() {
    let localhost = Policy::nothing().allow("http://localhost:8080".parse().unwrap());
    let below = Policy::nothing().allow("http://*.localhost".parse().unwrap());
    verdicts(
        &localhost,
        &[
            (
                "GET http://localhost:8080",
                "127.0.0.1",
                "http://localhost:8080",
            ),
            ("GET http://localhost.:8080", "::1", "http://localhost:8080"),
            (
                "GET http://localhost:8080",
                "10.0.0.1",
                "the policy does not allow http://localhost:8080: it resolves to the private address 10.0.0.1; `- 10.0.0.1/32` under `networks:`",
            ),
        ],
    );
    verdicts(
        &below,
        &[("GET http://a.localhost", "127.0.0.1", "http://*.localhost")],
    );
}

#[test]
fn networks() {
    verdicts(
        &Policy::nothing()
            .allow("https://api.example.com".parse().unwrap())
            .allow_network("10.1.2.3/8".parse().unwrap()),
        &[
            (
                "GET https://api.example.com",
                "10.200.0.1",
                "https://api.example.com",
            ),
            (
                "GET https://api.example.com",
                "192.168.0.1",
                "the policy does not allow https://api.example.com: it resolves to the private address 192.168.0.1; `- 192.168.0.1/32` under `networks:`",
            ),
        ],
    );
    let all = "0.0.0.0/0".parse().unwrap();
    let rule = Rule::new("https://api.example.com".parse().unwrap()).network(all);
    let everywhere = Policy::nothing()
        .allow_rule(rule)
        .allow("https://www.example.com".parse().unwrap());
    verdicts(
        &everywhere,
        &[
            (
                "GET https://api.example.com",
                "127.0.0.1",
                "https://api.example.com",
            ),
            // The networks of a rule apply to that rule only.
            (
                "GET https://www.example.com",
                "127.0.0.1",
                "the policy does not allow https://www.example.com: it resolves to the loopback address 127.0.0.1; `- 127.0.0.1/32` under `networks:`",
            ),
            // No network includes a metadata address implicitly.
            (
                "GET https://api.example.com",
                "169.254.169.254",
                "the policy does not allow https://api.example.com: it resolves to the cloud metadata address 169.254.169.254; `- 169.254.169.254/32` under `networks:`",
            ),
        ],
    );
    verdicts(
        &everywhere.allow_network("169.254.169.254/32".parse().unwrap()),
        &[(
            "GET https://api.example.com",
            "169.254.169.254",
            "https://api.example.com",
        )],
    );
}

#[test]
fn a_file() {
    let policy = policy(
        r#"
public: true
allow:
  - https://api.example.com
  - origin: https://*.example.com
    methods: [GET, HEAD]
    networks: [10.0.0.0/8]
  - {origin: "*://*.example.com", methods: [PUT, GET]}
  - http://169.254.169.254
networks: [192.168.1.7]
"#,
    );
    verdicts(
        &policy,
        &[
            (
                "DELETE https://api.example.com",
                "1.1.1.1",
                "policy.yaml:4: https://api.example.com",
            ),
            (
                "GET https://www.example.com",
                "10.0.0.1",
                "policy.yaml:5: https://*.example.com",
            ),
            (
                "PUT https://www.example.com",
                "1.1.1.1",
                "policy.yaml:8: *://*.example.com",
            ),
            // The first rule that matches origin and method decides, also about addresses.
            (
                "PUT https://www.example.com",
                "10.0.0.1",
                "the policy does not allow https://www.example.com: it resolves to the private address 10.0.0.1; `- 10.0.0.1/32` under `networks:` in policy.yaml",
            ),
            // "Any public origin" does not extend what rules permit for an origin.
            (
                "POST https://www.example.com",
                "1.1.1.1",
                "the policy does not allow POST https://www.example.com: `policy.yaml:5: https://*.example.com` allows only GET and HEAD; `- {origin: https://www.example.com, methods: [POST]}` under `allow:` in policy.yaml",
            ),
            (
                "get https://www.example.com",
                "1.1.1.1",
                "the policy does not allow get https://www.example.com: `policy.yaml:5: https://*.example.com` allows only GET and HEAD; `- {origin: https://www.example.com, methods: [get]}` under `allow:` in policy.yaml",
            ),
            (
                "POST https://example.org",
                "1.1.1.1",
                "policy.yaml:2: any public origin",
            ),
            (
                "POST https://example.org",
                "192.168.1.7",
                "policy.yaml:2: any public origin",
            ),
            (
                "POST http://[::1]:8080",
                "::1",
                "the policy does not allow http://[::1]:8080: ::1 is a loopback address; `- http://[::1]:8080` under `allow:` in policy.yaml",
            ),
            (
                "GET http://169.254.169.254",
                "169.254.169.254",
                "policy.yaml:9: http://169.254.169.254",
            ),
        ],
    );
}

/// The grant in a denial grants the request.
#[test]
fn the_line_of_a_denial_grants() {
    let before = "allow:\n- origin: http://[::1]:8080\n  methods: [GET]\n- https://a.example\n";
    let add = |line: &str, place: &str| match place {
        "under `allow:`" => format!("{before}{line}\n"),
        "under `networks:`" => format!("{before}networks:\n{line}\n"),
        place => panic!("{place}"),
    };
    for (request, address) in [
        ("GET https://b.example", "1.1.1.1"),
        ("GET http://10.0.0.1:8080", "10.0.0.1"),
        ("GET https://a.example", "10.0.0.1"),
        ("GET https://a.example", "fd00::1"),
        ("GET https://a.example", "169.254.169.254"),
        ("GET https://a.example", "::ffff:169.254.169.254"),
        ("POST http://[::1]:8080", "::1"),
        ("{x: [y]} http://[::1]:8080", "::1"),
        ("'\"# http://[::1]:8080", "::1"),
    ] {
        let (method, to) = request.rsplit_once(' ').unwrap();
        let check = |policy: &Policy| {
            let permit = policy.admit(&origin(to), method)?;
            permit.check_address(address.parse().unwrap())
        };
        let denial = check(&policy(before)).unwrap_err();
        let grant = denial.grant().unwrap();
        assert_eq!(grant.file.as_deref(), Some("policy.yaml"));
        let line = grant.policy_line();
        let after = add(line.line(), line.place());
        match Policy::parse(after.as_bytes(), "policy.yaml") {
            Ok(policy) => assert_eq!(check(&policy), Ok(()), "{after}"),
            // Nothing grants an invalid method.
            Err(diagnostics) => assert!(
                diagnostics.to_string().contains("is not a method"),
                "{diagnostics}"
            ),
        }
    }
}

#[test]
fn equal_policies_are_equal() {
    let yaml = "allow: [https://a.example]";
    assert_eq!(policy(yaml), policy(yaml));
    assert_ne!(policy(yaml), policy("allow: [https://b.example]"));
    let built = Policy::nothing().allow("https://a.example".parse().unwrap());
    assert_eq!(built, built.clone());
    assert_ne!(built, Policy::nothing());
}
