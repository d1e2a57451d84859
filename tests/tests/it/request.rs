//! What goes out: methods, parameters, bodies, headers, credentials.

use bytes::Bytes;
use expect_test::{Expect, expect};
use http_step_host::Outcome;
use http_step_tests::{Answer, Service, error, run, run_with};

/// What the service got, as text.
async fn received(step: &str) -> String {
    let service = Service::start(|_| Answer::new(Bytes::from("ok").into())).await;
    let step = step.replace("ORIGIN", &service.origin);
    let result = run_with(&service.origin, &step, |job| {
        job.files_under(concat!(env!("CARGO_MANIFEST_DIR"), "/files"))
    })
    .await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
    let mut text = String::new();
    for request in service.requests() {
        text.push_str(&request.line);
        text.push('\n');
        for header in &request.headers {
            text.push_str(header);
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&request.body).replace('\r', "␍"));
    }
    text.replace(&service.origin.replace("http://", ""), "HOST")
}

async fn check(step: &str, expected: Expect) {
    expected.assert_eq(&received(step).await);
}

#[tokio::test]
async fn every_method_has_a_short_form() {
    for method in ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] {
        let service = Service::start(|_| Answer::default()).await;
        let origin = &service.origin;
        let short = format!("{}: {origin}/a", method.to_lowercase());
        let long = format!("url: {origin}/b\nmethod: {method}");
        for step in [&short, &long] {
            assert_eq!(run(origin, step).await.outcome, Outcome::Success);
        }
        let lines: Vec<_> = service
            .requests()
            .into_iter()
            .map(|request| request.line)
            .collect();
        assert_eq!(lines, [format!("{method} /a"), format!("{method} /b")]);
    }
}

