//! The explanation of a policy.

use expect_test::expect;
use http_step_policy::{Policy, Secret};

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
    headers: [X-Account]
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
           5  https://*.example.com: GET and HEAD; also at addresses in 10.0.0.0/8 and 192.168.0.0/16; TLS 1.3 or later; no pinned keys; TLS settings that steps may use: verify-none and ca-file
           9  http://10.0.0.1:8000-8010: any method; a private address
          10  *://localhost:*: any method; also at loopback addresses
           2  any other origin: denied
          13  names may also resolve to addresses in 172.16.0.0/12
          12  names may also resolve to addresses in fd12:3456::/32
           -  TLS 1.2 or later
          15  pinned keys: sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
           -  TLS settings that steps may use: pinned-key and min-version
          18  http origins go through socks5h://proxy.example, which resolves names; their addresses are not checked
          17  https origins go through http://proxy.example:3128
          19  internal.example and names below it and addresses in 10.0.0.0/8 go through no proxy
          20  steps may use the proxies http://other.example and http://third.example
          30  the secret ANYWHERE, from file:/run/secrets/any, may be sent to http://10.0.0.1:8080: any method; any path; headers, signatures and tokens
          22  the secret TOKEN, from env:API_TOKEN, may be sent to https://api.example.com and https://*.example.com: PATCH and POST; paths under /v1/; queries, paths and the header `authorization` as `Bearer {}`; next to other text in paths; also with the header `x-account`
          31  the secret hook, from vault:…, may be sent to https://api.example.com: any method; any path; whole URLs
          32  the secret key, from env:KEY, may be sent to https://api.example.com: any method; any path; headers and signatures
          33  the secret signing, from env:KEY, may sign requests to https://api.example.com: any method; any path; signatures
           -  a part of a secret in a response is reported
           -  step files may name no files
          35  wall: 120 s
          37  cpu: 2.5 s
           -  connect: 10 s
           -  read: 60 s
          36  memory: 32 MiB
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
        .grant_secret(
            Secret::new("TOKEN", "env:API_TOKEN".parse().unwrap())
                .origin("https://api.example.com".parse().unwrap()),
        );
    let explained = policy.explain();
    let until_limits: Vec<&str> = explained.lines().take(12).collect();
    expect![[r#"
        policy
           -  http://127.0.0.1:8080: any method; a loopback address
           -  any other origin except local names: any method, at public addresses
           -  names may resolve to public addresses
           -  TLS 1.2 or later
           -  TLS settings that steps may use: pinned-key and min-version
           -  http origins go through no proxy
           -  https origins go through no proxy
           -  steps may use no proxy
           -  the secret TOKEN, from env:API_TOKEN, may be sent to https://api.example.com: any method; any path; headers, signatures and tokens
           -  a part of a secret in a response is reported
           -  step files may name no files"#]]
    .assert_eq(&until_limits.join("\n"));
}

/// Whether a URL would be allowed, and by which line.
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
        GET https://api.example.com is allowed by `policy.yaml:4: https://api.example.com`; the name may resolve to public addresses, 172.16.0.0/12 and fd12:3456::/32; it goes through the proxy http://proxy.example:3128
        GET https://www.example.com is allowed by `policy.yaml:5: https://*.example.com`; the name may resolve to public addresses, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and fd12:3456::/32; it goes through the proxy http://proxy.example:3128
        the policy does not allow POST https://www.example.com: `policy.yaml:5: https://*.example.com` allows only GET and HEAD
        the policy does not allow https://x.internal.example: no rule matches it
        GET http://10.0.0.1:8005 is allowed by `policy.yaml:9: http://10.0.0.1:8000-8010`; its address is private
        GET http://localhost:3000 is allowed by `policy.yaml:10: *://localhost:*`; the proxy resolves the name, and no address is checked; it goes through the proxy socks5h://proxy.example
        the policy does not allow http://169.254.169.254: no rule matches it
        `ftp://example.com/` is not an origin such as `https://example.com` or `http://127.0.0.1:8080`: its scheme is neither http nor https
        `…@api.example.com/` is not an origin such as `https://example.com` or `http://127.0.0.1:8080`: it contains a user name or a password"#]].assert_eq(&judged.join("\n"));
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
        GET https://example.org is allowed by `policy.yaml:1: any public origin`; the name may resolve to public addresses and 10.0.0.0/8
        GET https://1.1.1.1 is allowed by `policy.yaml:1: any public origin`; its address is public
        GET https://10.0.0.1 is allowed by `policy.yaml:1: any public origin`; its address is private
        the policy does not allow http://localhost: `localhost` is this machine, and no rule names it
        the policy does not allow http://127.0.0.1: 127.0.0.1 is a loopback address"#]].assert_eq(&judged.join("\n"));
    assert!(policy.judge("https://example.org/", "GET").is_allowed());
    assert!(!policy.judge("http://127.0.0.1/", "GET").is_allowed());
}
