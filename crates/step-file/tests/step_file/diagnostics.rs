//! Files with errors: each error is reported, with its position.

use http_step_file::StepFile;

#[track_caller]
fn report(file: &str, diagnostics: &str) {
    let found = StepFile::parse(file.as_bytes())
        .expect_err(file)
        .to_string();
    assert_eq!(found, diagnostics, "\n{file}");
}

/// One error per case, in a file with a valid URL.
#[track_caller]
fn each_reported(cases: &[(&str, &str)]) {
    for (line, diagnostics) in cases {
        report(&format!("url: https://a/\n{line}\n"), diagnostics);
    }
}

#[test]
fn all_at_once_in_order() {
    report(
        r#"
method: post
url: ci.example.com/hooks
header: {Accept: "*/*"}
params: {a: {b: c}, d: "${{ env.HOME }}"}
headers:
  Bad Name: x
  X-Line: "a\nb"
json: 1
data: {}
timeout: [0, soon]
stream: yes
hide_request_headers: Authorization
"#,
        "2:9: Wrong method given: 'post' is not known, did you mean `POST`?\n\
         3:6: `url`: the URL has no scheme; did you mean `https://…`?\n\
         4:1: unknown key `header`, did you mean `headers`?\n\
         5:13: `params.a`: expected a string, a number, a boolean or a list of these, not a mapping\n\
         5:24: `params.d`: expected `property.NAME` or `secret.NAME` in the expression, not `env.HOME`\n\
         7:3: `headers.Bad Name`: a header name can contain only letters, digits and hyphens, not a space\n\
         8:11: `headers.X-Line`: a header value can't contain a line break; start a YAML block with `>-` or `|-` to leave out the one at its end\n\
         9:1: a request has only one body; remove `json` or `data`\n\
         11:11: `timeout`: a timeout must be more than 0 and at most 31536000 seconds, not 0; leave it out for no timeout\n\
         11:14: `timeout`: expected a number of seconds, not a string\n\
         12:9: `stream`: expected `true` or `false`, not a string; did you mean `true`?\n\
         13:23: `hide_request_headers`: expected a list of header names, not a string: write `[Authorization]`",
    );
}

#[test]
fn keys() {
    let known = "the keys are url, method, get, post, put, delete, head, options, patch, params, \
                 headers, cookies, data, json, files, auth, timeout, allow_redirects, max_redirects, \
                 stream, verify, cert, tls, proxies, retry, idempotency_key, expect, warn, until, every, within, hide_request_headers, hide_response_headers";
    each_reported(&[
        (
            "hide-request-headers: []",
            "2:1: unknown key `hide-request-headers`, did you mean `hide_request_headers`?",
        ),
        (
            "Timeout: 3",
            "2:1: unknown key `Timeout`, did you mean `timeout`?",
        ),
        (
            "allow_redirect: true",
            "2:1: unknown key `allow_redirect`, did you mean `allow_redirects`?",
        ),
        ("hooks: {}", &format!("2:1: unknown key `hooks`; {known}")),
        ("on: push", &format!("2:1: unknown key `on`; {known}")),
        ("'a\\n': b", &format!("2:1: unknown key `a\\n`; {known}")),
        (
            "\"a\\n\\e[31m\": b",
            &format!("2:1: unknown key `a\\n\\u{{1b}}[31m`; {known}"),
        ),
        (
            "url: https://b/\nurl: 5",
            "2:1: duplicate key `url`; the first is at 1:1\n3:1: duplicate key `url`; the first is at 1:1",
        ),
        (
            "json: {a: 1, b: {c: 1, c: 2}}",
            "2:24: duplicate key `c`; the first is at 2:18",
        ),
        (
            "1: x\ntrue: x\nnull: x\n1.50: x\n? [a]\n: x",
            "2:1: a key must be a string: write `\"1\"`\n\
             3:1: a key must be a string: write `\"true\"`\n\
             4:1: a key must be a string: write `\"null\"`\n\
             5:1: a key must be a string: write `\"1.50\"`\n\
             6:3: a key must be a string, not a list or a mapping; quote text that contains an expression",
        ),
    ]);
}

