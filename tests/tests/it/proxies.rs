//! Proxies: what they are asked for, with which credentials, and what they don't learn.

use expect_test::expect;
use http_step_host::{Outcome, RunResult};
use http_step_tests::{
    Answer, Bench, HttpProxy, Names, Scripted, Service, SocksProxy, bench, error, redirect,
};

const NETWORK: &str = "networks: [127.0.0.0/8]";

fn is_success(result: &RunResult) {
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
}

async fn plain() -> Service {
    Service::start(|_| Answer::new("ok".into())).await
}

async fn secured(name: &str) -> Service {
    let acceptor = bench().authority.issue(name).server().acceptor();
    Service::start_tls(acceptor, |_| Answer::new("ok".into())).await
}

/// The headers that a server got, without those of every request.
fn headers(service: &Service) -> String {
    let mut headers = service.requests().remove(0).headers;
    let of_all = ["user-agent", "accept", "accept-encoding"];
    headers.retain(|header| {
        !of_all
            .iter()
            .any(|name| header.starts_with(&format!("{name}: ")))
    });
    headers.join("\n")
}

#[tokio::test]
async fn http_is_forwarded_and_https_is_tunnelled() {
    let (http, https) = (plain().await, secured("one.test").await);
    let proxy = HttpProxy::start().await;
    let mut steps = Vec::new();
    for (scheme, port) in [("http", http.port), ("https", https.port)] {
        let origin = format!("{scheme}://one.test:{port}");
        let policy = format!(
            "allow: ['{origin}']\n{NETWORK}\nproxies: {{all: 'http://{}'}}",
            proxy.address
        );
        let result = bench()
            .run(&policy, &format!("get: {origin}/path?q=1"))
            .await;
        is_success(&result);
        let row = &result.ledger[0];
        steps.push(format!(
            "through {}, to {}, checked {:?}, status {:?}",
            row.proxy.as_deref().unwrap_or("none"),
            row.peer.unwrap(),
            row.addresses,
            row.status,
        ));
    }
    let report = format!("{}\n{}", proxy.requested().join("\n"), steps.join("\n"))
        .replace(&http.port.to_string(), "HTTP")
        .replace(&https.port.to_string(), "HTTPS")
        .replace(&proxy.port.to_string(), "PROXY");
    expect![[r#"
        GET http://one.test:HTTP/path?q=1, host one.test:HTTP, authorization none
        CONNECT 127.0.0.1:HTTPS, host 127.0.0.1:HTTPS, authorization none
        through http://127.0.0.1:PROXY, to 127.0.0.1:PROXY, checked [127.0.0.1], status Some(200)
        through http://127.0.0.1:PROXY, to 127.0.0.1:PROXY, checked [127.0.0.1], status Some(200)"#]].assert_eq(&report);
}

#[tokio::test]
async fn the_policy_decides_who_resolves() {
    let (http, https) = (plain().await, secured("one.test").await);
    let mut report = String::new();
    for scheme in ["http", "https", "socks5", "socks5h"] {
        for resolve in ["", ", resolve: host", ", resolve: proxy"] {
            for (origin, port) in [("http", http.port), ("https", https.port)] {
                if scheme == "https" {
                    continue;
                }
                let (web, socks) = (HttpProxy::start().await, SocksProxy::start().await);
                let address = match scheme {
                    "http" => &web.address,
                    _ => &socks.address,
                };
                let origin = format!("{origin}://one.test:{port}");
                let policy = format!(
                    "allow: ['{origin}']\n{NETWORK}\nproxies: {{all: '{scheme}://{address}'{resolve}}}"
                );
                let result = bench().run(&policy, &format!("get: {origin}/")).await;
                is_success(&result);
                let requested = [web.requested(), socks.requested()].concat().join("; ");
                report.push_str(&format!(
                    "{scheme}{resolve}: {requested}; checked {:?}\n",
                    result.ledger[0].addresses
                ));
            }
        }
    }
    let report = report
        .replace(&http.port.to_string(), "HTTP")
        .replace(&https.port.to_string(), "HTTPS");
    expect![[r#"
        http: GET http://one.test:HTTP/, host one.test:HTTP, authorization none; checked [127.0.0.1]
        http: CONNECT 127.0.0.1:HTTPS, host 127.0.0.1:HTTPS, authorization none; checked [127.0.0.1]
        http, resolve: host: GET http://one.test:HTTP/, host one.test:HTTP, authorization none; checked [127.0.0.1]
        http, resolve: host: CONNECT 127.0.0.1:HTTPS, host 127.0.0.1:HTTPS, authorization none; checked [127.0.0.1]
        http, resolve: proxy: GET http://one.test:HTTP/, host one.test:HTTP, authorization none; checked []
        http, resolve: proxy: CONNECT one.test:HTTPS, host one.test:HTTPS, authorization none; checked []
        socks5: address 127.0.0.1:HTTP; checked [127.0.0.1]
        socks5: address 127.0.0.1:HTTPS; checked [127.0.0.1]
        socks5, resolve: host: address 127.0.0.1:HTTP; checked [127.0.0.1]
        socks5, resolve: host: address 127.0.0.1:HTTPS; checked [127.0.0.1]
        socks5, resolve: proxy: name one.test:HTTP; checked []
        socks5, resolve: proxy: name one.test:HTTPS; checked []
        socks5h: name one.test:HTTP; checked []
        socks5h: name one.test:HTTPS; checked []
        socks5h, resolve: host: address 127.0.0.1:HTTP; checked [127.0.0.1]
        socks5h, resolve: host: address 127.0.0.1:HTTPS; checked [127.0.0.1]
        socks5h, resolve: proxy: name one.test:HTTP; checked []
        socks5h, resolve: proxy: name one.test:HTTPS; checked []
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn a_socks_proxy_gets_an_address_in_its_plain_spelling() {
    let names = Names(&[("mapped.test", &["::ffff:127.0.0.1"])]);
    let bench = Bench::with(|host| host.resolver(names));
    let (service, socks) = (plain().await, SocksProxy::start().await);
    let origin = format!("http://mapped.test:{}", service.port);
    let policy = format!(
        "allow: ['{origin}']\nnetworks: ['::ffff:127.0.0.1/128']\n\
         proxies: {{all: 'socks5://{}'}}",
        socks.address
    );
    is_success(&bench.run(&policy, &format!("get: {origin}/")).await);
    let plain = format!("address 127.0.0.1:{}", service.port);
    assert_eq!(socks.requested(), [plain]);
}

#[tokio::test]
async fn a_proxy_gets_no_denied_request() {
    let proxy = HttpProxy::start().await;
    let proxies = format!("proxies: {{all: 'http://{}'}}", proxy.address);
    let mut report = String::new();
    for (policy, url) in [
        ("allow: ['https://other.test']", "https://one.test/"),
        // It resolves to 127.0.0.1, which no network of the policy covers.
        ("allow: ['https://one.test']", "https://one.test/"),
        ("allow: ['http://one.test']", "http://one.test/"),
        (
            "allow: [{origin: 'http://one.test', methods: [POST]}]",
            "http://one.test/",
        ),
        ("public: true", "http://169.254.169.254/"),
    ] {
        let result = bench()
            .run(&format!("{policy}\n{proxies}"), &format!("get: {url}"))
            .await;
        report.push_str(&format!("{}\n", error(&result, "no origin")));
    }
    assert_eq!(proxy.requested(), [""; 0]);
    expect![[r#"
        Denied, Denied, sent No: the policy does not allow https://one.test: no rule matches it
        Denied, Denied, sent No: the policy does not allow https://one.test: it resolves to the loopback address 127.0.0.1
        Denied, Denied, sent No: the policy does not allow http://one.test: it resolves to the loopback address 127.0.0.1
        Denied, Denied, sent No: the policy does not allow GET http://one.test: `policy.yaml:1: http://one.test` allows only POST
        Denied, Denied, sent No: the policy does not allow http://169.254.169.254: 169.254.169.254 is a cloud metadata address
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn hosts_without_a_proxy() {
    let service = plain().await;
    let proxy = HttpProxy::start().await;
    let mut report = String::new();
    for host in ["one.test", "below.one.test", "two.test", "127.0.0.1"] {
        let origin = format!("http://{host}:{}", service.port);
        let policy = format!(
            "allow: ['{origin}']\n{NETWORK}\n\
             proxies: {{http: 'http://{}', no_proxy: [one.test, 127.0.0.0/8]}}",
            proxy.address
        );
        let result = bench().run(&policy, &format!("get: {origin}/")).await;
        is_success(&result);
        let way = result.ledger[0].proxy.is_some();
        report.push_str(&format!(
            "{host}: {}\n",
            if way { "proxy" } else { "direct" }
        ));
    }
    expect![[r#"
        one.test: direct
        below.one.test: direct
        two.test: proxy
        127.0.0.1: direct
    "#]]
    .assert_eq(&report);
    assert_eq!(proxy.requested().len(), 1);
}

#[tokio::test]
async fn a_step_names_a_permitted_proxy() {
    let service = plain().await;
    let proxy = HttpProxy::start().await;
    let origin = format!("http://one.test:{}", service.port);
    let address = &proxy.address;
    let mut report = String::new();
    for policy in [
        String::new(),
        format!("proxies: {{steps_may_use: ['http://{address}']}}"),
        // The policy's own is one that steps may name, too.
        format!("proxies: {{http: 'http://{address}', no_proxy: ['*']}}"),
        "proxies: {steps_may_use: ['http://proxy.test:3128']}".to_owned(),
        format!("proxies: {{steps_may_use: ['socks5://{address}']}}"),
    ] {
        let step = format!("get: {origin}/\nproxies: {{http: 'http://{address}'}}");
        let result = bench()
            .run(&format!("allow: ['{origin}']\n{NETWORK}\n{policy}"), &step)
            .await;
        report.push_str(&format!("{policy}\n  {}\n", error(&result, &origin)));
    }
    expect![[r#"

          Denied, Denied, sent No: the policy does not allow the proxy http://PROXY for ORIGIN: steps may not use this proxy
        proxies: {steps_may_use: ['http://PROXY']}
          Success: no error
        proxies: {http: 'http://PROXY', no_proxy: ['*']}
          Success: no error
        proxies: {steps_may_use: ['http://proxy.test:3128']}
          Denied, Denied, sent No: the policy does not allow the proxy http://PROXY for ORIGIN: steps may not use this proxy
        proxies: {steps_may_use: ['socks5://PROXY']}
          Denied, Denied, sent No: the policy does not allow the proxy http://PROXY for ORIGIN: steps may not use this proxy
    "#]].assert_eq(&report.replace(address, "PROXY"));
    assert_eq!(proxy.requested().len(), 2);
}

/// Assert that nothing that is reported contains the credentials of a proxy.
fn hides(result: &RunResult, secrets: &[&str]) {
    let report = serde_json::to_string(result).unwrap();
    for secret in secrets {
        assert!(!report.contains(secret), "{secret} in {report}");
    }
}

/// `hunter2 of ann`, as Basic has it.
const BASIC: &str = "Basic YW5uOmh1bnRlcjI=";

#[tokio::test]
async fn credentials_go_to_the_proxy_and_nowhere_else() {
    let (http, https) = (plain().await, secured("one.test").await);
    let proxy = HttpProxy::wanting(BASIC).await;
    let socks = SocksProxy::wanting("ann", "hunter2").await;
    for (scheme, service) in [("http", &http), ("https", &https)] {
        let origin = format!("{scheme}://one.test:{}", service.port);
        for (way, address) in [("http", &proxy.address), ("socks5", &socks.address)] {
            for (from_policy, from_step) in [("ann:hunter2@", None), ("", Some("ann:hunter2@"))] {
                let policy = format!(
                    "allow: ['{origin}']\n{NETWORK}\nproxies: {{all: '{way}://{from_policy}{address}'}}"
                );
                let step = match from_step {
                    Some(user) => format!("proxies: {{all: '{way}://{user}{address}'}}"),
                    None => String::new(),
                };
                let result = bench()
                    .run(&policy, &format!("get: {origin}/\n{step}"))
                    .await;
                is_success(&result);
                hides(&result, &["hunter2", "YW5uOmh1bnRlcjI", "ann:"]);
            }
        }
    }
    assert_eq!(headers(&http), format!("host: one.test:{}", http.port));
    assert_eq!(headers(&https), format!("host: one.test:{}", https.port));
    for service in [&http, &https] {
        for request in service.requests() {
            assert_eq!(request.header("proxy-authorization"), None);
        }
    }
}

#[tokio::test]
async fn errors_at_the_proxy() {
    let service = secured("one.test").await;
    let http = plain().await;
    let garbage = Scripted::closes_after("SSH-2.0-OpenSSH_9.6\r\n")
        .await
        .origin;
    let silent = Scripted::hangs_after("").await.origin;
    let ends = Scripted::closes_after("").await.origin;
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(20_000);
    let interim = Scripted::hangs_after(interim).await.origin;
    let closed_port = Scripted::closed_port().await;
    let of = |proxy: &HttpProxy| format!("http://{}", proxy.address);
    let (forbids, wants, teapot) = (
        HttpProxy::answering(403).await,
        HttpProxy::wanting(BASIC).await,
        HttpProxy::answering(418).await,
    );
    let socks = SocksProxy::wanting("ann", "hunter2").await.address;
    let ways = [
        ("forbids", of(&forbids)),
        ("answers 418", of(&teapot)),
        ("wants a password", of(&wants)),
        (
            "wants another",
            of(&wants).replace("http://", "http://ann:wrong@"),
        ),
        ("garbage", garbage.clone()),
        ("silent", silent.clone()),
        ("ends", ends.clone()),
        ("1xx without end", interim.clone()),
        ("closed port", closed_port.clone()),
        ("SOCKS: wants a password", format!("socks5://{socks}")),
        (
            "SOCKS: wants another",
            format!("socks5://ann:wrong@{socks}"),
        ),
        ("SOCKS: garbage", garbage.replace("http://", "socks5://")),
        (
            "SOCKS: closed port",
            closed_port.replace("http://", "socks5://"),
        ),
        ("TLS: is none", of(&forbids).replace("http://", "https://")),
    ];
    let mut report = String::new();
    for (scheme, port) in [("https", service.port), ("http", http.port)] {
        let origin = format!("{scheme}://one.test:{port}");
        for (what, url) in &ways {
            let policy = format!("allow: ['{origin}']\n{NETWORK}\nproxies: {{all: '{url}'}}");
            let step = format!("get: {origin}/\ntimeout: 1");
            let result = bench().run(&policy, &step).await;
            hides(&result, &["wrong", "hunter2"]);
            let address = url.rsplit(['/', '@']).next().unwrap();
            let line = match result.error {
                Some(_) => error(&result, &origin),
                None => result.summary,
            };
            report.push_str(&format!(
                "{scheme}, {what}: {}\n",
                line.replace(address, "PROXY")
            ));
        }
    }
    let report = report.replace(&service.port.to_string(), "PORT");
    expect![[r#"
        https, forbids: Exception, Connect, sent No: the proxy http://PROXY did not connect: it refused a tunnel to 127.0.0.1:PORT (status 403)
        https, answers 418: Exception, Connect, sent No: the proxy http://PROXY did not connect: it refused a tunnel to 127.0.0.1:PORT (status 418)
        https, wants a password: Exception, Connect, sent No: the proxy http://PROXY did not connect: it wants a user name and a password (status 407)
        https, wants another: Exception, Connect, sent No: the proxy http://PROXY did not connect: it does not accept the user name and the password (status 407)
        https, garbage: Exception, Connect, sent No: the proxy http://PROXY did not connect: invalid HTTP version parsed
        https, silent: Exception, Timeout, sent No: could not connect to ORIGIN within 1 s
        https, ends: Exception, Connect, sent No: the proxy http://PROXY did not connect: connection closed before message completed
        https, 1xx without end: Exception, Connect, sent No: the proxy http://PROXY did not connect: it sends more than 64 interim responses
        https, closed port: Exception, Connect, sent No: the proxy http://PROXY did not connect: could not connect to 127.0.0.1: connection refused
        https, SOCKS: wants a password: Exception, Connect, sent No: the proxy socks5://PROXY did not connect: No acceptable auth methods
        https, SOCKS: wants another: Exception, Connect, sent No: the proxy socks5://PROXY did not connect: Password auth failure, code: 1
        https, SOCKS: garbage: Exception, Timeout, sent No: could not connect to ORIGIN within 1 s
        https, SOCKS: closed port: Exception, Connect, sent No: the proxy socks5://PROXY did not connect: could not connect to 127.0.0.1: connection refused
        https, TLS: is none: Exception, Connect, sent No: the proxy https://PROXY did not connect: TLS with it failed: what it sends is not TLS; if it is a server of plain HTTP, the URL begins with `http://`
        http, forbids: Status code: 403 (failure)
        http, answers 418: Status code: 418 (failure)
        http, wants a password: Status code: 407 (failure)
        http, wants another: Status code: 407 (failure)
        http, garbage: Exception, Protocol, sent Yes: ORIGIN answered with something that is not HTTP: invalid HTTP version parsed
        http, silent: Exception, Timeout, sent Unknown: ORIGIN did not answer within 1 s
        http, ends: Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
        http, 1xx without end: Exception, Protocol, sent Yes: ORIGIN answered with something that is not HTTP: it sends more than 64 interim responses
        http, closed port: Exception, Connect, sent No: the proxy http://PROXY did not connect: could not connect to 127.0.0.1: connection refused
        http, SOCKS: wants a password: Exception, Connect, sent No: the proxy socks5://PROXY did not connect: No acceptable auth methods
        http, SOCKS: wants another: Exception, Connect, sent No: the proxy socks5://PROXY did not connect: Password auth failure, code: 1
        http, SOCKS: garbage: Exception, Timeout, sent No: could not connect to ORIGIN within 1 s
        http, SOCKS: closed port: Exception, Connect, sent No: the proxy socks5://PROXY did not connect: could not connect to 127.0.0.1: connection refused
        http, TLS: is none: Exception, Connect, sent No: the proxy https://PROXY did not connect: TLS with it failed: what it sends is not TLS; if it is a server of plain HTTP, the URL begins with `http://`
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn each_hop_of_a_redirect_has_the_proxy_of_its_origin() {
    let last = secured("last.test").await;
    let to = format!("https://last.test:{}/end", last.port);
    let first = Service::start(move |_| redirect(302, &to)).await;
    let (http, https) = (HttpProxy::start().await, HttpProxy::wanting(BASIC).await);
    let policy = format!(
        "allow: ['http://first.test:{}', 'https://last.test:{}']\n{NETWORK}\n\
         proxies: {{http: 'http://{}', https: 'http://ann:hunter2@{}'}}",
        first.port, last.port, http.address, https.address,
    );
    let step = format!("get: http://first.test:{}/", first.port);
    let result = bench().run(&policy, &step).await;
    is_success(&result);
    let report = format!(
        "HTTP: {:?}\nHTTPS: {:?}",
        http.requested(),
        https.requested()
    )
    .replace(&first.port.to_string(), "FIRST")
    .replace(&last.port.to_string(), "LAST");
    expect![[r#"
        HTTP: ["GET http://first.test:FIRST/, host first.test:FIRST, authorization none"]
        HTTPS: ["CONNECT 127.0.0.1:LAST, host 127.0.0.1:LAST, authorization Basic YW5uOmh1bnRlcjI="]"#]].assert_eq(&report);
}

#[tokio::test]
async fn a_tls_proxy_is_verified_by_the_settings_of_the_host() {
    let service = secured("one.test").await;
    let origin = format!("https://one.test:{}", service.port);
    let mut report = String::new();
    let trusted = bench().authority.issue("proxy.test");
    let stranger = http_step_tests::Authority::default().issue("proxy.test");
    for (whose, issued) in [("trusted", &trusted), ("a stranger's", &stranger)] {
        let proxy = HttpProxy::start_tls(issued.server().http2().acceptor()).await;
        let url = format!("https://proxy.test:{}", proxy.port);
        let policy = format!(
            "allow: ['{origin}']\n{NETWORK}\n\
             tls: {{steps_may: [verify-none]}}\nproxies: {{all: '{url}'}}"
        );
        let step = format!("get: {origin}/\nverify: false");
        let result = bench().run(&policy, &step).await;
        let line = error(&result, &origin).replace(&url, "PROXY");
        report.push_str(&format!(
            "{whose}: {line}; asked {} times\n",
            proxy.requested().len()
        ));
    }
    expect![[r#"
        trusted: Success: no error; asked 1 times
        a stranger's: Exception, Connect, sent No: the proxy PROXY did not connect: TLS with it failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own; asked 0 times
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn a_local_name_is_not_sent_to_a_proxy() {
    let victim = plain().await;
    let (http, socks) = (HttpProxy::start().await, SocksProxy::start().await);
    let proxies = [
        format!("{{all: 'http://{}', resolve: proxy}}", http.address),
        format!("{{all: 'http://{}'}}", http.address),
        format!("{{all: 'socks5://{}', resolve: proxy}}", socks.address),
        format!("{{all: 'socks5h://{}'}}", socks.address),
        format!("{{all: 'socks5h://{}', no_proxy: ['*']}}", socks.address),
    ];
    let mut report = String::new();
    for name in [
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "loc%61lhost",
        "ｌocalhost",
        "metadata.google.internal",
        "metadata",
        "db",
        "printer.local",
        "router.home.arpa",
        "x.onion",
    ] {
        for scheme in ["http", "https"] {
            let mut lines = Vec::new();
            for proxies in &proxies {
                let policy = format!("public: true\nnetworks: [0.0.0.0/0]\nproxies: {proxies}");
                let step = format!("get: {scheme}://{name}:{}/", victim.port);
                lines.push(error(&bench().run(&policy, &step).await, "no origin"));
            }
            lines.dedup();
            assert_eq!(lines.len(), 1, "{lines:#?}");
            report.push_str(&format!("{}\n", lines[0]));
        }
    }
    // Nor by a redirect.
    let to = format!("http://localhost:{}/", victim.port);
    let redirecting = Service::start(move |_| redirect(302, &to)).await;
    let policy = format!("public: true\nproxies: {}", proxies[0]);
    let step = format!("get: http://one.test:{}/", redirecting.port);
    report.push_str(&error(&bench().run(&policy, &step).await, "no origin"));
    expect![[r#"
        Denied, Denied, sent No: the policy does not allow http://localhost:PORT: `localhost` is this machine, and no rule names it
        Denied, Denied, sent No: the policy does not allow https://localhost:PORT: `localhost` is this machine, and no rule names it
        Denied, Denied, sent No: the policy does not allow http://localhost.:PORT: `localhost` is this machine, and no rule names it
        Denied, Denied, sent No: the policy does not allow https://localhost.:PORT: `localhost` is this machine, and no rule names it
        Denied, Denied, sent No: the policy does not allow http://a.localhost:PORT: `localhost` is this machine, and no rule names it
        Denied, Denied, sent No: the policy does not allow https://a.localhost:PORT: `localhost` is this machine, and no rule names it
        Denied, Denied, sent No: the policy does not allow http://localhost:PORT: `localhost` is this machine, and no rule names it
        Denied, Denied, sent No: the policy does not allow https://localhost:PORT: `localhost` is this machine, and no rule names it
        Denied, Denied, sent No: the policy does not allow http://localhost:PORT: `localhost` is this machine, and no rule names it
        Denied, Denied, sent No: the policy does not allow https://localhost:PORT: `localhost` is this machine, and no rule names it
        Denied, Denied, sent No: the policy does not allow http://metadata.google.internal:PORT: it is a cloud metadata service, and no rule has its exact name
        Denied, Denied, sent No: the policy does not allow https://metadata.google.internal:PORT: it is a cloud metadata service, and no rule has its exact name
        Denied, Denied, sent No: the policy does not allow http://metadata:PORT: it is a cloud metadata service, and no rule has its exact name
        Denied, Denied, sent No: the policy does not allow https://metadata:PORT: it is a cloud metadata service, and no rule has its exact name
        Denied, Denied, sent No: the policy does not allow http://db:PORT: a single-label name is not public, and no rule names it
        Denied, Denied, sent No: the policy does not allow https://db:PORT: a single-label name is not public, and no rule names it
        Denied, Denied, sent No: the policy does not allow http://printer.local:PORT: names under `.local` are not public, and no rule names it
        Denied, Denied, sent No: the policy does not allow https://printer.local:PORT: names under `.local` are not public, and no rule names it
        Denied, Denied, sent No: the policy does not allow http://router.home.arpa:PORT: names under `.home.arpa` are not public, and no rule names it
        Denied, Denied, sent No: the policy does not allow https://router.home.arpa:PORT: names under `.home.arpa` are not public, and no rule names it
        Denied, Denied, sent No: the policy does not allow http://x.onion:PORT: names under `.onion` are not public, and no rule names it
        Denied, Denied, sent No: the policy does not allow https://x.onion:PORT: names under `.onion` are not public, and no rule names it
        Denied, Denied, sent Yes: the policy does not allow http://localhost:PORT: `localhost` is this machine, and no rule names it"#]].assert_eq(&report.replace(&victim.port.to_string(), "PORT"));
    assert_eq!(http.requested().len(), 1);
    assert_eq!(socks.requested(), [""; 0]);
    assert_eq!(victim.connections(), 0);

    // Where a rule names it, the proxy resolves it.
    let policy = format!(
        "allow: ['http://localhost:{}']\nproxies: {}",
        victim.port, proxies[3]
    );
    let step = format!("get: http://localhost:{}/", victim.port);
    is_success(&bench().run(&policy, &step).await);
    assert_eq!(
        socks.requested(),
        [format!("name localhost:{}", victim.port)]
    );
}

#[tokio::test]
async fn unconditional_denials_apply_behind_proxies() {
    let (http, socks) = (HttpProxy::start().await, SocksProxy::start().await);
    let victim = plain().await;
    let mut report = String::new();
    for (proxies, deny, host) in [
        // By the address that the host resolved.
        (
            format!("{{all: 'http://{}'}}", http.address),
            "127.0.0.0/8",
            "one.test",
        ),
        (
            format!("{{all: 'socks5://{}'}}", socks.address),
            "127.0.0.1",
            "one.test",
        ),
        (
            format!("{{all: 'socks5h://{}', resolve: host}}", socks.address),
            "127.0.0.1",
            "one.test",
        ),
        // By the name, or by the address that stands for it.
        (
            format!("{{all: 'socks5h://{}'}}", socks.address),
            "'*.test'",
            "one.test",
        ),
        (
            format!("{{all: 'socks5h://{}'}}", socks.address),
            "127.0.0.0/8",
            "127.1",
        ),
        (
            format!("{{all: 'socks5h://{}'}}", socks.address),
            "127.0.0.0/8",
            "[::ffff:7f00:1]",
        ),
    ] {
        let policy = format!(
            "public: true\nnetworks: ['0.0.0.0/0', '::/0']\nproxies: {proxies}\ndeny: [{deny}]"
        );
        let step = format!("get: http://{host}:{}/", victim.port);
        let line = error(&bench().run(&policy, &step).await, &victim.port.to_string());
        report.push_str(&format!("{line}\n"));
    }
    expect![[r#"
        Denied, Denied, sent No: the policy does not allow http://one.test:ORIGIN: it resolves to 127.0.0.1, which matches the deny rule `policy.yaml:4: 127.0.0.0/8`, and that overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://one.test:ORIGIN: it resolves to 127.0.0.1, which matches the deny rule `policy.yaml:4: 127.0.0.1`, and that overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://one.test:ORIGIN: it resolves to 127.0.0.1, which matches the deny rule `policy.yaml:4: 127.0.0.1`, and that overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://one.test:ORIGIN: it matches the deny rule `policy.yaml:4: *.test`, which overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://127.0.0.1:ORIGIN: it matches the deny rule `policy.yaml:4: 127.0.0.0/8`, which overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://[::ffff:127.0.0.1]:ORIGIN: it matches the deny rule `policy.yaml:4: 127.0.0.0/8`, which overrides any allow rule
    "#]].assert_eq(&report);
    assert_eq!([http.requested(), socks.requested()].concat(), [""; 0]);
    assert_eq!(victim.connections(), 0);
}
