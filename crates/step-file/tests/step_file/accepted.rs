//! Files without errors, and what they mean.

use std::time::Duration;

use http_step_file::{
    Auth, Body, ClientCertificate, Fields, File, FileContent, Filename, IdempotencyKey, PinnedKey,
    Proxies, Renderable, RetrySetting, StepFile, Timeouts, Tls, TlsVersion, Verify,
};
use http_step_retry::Retry;
use proptest::prelude::*;
use serde_json::json;

fn parse(text: &str) -> StepFile {
    StepFile::parse(text.as_bytes()).unwrap_or_else(|diagnostics| panic!("{text}\n{diagnostics}"))
}

/// The step file with these lines beside its URL.
fn with_url(lines: &str) -> StepFile {
    parse(&format!("url: https://a/\n{lines}\n"))
}

fn step() -> StepFile {
    StepFile::new("https://a/")
}

fn entries(entries: &[(&str, &str)]) -> Fields {
    Fields::Entries(
        entries
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

fn text(text: &str) -> Fields {
    Fields::Text(text.to_owned())
}

fn expression<T>(text: &str) -> Renderable<T> {
    Renderable::Expression(text.to_owned())
}

fn with_retry(retry: Retry) -> StepFile {
    StepFile {
        retry: Some(Renderable::Value(RetrySetting(retry))),
        ..step()
    }
}

#[test]
fn the_defaults_of_retry() {
    let on = ["connect", "timeout", "protocol", "429", "502", "503", "504"];
    assert_eq!(
        Retry::default(),
        Retry {
            attempts: 3,
            delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
            on: on.map(|pattern| pattern.parse().unwrap()).to_vec(),
            total: None,
        }
    );
}

#[test]
fn defaults() {
    let expected = StepFile {
        method: "POST".to_owned(),
        url: "https://a/".to_owned(),
        params: Fields::Entries(vec![]),
        headers: Fields::Entries(vec![]),
        body: None,
        cookies: Fields::Entries(vec![]),
        auth: None,
        timeout: Renderable::Value(Timeouts {
            connect: None,
            read: None,
            total: None,
        }),
        allow_redirects: Renderable::Value(true),
        max_redirects: Renderable::Value(30),
        stream: Renderable::Value(false),
        verify: Renderable::Value(Verify::Roots),
        cert: None,
        tls: Renderable::Value(Tls {
            min_version: None,
            pinned_keys: vec![],
        }),
        proxies: Renderable::Value(Proxies(vec![])),
        retry: None,
        polling: None,
        expectations: Vec::new(),
        idempotency_key: None,
        hide_request_headers: vec![],
        hide_response_headers: vec![],
    };
    assert_eq!(step(), expected);
    for file in [
        "url: https://a/",
        "post: https://a/",
        "{url: https://a/, method: POST}",
        r#"{"url":"https://a/"}"#,
        "{\n\t\"url\": \"https://a/\"\n}",
        "\u{feff}url: https://a/",
        "---\nurl: https://a/\n...\n",
        "# A comment.\r\nurl: https://a/\r\n",
        "url: https://a/\nget: null\nmethod:\nparams: ~\njson: null\nfiles: {}\nauth: null\ntimeout: null\nhide_request_headers: null",
    ] {
        assert_eq!(parse(file), expected, "{file}");
    }
}

#[test]
fn methods() {
    for method in ["POST", "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] {
        let expected = StepFile {
            method: method.to_owned(),
            ..step()
        };
        assert_eq!(with_url(&format!("method: {method}")), expected);
        assert_eq!(
            parse(&format!("{}: https://a/", method.to_lowercase())),
            expected
        );
    }
    assert_eq!(
        with_url("method: ${{ property.method }}").method,
        "${{ property.method }}"
    );
}

#[test]
fn urls() {
    for url in [
        "http://127.0.0.1:8080/a?b=c#d",
        "HTTPS://EXAMPLE.COM",
        "https://[2001:db8::1]:443/",
        "https://bücher.example/größe/%20",
        "https://a/@user?to=b@c",
        "${{ secret.WEBHOOK }}",
        "${{ property.base }}/hooks",
        "http${{ property.s }}://a/",
        "https://${{ property.host }}:8080/${{ property.path | default(\"a b\") }}",
    ] {
        assert_eq!(parse(&format!("url: '{url}'")).url, url);
    }
}

#[test]
fn fields() {
    for (written, fields) in [
        ("{a: b, c: d e}", entries(&[("a", "b"), ("c", "d e")])),
        (
            "[[b, 2], [a, 1], [b, 3]]",
            entries(&[("b", "2"), ("a", "1"), ("b", "3")]),
        ),
        // A list repeats the name, null leaves it out.
        (
            "{a: [1, null, x], b: null, c: []}",
            entries(&[("a", "1"), ("a", "x")]),
        ),
        (
            "[[a, [1, 2]], [b, null]]",
            entries(&[("a", "1"), ("a", "2")]),
        ),
        // Booleans are JSON's; `no` and `on` are strings.
        (
            "{a: true, b: False, c: no, on: yes}",
            entries(&[("a", "true"), ("b", "false"), ("c", "no"), ("on", "yes")]),
        ),
        // Numbers keep the spelling that they have in the file, whether JSON has it or not.
        (
            "{a: 5, b: 1.0, c: 1.10, d: 1e3, e: -7, f: 12345678901234567890123}",
            entries(&[
                ("a", "5"),
                ("b", "1.0"),
                ("c", "1.10"),
                ("d", "1e3"),
                ("e", "-7"),
                ("f", "12345678901234567890123"),
            ]),
        ),
        (
            "{a: 0x1F, b: +15551234567, c: .5, d: 0755, e: 1_000, f: 2026-01-31, g: 1., h: -0, i: 0o17, j: 0b10110, k: 1e400}",
            entries(&[
                ("a", "0x1F"),
                ("b", "+15551234567"),
                ("c", ".5"),
                ("d", "0755"),
                ("e", "1_000"),
                ("f", "2026-01-31"),
                ("g", "1."),
                ("h", "-0"),
                ("i", "0o17"),
                ("j", "0b10110"),
                ("k", "1e400"),
            ]),
        ),
        (
            "[[+1, +2], [0x1, [01, .5]]]",
            entries(&[("+1", "+2"), ("0x1", "01"), ("0x1", ".5")]),
        ),
        (
            "{'${{ property.name }}': 'a ${{ secret.B }}'}",
            entries(&[("${{ property.name }}", "a ${{ secret.B }}")]),
        ),
        ("{}", entries(&[])),
        ("raw=text&x", text("raw=text&x")),
        ("${{ property.fields }}", text("${{ property.fields }}")),
    ] {
        let params = StepFile {
            params: fields.clone(),
            ..step()
        };
        assert_eq!(with_url(&format!("params: {written}")), params);
        let data = StepFile {
            body: Some(Body::Data(fields)),
            ..step()
        };
        assert_eq!(with_url(&format!("data: {written}")), data);
    }
}

#[test]
fn headers_and_cookies() {
    for (written, fields) in [
        (
            "{Accept: [a, b], X-Number: 1.0}",
            entries(&[("Accept", "a"), ("Accept", "b"), ("X-Number", "1.0")]),
        ),
        ("[[A, b], [a, c]]", entries(&[("A", "b"), ("a", "c")])),
        (
            "{'X-${{ property.a }}': tab\there}",
            entries(&[("X-${{ property.a }}", "tab\there")]),
        ),
        (
            "${{ property.all | default({}) }}",
            text("${{ property.all | default({}) }}"),
        ),
    ] {
        let headers = StepFile {
            headers: fields.clone(),
            ..step()
        };
        assert_eq!(with_url(&format!("headers: {written}")), headers);
        let cookies = StepFile {
            cookies: fields,
            ..step()
        };
        assert_eq!(with_url(&format!("cookies: {written}")), cookies);
    }
    assert_eq!(
        with_url("cookies: {'a[b]': c}").cookies,
        entries(&[("a[b]", "c")])
    );
    assert_eq!(
        with_url("headers:\n  Authorization: >-\n    Bearer\n    x").headers,
        entries(&[("Authorization", "Bearer x")])
    );
}

#[test]
fn json_bodies() {
    for (written, value) in [
        (
            "{a: [1, -2, 1.5, true, null, x]}",
            json!({"a": [1, -2, 1.5, true, null, "x"]}),
        ),
        ("text", json!("text")),
        ("false", json!(false)),
        ("[]", json!([])),
        ("${{ property.all }}", json!("${{ property.all }}")),
        (
            "{'${{ property.key }}': no}",
            json!({"${{ property.key }}": "no"}),
        ),
        (r#"{"\ud83d\ude00": "\/\u00e9"}"#, json!({"😀": "/é"})),
    ] {
        let expected = StepFile {
            body: Some(Body::Json(value.into())),
            ..step()
        };
        assert_eq!(with_url(&format!("json: {written}")), expected);
    }
}

/// A number in JSON keeps the digits of the file; what JSON can't spell becomes a number of the
/// same value.
#[test]
fn numbers_of_json_bodies() {
    for (written, sent) in [
        (
            "[123456789012345678901234567890, -98765432109876543210]",
            "[123456789012345678901234567890,-98765432109876543210]",
        ),
        (
            "[1.10, 0.1000, 1E5, 1e+05, -0, 1e400, 0.30000000000000004441]",
            "[1.10,0.1000,1E5,1e+05,-0,1e400,0.30000000000000004441]",
        ),
        (
            "[+1, 0123, -007, .5, -.5, 1., 01.50]",
            "[1,123,-7,0.5,-0.5,1.0,1.50]",
        ),
        (
            "[0x1F, 0o17, 0xfffffffffffffffffffffffff]",
            "[31,15,1267650600228229401496703205375]",
        ),
        // In the core schema these are strings.
        (
            "[0b10110, 1_000, no, Yes, on, y, 0X1F, 12:30:45, 1.2.3, '1', \"1.10\", ! 7, !!str 7]",
            r#"["0b10110","1_000","no","Yes","on","y","0X1F","12:30:45","1.2.3","1","1.10","7","7"]"#,
        ),
        (
            "[~, null, Null, NULL, !!null, true, True, TRUE]",
            "[null,null,null,null,null,true,true,true]",
        ),
        (
            "[!!int '0x1F', !!float 1, !!null '', !!bool True]",
            "[31,1,null,true]",
        ),
        ("{<<: {a: 0x1}, b: 1.0}", r#"{"b":1.0,"a":1}"#),
        (r#"{"<<": 1}"#, r#"{"<<":1}"#),
    ] {
        match with_url(&format!("json: {written}")).body {
            Some(Body::Json(value)) => assert_eq!(value.to_string(), sent, "{written}"),
            other => panic!("{written}: {other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn digits_are_kept(
        number in "-?(0|[1-9][0-9]{0,60})(\\.[0-9]{1,30})?([eE][-+]?[0-9]{1,5})?"
    ) {
        let step = with_url(&format!("json: {{n: {number}}}\nparams: {{n: {number}}}"));
        prop_assert_eq!(step.params, entries(&[("n", &number)]));
        let sent = match step.body {
            Some(Body::Json(value)) => value.to_string(),
            other => format!("{other:?}"),
        };
        prop_assert_eq!(sent, format!(r#"{{"n":{number}}}"#));
    }

    #[test]
    fn a_text_keeps_its_spelling(
        number in "[-+]?([0-9]{1,30}\\.?|[0-9]{0,9}\\.[0-9]{1,9})([eE][-+]?[0-9]{1,3})?|0x[0-9a-fA-F]{1,20}|0o[0-7]{1,20}"
    ) {
        let step = with_url(&format!("headers: {{X-N: {number}}}\ndata: {{n: {number}}}"));
        prop_assert_eq!(step.headers, entries(&[("X-N", &number)]));
        prop_assert_eq!(step.body, Some(Body::Data(entries(&[("n", &number)]))));
    }
}

#[test]
fn files() {
    let named = |filename: &str| Filename::Text(filename.to_owned());
    let file = |name: &str, filename: Filename, content| File {
        name: name.to_owned(),
        filename,
        content_type: None,
        headers: vec![],
        content,
    };
    let path = |path: &str| FileContent::Path(path.to_owned());
    let written = "
files:
  plain: out/report.csv
  named: {path: out/x, filename: y.txt}
  typed:
    content: 'Build ${{ property.buildnumber }}'
    content_type: text/plain
    headers: {X-Part: [1, 2]}
  empty: {content: ''}
  computed: out/${{ property.name }}.zip
  left-out: null
  field: {content: '{}', content_type: application/json, filename: null}
  file-as-field: {path: out/x, filename: ~}
";
    let files = vec![
        file("plain", named("report.csv"), path("out/report.csv")),
        file("named", named("y.txt"), path("out/x")),
        File {
            content_type: Some("text/plain".to_owned()),
            headers: vec![
                ("X-Part".to_owned(), "1".to_owned()),
                ("X-Part".to_owned(), "2".to_owned()),
            ],
            ..file(
                "typed",
                named("typed"),
                FileContent::Text("Build ${{ property.buildnumber }}".to_owned()),
            )
        },
        file("empty", named("empty"), FileContent::Text(String::new())),
        file(
            "computed",
            Filename::OfPath,
            path("out/${{ property.name }}.zip"),
        ),
        File {
            content_type: Some("application/json".to_owned()),
            ..file("field", Filename::None, FileContent::Text("{}".to_owned()))
        },
        file("file-as-field", Filename::None, path("out/x")),
    ];
    for (data, fields) in [
        ("", entries(&[])),
        ("data: {a: 1}", entries(&[("a", "1")])),
        (
            "data: ${{ property.fields }}",
            text("${{ property.fields }}"),
        ),
    ] {
        let expected = StepFile {
            body: Some(Body::Multipart {
                fields,
                files: files.clone(),
            }),
            ..step()
        };
        assert_eq!(with_url(&format!("{data}{written}")), expected);
    }
    // Pairs can repeat a name.
    let written = "
files:
  - [log, out/build.log]
  - [log, {path: out/x, filename: test.log}]
  - [none, null]
  - [7, {content: b, filename: null}]
";
    let files = vec![
        file("log", named("build.log"), path("out/build.log")),
        file("log", named("test.log"), path("out/x")),
        file("7", Filename::None, FileContent::Text("b".to_owned())),
    ];
    let expected = StepFile {
        body: Some(Body::Multipart {
            fields: entries(&[]),
            files,
        }),
        ..step()
    };
    assert_eq!(with_url(written), expected);
    for none in ["files: []", "files: {a: null}", "files: [[a, null]]"] {
        assert_eq!(with_url(none), step());
    }
}

#[test]
fn auth() {
    let basic = Auth::Basic {
        username: "u".to_owned(),
        password: "${{ secret.P }}".to_owned(),
    };
    for (written, auth) in [
        ("[u, '${{ secret.P }}']", basic.clone()),
        ("{basic: {username: u, password: '${{ secret.P }}'}}", basic),
        (
            "{bearer: '${{ secret.T }}'}",
            Auth::Bearer("${{ secret.T }}".to_owned()),
        ),
        (
            "${{ property.auth }}",
            Auth::Expression("${{ property.auth }}".to_owned()),
        ),
        // A scheme that only the component knows.
        (
            "{hawk: {id: 1.10, keys: ['${{ secret.K }}', 1]}}",
            Auth::Other {
                scheme: "hawk".to_owned(),
                parameters: r#"{"id":1.10,"keys":["${{ secret.K }}",1]}"#.parse().unwrap(),
            },
        ),
    ] {
        let expected = StepFile {
            auth: Some(auth),
            ..step()
        };
        assert_eq!(with_url(&format!("auth: {written}")), expected);
    }
}

/// The given parameters are passed to the component, texts as they are spelled. Missing ones are
/// not.
#[test]
fn schemes() {
    for (written, scheme, parameters) in [
        (
            "hmac: {secret: '${{ secret.K }}', form: github}",
            "hmac",
            json!({"secret": "${{ secret.K }}", "form": "github"}),
        ),
        (
            "hmac: {secret: 0123, form: '${{ property.form }}', header: null}",
            "hmac",
            json!({"secret": "0123", "form": "${{ property.form }}"}),
        ),
        (
            "hmac: {secret: k, header: X-Signature}",
            "hmac",
            json!({"secret": "k", "header": "X-Signature"}),
        ),
        (
            "hmac: {secret: k, header: 'X-${{ property.name }}', encoding: base64, prefix: 'sha256='}",
            "hmac",
            json!({"secret": "k", "header": "X-${{ property.name }}", "encoding": "base64", "prefix": "sha256="}),
        ),
        (
            "hmac: {secret: k, header: X-Signature, prefix: 'v${{ property.version }}'}",
            "hmac",
            json!({"secret": "k", "header": "X-Signature", "prefix": "v${{ property.version }}"}),
        ),
        (
            "hmac: {secret: k, header: X-Signature, prefix: ''}",
            "hmac",
            json!({"secret": "k", "header": "X-Signature", "prefix": ""}),
        ),
        (
            "aws-sigv4: {access_key_id: AKIA, secret_access_key: '${{ secret.K }}', region: eu-west-1, service: s3}",
            "aws-sigv4",
            json!({"access_key_id": "AKIA", "secret_access_key": "${{ secret.K }}", "region": "eu-west-1", "service": "s3"}),
        ),
        (
            "aws-sigv4: {access_key_id: '${{ secret.I }}', secret_access_key: k, session_token: t, region: '${{ property.r }}-1', service: s3, unsigned_payload: true}",
            "aws-sigv4",
            json!({"access_key_id": "${{ secret.I }}", "secret_access_key": "k", "session_token": "t", "region": "${{ property.r }}-1", "service": "s3", "unsigned_payload": true}),
        ),
        (
            "aws-sigv4: {access_key_id: i, secret_access_key: k, region: r, service: s, unsigned_payload: '${{ property.u }}'}",
            "aws-sigv4",
            json!({"access_key_id": "i", "secret_access_key": "k", "region": "r", "service": "s", "unsigned_payload": "${{ property.u }}"}),
        ),
        (
            "digest: {username: 'a:b', password: 1.10}",
            "digest",
            json!({"username": "a:b", "password": "1.10"}),
        ),
        (
            "digest: [u, '${{ secret.P }}']",
            "digest",
            json!({"username": "u", "password": "${{ secret.P }}"}),
        ),
        (
            "oauth2: {token_url: 'https://login.example/token', client_id: c, client_secret: '${{ secret.C }}'}",
            "oauth2",
            json!({"token_url": "https://login.example/token", "client_id": "c", "client_secret": "${{ secret.C }}"}),
        ),
        (
            "oauth2: {token_url: 'http://127.0.0.1:9/t', client_id: c, client_secret: '', authentication: body, scope: a b, audience: 'https://api.example'}",
            "oauth2",
            json!({"token_url": "http://127.0.0.1:9/t", "client_id": "c", "client_secret": "", "authentication": "body", "scope": "a b", "audience": "https://api.example"}),
        ),
    ] {
        let expected = StepFile {
            auth: Some(Auth::Other {
                scheme: scheme.to_owned(),
                parameters: parameters.into(),
            }),
            ..step()
        };
        assert_eq!(with_url(&format!("auth:\n  {written}")), expected);
    }
}

#[test]
fn token_endpoints() {
    for url in [
        "https://login.example",
        "HTTPS://login.example/token?tenant=a",
        "http://localhost:8080/token",
        "http://login.localhost/token",
        "http://127.9.9.9/token",
        "http://[::1]/token",
        // The URL comes from a property, so the host checks it.
        "${{ property.url }}",
        "http${{ property.s }}://login.example",
        "http://${{ property.host }}/token",
        "https://login.example/${{ property.tenant }}/token",
        "http://localhost/${{ property.tenant }}/token",
    ] {
        let oauth2 =
            format!("auth: {{oauth2: {{token_url: '{url}', client_id: c, client_secret: s}}}}");
        let expected = StepFile {
            auth: Some(Auth::Other {
                scheme: "oauth2".to_owned(),
                parameters: json!({"token_url": url, "client_id": "c", "client_secret": "s"})
                    .into(),
            }),
            ..step()
        };
        assert_eq!(with_url(&oauth2), expected);
    }
}

#[test]
fn auth_is_not_shown() {
    let shown = |written: &str| format!("{:?}", with_url(written).auth.unwrap());
    assert_eq!(shown("auth: [u, hunter2]"), "Basic { username: \"u\", .. }");
    assert_eq!(shown("auth: {bearer: hunter2}"), "Bearer { .. }");
    assert_eq!(
        shown("auth: {digest: {username: u, password: hunter2}}"),
        "Other { scheme: \"digest\", .. }"
    );
}

#[test]
fn settings() {
    let timeouts = |connect, read, total| {
        Renderable::Value(Timeouts {
            connect,
            read,
            total,
        })
    };
    let tls = |min_version, keys: &[&[u8]]| {
        Renderable::Value(Tls {
            min_version,
            pinned_keys: keys.iter().map(|key| PinnedKey::from_spki(key)).collect(),
        })
    };
    let certificate = |certificate: &str, key: Option<&str>| {
        Some(Renderable::Value(ClientCertificate {
            certificate: certificate.to_owned(),
            key: key.map(ToOwned::to_owned),
        }))
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let cases = [
        (
            "timeout: 2.5",
            StepFile {
                timeout: timeouts(Some(2.5), Some(2.5), None),
                ..step()
            },
        ),
        (
            "timeout: [3, 30]",
            StepFile {
                timeout: timeouts(Some(3.0), Some(30.0), None),
                ..step()
            },
        ),
        (
            "timeout: [null, 30]",
            StepFile {
                timeout: timeouts(None, Some(30.0), None),
                ..step()
            },
        ),
        (
            "timeout: {total: 60, read: null}",
            StepFile {
                timeout: timeouts(None, None, Some(60.0)),
                ..step()
            },
        ),
        ("timeout: {}", step()),
        (
            "timeout: ${{ property.t | default([3, 30]) }}",
            StepFile {
                timeout: expression("${{ property.t | default([3, 30]) }}"),
                ..step()
            },
        ),
        (
            "allow_redirects: false",
            StepFile {
                allow_redirects: Renderable::Value(false),
                ..step()
            },
        ),
        (
            "allow_redirects: ${{ property.a }}",
            StepFile {
                allow_redirects: expression("${{ property.a }}"),
                ..step()
            },
        ),
        (
            "max_redirects: 0",
            StepFile {
                max_redirects: Renderable::Value(0),
                ..step()
            },
        ),
        (
            "max_redirects: 50",
            StepFile {
                max_redirects: Renderable::Value(50),
                ..step()
            },
        ),
        (
            "max_redirects: ${{ property.a }}",
            StepFile {
                max_redirects: expression("${{ property.a }}"),
                ..step()
            },
        ),
        (
            "retry: 5",
            with_retry(Retry {
                attempts: 5,
                ..Retry::default()
            }),
        ),
        ("retry: {}", with_retry(Retry::default())),
        (
            "retry: {delay: 60}",
            with_retry(Retry {
                delay: Duration::from_secs(60),
                max_delay: Duration::from_secs(60),
                ..Retry::default()
            }),
        ),
        (
            "retry: {attempts: 1, delay: 0, max_delay: 0.5, on: [dns, connect, timeout, protocol, 500, 5xx, 502-504], total: 90}",
            with_retry(Retry {
                attempts: 1,
                delay: Duration::ZERO,
                max_delay: Duration::from_millis(500),
                on: [
                    "dns", "connect", "timeout", "protocol", "500", "5xx", "502-504",
                ]
                .map(|pattern| pattern.parse().unwrap())
                .to_vec(),
                total: Some(Duration::from_secs(90)),
            }),
        ),
        (
            "retry: {on: []}",
            with_retry(Retry {
                on: vec![],
                ..Retry::default()
            }),
        ),
        (
            "retry: ${{ property.a }}",
            StepFile {
                retry: Some(expression("${{ property.a }}")),
                ..step()
            },
        ),
        (
            "idempotency_key: auto",
            StepFile {
                idempotency_key: Some(IdempotencyKey::Auto),
                ..step()
            },
        ),
        (
            "stream: true",
            StepFile {
                stream: Renderable::Value(true),
                ..step()
            },
        ),
        (
            "verify: false",
            StepFile {
                verify: Renderable::Value(Verify::None),
                ..step()
            },
        ),
        (
            "verify: ca.pem",
            StepFile {
                verify: Renderable::Value(Verify::CaFile("ca.pem".to_owned())),
                ..step()
            },
        ),
        (
            "verify: ${{ property.a }}",
            StepFile {
                verify: expression("${{ property.a }}"),
                ..step()
            },
        ),
        (
            "cert: c.pem",
            StepFile {
                cert: certificate("c.pem", None),
                ..step()
            },
        ),
        (
            "cert: [c.crt, c.key]",
            StepFile {
                cert: certificate("c.crt", Some("c.key")),
                ..step()
            },
        ),
        (
            "cert: ${{ property.a }}",
            StepFile {
                cert: Some(expression("${{ property.a }}")),
                ..step()
            },
        ),
        (
            "proxies: {https: 'http://u:p@proxy:3128', all://a: https://b, http: null}",
            StepFile {
                proxies: Renderable::Value(Proxies(vec![
                    ("https".to_owned(), "http://u:p@proxy:3128".to_owned()),
                    ("all://a".to_owned(), "https://b".to_owned()),
                ])),
                ..step()
            },
        ),
        (
            "proxies: {http: socks5://a, https: 'SOCKS5H://u:p@b:1080'}",
            StepFile {
                proxies: Renderable::Value(Proxies(vec![
                    ("http".to_owned(), "socks5://a".to_owned()),
                    ("https".to_owned(), "SOCKS5H://u:p@b:1080".to_owned()),
                ])),
                ..step()
            },
        ),
        (
            "tls: {min_version: 1.3}",
            StepFile {
                tls: tls(Some(TlsVersion::Tls13), &[]),
                ..step()
            },
        ),
        (
            "tls: {min_version: '1.2', pinned_keys: ['sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=']}",
            StepFile {
                tls: tls(Some(TlsVersion::Tls12), &[b""]),
                ..step()
            },
        ),
        (
            "tls: ${{ property.a }}",
            StepFile {
                tls: expression("${{ property.a }}"),
                ..step()
            },
        ),
        (
            "proxies: ${{ property.a }}",
            StepFile {
                proxies: expression("${{ property.a }}"),
                ..step()
            },
        ),
        (
            "hide_request_headers: [Authorization, X-A]",
            StepFile {
                hide_request_headers: names(&["Authorization", "X-A"]),
                ..step()
            },
        ),
        (
            "hide_response_headers: [Set-Cookie]",
            StepFile {
                hide_response_headers: names(&["Set-Cookie"]),
                ..step()
            },
        ),
    ];
    for (written, expected) in cases {
        assert_eq!(with_url(written), expected, "{written}");
    }
}

#[test]
fn anchors_and_merge_keys() {
    assert_eq!(
        with_url("params: &p {a: 1, b: 2}\ndata: {<<: *p, b: 3}\ncookies: *p"),
        StepFile {
            params: entries(&[("a", "1"), ("b", "2")]),
            body: Some(Body::Data(entries(&[("b", "3"), ("a", "1")]))),
            cookies: entries(&[("a", "1"), ("b", "2")]),
            ..step()
        }
    );
    assert_eq!(
        with_url("json: {a: &a x, b: &b {<<: [{c: 1}, {c: 2, d: 3}]}, e: [*a, *b]}").body,
        Some(Body::Json(
            json!({
                "a": "x",
                "b": {"c": 1, "d": 3},
                "e": ["x", {"c": 1, "d": 3}],
            })
            .into()
        ))
    );
}