#[test]
fn method_and_url() {
    for (file, diagnostics) in [
        (
            "{}",
            "1:1: the URL is missing: add `url: https://…`, or the method with it, as in `get: https://…`",
        ),
        (
            "url: null",
            "1:1: the URL is missing: add `url: https://…`, or the method with it, as in `get: https://…`",
        ),
        ("url: 5", "1:6: `url`: expected a URL, not a number"),
        (
            "post: https://a/\nurl: https://a/",
            "2:1: `post` already gives the URL; remove `post` or `url`",
        ),
        (
            "get: https://a/\nput: https://a/\nhead: https://a/",
            "2:1: `get` already gives the URL; remove `get` or `put`\n3:1: `get` already gives the URL; remove `get` or `head`",
        ),
        (
            "get: https://a/\nmethod: GET",
            "2:1: `get` already gives the method; remove `method`, or replace `get` with `url`",
        ),
        (
            "url: https://a/\nmethod: FETCH",
            "2:9: Wrong method given: 'FETCH' is not known; the methods are POST, GET, PUT, DELETE, HEAD, OPTIONS, PATCH",
        ),
        (
            "url: https://a/\nmethod: Get",
            "2:9: Wrong method given: 'Get' is not known, did you mean `GET`?",
        ),
        (
            "url: https://a/\nmethod: [GET]",
            "2:9: `method`: expected a method, as in `POST`, not a list",
        ),
    ] {
        report(file, diagnostics);
    }
}

const SECRET_HOST: &str = "a secret can't stand in the host of a URL; a URL that is a secret as a whole is written `${{ secret.NAME }}`, and nothing before it";

#[test]
fn urls() {
    for (url, diagnostic) in [
        (
            "''",
            "the URL is empty; it must start with `https://` or `http://`",
        ),
        (
            "example.com/x",
            "the URL has no scheme; did you mean `https://…`?",
        ),
        (
            "//example.com/x",
            "the URL has no scheme; did you mean `https://…`?",
        ),
        (
            "localhost:8080/x",
            "the URL has no scheme; did you mean `https://…`?",
        ),
        (
            "api.${{ property.domain }}/x",
            "the URL has no scheme; did you mean `https://…`?",
        ),
        (
            "ftp://${{ property.domain }}/x",
            "unsupported URL scheme `ftp`; use `https` or `http`",
        ),
        (
            "file:///etc/passwd",
            "unsupported URL scheme `file`; use `https` or `http`",
        ),
        (
            "https:example.com",
            "the URL's scheme must be followed by two slashes: `https://…`",
        ),
        (
            "http:/example.com",
            "the URL's scheme must be followed by two slashes: `https://…`",
        ),
        ("https:///x", "the URL has no host"),
        (
            "https://user:hunter2@example.com/",
            "the URL contains a user name; give it as `auth: [username, password]`",
        ),
        (
            "https://${{ property.u }}:${{ secret.P }}@example.com/",
            "the URL contains a user name; give it as `auth: [username, password]`",
        ),
        ("https://${{ secret.HOOK }}", SECRET_HOST),
        ("https://${{ secret.HOOK }}/x?y", SECRET_HOST),
        ("https://api.${{ secret.ZONE }}.example.com/", SECRET_HOST),
        ("https://a.example.com:${{ secret.PORT }}/", SECRET_HOST),
        ("${{ property.scheme }}://${{ secret.HOOK }}/", SECRET_HOST),
        ("https://a/b c", "a URL can't contain a space; write `%20`"),
        (
            "https://a/${{ property.b }} c",
            "a URL can't contain a space; write `%20`",
        ),
        ("\"https://a/\\n\"", "a URL can't contain a line break"),
        (
            "\"https://a/\\t\"",
            "a URL can't contain a control character; write `%09`",
        ),
        (
            "\"https://a/\\x85\"",
            "a URL can't contain a control character; write `%C2%85`",
        ),
        (
            "https://a\\b",
            "a URL can't contain `\\`; write `/` or `%5C`",
        ),
        ("https://a:99999/", "invalid URL: invalid port number"),
        ("https://[::1/", "invalid URL: invalid IPv6 address"),
        (
            "https://a/${{ property.b",
            "unclosed expression `property.b`: `}}` is missing",
        ),
    ] {
        report(&format!("url: {url}"), &format!("1:6: `url`: {diagnostic}"));
        report(&format!("get: {url}"), &format!("1:6: `get`: {diagnostic}"));
    }
}