#[tokio::test]
async fn an_invalid_request_names_the_part_and_the_reason() {
    let long = "x".repeat(70_000);
    let mut report = String::new();
    for step in [
        "url: a..test",
        "url: .a.test",
        "url: a.test:99999",
        "url: '[::1'",
        "url: a b.test",
        "url: me@a.test",
        "url: LONG",
        "headers: {X: '${{ property.lines }}'}",
        "headers: {Host: b.test}",
        "headers: {Content-Length: 5}",
        "headers: {Transfer-Encoding: gzip}",
        "params: '${{ property.lines }}'",
    ] {
        let (host, rest) = match step.strip_prefix("url: ") {
            Some("LONG") => (format!("a.test/{long}"), ""),
            Some(host) => (host.trim_matches('\'').to_owned(), ""),
            None => ("a.test".to_owned(), step),
        };
        let origin = match host.len() {
            ..100 => format!("http://{host}"),
            _ => "http://a.test".to_owned(),
        };
        let of_origin = if origin.parse::<http_step_host::policy::Origin>().is_ok() {
            origin
        } else {
            "http://a.test".to_owned()
        };
        let text = format!("get: http://${{{{ property.host }}}}/\n{rest}");
        let result = run_with(&of_origin, &text, |job| {
            job.properties([("host", host.as_str()), ("lines", "a\nb")].into())
        })
        .await;
        let error = error(&result, "ORIGIN");
        report.push_str(&format!("{step}\n  {error}\n"));
    }
    expect![[r#"
        url: a..test
          Exception, InvalidSpec, sent No: `url` can't be used: its host `a..test` has an empty label between two dots
        url: .a.test
          Exception, InvalidSpec, sent No: `url` can't be used: its host `.a.test` has an empty label between two dots
        url: a.test:99999
          Exception, InvalidSpec, sent No: `url` can't be used: invalid port number
        url: '[::1'
          Exception, InvalidSpec, sent No: `url` can't be used: invalid IPv6 address
        url: a b.test
          Exception, InvalidSpec, sent No: `url` can't be used: it contains a space or a control character; write a space as `%20`
        url: me@a.test
          Exception, InvalidSpec, sent No: `url` contains a user name or a password; put them into `auth`, which logs don't show
        url: LONG
          Exception, InvalidSpec, sent No: the host rejects the path and query of the URL, which have 70002 bytes; the limit is 65,534
        headers: {X: '${{ property.lines }}'}
          Exception, InvalidSpec, sent No: in `headers`, the value of the header `X` contains a line break or another control character
        headers: {Host: b.test}
          Exception, InvalidSpec, sent No: the header `Host` can't be sent: the host sets it
        headers: {Content-Length: 5}
          Exception, InvalidSpec, sent No: `headers` contains `Content-Length: 5`, but the body has 0 bytes; remove it, since the step sets it
        headers: {Transfer-Encoding: gzip}
          Exception, InvalidSpec, sent No: the header `Transfer-Encoding` can't be sent: the host sets it
        params: '${{ property.lines }}'
          Exception, InvalidSpec, sent No: `params` contains a line break or another control character; escape it, as in `%0A`
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn the_method_is_post_by_default() {
    check(
        "url: ORIGIN/path",
        expect![[r#"
            POST /path
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            content-length: 0

        "#]],
    )
    .await;
}

#[tokio::test]
async fn params_go_to_the_end_of_a_query() {
    check(
        "get: ORIGIN/path?a=1#fragment\nparams: {b: 'x y&z', c: [1, 2], d: null, é: true}",
        expect![[r#"
            GET /path?a=1&b=x+y%26z&c=1&c=2&%C3%A9=true
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*

        "#]],
    )
    .await;
}

#[tokio::test]
async fn params_as_text_are_sent_unchanged() {
    check(
        "get: ORIGIN/path\nparams: a=1&b",
        expect![[r#"
            GET /path?a=1&b
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*

        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_dictionary_as_data_is_form_encoded() {
    check(
        "post: ORIGIN/\ndata: {name: a b, list: [1, 2]}",
        expect![[r#"
            POST /
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            content-length: 22
            content-type: application/x-www-form-urlencoded

            name=a+b&list=1&list=2"#]],
    )
    .await;
}

#[tokio::test]
async fn a_string_as_data_is_sent_raw() {
    check(
        "put: ORIGIN/\ndata: 'a b=ü'",
        expect![[r#"
            PUT /
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            content-length: 6

            a b=ü"#]],
    )
    .await;
}

#[tokio::test]
async fn json_is_sent_as_json() {
    check(
        "post: ORIGIN/\njson: {a: [1, 2.5, null, true], b: ü}",
        expect![[r#"
            POST /
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            content-length: 32
            content-type: application/json

            {"a":[1,2.5,null,true],"b":"ü"}"#]],
    )
    .await;
}

#[tokio::test]
async fn files_are_multipart() {
    check(
        "\
post: ORIGIN/
data: {build: 7}
files:
  report: report.txt
  notes:
    content: inline
    filename: 'no\"tes.txt'
    content_type: text/plain
    headers: {X-Part: one}",
        expect![[r#"
            POST /
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            content-length: 529
            content-type: multipart/form-data; boundary=2c1dbec26fb4e819ea32425b88b6d1b950d32b04041159687a87e3812e05197b

            --2c1dbec26fb4e819ea32425b88b6d1b950d32b04041159687a87e3812e05197b␍
            Content-Disposition: form-data; name="build"␍
            ␍
            7␍
            --2c1dbec26fb4e819ea32425b88b6d1b950d32b04041159687a87e3812e05197b␍
            Content-Disposition: form-data; name="report"; filename="report.txt"␍
            ␍
            all green
            ␍
            --2c1dbec26fb4e819ea32425b88b6d1b950d32b04041159687a87e3812e05197b␍
            Content-Disposition: form-data; name="notes"; filename="no%22tes.txt"␍
            Content-Type: text/plain␍
            X-Part: one␍
            ␍
            inline␍
            --2c1dbec26fb4e819ea32425b88b6d1b950d32b04041159687a87e3812e05197b--␍
        "#]],
    )
    .await;
}

/// As the requests library takes them: a list of pairs, and a part with a content type that is not
/// a file.
#[tokio::test]
async fn parts_of_one_name_and_parts_without_a_filename() {
    check(
        "\
post: ORIGIN/
files:
  - [report, report.txt]
  - [report, {path: report.txt, filename: second.txt}]
  - [meta, {content: '{\"build\":7}', content_type: application/json, filename: null}]
  - [plain, {path: report.txt, filename: null}]
  - [left-out, {content: c, filename: '${{ property.none | default(null) }}'}]",
        expect![[r#"
            POST /
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            content-length: 784
            content-type: multipart/form-data; boundary=758ca5d4d7f919e890cde5441ce3e2b9c3b8943090bf57d69c6dff9d73afdc72

            --758ca5d4d7f919e890cde5441ce3e2b9c3b8943090bf57d69c6dff9d73afdc72␍
            Content-Disposition: form-data; name="report"; filename="report.txt"␍
            ␍
            all green
            ␍
            --758ca5d4d7f919e890cde5441ce3e2b9c3b8943090bf57d69c6dff9d73afdc72␍
            Content-Disposition: form-data; name="report"; filename="second.txt"␍
            ␍
            all green
            ␍
            --758ca5d4d7f919e890cde5441ce3e2b9c3b8943090bf57d69c6dff9d73afdc72␍
            Content-Disposition: form-data; name="meta"␍
            Content-Type: application/json␍
            ␍
            {"build":7}␍
            --758ca5d4d7f919e890cde5441ce3e2b9c3b8943090bf57d69c6dff9d73afdc72␍
            Content-Disposition: form-data; name="plain"␍
            ␍
            all green
            ␍
            --758ca5d4d7f919e890cde5441ce3e2b9c3b8943090bf57d69c6dff9d73afdc72␍
            Content-Disposition: form-data; name="left-out"␍
            ␍
            c␍
            --758ca5d4d7f919e890cde5441ce3e2b9c3b8943090bf57d69c6dff9d73afdc72--␍
        "#]],
    )
    .await;
}

/// The last component of a path is the filename, and a property in it is not rendered
/// again: a build's own files can have any name.
#[tokio::test]
async fn a_filename_from_a_path_is_not_rendered_again() {
    let directory = tempfile::tempdir().unwrap();
    let name = "${{ property.other }}";
    std::fs::write(directory.path().join(name), "content").unwrap();
    let service = Service::start(|_| Answer::default()).await;
    let step = format!(
        "post: {}/\nfiles: {{upload: '${{{{ property.name }}}}'}}",
        service.origin
    );
    let result = run_with(&service.origin, &step, |job| {
        job.files_under(directory.path())
            .properties([("name", name), ("other", "secret")].into())
    })
    .await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    let body = String::from_utf8(service.requests()[0].body.to_vec()).unwrap();
    let head = body.lines().nth(1).unwrap();
    assert_eq!(
        head,
        "Content-Disposition: form-data; name=\"upload\"; filename=\"${{ property.other }}\""
    );
}

/// Digits are preserved; what JSON can't spell becomes a number of the same value.
#[tokio::test]
async fn numbers_keep_their_digits() {
    let body = async |json: &str| {
        let sent = received(&format!("post: ORIGIN/\njson: {json}")).await;
        sent.lines().last().unwrap_or_default().to_owned()
    };
    let numbers = "[123456789012345678901234567890,-18446744073709551617,1.10,0.1000,1E5,-0,1e400,0.30000000000000004441]";
    assert_eq!(body(numbers).await, numbers);
    assert_eq!(
        body("[+1, 0123, .5, 1., 0x1F, 0o17, 0xfffffffffffffffffffffffff]").await,
        "[1,123,0.5,1.0,31,15,1267650600228229401496703205375]"
    );
    assert_eq!(
        body("[0b10110, 1_000, no, yes, on, off, '1', ~, NULL, TRUE]").await,
        r#"["0b10110","1_000","no","yes","on","off","1",null,null,true]"#
    );
}

/// Within text, a number is spelled as in the file.
#[tokio::test]
async fn numbers_keep_their_spelling_in_text() {
    check(
        "\
post: ORIGIN/
params: {phone: +15551234567, zero: -0, mask: 0x1F, mode: 0755}
headers: {X-Phone: +15551234567, X-Half: .5, X-One: 1., X-Version: 1.10, X-Bits: 0b10110}
data: {phone: +15551234567, id: 123456789012345678901234567890, list: [0o17, 1e400]}
cookies: {n: 0123}",
        expect![[r#"
            POST /?mask=0x1F&mode=0755&phone=%2B15551234567&zero=-0
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            x-phone: +15551234567
            x-half: .5
            x-one: 1.
            x-version: 1.10
            x-bits: 0b10110
            cookie: n=0123
            content-length: 75
            content-type: application/x-www-form-urlencoded

            phone=%2B15551234567&id=123456789012345678901234567890&list=0o17&list=1e400"#]],
    )
    .await;
}

#[tokio::test]
async fn headers_keep_their_order_and_replace_the_defaults() {
    check(
        "\
get: ORIGIN/
headers:
  X-One: 1
  X-Many: [a, b]
  user-agent: mine
  X-Two: 2",
        expect![[r#"
            GET /
            host: HOST
            user-agent: mine
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            x-one: 1
            x-many: a
            x-many: b
            x-two: 2

        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_content_type_of_the_step_wins() {
    check(
        "post: ORIGIN/\nheaders: {Content-Type: application/vnd.api+json}\njson: {}",
        expect![[r#"
            POST /
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            content-type: application/vnd.api+json
            content-length: 2

            {}"#]],
    )
    .await;
}

#[tokio::test]
async fn cookies_are_sent() {
    check(
        "get: ORIGIN/\ncookies: {a: 1, b: two}",
        expect![[r#"
            GET /
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            cookie: a=1; b=two

        "#]],
    )
    .await;
}

#[tokio::test]
async fn basic_auth_as_a_pair_and_bearer_by_name() {
    check(
        "get: ORIGIN/\nauth: [user, 'pass:word']",
        expect![[r#"
            GET /
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            authorization: Basic dXNlcjpwYXNzOndvcmQ=

        "#]],
    )
    .await;
    check(
        "get: ORIGIN/\nauth: {bearer: token.1}",
        expect![[r#"
            GET /
            host: HOST
            user-agent: http-step/0.1.0
            accept-encoding: gzip, deflate, br, zstd
            accept: */*
            authorization: Bearer token.1

        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_body_of_many_chunks_arrives_whole() {
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin;
    let line = "0123456789abcdef".repeat(4096);
    let body: String = std::iter::repeat_n(line.as_str(), 64).collect();
    // A step file is small, so the large value comes as a property.
    let result = run_with(
        origin,
        &format!("post: {origin}/\ndata: ${{{{ property.body }}}}"),
        |job| job.properties([("body", body.as_str())].into()),
    )
    .await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    assert_eq!(service.requests()[0].body, body.as_bytes());
    assert_eq!(result.usage.bytes_sent, 4 << 20);
}

#[tokio::test]
async fn settings_that_the_policy_does_not_permit_are_denied() {
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin.replace("http://", "https://");
    let mut text = String::new();
    for setting in [
        "verify: false",
        "verify: ca.pem",
        "cert: client.pem",
        "proxies: {https: 'http://proxy.test:3128'}",
        "auth: {hawk: {id: user}}",
    ] {
        let error = run(origin, &format!("get: {origin}/\n{setting}"))
            .await
            .error
            .unwrap();
        text.push_str(&format!("{setting}: {:?}, {}\n", error.kind, error.message));
    }
    expect![[r#"
        verify: false: Denied, the policy does not allow `verify: false` for ORIGIN: the only TLS settings for steps are pinned-key and min-version
        verify: ca.pem: InvalidSpec, the file `ca.pem` of `verify` can't be read: this run may not read files
        cert: client.pem: InvalidSpec, the file `client.pem` of `cert` can't be read: this run may not read files
        proxies: {https: 'http://proxy.test:3128'}: Denied, the policy does not allow the proxy http://proxy.test:3128 for ORIGIN: steps may not use this proxy
        auth: {hawk: {id: user}}: InvalidSpec, this step does not support the authentication scheme `hawk`
    "#]].assert_eq(&text.replace(origin, "ORIGIN"));
    assert_eq!(service.connections(), 0);
}
