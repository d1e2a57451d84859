//! Whatever the bytes are, there is a result, and each error has a position in the file.

use http_step_policy::{Place, Policy};
use proptest::prelude::*;

fn check(bytes: &[u8]) {
    let diagnostics = match Policy::parse(bytes, "policy.yaml") {
        Ok(policy) => {
            // Every policy can be explained and queried.
            let _ = policy.explain();
            let _ = policy.judge("https://a.example/", "GET").to_string();
            let _ = policy.admit_file("a/.b", "a/.b");
            let origin = "https://a.example".parse().unwrap();
            for secret in policy.secrets() {
                let _ = secret.admit(&origin, "GET", "/", Place::Header);
            }
            return;
        }
        Err(diagnostics) => diagnostics,
    };
    let text = String::from_utf8_lossy(bytes);
    // YAML has its own line breaks; there are at most as many as these characters.
    let lines = 1 + text.matches(['\n', '\r']).count() as u64;
    assert!(diagnostics.iter().count() > 0);
    let mut last = (0, 0);
    for diagnostic in &diagnostics {
        let place = (diagnostic.line, diagnostic.column);
        assert!(last <= place, "{diagnostics}");
        assert!((1..=lines).contains(&diagnostic.line), "{diagnostics}");
        assert!(diagnostic.column >= 1, "{diagnostics}");
        assert!(
            !diagnostic.message.contains(['\n', '\r', '\0', '\u{1b}']),
            "{diagnostics:?}"
        );
        assert!(!diagnostic.message.contains("hunter2"), "{diagnostics:?}");
        last = place;
    }
}

/// Text that resembles a policy.
fn nearly() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "public: true\n",
        "allow:\n",
        "- https://a.example\n",
        "- origin: ",
        "  methods: [GET]\n",
        "networks: [",
        "deny: [",
        "a.example",
        "::ffff:10.0.0.1",
        "files: {read: [",
        "'**/.a'",
        "10.0.0.0/8",
        "tls: ",
        "min_version: 1.3",
        "pinned_keys: [",
        "steps_may: [verify-none]",
        "proxies: ",
        "all: http://u:hunter2@proxy",
        "no_proxy: [",
        "secrets: ",
        "A: ",
        "from: ",
        "from: hunter2",
        "from: env:A",
        "origins: [",
        "places: [body]",
        "limits: ",
        "wall: 1",
        "memory: 1MiB",
        "{",
        "}",
        "[",
        "]",
        ", ",
        ": ",
        "- ",
        "\n",
        "\r",
        "  ",
        "*",
        "&a ",
        "*a",
        "<<: ",
        "'",
        "\"",
        "é",
        "\u{1b}",
        "-1",
        ".nan",
        "1e999",
        "null",
    ]);
    prop::collection::vec(token, 0..30).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }

    #[test]
    fn text(text in "\\PC{0,100}") {
        check(text.as_bytes());
    }

    #[test]
    fn nearly_a_policy(text in nearly()) {
        check(text.as_bytes());
    }

    /// A value that resembles a valid one, in a valid place.
    #[test]
    fn nearly_a_value(
        key in prop::sample::select(vec![
            "allow: [", "networks: [", "deny: [", "files: {read: [", "tls: {min_version: ", "tls: {pinned_keys: [",
            "proxies: {all: ", "proxies: {no_proxy: [", "limits: {wall: ", "limits: {memory: ",
            "limits: {requests: ", "secrets: {A: {from: ", "secrets: {A: {origins: [",
            "secrets: {A: {path_prefix: ",
        ]),
        value in "[a-z0-9:/.*@%\\[\\]\\\\ -]{0,30}|\\PC{0,20}",
    ) {
        let quoted = serde_json::Value::from(value).to_string();
        let close: String = key
            .chars()
            .rev()
            .filter_map(|c| match c {
                '[' => Some(']'),
                '{' => Some('}'),
                _ => None,
            })
            .collect();
        check(format!("{key}{quoted}{close}").as_bytes());
    }
}

#[test]
fn a_thousand_rules_are_enough() {
    let policy = |rules: usize| {
        let rules: String = (0..rules)
            .map(|rule| format!("- https://r{rule}.example\n"))
            .collect();
        Policy::parse(format!("allow:\n{rules}").as_bytes(), "policy.yaml")
    };
    assert!(policy(1000).is_ok());
    assert_eq!(
        policy(30_000).unwrap_err().to_string(),
        "1002:3: too many rules: the limit is 1000"
    );
}

/// Each name of a glob is compiled: 1 MiB of `?/?/?/…` took gigabytes.
#[test]
fn globs_have_a_common_limit() {
    let policy = |globs: usize, names: usize| {
        let glob = vec!["a?"; names].join("/");
        let globs = format!("  - {glob}\n").repeat(globs);
        Policy::parse(format!("files:\n read:\n{globs}").as_bytes(), "policy.yaml")
    };
    assert!(policy(64, 64).is_ok());
    assert!(policy(1, 65).is_err());
    for (globs, names, line) in [(65, 64, 67), (90_000, 1, 4099)] {
        assert_eq!(
            policy(globs, names).unwrap_err().to_string(),
            format!(
                "{line}:5: too many globs: the limit is 4096 names between slashes for all of them"
            )
        );
    }
}