#[test]
fn fields() {
    each_reported(&[
        (
            "params: 5",
            "2:9: `params`: expected a mapping of names to values, a list of `[name, value]` or a string, not a number",
        ),
        (
            "data: [a]",
            "2:8: `data`: expected a `[name, value]` pair, not a string",
        ),
        (
            "data: [[a, b, c]]",
            "2:8: `data`: expected a `[name, value]` pair, not a list of 3",
        ),
        (
            "data: [[[a], b]]",
            "2:9: `data`: expected a name, not a list",
        ),
        (
            "data: {a: [[b]]}",
            "2:12: `data.a`: expected a string, a number or a boolean, not a list",
        ),
        (
            "data: {'${{': a}",
            "2:8: `data.${{`: unclosed expression: `}}` is missing",
        ),
        (
            "headers: text",
            "2:10: `headers`: expected a mapping of names to values, a list of `[name, value]` or one expression, not a string",
        ),
        (
            "headers: Bearer ${{ secret.T }}",
            "2:10: `headers`: expected a mapping of names to values, a list of `[name, value]` or one expression, not a string",
        ),
        (
            "cookies: ${{ property.a",
            "2:10: `cookies`: unclosed expression `property.a`: `}}` is missing",
        ),
        (
            "cookies: {a: \"b\\r\\n\"}",
            "2:14: `cookies.a`: a header value can't contain a line break; start a YAML block with `>-` or `|-` to leave out the one at its end",
        ),
        (
            "headers: {'': a}",
            "2:11: `headers.`: a header name can't be empty",
        ),
        (
            "headers: [['A:', a]]",
            "2:12: `headers.A:`: a header name can contain only letters, digits and hyphens, not `:`",
        ),
        (
            "headers: {größe: a}",
            "2:11: `headers.größe`: a header name can contain only letters, digits and hyphens, not `ö`",
        ),
        (
            "headers: {A: \"\\x7f\"}",
            "2:14: `headers.A`: a header value can't contain a control character",
        ),
        (
            "headers:\n  A: |\n    b\n",
            "4:5: `headers.A`: a header value can't contain a line break; start a YAML block with `>-` or `|-` to leave out the one at its end",
        ),
        (
            "headers: {A: .nan}",
            "2:14: `.nan` is not a finite number; quote it if it is text",
        ),
        (
            "hide_request_headers: [Set Cookie, 5, null, '${{ property.a }}']",
            "2:24: `hide_request_headers`: a header name can contain only letters, digits and hyphens, not a space\n2:36: `hide_request_headers`: expected a header name, not a number\n2:39: `hide_request_headers`: expected a header name, not null\n2:45: `hide_request_headers`: expressions are not rendered in this list",
        ),
        (
            "headers: {X-Token: a, X-Other: b}\nhide_request_headers: [X-Other, X-Tokn]",
            "3:33: `hide_request_headers`: there is no header `X-Tokn`; did you mean `X-Token`?",
        ),
        (
            "headers: [[x_token, a]]\nhide_request_headers: [X-Token]",
            "3:24: `hide_request_headers`: there is no header `X-Token`; did you mean `x_token`?",
        ),
        (
            "hide_response_headers: {A: b}",
            "2:24: `hide_response_headers`: expected a list of header names, as in `[Authorization]`, not a mapping",
        ),
    ]);
}

