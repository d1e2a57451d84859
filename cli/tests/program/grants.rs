//! What may be reached, and which argument or policy grants it.

use expect_test::expect;

use crate::http_step::http_step;
use crate::server::{OK, Server};

#[test]
fn the_line_that_a_denial_names_grants_it() {
    let server = Server::answering(OK);
    let step = format!("get: {}/\n", server.origin);
    let denied = http_step("run step.yaml").file("step.yaml", &step).run();
    let (_, line) = denied.split_once("; allow it with `").unwrap();
    let (line, _) = line.split_once('`').unwrap();
    assert_eq!(line, format!("--allow {}", server.origin));

    let allowed = http_step(&format!("run step.yaml {line}"))
        .file("step.yaml", &step)
        .run();
    assert!(allowed.starts_with("exit code 0\n"), "{allowed}");
}

#[test]
fn several_origins_can_be_granted() {
    let last = Server::answering(OK);
    let first = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nlocation: {}/last\r\ncontent-length: 0\r\n\r\n",
        last.origin
    ));
    let run = |allowed: &[&str]| {
        let step = http_step("run step.yaml")
            .file("step.yaml", format!("get: {}/first\n", first.origin))
            .word(&first.origin, "FIRST")
            .word(&last.origin, "LAST");
        allowed
            .iter()
            .fold(step, |step, origin| step.arg("--allow").arg(origin))
            .run()
    };
    expect![[r#"
        exit code 3
        --- stdout
        Performing GET request to FIRST/first

        Redirected 1 times:

        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: FIRST/first
        Status: 302
        Response Headers:
        	location: LAST/last
        	content-length: 0
         ------ Content ------
        ============================================================
        An exception occurred while performing the request: the host does not allow a request to LAST
        --- stderr
        Requested (denied)
        error: the policy does not allow LAST: no rule matches it; allow it with `--allow LAST`
    "#]].assert_eq(&run(&[&first.origin]));
    expect![[r#"
        exit code 0
        --- stdout
        Performing GET request to FIRST/first

        Redirected 1 times:

        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: FIRST/first
        Status: 302
        Response Headers:
        	location: LAST/last
        	content-length: 0
         ------ Content ------
        ============================================================
        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: LAST/last
        Status: 200
        Response Headers:
        	content-type: text/plain
        	content-length: 6
         ------ Content ------
        hello
        --- stderr
        Status code: 200
    "#]]
    .assert_eq(&run(&[&first.origin, &last.origin]));
}

#[test]
fn a_typed_url_grants_its_origin_and_no_other() {
    let other = Server::answering(OK);
    let typed = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nlocation: {}/\r\ncontent-length: 0\r\n\r\n",
        other.origin
    ));
    let output = http_step("run --format json")
        .arg(&typed.origin)
        .run_for_stdout();
    let result: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(result["outcome"], "denied");
    assert_eq!(result["error"]["sent"], "yes");
    assert!(!other.was_requested());
}

#[test]
fn a_typed_url_grants_nothing_beside_a_policy_or_a_component() {
    let server = Server::answering(OK);
    let run = |arguments: &str| {
        let output = http_step(&format!("run {arguments}"))
            .arg(&server.origin)
            .file("policy.yaml", "public: true\n")
            .file("step.wasm", http_step_component::WASM)
            .word(&server.origin, "ORIGIN")
            .run();
        let error = output.lines().find(|line| line.starts_with("error: "));
        error.unwrap_or("allowed").to_owned()
    };
    let mut output = String::new();
    for (arguments, allowed) in [
        ("", ""),
        ("--allow https://example.com", ""),
        ("--allow-network 10.0.0.0/8", ""),
        ("--policy policy.yaml", "--allow"),
        ("--component step.wasm", "--allow"),
        (
            "--component step.wasm --allow https://example.com",
            "--allow",
        ),
        ("--component step.wasm --policy policy.yaml", "--allow"),
    ] {
        output.push_str(&format!("run {arguments} URL: {}\n", run(arguments)));
        if !allowed.is_empty() {
            let allowed = format!("{arguments} --allow {}", server.origin);
            assert_eq!(run(&allowed), "allowed");
        }
    }
    expect![[r#"
        run  URL: allowed
        run --allow https://example.com URL: allowed
        run --allow-network 10.0.0.0/8 URL: allowed
        run --policy policy.yaml URL: error: the policy does not allow ORIGIN: 127.0.0.1 is a loopback address; allow it with `- ORIGIN` under `allow:` in policy.yaml
        run --component step.wasm URL: error: the policy does not allow ORIGIN: no rule matches it; allow it with `--allow ORIGIN`
        run --component step.wasm --allow https://example.com URL: error: the policy does not allow ORIGIN: no rule matches it; allow it with `--allow ORIGIN`
        run --component step.wasm --policy policy.yaml URL: error: the policy does not allow ORIGIN: 127.0.0.1 is a loopback address; allow it with `- ORIGIN` under `allow:` in policy.yaml
    "#]].assert_eq(&output);
}

#[test]
fn a_network_grants_an_address_to_origins_that_are_allowed() {
    let server = Server::answering(OK);
    let run = |arguments: &str| {
        http_step("run step.yaml")
            .file("step.yaml", format!("get: {}/\n", server.origin))
            .arg("--allow-network")
            .arg(arguments)
            .run_for_stdout()
    };
    for network in ["127.0.0.0/8", "127.0.0.1/32", "127.0.0.1"] {
        assert!(run(network).ends_with("hello\n"), "{network}");
    }
    assert!(!run("10.0.0.0/8").ends_with("hello\n"));
}

#[test]
fn a_component_of_the_user_gets_nothing_by_default() {
    let server = Server::answering(OK);
    let run = |allow: &[&str]| {
        let step = http_step("run --component step.wasm")
            .file("step.wasm", http_step_component::WASM)
            .arg(&server.origin)
            .word(&server.origin, "ORIGIN");
        allow
            .iter()
            .fold(step, |step, argument| step.arg(argument))
            .run()
    };
    expect![[r#"
        exit code 3
        --- stdout
        Performing GET request to ORIGIN
        An exception occurred while performing the request: the host does not allow a request to ORIGIN
        --- stderr
        Requested (denied)
        error: the policy does not allow ORIGIN: no rule matches it; allow it with `--allow ORIGIN`
    "#]].assert_eq(&run(&[]));
    assert!(!server.was_requested());

    let allowed = run(&["--allow", &server.origin]);
    assert!(allowed.starts_with("exit code 0\n"), "{allowed}");
}

#[test]
fn a_denial_overrides_every_grant() {
    let server = Server::answering(OK);
    let run = |arguments: &str| {
        http_step(&format!("run {} {arguments}", server.origin))
            .word(server.origin.rsplit(':').next().unwrap(), "PORT")
            .run()
    };
    let mut output = String::new();
    for arguments in [
        "--deny 127.0.0.0/8",
        "--deny 127.0.0.1",
        "--deny *://127.0.0.1:1-65535",
        "--deny evil.example --deny https://127.0.0.1 --deny 0x7f.1",
        "--deny evil.example/path",
    ] {
        let arguments = format!("{arguments} --allow {}", server.origin);
        output.push_str(&run(&arguments));
    }
    expect![[r#"
        exit code 3
        --- stdout
        Performing GET request to http://127.0.0.1:PORT
        An exception occurred while performing the request: the host does not allow a request to http://127.0.0.1:PORT
        --- stderr
        Requested (denied)
        error: the policy does not allow http://127.0.0.1:PORT: it matches the deny rule `--deny 127.0.0.0/8`, which overrides any allow rule
        exit code 3
        --- stdout
        Performing GET request to http://127.0.0.1:PORT
        An exception occurred while performing the request: the host does not allow a request to http://127.0.0.1:PORT
        --- stderr
        Requested (denied)
        error: the policy does not allow http://127.0.0.1:PORT: it matches the deny rule `--deny 127.0.0.1`, which overrides any allow rule
        exit code 3
        --- stdout
        Performing GET request to http://127.0.0.1:PORT
        An exception occurred while performing the request: the host does not allow a request to http://127.0.0.1:PORT
        --- stderr
        Requested (denied)
        error: the policy does not allow http://127.0.0.1:PORT: it matches the deny rule `--deny *://127.0.0.1:1-65535`, which overrides any allow rule
        exit code 3
        --- stdout
        Performing GET request to http://127.0.0.1:PORT
        An exception occurred while performing the request: the host does not allow a request to http://127.0.0.1:PORT
        --- stderr
        Requested (denied)
        error: the policy does not allow http://127.0.0.1:PORT: it matches the deny rule `--deny 127.0.0.1`, which overrides any allow rule
        exit code 2
        --- stderr
        error: invalid value for '--deny <ORIGIN|HOST|NETWORK>': `evil.example/…` can't be denied: it can't have a path; remove everything after the host and port; use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`

        For more information, try '--help'.
    "#]].assert_eq(&output);
    assert!(!server.was_requested());
}

#[test]
fn a_local_name_is_reached_where_it_is_named() {
    let server = Server::answering(OK);
    let port = server.origin.rsplit(':').next().unwrap();
    let run = |arguments: &str| {
        http_step(&format!("run step.yaml {arguments}"))
            .file("step.yaml", format!("get: http://localhost:{port}/\n"))
            .word(port, "PORT")
            .run()
    };
    expect![[r#"
        exit code 3
        --- stdout
        Performing GET request to http://localhost:PORT/
        An exception occurred while performing the request: the host does not allow a request to http://localhost:PORT
        --- stderr
        Requested (denied)
        error: the policy does not allow http://localhost:PORT: `localhost` is this machine, and no rule names it; allow it with `--allow http://localhost:PORT`
    "#]].assert_eq(&run(""));
    assert!(!server.was_requested());
    let allowed = run(&format!("--allow http://localhost:{port}"));
    assert!(allowed.starts_with("exit code 0\n"), "{allowed}");
}
