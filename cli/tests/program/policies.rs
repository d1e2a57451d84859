//! `--policy` and the grants beside it; `check --policy`, which explains.

use expect_test::expect;

use crate::http_step::{HttpStep, http_step};
use crate::server::{CLOSED_PORT, OK, Server};

/// The policy in the tests of `check`.
const POLICY: &str = "\
public: true
networks: [10.0.0.0/8]
tls:
  min_version: '1.3'
  steps_may: [ca-file]
proxies:
  https: http://ci:hunter2@proxy.example:3128
  no_proxy: [.internal.example]
limits:
  wall: 120
  memory: 32MiB
allow:
  - https://api.example.com
  - {origin: 'http://10.0.0.1:8000-8010', methods: [GET, HEAD]}
  - origin: https://*.example.com
    methods: [POST]
";

fn check(arguments: &str) -> HttpStep {
    http_step(&format!("check --policy policy.yaml {arguments}")).file("policy.yaml", POLICY)
}

#[test]
fn an_explained_policy() {
    expect![[r#"
        exit code 0
        --- stdout
        policy.yaml
          13  https://api.example.com: any method
          14  http://10.0.0.1:8000-8010: GET and HEAD; a private address
          15  https://*.example.com: POST
           1  any other origin except local names: any method, at public addresses
           2  names may also resolve to addresses in 10.0.0.0/8
           4  TLS 1.3 or later
           5  TLS settings that steps may use: ca-file
           -  http origins go through no proxy
           7  https origins go through http://proxy.example:3128
           8  internal.example and names below it go through no proxy
           -  steps may use no proxy
           -  step files may name no files
          10  wall: 120 s
           -  cpu: 10 s
           -  connect: 10 s
           -  read: 60 s
          11  memory: 32 MiB
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
    "#]]
    .assert_eq(&check("").run());
}

#[test]
fn whether_a_url_is_allowed_and_by_which_line() {
    let mut output = String::new();
    for arguments in [
        "https://api.example.com/builds",
        "https://www.example.com/",
        "-X POST https://www.example.com/",
        "http://10.0.0.1:8001/",
        "-X DELETE http://10.0.0.1:8001/",
        "http://10.0.0.2/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/",
        "https://other.test/",
        "https://git.internal.example/",
        "http://[::1/",
        "https://user:hunter2@example.com/",
        "https://api.example.com/ http://192.168.0.1/ https://",
    ] {
        output.push_str(&format!("$ {arguments}\n{}", check(arguments).run()));
    }
    expect![[r#"
        $ https://api.example.com/builds
        exit code 0
        --- stdout
        GET https://api.example.com is allowed by `policy.yaml:13: https://api.example.com`; the name may resolve to public addresses and 10.0.0.0/8; it goes through the proxy http://proxy.example:3128
        $ https://www.example.com/
        exit code 3
        --- stderr
        error: the policy does not allow GET https://www.example.com: `policy.yaml:15: https://*.example.com` allows only POST; allow it with `- {origin: https://www.example.com, methods: [GET]}` under `allow:` in policy.yaml
        $ -X POST https://www.example.com/
        exit code 0
        --- stdout
        POST https://www.example.com is allowed by `policy.yaml:15: https://*.example.com`; the name may resolve to public addresses and 10.0.0.0/8; it goes through the proxy http://proxy.example:3128
        $ http://10.0.0.1:8001/
        exit code 0
        --- stdout
        GET http://10.0.0.1:8001 is allowed by `policy.yaml:14: http://10.0.0.1:8000-8010`; its address is private
        $ -X DELETE http://10.0.0.1:8001/
        exit code 3
        --- stderr
        error: the policy does not allow DELETE http://10.0.0.1:8001: `policy.yaml:14: http://10.0.0.1:8000-8010` allows only GET and HEAD; allow it with `- {origin: http://10.0.0.1:8001, methods: [DELETE]}` under `allow:` in policy.yaml
        $ http://10.0.0.2/
        exit code 0
        --- stdout
        GET http://10.0.0.2 is allowed by `policy.yaml:1: any public origin`; its address is private
        $ http://192.168.0.1/
        exit code 3
        --- stderr
        error: the policy does not allow http://192.168.0.1: 192.168.0.1 is a private address; allow it with `- http://192.168.0.1` under `allow:` in policy.yaml
        $ http://169.254.169.254/latest/
        exit code 3
        --- stderr
        error: the policy does not allow http://169.254.169.254: 169.254.169.254 is a cloud metadata address; allow it with `- http://169.254.169.254` under `allow:` in policy.yaml
        $ https://other.test/
        exit code 0
        --- stdout
        GET https://other.test is allowed by `policy.yaml:1: any public origin`; the name may resolve to public addresses and 10.0.0.0/8; it goes through the proxy http://proxy.example:3128
        $ https://git.internal.example/
        exit code 0
        --- stdout
        GET https://git.internal.example is allowed by `policy.yaml:1: any public origin`; the name may resolve to public addresses and 10.0.0.0/8
        $ http://[::1/
        exit code 2
        --- stderr
        error: `http://[::1/` is not an origin such as `https://example.com` or `http://127.0.0.1:8080`: it is not an absolute URL
        $ https://user:hunter2@example.com/
        exit code 2
        --- stderr
        error: `…@example.com/` is not an origin such as `https://example.com` or `http://127.0.0.1:8080`: it contains a user name or a password
        $ https://api.example.com/ http://192.168.0.1/ https://
        exit code 3
        --- stdout
        GET https://api.example.com is allowed by `policy.yaml:13: https://api.example.com`; the name may resolve to public addresses and 10.0.0.0/8; it goes through the proxy http://proxy.example:3128
        --- stderr
        error: the policy does not allow http://192.168.0.1: 192.168.0.1 is a private address; allow it with `- http://192.168.0.1` under `allow:` in policy.yaml
        error: `https://` is not an origin such as `https://example.com` or `http://127.0.0.1:8080`: it is not an absolute URL
    "#]].assert_eq(&output);
}

#[test]
fn whether_a_step_file_is_allowed() {
    let output = check("allowed.yaml denied.yaml rendered.yaml wrong.yaml")
        .file("allowed.yaml", "post: https://www.example.com/\n")
        .file("denied.yaml", "get: https://www.example.com/\n")
        .file("rendered.yaml", "get: https://${{ property.host }}/\n")
        .file("wrong.yaml", "get: example.com\n")
        .run();
    expect![[r#"
        exit code 3
        --- stdout
        allowed.yaml: no errors
        POST https://www.example.com is allowed by `policy.yaml:15: https://*.example.com`; the name may resolve to public addresses and 10.0.0.0/8; it goes through the proxy http://proxy.example:3128
        denied.yaml: no errors
        rendered.yaml: no errors
          property host: `-p host=VALUE` is needed
        its URL or method contains an expression: the destination is known only at run time
        --- stderr
        error: the policy does not allow GET https://www.example.com: `policy.yaml:15: https://*.example.com` allows only POST; allow it with `- {origin: https://www.example.com, methods: [GET]}` under `allow:` in policy.yaml
        error: the step file has an error
        wrong.yaml:1:6: `get`: the URL has no scheme; did you mean `https://…`?
    "#]].assert_eq(&output);
}

#[test]
fn a_policy_with_diagnostics_allows_nothing() {
    let policy = "\
alow: []
public: yes
networks: [10.0.0.1/33]
tls: {steps_may: [everything], min_version: '1.1'}
proxies: {http: 'ftp://ci:hunter2@proxy.example'}
limits: {wall: 0, memory: 32MB}
allow:
  - https://example.com/path
  - {methods: [GET]}
";
    let run = |arguments: &str| {
        http_step(arguments)
            .file("policy.yaml", policy)
            .file("step.yaml", "get: http://127.0.0.1:1/\n")
            .run()
    };
    let output = run("check --policy policy.yaml");
    expect![[r#"
        exit code 2
        --- stderr
        error: the policy has 10 errors
        policy.yaml:1:1: unknown key `alow`, did you mean `allow`?
        policy.yaml:2:9: `public`: expected `true` or `false`, not a string; did you mean `true`?
        policy.yaml:3:12: `networks`: `10.0.0.1/33` is not an address or a network such as `10.0.0.0/8` or `fd12:3456::/32`
        policy.yaml:4:19: `tls.steps_may`: expected `verify-none`, `ca-file`, `client-certificate`, `pinned-key` or `min-version`, not `everything`
        policy.yaml:4:45: `tls.min_version`: the TLS version must be `1.2` or `1.3`
        policy.yaml:5:17: `proxies.http`: a proxy's URL must start with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?
        policy.yaml:6:16: `limits.wall`: a time limit must be more than 0 and at most 31536000 seconds, not 0
        policy.yaml:6:27: `limits.memory`: expected a number of bytes, as in `65536` or `64MiB`, not `32MB`; the units are KiB, MiB, GiB and TiB
        policy.yaml:8:5: `allow`: `https://example.com/…` is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: it can't have a path; remove everything after the host and port
        policy.yaml:9:5: `allow`: the rule has no origin; add `origin: https://…`
    "#]].assert_eq(&output);
    assert_eq!(run("run --policy policy.yaml step.yaml"), output);
    assert_eq!(
        run("check --policy policy.yaml https://example.com/"),
        output
    );
    expect![[r#"
        exit code 2
        --- stderr
        error: missing.yaml: there is no such file
    "#]]
    .assert_eq(&run("run --policy missing.yaml step.yaml"));
}

#[test]
fn a_run_obeys_its_policy() {
    let server = Server::answering(OK);
    let run = |policy: &str, arguments: &str| {
        http_step(&format!("run step.yaml --policy policy.yaml {arguments}"))
            .file("policy.yaml", policy)
            .file("step.yaml", format!("get: {}/\n", server.origin))
            .word(&server.origin, "ORIGIN")
            .run()
    };
    let denied = run("allow: [https://example.com]\n", "");
    expect![[r#"
        exit code 3
        --- stdout
        Performing GET request to ORIGIN/
        An exception occurred while performing the request: the host does not allow a request to ORIGIN
        --- stderr
        Requested (denied)
        error: the policy does not allow ORIGIN: no rule matches it; allow it with `- ORIGIN` under `allow:` in policy.yaml
    "#]].assert_eq(&denied);
    assert!(!server.was_requested());

    let allowed = run(&format!("allow: ['{}']\n", server.origin), "");
    expect![[r#"
        exit code 0
        --- stdout
        Performing GET request to ORIGIN/
        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: ORIGIN/
        Status: 200
        Response Headers:
        	content-type: text/plain
        	content-length: 6
         ------ Content ------
        hello
        --- stderr
        Status code: 200
    "#]]
    .assert_eq(&allowed);
    // Arguments extend it.
    let argument = format!("--allow {}", server.origin);
    assert_eq!(run("allow: [https://example.com]\n", &argument), allowed);

    let limited = run(
        &format!("allow: ['{}']\nlimits: {{requests: 0}}\n", server.origin),
        "",
    );
    expect![[r#"
        exit code 4
        --- stdout
        Performing GET request to ORIGIN/
        An exception occurred while performing the request: the limit `requests` is exceeded: 1 of 0; set `requests` under `limits:` in the policy
        --- stderr
        Requested (exception)
        error: the limit `requests` is exceeded: 1 of 0; set `requests` under `limits:` in the policy
    "#]].assert_eq(&limited);
}

#[test]
fn a_url_argument_grants_nothing_beside_a_policy() {
    let server = Server::answering(OK);
    let output = http_step("run --policy policy.yaml")
        .arg(&server.origin)
        .file("policy.yaml", "allow: [https://example.com]\n")
        .word(&server.origin, "ORIGIN")
        .run();
    expect![[r#"
        exit code 3
        --- stdout
        Performing GET request to ORIGIN
        An exception occurred while performing the request: the host does not allow a request to ORIGIN
        --- stderr
        Requested (denied)
        error: the policy does not allow ORIGIN: no rule matches it; allow it with `- ORIGIN` under `allow:` in policy.yaml
    "#]].assert_eq(&output);
    assert!(!server.was_requested());
}

#[test]
fn a_timeout_argument_replaces_the_policys() {
    for (wall, typed) in [("60", "0.5"), ("0.1", "0.5")] {
        let server = Server::hanging_after("");
        let output = http_step(&format!(
            "run step.yaml --policy policy.yaml --timeout {typed}"
        ))
        .file(
            "policy.yaml",
            format!("allow: ['{}']\nlimits: {{wall: {wall}}}\n", server.origin),
        )
        .file("step.yaml", format!("get: {}/\n", server.origin))
        .word(&server.origin, "ORIGIN")
        .run();
        let last = output.lines().last().unwrap();
        assert_eq!(
            last,
            "error: the step did not end within 0.5 s; `--timeout` gives it longer, or `wall` under `limits:` of a policy",
            "{output}"
        );
    }
}

#[test]
fn a_proxy_that_a_step_names() {
    let proxy = Server::answering(OK);
    let run = |arguments: &str| {
        http_step(&format!(
            "run step.yaml --allow http://127.0.0.1:1 {arguments}"
        ))
        .file(
            "step.yaml",
            format!(
                "get: http://127.0.0.1:1/path\nproxies: {{http: 'http://ci:hunter2@{}'}}\n",
                proxy.address()
            ),
        )
        .word(&proxy.origin, "PROXY")
        .run()
    };
    let denied = run("");
    expect![[r#"
        exit code 3
        --- stdout
        Performing GET request to http://127.0.0.1:1/path
        An exception occurred while performing the request: the host does not allow a request to http://127.0.0.1:1
        --- stderr
        Requested (denied)
        error: the policy does not allow the proxy PROXY for http://127.0.0.1:1: steps may not use this proxy; allow it with `--allow-proxy PROXY`
    "#]].assert_eq(&denied);
    assert!(!proxy.was_requested());
    // The line that the denial names grants it.
    let allowed = run(&format!("--allow-proxy {}", proxy.origin));
    expect![[r#"
        exit code 0
        --- stdout
        Performing GET request to http://127.0.0.1:1/path
        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: http://127.0.0.1:1/path
        Status: 200
        Response Headers:
        	content-type: text/plain
        	content-length: 6
         ------ Content ------
        hello
        --- stderr
        Status code: 200
    "#]]
    .assert_eq(&allowed);
    expect![[r#"
        GET http://127.0.0.1:1/path HTTP/1.1
        host: 127.0.0.1:1
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        proxy-authorization: Basic Y2k6aHVudGVyMg==

    "#]]
    .assert_eq(&proxy.request());
    expect![[r#"
        exit code 2
        --- stderr
        error: invalid value for '--allow-proxy <URL>': a proxy's URL must start with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?

        For more information, try '--help'.
    "#]].assert_eq(&run("--allow-proxy ftp://ci:hunter2@proxy.example"));
}

#[test]
fn what_a_step_asks_of_tls() {
    // Nothing listens there: the error shows that the connection was permitted.
    let origin = CLOSED_PORT.replace("http://", "https://");
    let run = |arguments: &str| {
        http_step(&format!("run step.yaml --allow {origin} {arguments}"))
            .file("step.yaml", format!("get: {origin}/\nverify: false\n"))
            .word(&origin, "ORIGIN")
            .run()
    };
    expect![[r#"
        exit code 3
        --- stdout
        Performing GET request to ORIGIN/
        An exception occurred while performing the request: the host does not allow a request to ORIGIN
        --- stderr
        Requested (denied)
        error: the policy does not allow `verify: false` for ORIGIN: the only TLS settings for steps are pinned-key and min-version; allow it with `--allow-tls verify-none`
    "#]].assert_eq(&run(""));
    expect![[r#"
        exit code 4
        --- stdout
        Performing GET request to ORIGIN/
        An exception occurred while performing the request: could not connect to ORIGIN/: connection refused
        --- stderr
        Requested (exception)
        error: could not connect to ORIGIN: connection refused
    "#]].assert_eq(&run("--allow-tls verify-none"));
    expect![[r#"
        exit code 2
        --- stderr
        error: invalid value for '--allow-tls <WHAT>': use one of verify-none, ca-file, client-certificate, pinned-key, min-version

        For more information, try '--help'.
    "#]].assert_eq(&run("--allow-tls everything"));
}