#[test]
fn bodies() {
    each_reported(&[
        (
            "json: 1\nfiles: {a: b}",
            "2:1: a request has only one body; remove `json` or `files`",
        ),
        (
            "data: text\nfiles: {a: b}",
            "2:1: with `files`, `data` must be fields: a mapping, a list of `[name, value]` or one expression, not text",
        ),
        (
            "json: {a: ['${{ x }}'], '${{': [.inf]}",
            "2:12: `json.a`: expected `property.NAME` or `secret.NAME` in the expression, not `x`\n2:25: `json.${{`: unclosed expression: `}}` is missing\n2:33: `.inf` is not a finite number; quote it if it is text",
        ),
        (
            "files: a",
            "2:8: `files`: expected a mapping of names to files or a list of `[name, file]`, not a string",
        ),
        (
            "files: [a, [b], [[], c], [d, [e.txt, f, text/plain]], [\"g\\n\", {path: h, content: i}]]",
            "2:9: `files`: expected a `[name, file]` pair, not a string\n\
             2:12: `files`: expected a `[name, file]` pair, not a list of 1\n\
             2:18: `files`: expected a name, not a list\n\
             2:30: `files.d`: expected a path, or a mapping with `path` or `content`, not a list: write `(filename, content, content_type)` as `{filename: …, content: …, content_type: …}`\n\
             2:56: `files.g\\n`: a header value can't contain a line break; start a YAML block with `>-` or `|-` to leave out the one at its end\n\
             2:73: `files.g\\n`: a file can't have both `path` and `content`",
        ),
        (
            "files: {a: 5}",
            "2:12: `files.a`: expected a path, or a mapping with `path` or `content`, not a number",
        ),
        (
            "files: {a: ''}",
            "2:12: `files.a`: the path does not name a file",
        ),
        (
            "files: {a: b/..}",
            "2:12: `files.a`: the path does not name a file",
        ),
        (
            "files: {a: {}}",
            "2:12: `files.a`: a file needs a `path` or `content`",
        ),
        (
            "files: {a: {path: b, content: c}}",
            "2:22: `files.a`: a file can't have both `path` and `content`",
        ),
        (
            "files: {a: {path: b, file_name: c}}",
            "2:22: `files.a`: unknown key `file_name`, did you mean `filename`?",
        ),
        (
            "files: {a: {path: b, headers: text, content_type: \"a\\n\", filename: []}}",
            "2:31: `files.a.headers`: expected a mapping of names to values or a list of `[name, value]`, not a string\n2:51: `files.a.content_type`: a header value can't contain a line break; start a YAML block with `>-` or `|-` to leave out the one at its end\n2:68: `files.a.filename`: expected a string, not a list",
        ),
    ]);
}

#[test]
fn auth() {
    let forms = "expected `[username, password]`, one expression or one scheme: `{basic: …}`, `{bearer: TOKEN}`, `{hmac: …}`, `{aws-sigv4: …}`, `{digest: …}` or `{oauth2: …}`";
    each_reported(&[
        (
            "auth: hunter2",
            &format!("2:7: `auth`: {forms}, not a string"),
        ),
        ("auth: 5", &format!("2:7: `auth`: {forms}, not a number")),
        (
            "auth: [u]",
            "2:7: `auth`: expected `[username, password]`, not a list of 1",
        ),
        (
            "auth: ['u:v', {}]",
            "2:8: `auth`: a user name can't contain a colon\n2:15: `auth`: expected a string, not a mapping",
        ),
        (
            "auth: {}",
            "2:7: `auth`: expected exactly one scheme, not 0",
        ),
        (
            "auth: {username: u, password: hunter2}",
            "2:7: `auth`: write a user name and a password as a list, `[username, password]`, or below `basic`",
        ),
        (
            "auth: {bearer: a, digest: {}}",
            "2:7: `auth`: expected exactly one scheme, not 2",
        ),
        (
            "auth: {basic: {user: u}}",
            "2:15: `auth.basic`: `basic` requires `username` and `password`\n2:16: `auth.basic`: unknown key `user`; the keys are username, password",
        ),
        (
            "auth: {basic: {username: 'a:b', password: p}}",
            "2:26: `auth.basic.username`: a user name can't contain a colon",
        ),
        (
            "auth: {bearer: \"hunter2\\n\"}",
            "2:16: `auth.bearer`: a header value can't contain a line break; start a YAML block with `>-` or `|-` to leave out the one at its end",
        ),
        (
            "auth: {Digest: {}}",
            "2:8: `auth.Digest`: a scheme consists of lower-case letters, digits and hyphens, did you mean `digest`?",
        ),
        (
            "auth: {aws_sigv4: {}}",
            "2:8: `auth.aws_sigv4`: a scheme consists of lower-case letters, digits and hyphens, did you mean `aws-sigv4`?",
        ),
        (
            "auth: {hawk: text}",
            "2:14: `auth.hawk`: expected a mapping of the scheme's parameters, not a string",
        ),
    ]);
}

