//! `expect` and `warn`: what the host checks by what it saw of the response.

mod until;

use std::fmt::Write as _;

use expect_test::expect;
use http::HeaderValue;
use http_step_host::{Check, Job, Limits, Outcome, Policy, Properties, RunResult};
use http_step_tests::{
    Answer, Guest, Reaction, Scripted, Service, answer, bench, host, redirect, run, run_with,
    step_file, transcript,
};
use rcgen::date_time_ymd;
use serde_json::json;

/// A service with an answer of its own for each path.
async fn service() -> Service {
    Service::start(|request| {
        let mut response = match request.line.split(' ').nth(1).unwrap() {
            "/redirect" => return redirect(302, "/redirect-again"),
            "/redirect-again" => return redirect(307, "/"),
            "/missing" => answer(404),
            _ => answer(200),
        };
        *response.body_mut() = "hello\n".into();
        let headers = response.headers_mut();
        headers.insert("date", HeaderValue::from_static("DATE"));
        headers.insert("content-type", HeaderValue::from_static("text/plain"));
        headers.append("x-list", HeaderValue::from_static("a"));
        headers.append("x-list", HeaderValue::from_static("b"));
        headers.insert("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        response
    })
    .await
}

/// The outcome and the checks, a line each.
fn checks(result: &RunResult, origin: &str) -> String {
    let mut report = format!("{:?}: {}\n", result.outcome, result.summary);
    for check in &result.checks {
        let Check {
            name,
            outcome,
            expected,
            found,
            by,
            line,
            column,
        } = check;
        let found = found.as_deref().unwrap_or("nothing");
        let place = match (line, column) {
            (Some(line), Some(column)) => format!(" at {line}:{column}"),
            _ => String::new(),
        };
        writeln!(
            report,
            "  {outcome:?} by {by:?}: {name}{place}: expected {expected}, found {found}"
        )
        .unwrap();
    }
    if let Some(error) = &result.error {
        writeln!(report, "  {:?}: {}", error.kind, error.message).unwrap();
    }
    report.replace(origin, "ORIGIN")
}

#[tokio::test]
async fn all_that_is_not_met_is_reported_at_once() {
    let service = service().await;
    let step = format!(
        "get: {}/missing\nexpect:\n  status: [200, 2xx]\n  headers:\n    Content-Type: {{starts_with: application/json}}\n    etag: {{exists: true}}\n  size: {{at_most: 1KiB}}\nwarn:\n  redirects: 1\n",
        service.origin
    );
    let result = run(&service.origin, &step).await;
    expect![[r#"
        Failure: Status code: 404, 3 of 5 expectations not met
          Failed by Host: expect.status at 3:3: expected 200 or 2xx, found 404
          Failed by Host: expect.headers.content-type at 5:5: expected starts with "application/json", found "text/plain"
          Failed by Host: expect.headers.etag at 6:5: expected any value, found nothing
          Passed by Host: expect.size at 7:3: expected at most 1KiB, found 6
          Warning by Host: warn.redirects at 9:3: expected 1, found 0
    "#]].assert_eq(&checks(&result, &service.origin));
    expect![[r#"
        h|Performing GET request to ORIGIN/missing
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/missing
        e|Status: 404
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        h|	x-list: a
        h|	x-list: b
        h|	x-latin: café
        h|	content-length: 6
        o| ------ Content ------
        o|hello
        e|Not met: expect.status (line 3), expected: 200 or 2xx, found: 404
        e|Not met: expect.headers.content-type (line 5), expected: starts with "application/json", found: "text/plain"
        e|Not met: expect.headers.etag (line 6), expected: any value, found: nothing
        e|Warning: warn.redirects (line 9), expected: 1, found: 0
        Failure: Status code: 404, 3 of 5 expectations not met
    "#]].assert_eq(&transcript(&result, &service.origin));
    let json = serde_json::to_value(&result).unwrap();
    expect![[r#"
        {
          "name": "expect.status",
          "outcome": "failed",
          "expected": "200 or 2xx",
          "found": "404",
          "by": "host",
          "line": 3,
          "column": 3
        }"#]]
    .assert_eq(&format!("{:#}", json["checks"][0]));
}

#[tokio::test]
async fn each_subject() {
    let service = service().await;
    let mut report = String::new();
    for (target, expectation) in [
        ("/", "status: 200"),
        ("/", "status: {not: 2xx}"),
        ("/missing", "status: 404"),
        ("/", "headers: {X-List: 'a, b', x-latin: café}"),
        ("/", "headers: {x-list: {contains: c}}"),
        ("/", "headers: {x-none: {exists: false}}"),
        ("/", "size: 6"),
        ("/", "size: {at_least: 1KiB}"),
        (
            "/",
            "sha256: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
        ),
        (
            "/",
            "sha256: 0000000000000000000000000000000000000000000000000000000000000000",
        ),
        ("/", "redirects: 0"),
        ("/redirect", "redirects: 2, url: {ends_with: /}"),
        ("/redirect", "redirects: {at_most: 1}"),
        ("/redirect", "url: {matches: '/redirect$'}"),
        ("/", "certificate: {days_left: {at_least: 14}}"),
        ("/", "duration: {at_least: 0, at_most: 300}"),
        ("/", "duration: {at_least: 300}"),
    ] {
        let step = format!(
            "get: {}{target}\nexpect: {{{expectation}}}\n",
            service.origin
        );
        let mut result = run(&service.origin, &step).await;
        for check in &mut result.checks {
            if check.name == "expect.duration" {
                let seconds: f64 = check.found.as_ref().unwrap().parse().unwrap();
                assert!((0.0..300.0).contains(&seconds));
                check.found = Some("SECONDS".to_owned());
            }
        }
        report.push_str(&format!("{target} {}", checks(&result, &service.origin)));
    }
    expect![[r#"
        / Success: Status code: 200
          Passed by Host: expect.status at 2:10: expected 200, found 200
        / Failure: Status code: 200, 1 of 1 expectations not met
          Failed by Host: expect.status at 2:10: expected not 2xx, found 200
        /missing Success: Status code: 404
          Passed by Host: expect.status at 2:10: expected 404, found 404
        / Success: Status code: 200
          Passed by Host: expect.headers.x-list at 2:20: expected "a, b", found "a, b"
          Passed by Host: expect.headers.x-latin at 2:36: expected "café", found "café"
        / Failure: Status code: 200, 1 of 1 expectations not met
          Failed by Host: expect.headers.x-list at 2:20: expected contains "c", found "a, b"
        / Success: Status code: 200
          Passed by Host: expect.headers.x-none at 2:20: expected nothing, found nothing
        / Success: Status code: 200
          Passed by Host: expect.size at 2:10: expected 6, found 6
        / Failure: Status code: 200, 1 of 1 expectations not met
          Failed by Host: expect.size at 2:10: expected at least 1KiB, found 6
        / Success: Status code: 200
          Passed by Host: expect.sha256 at 2:10: expected "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03", found "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        / Failure: Status code: 200, 1 of 1 expectations not met
          Failed by Host: expect.sha256 at 2:10: expected "0000000000000000000000000000000000000000000000000000000000000000", found "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        / Success: Status code: 200
          Passed by Host: expect.redirects at 2:10: expected 0, found 0
        /redirect Success: Status code: 200
          Passed by Host: expect.redirects at 2:10: expected 2, found 2
          Passed by Host: expect.url at 2:24: expected ends with "/", found "ORIGIN/"
        /redirect Failure: Status code: 200, 1 of 1 expectations not met
          Failed by Host: expect.redirects at 2:10: expected at most 1, found 2
        /redirect Failure: Status code: 200, 1 of 1 expectations not met
          Failed by Host: expect.url at 2:10: expected matches //redirect$/, found "ORIGIN/"
        / Failure: Status code: 200, 1 of 1 expectations not met
          Failed by Host: expect.certificate.days_left at 2:24: expected at least 14, found nothing
        / Success: Status code: 200
          Passed by Host: expect.duration at 2:10: expected at least 0 and at most 300, found SECONDS
        / Failure: Status code: 200, 1 of 1 expectations not met
          Failed by Host: expect.duration at 2:10: expected at least 300, found SECONDS
    "#]].assert_eq(&report);
}

/// What is seen is the body without its coding; a HEAD response has none.
#[tokio::test]
async fn a_body_is_checked_as_the_component_gets_it() {
    let service = Service::start(|request| {
        let mut response = answer(200);
        let headers = response.headers_mut();
        if request.line.starts_with("GET ") {
            headers.insert("content-encoding", HeaderValue::from_static("gzip"));
            *response.body_mut() = gzip(&[b'a'; 100_000]).into();
        }
        response
    })
    .await;
    let mut report = String::new();
    for method in ["get", "head"] {
        let step = format!("{method}: {}/\nexpect: {{size: 100000}}\n", service.origin);
        let result = run(&service.origin, &step).await;
        report.push_str(&checks(&result, &service.origin));
    }
    expect![[r#"
        Success: Status code: 200
          Passed by Host: expect.size at 2:10: expected 100000, found 100000
        Failure: Status code: 200, 1 of 1 expectations not met
          Failed by Host: expect.size at 2:10: expected 100000, found 0
    "#]]
    .assert_eq(&report);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn the_certificate() {
    let issued = bench().authority.issue_with("one.test", |params| {
        params.not_after = date_time_ymd(3000, 1, 1);
    });
    let service = Service::start_tls(issued.server().acceptor(), |_| Answer::default()).await;
    let origin = format!("https://one.test:{}", service.port);
    let step = |at_least: u32| {
        format!(
            "get: {origin}/\nexpect: {{certificate: {{days_left: {{at_least: {at_least}}}}}}}\n"
        )
    };
    let policy = format!("allow: [{{origin: '{origin}', networks: [127.0.0.0/8]}}]");
    let good = bench().run(&policy, &step(14)).await;
    assert_eq!(good.outcome, Outcome::Success, "{good:#?}");
    let days =
        |result: &RunResult| -> u32 { result.checks[0].found.as_ref().unwrap().parse().unwrap() };
    // From 2026 to 3000 it is 974 years, less each day.
    assert!((300_000..356_000).contains(&days(&good)));
    let bad = bench().run(&policy, &step(1_000_000)).await;
    assert_eq!((bad.outcome, days(&bad)), (Outcome::Failure, days(&good)));
    let tls = good.ledger[0].tls.as_ref().unwrap();
    let expires = serde_json::to_value(tls).unwrap()["certificate_expires"].clone();
    assert_eq!(expires, "3000-01-01T00:00:00Z");
}

#[tokio::test]
async fn expectations_have_expressions_and_no_secrets() {
    let service = service().await;
    let mut report = String::new();
    for (expectation, status) in [
        ("{status: '${{ property.status }}'}", json!(200)),
        ("{status: '${{ property.status }}'}", json!(["2xx", 404])),
        ("{status: {not: '${{ property.status }}'}}", json!("5xx")),
        ("{status: '${{ property.status }}'}", json!("2yy")),
        (
            "{headers: {x-list: 'a, ${{ property.status }}'}}",
            json!("b"),
        ),
        ("{url: '${{ secret.TOKEN }}'}", json!(0)),
        ("{status: '${{ property.other }}'}", json!(0)),
        (
            "{url: '${{ property.status }}'}",
            json!({"one_of": vec![json!({"matches": "a"}); 33]}),
        ),
    ] {
        let step = format!("get: {}/\nexpect: {expectation}\n", service.origin);
        let properties = Properties::from([("status", status)]);
        let result = run_with(&service.origin, &step, |job| job.properties(properties)).await;
        report.push_str(&checks(&result, &service.origin));
    }
    expect![[r#"
        Success: Status code: 200
          Passed by Host: expect.status at 2:10: expected 200, found 200
        Success: Status code: 200
          Passed by Host: expect.status at 2:10: expected 2xx or 404, found 200
        Success: Status code: 200
          Passed by Host: expect.status at 2:10: expected not 5xx, found 200
        Exception: Requested (exception)
          InvalidSpec: `expect.status`: expected a status code (`503`), a class (`5xx`) or a range (`500-504`), not `"2yy"`
        Success: Status code: 200
          Passed by Host: expect.headers.x-list at 2:20: expected "a, b", found "a, b"
        Exception: Requested (exception)
          InvalidSpec: `expect.url`: the secret `TOKEN` can't stand here: the host obeys this key, and a step has no more than a handle
        Exception: Requested (exception)
          UnknownName: `expect.status`: the property `other` is not set; set it or use a default: `${{ property.other | default("") }}`
        Exception: Requested (exception)
          InvalidSpec: `expect.url`: a step has at most 32 regular expressions
    "#]].assert_eq(&report);
    assert_eq!(service.requests().len(), 4);
}

/// Each regular expression counts toward the memory.
#[tokio::test]
async fn regular_expressions_take_memory() {
    let service = service().await;
    let step = format!(
        "get: {}/\nexpect: {{url: {{matches: '/$'}}, headers: {{x-list: {{one_of: [{}]}}}}}}\n",
        service.origin,
        ["{matches: b}"; 31].join(", ")
    );
    let mut report = String::new();
    for memory in [64 << 20, 30 << 20] {
        let limits = Limits {
            memory,
            ..Limits::default()
        };
        let result = run_with(&service.origin, &step, |job| job.limits(limits)).await;
        report.push_str(&checks(&result, &service.origin));
    }
    expect![[r#"
        Success: Status code: 200
          Passed by Host: expect.url at 2:10: expected matches //$/, found "ORIGIN/"
          Passed by Host: expect.headers.x-list at 2:42: expected matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/ or matches /b/, found "a, b"
        Exception: Requested (exception)
          Limit: the limit `memory` is exceeded: 33554432 of 31457280 bytes; set `memory` under `limits:` in the policy
    "#]].assert_eq(&report);
}

/// What no response is expected to be like is not checked.
#[tokio::test]
async fn without_a_response_nothing_is_checked() {
    let (cut_off, _) = Scripted::reacts(&[Reaction::Closes]).await;
    let result = run(
        &cut_off.origin,
        &format!("get: {}/\nexpect: {{status: 200}}\n", cut_off.origin),
    )
    .await;
    assert_eq!(
        (result.outcome, result.checks.len()),
        (Outcome::Exception, 0)
    );
    let denied = run(
        "https://a.example",
        &format!("get: {}/\nexpect: {{status: 403}}\n", cut_off.origin),
    )
    .await;
    assert_eq!((denied.outcome, denied.checks.len()), (Outcome::Denied, 0));
}

async fn run_guest(guest: Guest, service: &Service, expect: &str, orders: &[&str]) -> RunResult {
    let step = host().load(&guest.wasm()).unwrap();
    let file = format!(
        "post: {}/\ndata: \"{}\"\n{expect}",
        service.origin,
        orders.join("\\n")
    );
    let policy = Policy::nothing().allow(service.origin.parse().unwrap());
    host().run(&step, Job::new(step_file(&file), policy)).await
}

/// The host does not believe a component.
#[tokio::test]
async fn a_component_can_not_pass_the_checks_of_the_host() {
    let service = service().await;
    let mut report = String::new();
    for (expect, orders) in [
        ("expect: {status: 404}", &["passed expect.status"][..]),
        ("expect: {status: 200}", &["no request"]),
        ("expect: {size: 6}", &["no body"]),
        ("expect: {status: 200}", &["no body"]),
        ("", &["passed a", "failed b", "warning c"]),
        ("", &["passed a", "warning c"]),
        ("expect: {status: 200}", &["warning c"]),
        ("", &["many"]),
    ] {
        let result = run_guest(Guest::ReportsChecks, &service, expect, orders).await;
        report.push_str(&format!("{orders:?} {}", checks(&result, &service.origin)));
    }
    expect![[r#"
        ["passed expect.status"] Failure: Reported, 1 of 2 expectations not met
          Failed by Host: expect.status at 3:10: expected 404, found 200
          Passed by Component: expect.status: expected one thing, found another
        ["no request"] Exception: Requested (exception)
          Trap: `expect.status` can't be checked: the component has no response to its last request
        ["no body"] Exception: Requested (exception)
          Trap: `expect.size` can't be checked: the component did not read the response to its end
        ["no body"] Success: Reported
          Passed by Host: expect.status at 3:10: expected 200, found 200
        ["passed a", "failed b", "warning c"] Failure: Reported, 1 of 3 expectations not met
          Passed by Component: a: expected one thing, found another
          Failed by Component: b: expected one thing, found another
          Warning by Component: c: expected one thing, found another
        ["passed a", "warning c"] Warnings: Reported, 1 of 2 expectations not met (warning)
          Passed by Component: a: expected one thing, found another
          Warning by Component: c: expected one thing, found another
        ["warning c"] Warnings: Reported, 1 of 2 expectations not met (warning)
          Passed by Host: expect.status at 3:10: expected 200, found 200
          Warning by Component: c: expected one thing, found another
        ["many"] Exception: Requested (exception)
          Trap: the component reports 1001 checks; 1000 is the most
    "#]]
    .assert_eq(&report);
}

#[tokio::test]
async fn a_component_of_the_last_contract() {
    let service = service().await;
    let refused = run_guest(Guest::Contract01, &service, "expect: {status: 200}", &[]).await;
    expect![[r#"
        Exception: Requested (exception)
          InvalidSpec: `expect` and `warn` need a component of contract `ci:http-step@0.2.0`, and this one was built against 0.1.0: rebuild it, or remove these keys
    "#]].assert_eq(&checks(&refused, &service.origin));
    assert_eq!(service.requests().len(), 0);

    let step = host().load(&Guest::Contract01.wasm()).unwrap();
    let file = format!(
        "post: {}/\nstream: true\nmax_redirects: 7\n",
        service.origin
    );
    let policy = Policy::nothing().allow(service.origin.parse().unwrap());
    let job =
        Job::new(step_file(&file), policy).properties(Properties::from([("number", json!(7))]));
    let result = host().run(&step, job).await;
    let outputs = serde_json::to_string_pretty(&result.outputs).unwrap();
    expect![[r#"
        {
          "method": "POST",
          "redirects": 7,
          "streamed": true,
          "property": 7,
          "spelled": null,
          "sha256": "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1",
          "field": "authorization"
        }"#]]
    .assert_eq(&outputs);
    expect![[r#"
        e|No secrets are granted to this run.
        o|a line
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&result, &service.origin));
}
