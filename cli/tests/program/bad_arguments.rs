//! Invalid arguments: exit code 2, and no password or token is shown.

use expect_test::{Expect, expect};

use crate::http_step::http_step;

/// The error for a request from arguments.
fn refused(arguments: &[&str]) -> String {
    let step = http_step("run");
    let output = arguments
        .iter()
        .fold(step, |step, argument| step.arg(argument))
        .run();
    match output.strip_prefix("exit code 2\n--- stderr\nerror: ") {
        Some(refused) => refused.to_owned(),
        None => output,
    }
}

#[track_caller]
fn all_refused<const COUNT: usize>(cases: [(&[&str], Expect); COUNT]) {
    for (arguments, expected) in cases {
        expected.assert_eq(&refused(arguments));
    }
}

#[test]
fn urls() {
    all_refused([
        (
            &["ftp://example.com/"],
            expect![[r#"
                `url`: unsupported URL scheme `ftp`; use `https` or `http`
            "#]],
        ),
        (
            &["https://"],
            expect![[r#"
                `url`: the URL has no host
            "#]],
        ),
        (
            &["https://example.com/a b"],
            expect![[r#"
                `url`: a URL can't contain a space; write `%20`
            "#]],
        ),
        (
            &["https://exa mple.com/"],
            expect![[r#"
                `url`: a URL can't contain a space; write `%20`
            "#]],
        ),
        (
            &["https://joe:hunter2@example.com/"],
            expect![[r#"
                the URL has a user name or a password in it, which logs would show; give them as `-u USER:PASSWORD`, or in a step file as `auth: [username, password]`
            "#]],
        ),
        (
            &["https://example.com/${{ property.a"],
            expect![[r#"
                `url`: unclosed expression `property.a`: `}}` is missing
            "#]],
        ),
    ]);
}

#[test]
fn requests() {
    const URL: &str = "http://127.0.0.1:1/";
    all_refused([
        (
            &[URL, "-X", "put"],
            expect![[r#"
                Wrong method given: 'put' is not known, did you mean `PUT`?
            "#]],
        ),
        (
            &[URL, "-X", "BREW"],
            expect![[r#"
                Wrong method given: 'BREW' is not known; the methods are POST, GET, PUT, DELETE, HEAD, OPTIONS, PATCH
            "#]],
        ),
        (
            &[URL, "-H", "Authorization Bearer token"],
            expect![[r#"
                invalid value for '--header <NAME: VALUE>': write it as 'NAME: VALUE'

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "-H", ": value"],
            expect![[r#"
                invalid value for '--header <NAME: VALUE>': write it as 'NAME: VALUE'

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "-H", "X-A\nX-B: c"],
            expect![[r#"
                `headers.X-A\nX-B`: a header name can contain only letters, digits and hyphens, not a control character
            "#]],
        ),
        (
            &[URL, "-H", "X-A: b\nX-B: c"],
            expect![[r#"
                invalid value for '--header <NAME: VALUE>': a header value can't contain a line break

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "-H", "X-A: b\u{7}"],
            expect![[r#"
                `headers.X-A`: a header value can't contain a control character
            "#]],
        ),
        (
            &[URL, "-d", "{\"token\": 1}"],
            expect![[r#"
                invalid value for '--data <NAME=VALUE>': write it as NAME=VALUE; a JSON body goes in --json

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "-d", "token"],
            expect![[r#"
                invalid value for '--data <NAME=VALUE>': write it as NAME=VALUE

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--json", "{\"token\": "],
            expect![[r#"
                invalid value for '--json <JSON>': this is not JSON: EOF while parsing a value at line 1 column 10

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "-d", "@"],
            expect![[r#"
            invalid value for '--data <NAME=VALUE>': the file's name is missing: write it as @FILE, or as @- for standard input

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "-d", "a=b", "-d", "@form"],
            expect![[r#"
            `-d @FILE` sends the whole body, so it can't be combined with another -d; write all of the body into the file, or send the fields with -F
        "#]],
        ),
        (
            &[URL, "--json", "@-"],
            expect![[r#"
            standard input is not JSON: EOF while parsing a value at line 1 column 0
        "#]],
        ),
        (
            &[URL, "-F", "name"],
            expect![[r#"
            invalid value for '--form <NAME=VALUE>': write it as NAME=VALUE, NAME=@FILE or NAME=<FILE

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "-F", "name=@-"],
            expect![[r#"
            invalid value for '--form <NAME=VALUE>': a part can't be read from standard input; name a file

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "-F", "name=@x", "-d", "a=b"],
            expect![[r#"
            the argument '--form <NAME=VALUE>' cannot be used with '--data <NAME=VALUE>'

            Usage: http-step run --form <NAME=VALUE> <STEP|URL>

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "-F", "name=a;type=text/plain\nX: y"],
            expect![[r#"
            `files.name.content_type`: a header value can't contain a line break; start a YAML block with `>-` or `|-` to leave out the one at its end
        "#]],
        ),
        (
            &[URL, "-u", "joe"],
            expect![[r#"
                invalid value for '--user <USER:PASSWORD>': write it as USER:PASSWORD; http-step does not prompt for a password

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--json", "{}", "-d", "a=b"],
            expect![[r#"
                the argument '--json <JSON>' cannot be used with '--data <NAME=VALUE>'

                Usage: http-step run --json <JSON> <STEP|URL>

                For more information, try '--help'.
            "#]],
        ),
        (
            &[
                URL,
                "-X",
                "put",
                "-H",
                "a b: c",
                "--hide-request-header",
                "d e",
            ],
            expect![[r#"
                the request has 3 errors
                Wrong method given: 'put' is not known, did you mean `PUT`?
                `headers.a b`: a header name can contain only letters, digits and hyphens, not a space
                `hide_request_headers`: a header name can contain only letters, digits and hyphens, not a space
            "#]],
        ),
    ]);
}

#[test]
fn grants_and_limits() {
    const URL: &str = "http://127.0.0.1:1/";
    all_refused([
        (
            &[URL, "--allow", "example.com"],
            expect![[r#"
                invalid value for '--allow <ORIGIN>': `example.com` is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: it has no scheme; did you mean `https://…`?

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--allow", "https://joe:hunter2@example.com"],
            expect![[r#"
                invalid value for '--allow <ORIGIN>': `…@example.com` is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: it contains a user name or a password; remove them

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--allow", "https://example.com/path"],
            expect![[r#"
                invalid value for '--allow <ORIGIN>': `https://example.com/…` is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: it can't have a path; remove everything after the host and port

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--allow-network", "10.0.0.0/33"],
            expect![[r#"
                invalid value for '--allow-network <NETWORK>': write it as an address and a prefix length: 10.0.0.0/8

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--secret", "TOKEN=hunter2@https://example.com"],
            expect![[r#"
                invalid value for '--secret <NAME=SOURCE@ORIGIN>': don't write the value of a secret here; write where it is stored, as `env:VARIABLE`, `file:PATH`, or `SCHEME:REFERENCE` for a source of the platform; write NAME=env:VARIABLE@ORIGIN or NAME=file:PATH@ORIGIN

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--secret", "TOKEN=env:API_TOKEN"],
            expect![[r#"
                invalid value for '--secret <NAME=SOURCE@ORIGIN>': it has no origin, so the secret could be sent anywhere; add the origin that it is for: NAME=env:VARIABLE@https://api.example.com

                For more information, try '--help'.
            "#]],
        ),
        (
            &[
                URL,
                "--secret",
                "TOKEN=file:token@https://hooks.example/hunter2",
            ],
            expect![[r#"
                invalid value for '--secret <NAME=SOURCE@ORIGIN>': what follows the last `@` must be an origin without a path, such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "-p", "token"],
            expect![[r#"
                invalid value for '--property <NAME=VALUE>': write it as NAME=VALUE

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--timeout", "0"],
            expect![[r#"
                invalid value for '--timeout <SECONDS>': write a number of seconds, above 0 and at most 31536000 (a year)

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--timeout", "nan"],
            expect![[r#"
                invalid value for '--timeout <SECONDS>': write a number of seconds, above 0 and at most 31536000 (a year)

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--timeout", "1e19"],
            expect![[r#"
                invalid value for '--timeout <SECONDS>': write a number of seconds, above 0 and at most 31536000 (a year)

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "--format", "xml"],
            expect![[r#"
                invalid value 'xml' for '--format <FORMAT>'
                  [possible values: text, json, ndjson]

                For more information, try '--help'.
            "#]],
        ),
    ]);
}

#[test]
fn options_of_curl() {
    const URL: &str = "http://127.0.0.1:1/";
    all_refused([
        (
            &[URL, "-k"],
            expect![[r#"
            unexpected argument '-k' found; write `verify: false` into a step file, and allow it by `--allow-tls verify-none`

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "--cookie", "a=b"],
            expect![[r#"
            unexpected argument '--cookie' found; write `-H 'Cookie: NAME=VALUE'`, or `cookies: {NAME: VALUE}` into a step file

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "-sS"],
            expect![[r#"
                unexpected argument '-s' found; leave it out: there is no progress meter, and errors are always shown

                For more information, try '--help'.
            "#]],
        ),
        (
            &[URL, "-G", "-d", "a=b"],
            expect![[r#"
            unexpected argument '-G' found; write the query into the URL, or `params: {NAME: VALUE}` into a step file

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "--retry", "3"],
            expect![[r#"
            unexpected argument '--retry' found; there are no retries; run the step again, which is safe where `error.sent` of `--format json` is `no`

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "--request", "PUT"],
            expect![[r#"
            unexpected argument '--request' found; write `-X METHOD`

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "--url", "x"],
            expect![[r#"
            unexpected argument '--url' found; give the URL as an argument

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "-w", "%{http_code}"],
            expect![[r#"
            unexpected argument '-w' found; take it from the result: `--format json | jq '.exchanges[-1].response.status'`

            For more information, try '--help'.
        "#]],
        ),
        (
            &[URL, "--no-such-option"],
            expect![[r#"
            unexpected argument '--no-such-option' found

              tip: to pass '--no-such-option' as a value, use '-- --no-such-option'

            Usage: http-step run <STEP|URL>

            For more information, try '--help'.
        "#]],
        ),
    ]);
}