#[test]
fn hmac() {
    let no_header = "it is not said where the signature goes: add `form: github`, `slack` or `stripe`, or a header, as in `header: X-Signature`";
    each_reported(&[
        (
            "auth: {hmac: hunter2}",
            "2:14: `auth.hmac`: expected `{secret: …, form: …}` or `{secret: …, header: …}`, not a string",
        ),
        (
            "auth: {hmac: {}}",
            &format!("2:14: `auth.hmac`: {no_header}\n2:14: `auth.hmac`: `secret` is missing"),
        ),
        (
            "auth: {hmac: {secret: k, encoding: hex, prefix: a=}}",
            &format!("2:14: `auth.hmac`: {no_header}"),
        ),
        (
            "auth: {hmac: {secret: k, form: github, header: X, encoding: hex, prefix: a=}}",
            "2:40: `auth.hmac`: `form` already defines how the signature is sent; remove `header`\n2:51: `auth.hmac`: `form` already defines how the signature is sent; remove `encoding`\n2:66: `auth.hmac`: `form` already defines how the signature is sent; remove `prefix`",
        ),
        (
            "auth: {hmac: {secret: '', form: GitHub, key: k}}",
            "2:23: `auth.hmac.secret`: it is empty\n2:33: `auth.hmac.form`: expected `github`, `slack` or `stripe`, not `GitHub`; did you mean `github`?\n2:41: `auth.hmac`: unknown key `key`; the keys are secret, form, header, encoding, prefix",
        ),
        (
            "auth: {hmac: {secret: {}, form: 'git${{ property.hub }}'}}",
            "2:23: `auth.hmac.secret`: expected a string, not a mapping\n2:33: `auth.hmac.form`: an expression must be the whole value of this setting, not a part of it",
        ),
        (
            "auth: {hmac: {secret: '${{ env.K }}', header: 'X Y', encoding: 64, prefix: \"a\\n\"}}",
            "2:23: `auth.hmac.secret`: expected `property.NAME` or `secret.NAME` in the expression, not `env.K`\n2:47: `auth.hmac.header`: a header name can contain only letters, digits and hyphens, not a space\n2:64: `auth.hmac.encoding`: expected `hex` or `base64`, not a number\n2:76: `auth.hmac.prefix`: the prefix of a signature can contain only visible ASCII characters other than `%`, `&`, `+` and `\\`",
        ),
        (
            "auth: {hmac: {secret: k, header: X, prefix: sha256}}",
            "2:45: `auth.hmac.prefix`: the prefix of a signature has to end with `=`, `,`, `:` or a space",
        ),
        (
            "auth: {hmac: {secret: k, header: X, prefix: 'a%3D='}}",
            "2:45: `auth.hmac.prefix`: the prefix of a signature can contain only visible ASCII characters other than `%`, `&`, `+` and `\\`",
        ),
    ]);
}

#[test]
fn aws_sigv4() {
    each_reported(&[
        (
            "auth: {aws-sigv4: [a, b]}",
            "2:19: `auth.aws-sigv4`: expected `{access_key_id: …, secret_access_key: …, region: …, service: …}`, not a list",
        ),
        (
            "auth: {aws-sigv4: {}}",
            "2:19: `auth.aws-sigv4`: `access_key_id`, `secret_access_key`, `region` and `service` are missing",
        ),
        (
            "auth: {aws-sigv4: {access_key_id: 'AKIA/x', secret_access_key: '', session_token: [], regoin: eu-west-1, region: null, service: '', unsigned_payload: yes}}",
            "2:19: `auth.aws-sigv4`: `region` is missing\n2:35: `auth.aws-sigv4.access_key_id`: it can contain only letters, digits, `-`, `_` and `.`\n2:64: `auth.aws-sigv4.secret_access_key`: it is empty\n2:83: `auth.aws-sigv4.session_token`: expected a string, not a list\n2:87: `auth.aws-sigv4`: unknown key `regoin`, did you mean `region`?\n2:129: `auth.aws-sigv4.service`: it is empty\n2:151: `auth.aws-sigv4.unsigned_payload`: expected `true` or `false`, not a string; did you mean `true`?",
        ),
        (
            "auth: {aws-sigv4: {access_key_id: a, secret_access_key: k, region: 'eu ${{ property.region }}', service: s, unsigned_payload: 'x${{ property.x }}'}}",
            "2:68: `auth.aws-sigv4.region`: it can contain only letters, digits, `-`, `_` and `.`\n2:127: `auth.aws-sigv4.unsigned_payload`: an expression must be the whole value of this setting, not a part of it",
        ),
    ]);
}

