//! What policies let through, by which rule, and what they say of the rest.

use http_step_policy::{Policy, Rule};

use crate::{origin, policy};

/// The rule that decides of a request and an address, or why there is none.
fn verdict(policy: &Policy, request: &str, address: &str) -> String {
    let (method, to) = request.split_once(' ').unwrap();
    let verdict = policy.admit(&origin(to), method).and_then(|permit| {
        permit.check_address(address.parse().unwrap())?;
        Ok(permit.rule().to_string())
    });
    verdict.unwrap_or_else(|denial| denial.to_string())
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

/// A server chooses where it redirects to, and people paste what denials say.
#[test]
fn what_would_grant_it_is_a_word_in_a_shell() {
    for (host, word) in [
        ("$(reboot).test", "'http://$(reboot).test'"),
        ("a;reboot;.test", "'http://a;reboot;.test'"),
        ("a&reboot&.test", "'http://a&reboot&.test'"),
        ("a'$(reboot)'.test", r"'http://a'\''$(reboot)'\''.test'"),
        ("a!b.test", "'http://a!b.test'"),
        ("[2606::1]", "http://[2606::1]"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
    ] {
        let denial = Policy::nothing()
            .admit(&origin(&format!("http://{host}")), "GET")
            .unwrap_err();
        let told = denial.grant().unwrap().to_string();
        assert_eq!(told, format!("`--allow {word}`"), "{host}");
    }
}

#[test]
fn nothing() {
    verdicts(
        &Policy::nothing(),
        &[(
            "GET https://api.example.com",
            "1.1.1.1",
            "the policy does not allow https://api.example.com: no rule names it; `--allow https://api.example.com` would",
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
                "the policy does not allow http://127.0.0.1:8080: its address is not public but loopback; `--allow http://127.0.0.1:8080` would",
            ),
            (
                "GET http://rebind.example",
                "::ffff:169.254.169.254",
                "the policy does not allow http://rebind.example: its name leads to ::ffff:169.254.169.254, which is not public but cloud metadata; `--allow-network ::ffff:169.254.169.254/128` would",
            ),
            (
                "GET http://localhost",
                "127.0.0.1",
                "the policy does not allow http://localhost: its name is this machine's own, and no rule names it; `--allow http://localhost` would",
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
                "--allow https://api.example.com",
            ),
            (
                "GET http://api.example.com",
                "1.1.1.1",
                "the policy does not allow http://api.example.com: no rule names it; `--allow http://api.example.com` would",
            ),
            // A granted name is not a granted address.
            (
                "GET https://api.example.com",
                "10.0.0.1",
                "the policy does not allow https://api.example.com: its name leads to 10.0.0.1, which is not public but private; `--allow-network 10.0.0.1/32` would",
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
                "--allow http://127.0.0.1:8080-8081",
            ),
            (
                "GET http://127.0.0.1:8081",
                "127.0.0.1",
                "--allow http://127.0.0.1:8080-8081",
            ),
            (
                "GET http://127.0.0.1:8082",
                "127.0.0.1",
                "the policy does not allow http://127.0.0.1:8082: its address is not public but loopback; `--allow http://127.0.0.1:8082` would",
            ),
            // The address that is granted is the one that is dialled.
            (
                "GET http://127.0.0.1:8080",
                "127.0.0.2",
                "the policy does not allow http://127.0.0.1:8080: its address is not public but loopback; `--allow http://127.0.0.1:8080` would",
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
                "--allow http://localhost:8080",
            ),
            (
                "GET http://localhost.:8080",
                "::1",
                "--allow http://localhost:8080",
            ),
            (
                "GET http://localhost:8080",
                "10.0.0.1",
                "the policy does not allow http://localhost:8080: its name leads to 10.0.0.1, which is not public but private; `--allow-network 10.0.0.1/32` would",
            ),
        ],
    );
    verdicts(
        &below,
        &[(
            "GET http://a.localhost",
            "127.0.0.1",
            "--allow http://*.localhost",
        )],
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
                "--allow https://api.example.com",
            ),
            (
                "GET https://api.example.com",
                "192.168.0.1",
                "the policy does not allow https://api.example.com: its name leads to 192.168.0.1, which is not public but private; `--allow-network 192.168.0.1/32` would",
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
                "--allow https://api.example.com",
            ),
            // The networks of a rule are its own.
            (
                "GET https://www.example.com",
                "127.0.0.1",
                "the policy does not allow https://www.example.com: its name leads to 127.0.0.1, which is not public but loopback; `--allow-network 127.0.0.1/32` would",
            ),
            // No network holds a metadata address by chance.
            (
                "GET https://api.example.com",
                "169.254.169.254",
                "the policy does not allow https://api.example.com: its name leads to 169.254.169.254, which is not public but cloud metadata; `--allow-network 169.254.169.254/32` would",
            ),
        ],
    );
    verdicts(
        &everywhere.allow_network("169.254.169.254/32".parse().unwrap()),
        &[(
            "GET https://api.example.com",
            "169.254.169.254",
            "--allow https://api.example.com",
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
            // The first rule that matches origin and method decides, also of addresses.
            (
                "PUT https://www.example.com",
                "10.0.0.1",
                "the policy does not allow https://www.example.com: its name leads to 10.0.0.1, which is not public but private; `- 10.0.0.1/32` under `networks:` in policy.yaml would",
            ),
            // "Any public origin" does not widen what rules say of an origin.
            (
                "POST https://www.example.com",
                "1.1.1.1",
                "the policy does not allow POST https://www.example.com: `policy.yaml:5: https://*.example.com` allows GET and HEAD; `- {origin: https://www.example.com, methods: [POST]}` under `allow:` in policy.yaml would",
            ),
            (
                "get https://www.example.com",
                "1.1.1.1",
                "the policy does not allow get https://www.example.com: `policy.yaml:5: https://*.example.com` allows GET and HEAD; `- {origin: https://www.example.com, methods: [get]}` under `allow:` in policy.yaml would",
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
                "the policy does not allow http://[::1]:8080: its address is not public but loopback; `- http://[::1]:8080` under `allow:` in policy.yaml would",
            ),
            (
                "GET http://169.254.169.254",
                "169.254.169.254",
                "policy.yaml:9: http://169.254.169.254",
            ),
        ],
    );
}

/// What a denial says would grant it does.
#[test]
fn the_line_of_a_denial_grants() {
    let before = "allow:\n- origin: http://[::1]:8080\n  methods: [GET]\n- https://a.example\n";
    let add = |line: &str, place: &str| match place {
        "under `allow:` in policy.yaml" => format!("{before}{line}\n"),
        "under `networks:` in policy.yaml" => format!("{before}networks:\n{line}\n"),
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
        let after = add(grant.line(), grant.place().unwrap());
        match Policy::parse(after.as_bytes(), "policy.yaml") {
            Ok(policy) => assert_eq!(check(&policy), Ok(()), "{after}"),
            // Nothing grants what is no method.
            Err(mistakes) => assert!(
                mistakes.to_string().contains("is not a method"),
                "{mistakes}"
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
