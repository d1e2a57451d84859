//! `expect`, `warn` and `until`.

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::expect;
use http_step_file::{Every, Polling, Renderable, StepFile, Within};

fn with_url(lines: &str) -> String {
    format!("get: https://a.example/\n{lines}\n")
}

/// The expectations, a line each, or the errors.
fn read(lines: &str) -> String {
    let file = match StepFile::parse(with_url(lines).as_bytes()) {
        Ok(file) => file,
        Err(errors) => return format!("{errors}\n"),
    };
    let mut report = String::new();
    for it in &file.expectations {
        let at = it.at.unwrap();
        let (name, predicate) = (&it.name, &it.predicate);
        writeln!(
            report,
            "{}:{} {name}, {:?} {:?}: {predicate}",
            at.line, at.column, it.level, it.subject
        )
        .unwrap();
    }
    report
}

#[test]
fn expectations_in_the_order_of_the_file() {
    expect![[r#"
        3:9 until.status, Until Status: 200
        8:5 expect.headers.content-type, Expect Header("content-type"): {"starts_with":"text/"}
        9:5 expect.headers.x-number, Expect Header("x-number"): 1.10
        10:3 expect.status, Expect Status: [200,"2xx","300-304"]
        11:3 expect.duration, Expect Duration: {"at_most":2.5}
        12:3 expect.size, Expect Size: {"at_least":1,"at_most":"1MiB"}
        13:3 expect.sha256, Expect Sha256: 0
        14:3 expect.redirects, Expect Redirects: 0
        15:3 expect.url, Expect Url: {"matches":"/\\d+$"}
        16:17 expect.certificate.days_left, Expect CertificateDaysLeft: {"at_least":14}
        2:8 warn.duration, Warn Duration: {"at_most":1}
    "#]]
    .assert_eq(&read(
        "warn: {duration: {at_most: 1}}
until: {status: 200}
every: 30
within: 600
expect:
  headers:
    Content-Type: {starts_with: text/}
    x-number: 1.10
  status: [200, 2xx, 300-304]
  duration: {at_most: 2.5}
  size: {at_least: 1, at_most: 1MiB}
  sha256: 0000000000000000000000000000000000000000000000000000000000000000
  redirects: 0
  url: {matches: '/\\d+$'}
  certificate: {days_left: {at_least: 14}}",
    ));
}

#[test]
fn what_is_expected_may_have_expressions() {
    expect![[r#"
        2:10 expect.status, Expect Status: "${{ property.status }}"
        2:54 expect.headers.etag, Expect Header("etag"): "a-${{ property.tag }}"
        2:86 expect.size, Expect Size: {"at_most":"${{ property.size }}"}
    "#]].assert_eq(&read(
        "expect: {status: '${{ property.status }}', headers: {etag: 'a-${{ property.tag }}'}, size: {at_most: '${{ property.size }}'}}",
    ));
}

#[test]
fn errors_are_at_their_place() {
    let mut report = String::new();
    for lines in [
        "expect: {}",
        "expect: 200",
        "expect: {state: 1}",
        "expect: {status: 2yy}",
        "expect: {status: {not: [200, 700]}}",
        "expect: {status: {starts_with: 2}}",
        "expect: {headers: {etag: {exist: true}}}",
        "expect: {headers: {etag: {starts_with: a, ends-with: b}}}",
        "expect: {headers: {'a b': x, '${{ property.a }}': y}}",
        "expect: {headers: [etag]}",
        "expect: {headers: {etag: {matches: '('}}}",
        "expect: {duration: soon}",
        "expect: {size: {at_most: 1 MB}}",
        "expect: {sha256: abc}",
        "expect: {redirects: 1.5}",
        "expect: {certificate: 14}",
        "expect: {certificate: {days_left: {at_least: two weeks}}}",
        "expect: {url: {}}",
        "expect: {url: '${{ property.a'}",
        "warn: {body: {contains: x}}",
        "every: 1",
        "within: 1",
        "until: {status: 200}\nevery: 0\nwithin: a week",
        "until: {status: 200}\nretry: 3",
    ] {
        write!(report, "{}\n{}", lines.replace('\n', " | "), read(lines)).unwrap();
    }
    expect![[r#"
        expect: {}
        expect: 200
        2:9: `expect`: expected a mapping as in `status: 200`, not a number
        expect: {state: 1}
        2:10: `expect`: unknown key `state`, did you mean `status`?
        expect: {status: 2yy}
        2:18: `expect.status`: expected a status code (`503`), a class (`5xx`) or a range (`500-504`), not `"2yy"`
        expect: {status: {not: [200, 700]}}
        2:30: `expect.status`: expected a status code (`503`), a class (`5xx`) or a range (`500-504`), not `700`
        expect: {status: {starts_with: 2}}
        2:19: `expect.status`: `starts_with` is for text, and a status is a number; use equals, not, one_of, exists, at_least or at_most
        expect: {headers: {etag: {exist: true}}}
        2:27: `expect.headers.etag`: unknown predicate `exist`, did you mean `exists`?
        expect: {headers: {etag: {starts_with: a, ends-with: b}}}
        2:43: `expect.headers.etag`: unknown predicate `ends-with`, did you mean `ends_with`?
        expect: {headers: {'a b': x, '${{ property.a }}': y}}
        2:20: `expect.headers.a b`: a header name can contain only letters, digits and hyphens, not a space
        2:30: `expect.headers.${{ property.a }}`: a header name can't contain an expression here
        expect: {headers: [etag]}
        2:19: `expect.headers`: expected header names and what to expect of their values, not a list
        expect: {headers: {etag: {matches: '('}}}
        2:27: `expect.headers.etag`: invalid regular expression: unclosed group
        expect: {duration: soon}
        2:20: `expect.duration`: expected a number of seconds, as in `2.5`, not `"soon"`
        expect: {size: {at_most: 1 MB}}
        2:17: `expect.size`: expected a number of bytes, as in `65536` or `64MiB`, not `"1 MB"`; the units are KiB, MiB, GiB and TiB
        expect: {sha256: abc}
        2:18: `expect.sha256`: expected a SHA-256 digest of 64 hexadecimal digits, not `"abc"`
        expect: {redirects: 1.5}
        2:21: `expect.redirects`: expected a whole number, as in `3`, not `1.5`
        expect: {certificate: 14}
        2:23: `expect.certificate`: expected a mapping as in `days_left: {at_least: 14}`, not a number
        expect: {certificate: {days_left: {at_least: two weeks}}}
        2:36: `expect.certificate.days_left`: expected a whole number, as in `3`, not `"two weeks"`
        expect: {url: {}}
        2:15: `expect.url`: this mapping is empty; add a predicate, as in `exists: true`
        expect: {url: '${{ property.a'}
        2:15: `expect.url`: unclosed expression `property.a`: `}}` is missing
        warn: {body: {contains: x}}
        2:8: `warn`: unknown key `body`; the keys are status, headers, duration, size, sha256, redirects, url, certificate
        every: 1
        2:1: `every` belongs to `until`, which is missing: add `until: {status: 200}`, say
        within: 1
        2:1: `within` belongs to `until`, which is missing: add `until: {status: 200}`, say
        until: {status: 200} | every: 0 | within: a week
        3:8: `every`: expected a number of seconds, more than 0 and at most 3600, not 0
        4:9: `within`: expected a number of seconds, not a string
        until: {status: 200} | retry: 3
        2:1: `until` repeats the request, also after errors that may be temporary; remove `retry`
    "#]].assert_eq(&report);
}

#[test]
fn regular_expressions_are_limited() {
    let with = |expected: usize, warned: usize| {
        let list = |number| vec!["{matches: a}"; number].join(", ");
        read(&format!(
            "expect: {{url: {{one_of: [{}]}}}}\nwarn: {{headers: {{etag: {{one_of: [{}]}}}}}}",
            list(expected),
            list(warned)
        ))
    };
    assert!(with(20, 12).contains("warn.headers.etag, Warn"));
    expect![[r#"
        3:18: a step file has at most 32 regular expressions; combine some of them, as in `one|two`
    "#]]
    .assert_eq(&with(20, 13));
}

#[test]
fn polling() {
    let polling = |lines: &str| {
        let file = StepFile::parse(with_url(lines).as_bytes()).unwrap();
        file.polling
    };
    assert_eq!(polling("expect: {status: 200}"), None);
    assert_eq!(
        polling("until: {status: 200}"),
        Some(Polling {
            every: Renderable::Value(Every(Duration::from_secs(5))),
            within: None,
        })
    );
    assert_eq!(
        polling("until: {status: 200}\nevery: 0.5\nwithin: '${{ property.within }}'"),
        Some(Polling {
            every: Renderable::Value(Every(Duration::from_millis(500))),
            within: Some(Renderable::Expression("${{ property.within }}".to_owned())),
        })
    );
    let within = Some(Renderable::Value(Within(Duration::from_secs(604_800))));
    let week = polling("until: {status: 200}\nwithin: 604800").unwrap();
    assert_eq!(week.within, within);
}