#[test]
fn digest() {
    each_reported(&[
        (
            "auth: {digest: text}",
            "2:16: `auth.digest`: expected `[username, password]` or `{username: …, password: …}`, not a string",
        ),
        (
            "auth: {digest: [u, p, hunter2]}",
            "2:16: `auth.digest`: expected `[username, password]`, not a list of 3",
        ),
        (
            "auth: {digest: [{}, null]}",
            "2:17: `auth.digest`: expected a string, not a mapping\n2:21: `auth.digest`: expected a string, not null",
        ),
        (
            "auth: {digest: {user: u, password: p}}",
            "2:16: `auth.digest`: `username` is missing\n2:17: `auth.digest`: unknown key `user`; the keys are username, password",
        ),
    ]);
}

#[test]
fn oauth2() {
    let in_the_clear = "2:28: `auth.oauth2.token_url`: a client's secret can be sent only over `https`, or over `http` to a loopback address";
    each_reported(&[
        (
            "auth: {oauth2: text}",
            "2:16: `auth.oauth2`: expected `{token_url: …, client_id: …, client_secret: …}`, not a string",
        ),
        (
            "auth: {oauth2: {scope: a, token: b}}",
            "2:16: `auth.oauth2`: `token_url`, `client_id` and `client_secret` are missing\n2:27: `auth.oauth2`: unknown key `token`; the keys are token_url, client_id, client_secret, authentication, scope, audience",
        ),
        (
            "auth: {oauth2: {token_url: login.example, client_id: '', client_secret: {}, authentication: Body, scope: [a], audience: {}}}",
            "2:28: `auth.oauth2.token_url`: the URL has no scheme; did you mean `https://…`?\n2:54: `auth.oauth2.client_id`: it is empty\n2:73: `auth.oauth2.client_secret`: expected a string, not a mapping\n2:93: `auth.oauth2.authentication`: expected `basic` or `body`, not `Body`; did you mean `body`?\n2:106: `auth.oauth2.scope`: expected a string, not a list\n2:121: `auth.oauth2.audience`: expected a string, not a mapping",
        ),
        (
            "auth: {oauth2: {token_url: 'https://c:hunter2@login.example', client_id: c, client_secret: s}}",
            "2:28: `auth.oauth2.token_url`: the URL contains a user name; write it as `client_id`, and the password as `client_secret`",
        ),
        (
            "auth: {oauth2: {token_url: 'http://login.example', client_id: c, client_secret: s}}",
            in_the_clear,
        ),
        (
            "auth: {oauth2: {token_url: 'http://10.0.0.1/${{ property.t }}', client_id: c, client_secret: s}}",
            in_the_clear,
        ),
        (
            "auth: {oauth2: {token_url: 'http://localhost.example?${{ property.t }}', client_id: c, client_secret: s}}",
            in_the_clear,
        ),
    ]);
}

