//! Which requests go through which proxy.

use http_step_policy::{NoProxy, Policy, ProxyResolve, ProxyUrl};

use crate::{origin, policy};

/// The proxy of an origin, and who resolves its name.
fn through(policy: &Policy, to: &str, requested: Option<&str>) -> String {
    let requested: Option<ProxyUrl> = requested.map(|url| url.parse().unwrap());
    match policy.proxy_for(&origin(to), requested.as_ref()) {
        Ok(None) => "none".to_owned(),
        Ok(Some(proxy)) => {
            let user = proxy
                .url
                .credentials
                .as_ref()
                .map(|user| format!("{}:{}@", user.username, user.password));
            let resolve = match proxy.resolve {
                ProxyResolve::Host => "host",
                ProxyResolve::Proxy => "proxy",
            };
            format!("{}{} {resolve}", user.unwrap_or_default(), proxy.url)
        }
        Err(denial) => crate::with_grant(&denial),
    }
}

#[test]
fn there_is_no_proxy_by_default() {
    let policy = Policy::public();
    assert_eq!(through(&policy, "https://a.example", None), "none");
    assert_eq!(
        through(&policy, "https://a.example", Some("http://u:p@proxy:3128")),
        "the policy does not allow the proxy http://proxy:3128 for https://a.example: steps may \
         not use this proxy; `- http://proxy:3128` under `proxies: steps_may_use:`"
    );
    let granted = policy.allow_proxy("http://proxy:3128".parse().unwrap());
    assert_eq!(
        through(&granted, "https://a.example", Some("http://u:p@proxy:3128")),
        "u:p@http://proxy:3128 host"
    );
    assert_eq!(through(&granted, "https://a.example", None), "none");
}

