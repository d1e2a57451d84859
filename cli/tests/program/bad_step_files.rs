//! Invalid step files: exit code 2, one line per error.

use expect_test::{Expect, expect};

use crate::http_step::http_step;

/// The errors of `run` for a step file; those of `check` are the same.
fn refused(content: impl AsRef<[u8]>) -> String {
    let [run, check] = ["run step.yaml", "check step.yaml"].map(|arguments| {
        http_step(arguments)
            .file("step.yaml", content.as_ref())
            .run()
    });
    assert_eq!(run, check);
    match run.strip_prefix("exit code 2\n--- stderr\nerror: ") {
        Some(refused) => refused.to_owned(),
        None => run,
    }
}

#[track_caller]
fn all_refused<const COUNT: usize>(cases: [(&str, Expect); COUNT]) {
    for (content, expected) in cases {
        expected.assert_eq(&refused(content));
    }
}

#[test]
fn files_that_are_no_mapping() {
    all_refused([
        (
            "",
            expect![[r#"
                the step file has an error
                step.yaml:1:1: the file is empty; a minimal step file is `url: https://…`
            "#]],
        ),
        (
            "# a comment\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:1: the file is empty; a minimal step file is `url: https://…`
            "#]],
        ),
        (
            "- get: https://example.com/\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:1: expected a mapping, as in `url: https://example.com/`, not a list
            "#]],
        ),
        (
            "https://example.com/\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:1: expected a mapping, as in `url: https://example.com/`, not a string
            "#]],
        ),
        (
            "get: https://example.com/\n---\nget: https://example.com/\n",
            expect![[r#"
                the step file has an error
                step.yaml:2:1: a second document starts here; a step file must be a single document
            "#]],
        ),
        (
            "get: [\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:6: this `[` is never closed
            "#]],
        ),
        (
            "{}\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:1: the URL is missing: add `url: https://…`, or the method with it, as in `get: https://…`
            "#]],
        ),
    ]);
}

#[test]
fn keys_and_types() {
    all_refused([
        (
            "get: https://example.com/\nheader: {a: b}\nhide_request_header: [a]\n",
            expect![[r#"
                the step file has 2 errors
                step.yaml:2:1: unknown key `header`, did you mean `headers`?
                step.yaml:3:1: unknown key `hide_request_header`, did you mean `hide_request_headers`?
            "#]],
        ),
        (
            "url: 7\nmethod: [GET]\nheaders: 1\njson: {}\ntimeout: soon\nhide_request_headers: Cookie\n",
            expect![[r#"
                the step file has 5 errors
                step.yaml:1:6: `url`: expected a URL, not a number
                step.yaml:2:9: `method`: expected a method, as in `POST`, not a list
                step.yaml:3:10: `headers`: expected a mapping of names to values, a list of `[name, value]` or one expression, not a number
                step.yaml:5:10: `timeout`: expected seconds, `[connect, read]` or a mapping of `connect`, `read` and `total`, not a string
                step.yaml:6:23: `hide_request_headers`: expected a list of header names, not a string: write `[Cookie]`
            "#]],
        ),
        (
            "url: https://example.com/\nmethod: get\n",
            expect![[r#"
                the step file has an error
                step.yaml:2:9: Wrong method given: 'get' is not known, did you mean `GET`?
            "#]],
        ),
    ]);
}

#[test]
fn urls() {
    all_refused([
        (
            "get: example.com/\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:6: `get`: the URL has no scheme; did you mean `https://…`?
            "#]],
        ),
        (
            "get: https://joe:hunter2@example.com/\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:6: `get`: the URL contains a user name; give it as `auth: [username, password]`
            "#]],
        ),
        (
            "get: https://example.com/a b\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:6: `get`: a URL can't contain a space; write `%20`
            "#]],
        ),
        (
            "get: https://exa mple.com/\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:6: `get`: a URL can't contain a space; write `%20`
            "#]],
        ),
        (
            "get: file:///etc/passwd\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:6: `get`: unsupported URL scheme `file`; use `https` or `http`
            "#]],
        ),
        (
            "get: \"https://example.com/\\n\"\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:6: `get`: a URL can't contain a line break
            "#]],
        ),
        (
            "get: https://\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:6: `get`: the URL has no host
            "#]],
        ),
        (
            "get: https://example.com/${{ property.a\n",
            expect![[r#"
                the step file has an error
                step.yaml:1:6: `get`: unclosed expression `property.a`: `}}` is missing
            "#]],
        ),
    ]);
}

#[test]
fn headers_with_line_breaks() {
    all_refused([
        (
            "get: https://example.com/\nheaders:\n  \"X-A\\nX-B\": c\n",
            expect![[r#"
                the step file has an error
                step.yaml:3:3: `headers.X-A\nX-B`: a header name can contain only letters, digits and hyphens, not a control character
            "#]],
        ),
        (
            "get: https://example.com/\nheaders:\n  X-A: \"b\\r\\nX-B: c\"\n",
            expect![[r#"
                the step file has an error
                step.yaml:3:8: `headers.X-A`: a header value can't contain a line break; start a YAML block with `>-` or `|-` to leave out the one at its end
            "#]],
        ),
    ]);
}

#[test]
fn bytes_that_are_no_text() {
    expect![[r#"
        the step file has an error
        step.yaml:1:26: a step file can't contain a NUL byte
    "#]]
    .assert_eq(&refused(b"get: https://example.com/\0\n"));
    expect![[r#"
        the step file has an error
        step.yaml:2:14: invalid UTF-8; save the file as UTF-8
    "#]]
    .assert_eq(&refused(b"get: https://example.com/\nheaders: {x: \xe9}\n"));
    // UTF-16, as some editors save it.
    expect![[r#"
        the step file has an error
        step.yaml:1:1: invalid UTF-8; save the file as UTF-8
    "#]]
    .assert_eq(&refused(b"\xff\xfeg\0e\0t\0"));
}

#[test]
fn more_than_a_step_file_may_hold() {
    let mut large = b"get: https://example.com/\njson: ".to_vec();
    large.resize(10 << 20, b'a');
    expect![[r#"
        the step file has an error
        step.yaml:1:1: the file is too large; the limit for a step file is 1048576 bytes
    "#]]
    .assert_eq(&refused(large));
    let mut large = b"get: https://example.com/\njson: ".to_vec();
    large.resize(10 << 20, b'a');
    expect![[r#"
        exit code 2
        --- stderr
        error: the step file has an error
        standard input:1:1: the file is too large; the limit for a step file is 1048576 bytes
    "#]]
    .assert_eq(&http_step("run -").stdin(large).run());

    let laughs: String = (1..=9)
        .map(|n| {
            format!(
                "  k{n}: &k{n} [{}]\n",
                vec![format!("*k{}", n - 1); 10].join(", ")
            )
        })
        .collect();
    expect![[r#"
        the step file has an error
        step.yaml:8:47: the file has more than 100000 values, with aliases (`*name`) expanded
    "#]]
    .assert_eq(&refused(format!(
        "post: https://example.com/\njson:\n  k0: &k0 ha\n{laughs}"
    )));
    expect![[r#"
        the step file has an error
        step.yaml:1:33: lists and mappings are nested more than 32 deep
    "#]]
    .assert_eq(&refused("[".repeat(100_000)));
}

#[test]
fn a_policy_is_no_step_file_nor_the_reverse() {
    let mut output = String::new();
    for arguments in [
        "run policy.yaml",
        "check policy.yaml",
        "check --policy step.yaml",
        "run --policy step.yaml step.yaml",
        "check both.yaml",
        "check --policy both.yaml",
    ] {
        let run = http_step(arguments)
            .file(
                "policy.yaml",
                "limits: {wall: 1}\nallow:\n- https://example.com\n",
            )
            .file("step.yaml", "timeout: 3\nget: https://example.com/\n")
            .file("both.yaml", "get: https://example.com/\nallow: []\n")
            .run();
        output.push_str(&format!("$ {arguments}\n{run}"));
    }
    expect![[r#"
        $ run policy.yaml
        exit code 2
        --- stderr
        error: the step file has an error
        policy.yaml:1:1: this is a policy file, not a step file
        $ check policy.yaml
        exit code 2
        --- stderr
        error: the step file has an error
        policy.yaml:1:1: this is a policy file, not a step file
        $ check --policy step.yaml
        exit code 2
        --- stderr
        error: the policy has an error
        step.yaml:1:1: this is a step file, not a policy file
        $ run --policy step.yaml step.yaml
        exit code 2
        --- stderr
        error: the policy has an error
        step.yaml:1:1: this is a step file, not a policy file
        $ check both.yaml
        exit code 2
        --- stderr
        error: the step file has an error
        both.yaml:2:1: unknown key `allow`; the keys are url, method, get, post, put, delete, head, options, patch, params, headers, cookies, data, json, files, auth, timeout, allow_redirects, max_redirects, stream, verify, cert, tls, proxies, retry, idempotency_key, expect, warn, until, every, within, hide_request_headers, hide_response_headers
        $ check --policy both.yaml
        exit code 2
        --- stderr
        error: the policy has an error
        both.yaml:1:1: unknown key `get`; the keys are public, allow, deny, networks, tls, proxies, secrets, partial_echo, files, limits
    "#]].assert_eq(&output);
}
