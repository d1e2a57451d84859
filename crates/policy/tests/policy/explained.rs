//! A policy in people's words.

use expect_test::expect;
use http_step_policy::Policy;

use crate::policy;

fn whole() -> Policy {
    policy(
        r#"
public: false
allow:
  - https://api.example.com
  - origin: https://*.example.com
    methods: [HEAD, GET]
    networks: [10.0.0.0/8, 192.168.0.0/16]
    tls: {min_version: 1.3, pinned_keys: [], steps_may: [verify-none, ca-file]}
  - http://10.0.0.1:8000-8010
  - "*://localhost:*"
networks:
  - fd12:3456::/32
  - 172.16.0.0/12
tls:
  pinned_keys: ["sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]
proxies:
  https: http://user:hunter2@proxy.example:3128
  all: socks5h://proxy.example
  no_proxy: [.internal.example, 10.0.0.0/8]
  steps_may_use: [http://other.example, http://third.example]
secrets:
  TOKEN:
    from: env:API_TOKEN
    origins: [https://api.example.com, https://*.example.com]
    methods: [POST, PATCH]
    path_prefix: /v1/
    places: [query, {header: Authorization, format: "Bearer {}"}]
    compose: [path]
  ANYWHERE: {from: file:/run/secrets/any, origins: [http://10.0.0.1:8080]}
  hook: {from: vault:kv/hunter2, origins: [https://api.example.com], places: [url]}
  key: {from: env:KEY, origins: [https://api.example.com], places: [signature, header]}
  signing: {from: env:KEY, origins: [https://api.example.com], places: [signature]}
limits:
  wall: 120
  memory: 32MiB
  cpu: 2.5
"#,
    )
}

#[test]
fn line_by_line() {
    expect![[r#"
        policy.yaml
           4  https://api.example.com: any method
           5  https://*.example.com: GET and HEAD; at addresses in 10.0.0.0/8 and 192.168.0.0/16, too; TLS 1.3 or later; no pinned keys; of TLS, steps may ask for verify-none and ca-file
           9  http://10.0.0.1:8000-8010: any method; a private address
          10  *://localhost:*: any method; at loopback addresses, too
           2  any other origin: denied
          13  names may lead to addresses in 172.16.0.0/12, beside public ones
          12  names may lead to addresses in fd12:3456::/32, beside public ones
           -  TLS 1.2 or later
          15  pinned keys: sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
           -  of TLS, steps may ask for pinned-key and min-version
          18  http origins go through socks5h://proxy.example, which looks up names; their addresses are not checked
          17  https origins go through http://proxy.example:3128
          19  internal.example and names below it and addresses in 10.0.0.0/8 go through no proxy
          20  steps may name the proxies http://other.example and http://third.example
          29  the secret ANYWHERE, from file:/run/secrets/any, may go to http://10.0.0.1:8080: any method; any path; headers, signatures and tokens
          22  the secret TOKEN, from env:API_TOKEN, may go to https://api.example.com and https://*.example.com: PATCH and POST; paths under /v1/; queries, paths and the header `authorization` as `Bearer {}`; beside other text in paths
          30  the secret hook, from vault:…, may go to https://api.example.com: any method; any path; whole URLs
          31  the secret key, from env:KEY, may go to https://api.example.com: any method; any path; headers and signatures
          32  the secret signing, from env:KEY, may sign requests to https://api.example.com: any method; any path; signatures
           -  a part of a secret in a response is reported
           -  step files may name no files
          34  wall: 120 s
          36  cpu: 2.5 s
           -  connect: 10 s
           -  read: 60 s
          35  memory: 32 MiB
           -  requests: 64
           -  concurrent_requests: 16
           -  hosts: 16
           -  bytes_sent: 256 MiB
           -  bytes_received: 256 MiB
           -  bytes_decoded: 256 MiB
           -  header_fields: 128
           -  header_bytes: 64 KiB
           -  log_bytes: 64 MiB
           -  log_kept: 4 MiB
           -  component_bytes: 64 MiB
           -  compile_time: 60 s
           -  compile_memory: 2 GiB
    "#]].assert_eq(&whole().explain());
}

#[test]
fn built() {
    let policy = Policy::public()
        .allow("http://127.0.0.1:8080".parse().unwrap())
        .lend(
            "TOKEN=env:API_TOKEN@https://api.example.com"
                .parse()
                .unwrap(),
        );
    let explained = policy.explain();
    let until_limits: Vec<&str> = explained.lines().take(12).collect();
    expect![[r#"
        policy
           -  http://127.0.0.1:8080: any method; a loopback address
           -  any other origin, local names excepted: any method, at public addresses
           -  names may lead to public addresses
           -  TLS 1.2 or later
           -  of TLS, steps may ask for pinned-key and min-version
           -  http origins go through no proxy
           -  https origins go through no proxy
           -  steps may name no proxy
           -  the secret TOKEN, from env:API_TOKEN, may go to https://api.example.com: any method; any path; headers, signatures and tokens
           -  a part of a secret in a response is reported
           -  step files may name no files"#]]
    .assert_eq(&until_limits.join("\n"));
}

/// Would this URL be allowed, and by which line?
#[test]
fn judged() {
    let policy = whole();
    let judged: Vec<String> = [
        ("GET", "https://api.example.com/v1?token=hunter2"),
        ("GET", "https://www.example.com/"),
        ("POST", "https://www.example.com/"),
        ("GET", "https://x.internal.example/"),
        ("GET", "http://0xa.1:8005/"),
        ("GET", "http://localhost:3000/"),
        ("GET", "http://169.254.169.254/latest/meta-data/"),
        ("GET", "ftp://example.com/"),
        ("GET", "https://user:hunter2@api.example.com/"),
    ]
    .into_iter()
    .map(|(method, url)| policy.judge(url, method).to_string())
    .collect();
    expect![[r#"
        GET https://api.example.com is allowed by `policy.yaml:4: https://api.example.com`; its name may lead to public addresses, 172.16.0.0/12 and fd12:3456::/32; it goes through the proxy http://proxy.example:3128
        GET https://www.example.com is allowed by `policy.yaml:5: https://*.example.com`; its name may lead to public addresses, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and fd12:3456::/32; it goes through the proxy http://proxy.example:3128
        the policy does not allow POST https://www.example.com: `policy.yaml:5: https://*.example.com` allows GET and HEAD; `- {origin: https://www.example.com, methods: [POST]}` under `allow:` in policy.yaml would
        the policy does not allow https://x.internal.example: no rule names it; `- https://x.internal.example` under `allow:` in policy.yaml would
        GET http://10.0.0.1:8005 is allowed by `policy.yaml:9: http://10.0.0.1:8000-8010`; its address is private
        GET http://localhost:3000 is allowed by `policy.yaml:10: *://localhost:*`; the proxy looks up its name, and no address is checked; it goes through the proxy socks5h://proxy.example
        the policy does not allow http://169.254.169.254: no rule names it; `- http://169.254.169.254` under `allow:` in policy.yaml would
        `ftp://example.com/` is not an origin, as `https://example.com` or `http://127.0.0.1:8080`: its scheme is neither http nor https
        `…@api.example.com/` is not an origin, as `https://example.com` or `http://127.0.0.1:8080`: it has a user name or a password in it"#]].assert_eq(&judged.join("\n"));
}

#[test]
fn judged_by_any_public_origin() {
    let policy = policy("public: true\nnetworks: [10.0.0.0/8]");
    let judged: Vec<String> = [
        "https://example.org/",
        "https://1.1.1.1/",
        "https://10.0.0.1/",
        "http://localhost/",
        "http://127.0.0.1/",
    ]
    .into_iter()
    .map(|url| policy.judge(url, "GET").to_string())
    .collect();
    expect![[r#"
        GET https://example.org is allowed by `policy.yaml:1: any public origin`; its name may lead to public addresses and 10.0.0.0/8
        GET https://1.1.1.1 is allowed by `policy.yaml:1: any public origin`; its address is public
        GET https://10.0.0.1 is allowed by `policy.yaml:1: any public origin`; its address is private
        the policy does not allow http://localhost: its name is this machine's own, and no rule names it; `- http://localhost` under `allow:` in policy.yaml would
        the policy does not allow http://127.0.0.1: its address is not public but loopback; `- http://127.0.0.1` under `allow:` in policy.yaml would"#]].assert_eq(&judged.join("\n"));
    assert!(policy.judge("https://example.org/", "GET").is_allowed());
    assert!(!policy.judge("http://127.0.0.1/", "GET").is_allowed());
}
