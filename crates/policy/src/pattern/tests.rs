use proptest::prelude::*;

use super::*;

fn pattern(text: &str) -> OriginPattern {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn origin(text: &str) -> Origin {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn canonical_forms() {
    for (text, canonical) in [
        ("https://api.example.com", "https://api.example.com"),
        ("HTTPS://API.Example.COM:443/", "https://api.example.com"),
        ("https://api.example.com.", "https://api.example.com"),
        ("https://api.example.com:443-443", "https://api.example.com"),
        ("http://api.example.com:443", "http://api.example.com:443"),
        ("http://api.example.com:0080", "http://api.example.com"),
        (
            "http://api.example.com:8080-8080",
            "http://api.example.com:8080",
        ),
        ("http://api.example.com:0-65535", "http://api.example.com:*"),
        ("https://*.example.com", "https://*.example.com"),
        ("https://*.example.com:*", "https://*.example.com:*"),
        (
            "https://*.bücher.example",
            "https://*.xn--bcher-kva.example",
        ),
        (
            "https://*.xn--bcher-kva.example",
            "https://*.xn--bcher-kva.example",
        ),
        ("*://localhost:8080", "*://localhost:8080"),
        ("*://example.com:443", "*://example.com:443"),
        ("http://*.localhost:*", "http://*.localhost:*"),
        ("https://*.internal", "https://*.internal"),
        ("http://10.0.0.1:8000-8010", "http://10.0.0.1:8000-8010"),
        ("http://0x7f.1", "http://127.0.0.1"),
        ("http://2130706433:*", "http://127.0.0.1:*"),
        ("http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"),
        ("http://[::FFFF:127.0.0.1]", "http://[::ffff:127.0.0.1]"),
    ] {
        assert_eq!(pattern(text).to_string(), canonical, "{text}");
        assert_eq!(pattern(canonical), pattern(text), "{text}");
    }
}

#[test]
fn invalid_patterns() {
    let form = "is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`";
    let scheme = "its scheme must be `https`, `http`, or `*` for both";
    let no_scheme = "it has no scheme; did you mean `https://…`?";
    let star = "`*` matches only whole labels at the start of a name, as in `*.example.com`";
    let port = "its port must be a number up to 65535, a range such as `8000-8010`, or `*`";
    let dots = "its host has an empty label between two dots";
    let part =
        "`*.` matches labels of a name, not a part of an address; put a network under `networks:`";
    for (text, reason) in [
        ("", no_scheme),
        (
            "*",
            "to allow any public origin, set `public: true` in a policy file",
        ),
        ("api.example.com", no_scheme),
        ("api.example.com:443", no_scheme),
        ("//api.example.com", no_scheme),
        ("://api.example.com", scheme),
        ("ftp://example.com", scheme),
        ("http*://example.com", scheme),
        ("https://", "it has no host"),
        ("https://:443", "it has no host"),
        ("https://a b", "it contains a space or a control character"),
        ("https://*", star),
        ("https://*example.com", star),
        ("https://api.*.com", star),
        ("https://*.*.example.com", star),
        ("https://api.example.*", star),
        ("https://**.example.com", star),
        ("https://%2a.example.com", star),
        ("https://*.", "its host is invalid: empty host"),
        ("https://*..", dots),
        ("https://a..example.com", dots),
        ("https://.example.com", dots),
        (
            "https://*.com",
            "`*.com` is a whole top-level domain; use more labels, as in `*.example.com`",
        ),
        (
            "https://*.com.",
            "`*.com` is a whole top-level domain; use more labels, as in `*.example.com`",
        ),
        ("https://*.1.2.3.4", part),
        ("https://*.0.0.1", part),
        ("https://*.[::1]", part),
        (
            "https://::1",
            "an IPv6 address must be in brackets, as in `[::1]`",
        ),
        ("https://[::1", "its host is invalid: invalid IPv6 address"),
        (
            "https://[::1]x",
            "its host is invalid: invalid IPv6 address",
        ),
        (
            "https://[fe80::1%25lo]",
            "its host is invalid: invalid IPv6 address",
        ),
        (
            "https://1.2.3.4.5",
            "its host is invalid: invalid IPv4 address",
        ),
        (
            "https://exa<mple.com",
            "its host is invalid: invalid international domain name",
        ),
        ("https://example.com:", port),
        ("https://example.com:http", port),
        ("https://example.com:65536", port),
        ("https://example.com:+443", port),
        ("https://example.com:-443", port),
        ("https://example.com:443-", port),
        ("https://example.com:1-2-3", port),
        ("https://example.com:443,8443", port),
        (
            "https://example.com:9-1",
            "its port range is reversed; did you mean `1-9`?",
        ),
    ] {
        let error = text.parse::<OriginPattern>().expect_err(text);
        assert_eq!(error.to_string(), format!("`{text}` {form}: {reason}"));
    }
}

/// A user name and a path are not shown: either may hold a secret.
#[test]
fn errors_show_no_user_and_no_path() {
    let form = "is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`";
    let path = "it can't have a path; remove everything after the host and port";
    let user = "it contains a user name or a password; remove them";
    for (text, shown, reason) in [
        ("https://example.com/hunter2", "https://example.com/…", path),
        ("https://example.com?hunter2", "https://example.com/…", path),
        (
            "https://example.com\\hunter2",
            "https://example.com/…",
            path,
        ),
        ("https://example.com//", "https://example.com/…", path),
        ("https://10.0.0.0/8", "https://10.0.0.0/…", path),
        ("https://user:hunter2@example.com", "…@example.com", user),
        ("https://user:hunter2@example.com/", "…@example.com/", user),
        (
            "https://user:hunter2/@example.com/hunter2",
            "…@example.com/…",
            path,
        ),
    ] {
        let error = text.parse::<OriginPattern>().expect_err(text);
        assert_eq!(error.to_string(), format!("`{shown}` {form}: {reason}"));
    }
}

#[test]
fn matching_origins() {
    for (text, matched, others) in [
        (
            "https://api.example.com",
            &["https://api.example.com", "https://API.example.com.:443"][..],
            &[
                "http://api.example.com",
                "https://api.example.com:8443",
                "https://example.com",
                "https://x.api.example.com",
                "https://api.example.com.evil.test",
                "https://xapi.example.com",
            ][..],
        ),
        (
            "https://*.example.com",
            &[
                "https://a.example.com",
                "https://a.b.example.com",
                "https://a.example.com.",
                "https://xn--bcher-kva.example.com",
            ],
            &[
                "https://example.com",
                "https://badexample.com",
                "https://a.example.com.evil.test",
                "https://a.example.com:8443",
                "http://a.example.com",
                "https://a.example.org",
            ],
        ),
        (
            "https://*.example.com:*",
            &["https://a.example.com", "https://a.example.com:1"],
            &["http://a.example.com"],
        ),
        (
            "*://example.com",
            &["http://example.com", "https://example.com"],
            &["http://example.com:443", "https://example.com:80"],
        ),
        (
            "*://example.com:443",
            &["http://example.com:443", "https://example.com"],
            &["http://example.com"],
        ),
        (
            "http://10.0.0.1:8000-8010",
            &[
                "http://10.0.0.1:8000",
                "http://10.0.0.1:8010",
                "http://0xa.1:8005",
            ],
            &[
                "http://10.0.0.1:7999",
                "http://10.0.0.1:8011",
                "http://10.0.0.2:8000",
                "http://[::ffff:10.0.0.1]:8000",
            ],
        ),
        (
            "https://*.1e.example",
            &["https://0.1e.example"],
            &["https://1.2.3.4"],
        ),
    ] {
        for (origins, expected) in [(matched, true), (others, false)] {
            for one in origins {
                assert_eq!(
                    pattern(text).matches(&origin(one)),
                    expected,
                    "{text}: {one}"
                );
            }
        }
    }
}

#[test]
fn an_origin_is_a_valid_pattern() {
    for text in [
        "https://example.com",
        "http://example.com:443",
        "http://[::1]:8080",
        "http://127.0.0.1",
    ] {
        assert_eq!(OriginPattern::from(origin(text)), pattern(text));
    }
}

fn patterns() -> impl Strategy<Value = OriginPattern> {
    let name = prop::sample::select(vec![
        "example.com",
        "a.example.com",
        "b.a.example.com",
        "localhost",
        "bücher.example",
        "*.example.com",
        "*.a.example.com",
        "*.localhost",
        "127.0.0.1",
        "[::1]",
    ]);
    let ports = prop_oneof![
        Just(String::new()),
        Just(":*".to_owned()),
        (0..500_u16).prop_map(|port| format!(":{port}")),
        (0..500_u16, 0..500_u16).prop_map(|(a, b)| format!(":{}-{}", a.min(b), a.max(b))),
    ];
    let scheme = prop::sample::select(vec!["http", "https", "*"]);
    (scheme, name, ports)
        .prop_map(|(scheme, name, ports)| pattern(&format!("{scheme}://{name}{ports}")))
}

fn origins() -> impl Strategy<Value = Origin> {
    let name = prop::sample::select(vec![
        "example.com",
        "a.example.com",
        "b.a.example.com.",
        "c.b.a.example.com",
        "localhost",
        "a.localhost",
        "bücher.example",
        "127.0.0.1",
        "[::1]",
    ]);
    let port = prop_oneof![Just(80), Just(443), 0..500_u16];
    let scheme = prop::sample::select(vec!["http", "https"]);
    (scheme, name, port)
        .prop_map(|(scheme, name, port)| origin(&format!("{scheme}://{name}:{port}")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn display_can_be_parsed_again(one in patterns()) {
        prop_assert_eq!(pattern(&one.to_string()), one);
    }

    #[test]
    fn a_covering_pattern_matches_more(wide in patterns(), narrow in patterns(), origin in origins()) {
        prop_assert!(wide.covers(&wide));
        if wide.covers(&narrow) && narrow.matches(&origin) {
            prop_assert!(wide.matches(&origin), "{} {} {}", wide, narrow, origin);
        }
    }

    #[test]
    fn an_origin_matches_only_itself(one in origins(), other in origins()) {
        let pattern = OriginPattern::from(one.clone());
        prop_assert!(pattern.matches(&one));
        let same = pattern == OriginPattern::from(other.clone());
        prop_assert_eq!(pattern.matches(&other), same);
    }

    #[test]
    fn a_parsed_pattern_is_displayed_as_parsed(text in "(https?|\\*)?(://)?[*a-z0-9.:\\[\\]%@/-]{0,20}|\\PC{0,40}") {
        if let Ok(pattern) = text.parse::<OriginPattern>() {
            prop_assert_eq!(pattern.to_string().parse::<OriginPattern>(), Ok(pattern));
        }
    }
}
