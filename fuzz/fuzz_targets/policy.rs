//! Policy files: whatever the bytes are, they are a policy that decides about every URL, or errors
//! with positions; and no line takes away what another grants.
#![no_main]

use std::net::IpAddr;

use http_step_fuzz::{check_diagnostics, check_line};
use http_step_policy::address::{Class, classify};
use http_step_policy::{Decision, Host, Origin, OriginPattern, Place, Policy, Rule, Secret};
use libfuzzer_sys::fuzz_target;

/// The URLs that are decided beside those that the file names.
const URLS: [&str; 6] = [
    "https://example.com/",
    "http://a.b.example.com:8080/path",
    "http://localhost:1/",
    "http://127.0.0.1/",
    "http://[::ffff:10.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
];

/// How many URLs of the file are decided.
const MAX_NAMED: usize = 8;

const METHODS: [&str; 3] = ["GET", "POST", "PURGE"];

/// One of each class that a name should not resolve to.
const ADDRESSES: [&str; 6] = [
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "::1",
    "fd00:ec2::254",
    "::ffff:192.168.0.1",
];

fuzz_target!(|file: &[u8]| {
    let read = Policy::parse(file, "policy.yaml");
    assert_eq!(read, Policy::parse(file, "policy.yaml"), "read in two ways");
    let policy = match read {
        Ok(policy) => policy,
        Err(diagnostics) => return check_diagnostics(file, &diagnostics),
    };
    let text = str::from_utf8(file).expect("a policy is text");
    check_explanation(text, &policy);
    policy.secrets().for_each(check_secret);
    for url in URLS.map(str::to_owned).into_iter().chain(named(text)) {
        for method in METHODS {
            check_decision(text, &policy, &url, method);
        }
    }
});

/// What the rules may be about: words that contain `://`, with a label for `*`.
fn named(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '}' | '#'))
        .filter(|word| word.contains("://"))
        .take(MAX_NAMED)
        .map(|word| {
            let url = word.replacen("*://", "http://", 1).replacen("*.", "a.", 1);
            url.trim_end_matches(":*").to_owned()
        })
}

/// One line for each setting, with the number of a line of the file; and no password.
fn check_explanation(text: &str, policy: &Policy) {
    let explanation = policy.explain();
    let lines = 1 + text.matches(['\n', '\r']).count();
    // The path of a secret's file can contain an `@`, and so can a glob.
    let has_paths = policy.secrets().next().is_some() || explanation.contains("files that match");
    assert!(has_paths || !explanation.contains('@'), "{explanation}");
    let mut said = explanation.lines();
    assert_eq!(said.next(), Some("policy.yaml"));
    for line in said {
        check_line(line);
        let number = line.split_whitespace().next().unwrap_or_default();
        let is_line = number
            .parse()
            .is_ok_and(|number| (1..=lines).contains(&number));
        assert!(number == "-" || is_line, "{line}");
    }
}

/// A secret is used where it is granted, and a denial is one line that does not reveal the target
/// of a URL that is a secret.
fn check_secret(secret: &Secret) {
    assert!(!secret.origins().is_empty(), "{secret:?} goes anywhere");
    for url in URLS {
        let origin = Origin::from_url(url).expect("a URL");
        for (method, place) in Place::ALL.map(|place| ("POST", place)) {
            match secret.admit(&origin, method, "/v1/path", place) {
                Ok(()) => {
                    let granted = |pattern: &OriginPattern| pattern.matches(&origin);
                    assert!(secret.origins().iter().any(granted), "{secret:?}");
                    assert!(secret.is_granted_for(place), "{secret:?}");
                }
                Err(denial) => {
                    check_line(&denial.to_string());
                    assert_eq!(denial.origin().is_none(), place == Place::Url);
                }
            }
        }
    }
}

fn check_decision(text: &str, policy: &Policy, url: &str, method: &str) {
    let decision = policy.judge(url, method);
    check_line(&decision.to_string());
    let Ok(origin) = Origin::from_url(url) else {
        assert!(matches!(decision, Decision::NotAUrl(_)));
        return;
    };
    let own = OriginPattern::from(origin.clone());
    let other: OriginPattern = "*://*.example.com:*".parse().expect("a pattern");

    // A rule that allows every method of an origin allows the URL, unless the file denies it.
    let granted = policy.clone().allow(own.clone()).judge(url, method);
    let is_denied = |decision: &Decision| match decision {
        Decision::Denied(denial) => denial.grant().is_none(),
        _ => false,
    };
    assert!(
        granted.is_allowed() || is_denied(&granted),
        "{url}: {granted}"
    );
    match &decision {
        Decision::NotAUrl(error) => panic!("{origin} is an origin, but {error}"),
        Decision::Allowed(allowed) => {
            let rule = allowed.permit.rule().to_string();
            // What a rule has decided, no later rule changes.
            for further in [own, other].map(|pattern| Rule::new(pattern).methods(["PUT"])) {
                let decision = policy.clone().allow_rule(further).judge(url, method);
                match decision {
                    Decision::Allowed(same) => assert_eq!(same.permit.rule().to_string(), rule),
                    // But what no rule names, the first one that does decides.
                    denied => assert!(rule.ends_with("any public origin"), "{denied}"),
                }
            }
            check_rule(&rule, &origin);
            check_addresses(text, &origin, |address| {
                allowed.permit.check_address(address).is_ok()
            });
        }
        Decision::Denied(denial) => {
            let Some(grant) = denial.grant() else {
                // A line of the file denies it, and the denial names the line.
                assert!(denial.to_string().contains("policy.yaml:"), "{denial}");
                assert!(text.contains("deny") || text.contains('\\'), "{denial}");
                return;
            };
            let grant = grant.policy_line();
            let policy = format!("allow:\n{}\n", grant.line());
            let policy = match Policy::parse(policy.as_bytes(), "policy.yaml") {
                Ok(policy) => policy,
                Err(diagnostics) => panic!("{grant}: {diagnostics}"),
            };
            let decision = policy.judge(url, method);
            assert!(decision.is_allowed(), "{grant}: {decision}");
        }
    }
}

/// A rule by its name: `policy.yaml:3: https://example.com`.
fn check_rule(rule: &str, origin: &Origin) {
    let (_, pattern) = rule.split_once(": ").expect("a place in the file");
    if pattern != "any public origin" {
        let pattern: OriginPattern = pattern.parse().expect("a rule has a pattern");
        assert!(pattern.matches(origin), "{rule} allows {origin}");
    }
}

/// Without a network in the file, a name may resolve to public addresses only.
fn check_addresses(text: &str, origin: &Origin, is_allowed: impl Fn(IpAddr) -> bool) {
    let may_have_networks = text.contains("networks") || text.contains('\\');
    let is_localhost = origin.authority().contains("localhost");
    if may_have_networks || is_localhost || matches!(origin.host, Host::Address(_)) {
        return;
    }
    for address in ADDRESSES {
        let address = address.parse().expect("an address");
        assert_ne!(classify(address), Class::Public);
        assert!(!is_allowed(address), "{origin} may lead to {address}");
    }
}