#[test]
fn settings() {
    let target = "expected `http`, `https`, `all`, or one host, as in `https://example.com`";
    let limit = |found: &str| {
        format!(
            "a timeout must be more than 0 and at most 31536000 seconds, not {found}; leave it out for no timeout"
        )
    };
    let timeout = |found: &str| {
        format!(
            "2:10: `timeout`: expected seconds, `[connect, read]` or a mapping of `connect`, `read` and `total`, not {found}"
        )
    };
    each_reported(&[
        ("timeout: -1", &format!("2:10: `timeout`: {}", limit("-1"))),
        (
            "timeout: 0.0",
            &format!("2:10: `timeout`: {}", limit("0.0")),
        ),
        (
            "timeout: 1e300",
            &format!("2:10: `timeout`: {}", limit("1e300")),
        ),
        (
            "timeout: .nan",
            "2:10: `.nan` is not a finite number; quote it if it is text",
        ),
        (
            "timeout: -.inf",
            "2:10: `-.inf` is not a finite number; quote it if it is text",
        ),
        ("timeout: '30'", &timeout("a string")),
        ("timeout: true", &timeout("a boolean")),
        (
            "timeout: [3]",
            "2:10: `timeout`: expected `[connect, read]`, not a list of 1",
        ),
        (
            "timeout: {conect: 3, total: 0}",
            &format!(
                "2:11: `timeout`: unknown key `conect`, did you mean `connect`?\n2:29: `timeout.total`: {}",
                limit("0")
            ),
        ),
        (
            "timeout: {total: '${{ property.t }}'}",
            "2:18: `timeout`: an expression must be the whole value of this setting, not a part of it",
        ),
        (
            "timeout: ${{ property.t }} s",
            "2:10: `timeout`: an expression must be the whole value of this setting, not a part of it",
        ),
        (
            "timeout: ${{ t }}",
            "2:10: `timeout`: expected `property.NAME` or `secret.NAME` in the expression, not `t`",
        ),
        (
            "allow_redirects: 1",
            "2:18: `allow_redirects`: expected `true` or `false`, not a number",
        ),
        (
            "allow_redirects: off",
            "2:18: `allow_redirects`: expected `true` or `false`, not a string; did you mean `false`?",
        ),
        (
            "max_redirects: 51",
            "2:16: `max_redirects`: expected a whole number from 0 to 50, not 51",
        ),
        (
            "max_redirects: -1",
            "2:16: `max_redirects`: expected a whole number from 0 to 50, not -1",
        ),
        (
            "max_redirects: 3.5",
            "2:16: `max_redirects`: expected a whole number from 0 to 50, not 3.5",
        ),
        (
            "max_redirects: 50.000000000000000000000000000000000000000000",
            "2:16: `max_redirects`: expected a whole number from 0 to 50, not 50.0000000000000000000000000000000000000…",
        ),
        (
            "timeout: 0.00000000000000000000000000000000000000000",
            &format!(
                "2:10: `timeout`: {}",
                limit("0.00000000000000000000000000000000000000…")
            ),
        ),
        (
            "max_redirects: many",
            "2:16: `max_redirects`: expected a number of redirects, not a string",
        ),
        (
            "retry: 0",
            "2:8: `retry`: expected a whole number from 1 to 100, not 0",
        ),
        (
            "retry: three",
            "2:8: `retry`: expected a number of attempts, or a mapping as in `attempts: 3`, not a string",
        ),
        (
            "retry: {attempts: 101, delay: -1, max_delay: 3601, total: 0}",
            "2:19: `retry.attempts`: expected a whole number from 1 to 100, not 101\n\
             2:31: `retry.delay`: expected a number of seconds, from 0 to 3600, not -1\n\
             2:46: `retry.max_delay`: expected a number of seconds, from 0 to 3600, not 3601\n\
             2:59: `retry.total`: expected a number of seconds, more than 0 and at most 604800, not 0",
        ),
        (
            "retry: {retries: 3}",
            "2:9: `retry`: unknown key `retries`; the keys are attempts, delay, max_delay, on, total",
        ),
        (
            "retry: {delay: 60, max_delay: 30}",
            "2:20: `retry`: `max_delay` is less than `delay`; raise it, or leave it out",
        ),
        (
            "retry: {on: [600]}",
            "2:14: `retry.on`: expected a status code (`503`), a class (`5xx`), a range (`500-504`), or one of `dns`, `connect`, `timeout` and `protocol`, not `600`",
        ),
        (
            "retry: {on: [true]}",
            "2:14: `retry.on`: expected a status code or the name of an error, not a boolean",
        ),
        (
            "retry: {on: 503}",
            "2:13: `retry.on`: expected a list of status codes and errors, not a number",
        ),
        (
            "idempotency_key: always",
            "2:18: `idempotency_key`: expected `auto`, not `always`",
        ),
        (
            "idempotency_key: auto\nheaders: {idempotency-KEY: a}",
            "2:1: `headers` already sets `Idempotency-Key`; remove it, or `idempotency_key`",
        ),
        (
            "verify: []",
            "2:9: `verify`: expected `true`, `false` or the path of a PEM file, not a list",
        ),
        (
            "verify: no",
            "2:9: `verify`: expected `true` or `false`, not a string; did you mean `false`?",
        ),
        (
            "verify: 'True'",
            "2:9: `verify`: expected `true` or `false`, not a string; did you mean `true`?",
        ),
        ("verify: ''", "2:9: `verify`: the path is empty"),
        (
            "cert: true",
            "2:7: `cert`: expected the path of a PEM file or `[certificate, key]`, not a boolean",
        ),
        (
            "cert: [a]",
            "2:7: `cert`: expected the path of a PEM file or `[certificate, key]`, not a list of 1",
        ),
        (
            "cert: [a, 5]",
            "2:11: `cert`: expected the path of a PEM file, not a number",
        ),
        (
            "proxies: http://proxy:3128",
            "2:10: `proxies`: expected a mapping of `http`, `https` or `all` to a proxy's URL, not a string",
        ),
        (
            "proxies: {ftp: http://a, https: 'a:3128', http: 5}",
            "2:11: `proxies.ftp`: expected `http`, `https`, `all`, or one host, as in `https://example.com`\n2:33: `proxies.https`: a proxy's URL must start with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?\n2:49: `proxies.http`: expected a proxy's URL, not a number",
        ),
        (
            "proxies: {'https://': http://p, 'https://a/b': http://p, 'all://u@a': http://p, 'http://a?b': http://p}",
            &format!(
                "2:11: `proxies.https://`: {target}\n2:33: `proxies.https://a/b`: {target}\n2:58: `proxies.all://u@a`: {target}\n2:81: `proxies.http://a?b`: {target}"
            ),
        ),
        (
            "tls: 1.3",
            "2:6: `tls`: expected a mapping of `min_version` and `pinned_keys`, not a number",
        ),
        (
            "tls: {min_version: 1.1, pinned_keys: sha256//abc}",
            "2:20: `tls.min_version`: the TLS version must be `1.2` or `1.3`\n2:38: `tls.pinned_keys`: expected a list of pinned keys, not a string: write `[sha256//abc]`",
        ),
        (
            "tls: {min_version: [], pinned_keys: [sha256//abc], ciphers: []}",
            "2:20: `tls.min_version`: expected `1.2` or `1.3`, not a list\n2:38: `tls.pinned_keys`: a pinned key must be `sha256//` and the SHA-256 of the certificate's public key in Base64, as for curl's `--pinnedpubkey`\n2:52: `tls`: unknown key `ciphers`; the keys are min_version, pinned_keys",
        ),
        (
            "proxies: {all: 'http://'}",
            "2:16: `proxies.all`: the proxy's URL is invalid: it has no host",
        ),
    ]);
}

#[test]
fn errors_in_aliases_are_reported_where_they_can_be_fixed() {
    // A value of the wrong kind: at the alias.
    report(
        "url: https://a/\nheaders: &h {A: b}\nverify: *h",
        "3:9: `verify`: expected `true`, `false` or the path of a PEM file, not a mapping",
    );
    // An error inside the value: where it is written.
    report(
        "url: https://a/\nheaders: &h\n  A B: c\ncookies: {<<: *h, d: \"\\n\"}\nfiles: {a: {content: b, headers: *h}}",
        "3:3: `headers.A B`: a header name can contain only letters, digits and hyphens, not a space\n\
         3:3: `files.a.headers.A B`: a header name can contain only letters, digits and hyphens, not a space\n\
         4:22: `cookies.d`: a header value can't contain a line break; start a YAML block with `>-` or `|-` to leave out the one at its end",
    );
}