#[test]
fn by_scheme_and_host() {
    let policy = policy(
        "
proxies:
  http: http://plain.example:3128
  all: socks5h://u:p@socks.example
  no_proxy: [.internal.example, 10.0.0.0/8, localhost, '::1', 1.1.1.1]
  steps_may_use: [http://ci:secret@other.example, socks5://socks.example]
",
    );
    for (to, proxy) in [
        ("http://a.example", "http://plain.example:3128 host"),
        ("https://a.example", "u:p@socks5h://socks.example proxy"),
        ("https://internal.example", "none"),
        ("https://x.y.internal.example.", "none"),
        (
            "https://badinternal.example",
            "u:p@socks5h://socks.example proxy",
        ),
        ("https://localhost", "none"),
        ("https://a.localhost", "none"),
        ("https://10.200.0.1", "none"),
        ("https://11.0.0.1", "u:p@socks5h://socks.example proxy"),
        ("https://[::1]", "none"),
        ("https://[::2]", "u:p@socks5h://socks.example proxy"),
        ("https://1.1.1.1", "none"),
    ] {
        assert_eq!(through(&policy, to, None), proxy, "{to}");
    }
    for (requested, proxy) in [
        // The credentials of the policy, and of the step.
        (
            "http://other.example",
            "ci:secret@http://other.example host",
        ),
        (
            "http://x:y@other.example:80",
            "x:y@http://other.example host",
        ),
        ("socks5://socks.example:1080", "socks5://socks.example host"),
        // A step may also name the policy's own proxy.
        (
            "socks5h://socks.example",
            "u:p@socks5h://socks.example proxy",
        ),
        (
            "http://plain.example:3128",
            "the policy does not allow the proxy http://plain.example:3128 for https://localhost: steps may not use this proxy; \
             `- http://plain.example:3128` under `proxies: steps_may_use:` in policy.yaml",
        ),
        (
            "https://other.example:80",
            "the policy does not allow the proxy https://other.example:80 for https://localhost: steps may not use this proxy; \
             `- https://other.example:80` under `proxies: steps_may_use:` in policy.yaml",
        ),
    ] {
        assert_eq!(
            through(&policy, "https://localhost", Some(requested)),
            proxy,
            "{requested}"
        );
    }
}

#[test]
fn a_star_leaves_every_origin_without_a_proxy() {
    let policy = policy("proxies: {all: http://p, no_proxy: ['*']}");
    for to in ["http://a.example", "https://10.0.0.1", "https://[::1]"] {
        assert_eq!(through(&policy, to, None), "none", "{to}");
    }
}

/// Each is shown in its normalized form.
#[test]
fn hosts_without_a_proxy() {
    for (text, shown) in [
        ("*", "*"),
        ("Internal.Example", "internal.example"),
        (".internal.example", "internal.example"),
        ("*.internal.example.", "internal.example"),
        ("*.bücher.example", "xn--bcher-kva.example"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.0.0.1", "10.0.0.1/32"),
        ("0x7f.1", "127.0.0.1/32"),
        ("[::1]", "::1/128"),
        ("::1", "::1/128"),
    ] {
        let entry: NoProxy = text.parse().unwrap();
        assert_eq!(entry.to_string(), shown, "{text}");
    }
    for text in [
        "",
        ".",
        "..",
        "*.",
        "**",
        "a.*.example",
        "a..example",
        "a b",
        "a/8",
    ] {
        assert!(text.parse::<NoProxy>().is_err(), "{text}");
    }
}

#[test]
fn who_resolves_names() {
    for (proxies, resolve) in [
        ("all: http://p", "http://p host"),
        ("all: socks5://p", "socks5://p host"),
        ("all: socks5h://p", "socks5h://p proxy"),
        ("{all: http://p, resolve: proxy}", "http://p proxy"),
        ("{all: socks5h://p, resolve: host}", "socks5h://p host"),
    ] {
        let policy = policy(&format!("proxies:\n  {proxies}"));
        assert_eq!(through(&policy, "https://a.example", None), resolve);
    }
}

#[test]
fn urls() {
    for (text, shown, credentials) in [
        ("http://proxy", "http://proxy", None),
        ("HTTP://Proxy:80/", "http://proxy", None),
        ("http://proxy:443", "http://proxy:443", None),
        ("https://proxy:443", "https://proxy", None),
        ("socks5://proxy:80", "socks5://proxy:80", None),
        ("socks5h://[::1]:1080", "socks5h://[::1]", None),
        ("socks5://0x7f.1", "socks5://127.0.0.1", None),
        (
            "http://user@proxy:3128",
            "http://proxy:3128",
            Some(("user", "")),
        ),
        (
            "http://user:p%40ss:w@proxy",
            "http://proxy",
            Some(("user", "p@ss:w")),
        ),
        ("socks5://a:b@c@proxy", "socks5://proxy", Some(("a", "b@c"))),
    ] {
        let url: ProxyUrl = text.parse().unwrap();
        assert_eq!(url.to_string(), shown);
        assert_eq!(
            url.credentials
                .as_ref()
                .map(|user| (user.username.as_str(), user.password.as_str())),
            credentials,
            "{text}"
        );
    }
    let debug = format!("{:?}", "http://user:hunter2@proxy".parse::<ProxyUrl>());
    assert_eq!(
        debug,
        "Ok(ProxyUrl { scheme: Http, host: Name(\"proxy\"), port: 80, credentials: Some(****) })"
    );
}

#[test]
fn invalid_urls() {
    let scheme = "a proxy's URL must start with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?";
    for (text, error) in [
        ("", scheme),
        ("proxy:3128", scheme),
        ("user:hunter2@proxy:3128", scheme),
        ("ftp://proxy", scheme),
        ("socks4://proxy", scheme),
        ("http://", "the proxy's URL is invalid: it has no host"),
        ("http://:3128", "the proxy's URL is invalid: it has no host"),
        (
            "http://proxy/path",
            "the proxy's URL is invalid: it can't have a path; remove everything after the host and port",
        ),
        (
            "http://pro xy",
            "the proxy's URL is invalid: it contains a space or a control character",
        ),
        (
            "http://*.proxy",
            "the proxy's URL is invalid: its host contains `*`",
        ),
        (
            "http://::1",
            "the proxy's URL is invalid: an IPv6 address must be in brackets, as in `[::1]`",
        ),
        (
            "http://256.1.1.1",
            "the proxy's URL is invalid: its host: invalid IPv4 address",
        ),
        (
            "http://proxy:0",
            "the proxy's URL is invalid: its port must be a number from 1 to 65535",
        ),
        (
            "http://proxy:65536",
            "the proxy's URL is invalid: its port must be a number from 1 to 65535",
        ),
        (
            "http://proxy:+80",
            "the proxy's URL is invalid: its port must be a number from 1 to 65535",
        ),
        (
            "http://u:%ff@proxy",
            "the proxy's URL is invalid: its user name or password is not valid text",
        ),
        (
            "http://u:%0d%0a@proxy",
            "the proxy's URL is invalid: its user name or password is not valid text",
        ),
    ] {
        let found = text.parse::<ProxyUrl>().expect_err(text);
        assert_eq!(found.to_string(), error, "{text}");
    }
}
