//! All errors of a file are reported at once, where they can be fixed.

use http_step_policy::{MAX_LEN, Policy};

#[track_caller]
fn report(file: &str, diagnostics: &str) {
    let found = Policy::parse(file.as_bytes(), "policy.yaml").expect_err(file);
    assert_eq!(found.to_string(), diagnostics, "\n{file}");
}

#[test]
fn all_at_once_in_order() {
    report(
        r#"
pubic: true
allow:
  - api.example.com
  - origin: https://*.com
    method: [GET]
  - {methods: [get, CONNECT, "a b", 5], networks: [10.1.2.3/8, here]}
  - origin: http://a.example
    tls: {min_version: 1.3}
networks: 10.0.0.0/8
tls: {min_version: 1.1, pinned_keys: [abc], steps_may: [verify-non, all]}
proxies: {all: "proxy:3128", no_proxy: [a b], resolve: me, steps_may_use: http://q}
limits: {wall: 0, memory: 64MB, requests: -1, cpus: 2, connect: 200, concurrent_requests: 0}
"#,
        "2:1: unknown key `pubic`, did you mean `public`?\n\
         4:5: `allow`: `api.example.com` is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: it has no scheme; did you mean `https://…`?\n\
         5:13: `allow.origin`: `https://*.com` is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: `*.com` is a whole top-level domain; use more labels, as in `*.example.com`\n\
         6:5: `allow`: unknown key `method`, did you mean `methods`?\n\
         7:5: `allow`: the rule has no origin; add `origin: https://…`\n\
         7:16: `allow.methods`: methods are case-sensitive; did you mean `GET`?\n\
         7:21: `allow.methods`: steps can't use the method CONNECT\n\
         7:30: `allow.methods`: `a b` is not a method such as `GET` or `PROPFIND`\n\
         7:37: `allow.methods`: expected a method, as in `GET`, not a number\n\
         7:52: `allow.networks`: `10.1.2.3/8` has host bits set; did you mean `10.0.0.0/8`, or the address `10.1.2.3`?\n\
         7:64: `allow.networks`: `here` is not an address or a network such as `10.0.0.0/8` or `fd12:3456::/32`\n\
         9:5: `allow`: an `http` origin has no TLS; remove `tls`, or use `https`\n\
         10:11: `networks`: expected a list of networks, not a string: write `[10.0.0.0/8]`\n\
         11:20: `tls.min_version`: the TLS version must be `1.2` or `1.3`\n\
         11:39: `tls.pinned_keys`: a pinned key must be `sha256//` and the SHA-256 of the certificate's public key in Base64, as for curl's `--pinnedpubkey`\n\
         11:57: `tls.steps_may`: expected `verify-none`, `ca-file`, `client-certificate`, `pinned-key` or `min-version`, not `verify-non`; did you mean `verify-none`?\n\
         11:69: `tls.steps_may`: expected `verify-none`, `ca-file`, `client-certificate`, `pinned-key` or `min-version`, not `all`\n\
         12:16: `proxies.all`: a proxy's URL must start with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?\n\
         12:41: `proxies.no_proxy`: expected a name, which includes all names below it, as in `internal.example`, an address, a network, or `*`\n\
         12:56: `proxies.resolve`: expected `host` or `proxy`, not `me`\n\
         12:75: `proxies.steps_may_use`: expected a list of proxies' URLs, not a string: write `[http://q]`\n\
         13:16: `limits.wall`: a time limit must be more than 0 and at most 31536000 seconds, not 0\n\
         13:27: `limits.memory`: expected a number of bytes, as in `65536` or `64MiB`, not `64MB`; the units are KiB, MiB, GiB and TiB\n\
         13:43: `limits.requests`: expected a whole number from 0 to 4294967295, not -1\n\
         13:47: `limits`: unknown key `cpus`, did you mean `cpu`?\n\
         13:65: `limits.connect`: a time limit must be more than 0 and at most 120 seconds, not 200\n\
         13:91: `limits.concurrent_requests`: expected a whole number from 1 to 4294967295, not 0",
    );
}

#[test]
fn rules() {
    for (file, diagnostics) in [
        (
            "allow: https://a.example",
            "1:8: `allow`: expected a list of rules, not a string: write `[https://a.example]`",
        ),
        (
            "allow: [5]",
            "1:9: `allow`: expected an origin, or a mapping with the key `origin`, not a number",
        ),
        ("allow: [*]", "1:9: quote text that starts with `*` or `&`"),
        (
            "allow: ['*']",
            "1:9: `allow`: `*` is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: to allow any public origin, set `public: true` in a policy file",
        ),
        (
            "allow: [{origin: https://a.example, methods: GET}]",
            "1:46: `allow.methods`: expected a list of methods, not a string: write `[GET]`",
        ),
        (
            "allow: [{origin: 'https://u:hunter2@a.example'}]",
            "1:18: `allow.origin`: `…@a.example` is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: it contains a user name or a password; remove them",
        ),
        (
            "allow:\n- https://*.example.com\n- origin: https://a.example.com\n  methods: [GET]\n- https://b.example\n- https://b.example",
            "3:3: this rule is unreachable: `https://*.example.com` in line 2 already matches everything it would; move it before that rule, or remove it\n\
             6:3: this rule is unreachable: `https://b.example` in line 5 already matches everything it would; move it before that rule, or remove it",
        ),
        (
            "allow: [{origin: http://a.example, tls: {min_version: 1.3}}]",
            "1:36: `allow`: an `http` origin has no TLS; remove `tls`, or use `https`",
        ),
    ] {
        report(file, diagnostics);
    }
}

#[test]
fn denials() {
    let forms = "use an origin, a host or a network, such as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`";
    let leave = "remove one of them";
    for (file, diagnostics) in [
        (
            "deny: evil.example",
            "1:7: `deny`: expected a list of origins, hosts and networks, not a string: write `[evil.example]`".to_owned(),
        ),
        (
            "deny: [10, {origin: a.example}, ftp://a.example, 'a b', 10.1.2.3/8]",
            format!(
                "1:8: `deny`: expected an origin, a host or a network, not a number\n\
                 1:12: `deny`: expected an origin, a host or a network, not a mapping\n\
                 1:33: `deny`: `ftp://a.example` can't be denied: its scheme must be `https`, `http`, or `*` for both; {forms}\n\
                 1:50: `deny`: `a b` can't be denied: it contains a space or a control character; {forms}\n\
                 1:57: `deny`: `10.1.2.3/8` can't be denied: `10.1.2.3/8` has host bits set; did you mean `10.0.0.0/8`, or the address `10.1.2.3`?; {forms}"
            ),
        ),
        // Rules that this leaves without effect.
        (
            "allow:\n- https://a.example\n- https://b.a.example\n- {origin: 'http://*.a.example', methods: [GET]}\n- http://10.0.0.1\ndeny: [a.example, 'http://*.a.example', 10.0.0.0/8]",
            format!(
                "2:3: this rule is useless: `a.example` under `deny:` in line 6 denies everything it allows; {leave}\n\
                 4:3: this rule is useless: `http://*.a.example` under `deny:` in line 6 denies everything it allows; {leave}\n\
                 5:3: this rule is useless: `10.0.0.0/8` under `deny:` in line 6 denies everything it allows; {leave}"
            ),
        ),
        (
            "networks: [10.1.0.0/16, 10.0.0.0/7, 11.0.0.1]\nallow: [{origin: https://a.example, networks: [10.0.0.0/8]}]\ndeny: [10.0.0.0/8]",
            format!(
                "1:12: allowing 10.1.0.0/16 is useless: `10.0.0.0/8` under `deny:` in line 3 denies all of it; {leave}\n\
                 2:48: allowing 10.0.0.0/8 is useless: `10.0.0.0/8` under `deny:` in line 3 denies all of it; {leave}"
            ),
        ),
    ] {
        report(file, &diagnostics);
    }
    // A partial effect is no error.
    for file in [
        "{allow: ['*://a.example'], deny: [https://a.example]}",
        "{allow: ['https://*.a.example'], deny: [b.a.example, a.example]}",
        "{allow: [https://a.example], deny: ['https://a.example:8443', 10.0.0.0/8]}",
        "{networks: [10.0.0.0/8], deny: [10.1.0.0/16]}",
    ] {
        Policy::parse(file.as_bytes(), "policy.yaml").unwrap();
    }
}

#[test]
fn files() {
    let glob = "is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`";
    for (file, diagnostics) in [
        (
            "files: ['**']",
            "1:8: `files`: expected a mapping, as in `read: [reports/*.xml]`, not a list".to_owned(),
        ),
        (
            "files: {read: report.xml, write: [a]}",
            "1:15: `files.read`: expected a list of globs of files, not a string: write `[report.xml]`\n\
             1:27: `files`: unknown key `write`; the keys are read"
                .to_owned(),
        ),
        (
            "files: {read: [1, /etc/passwd, ../a]}",
            format!(
                "1:16: `files.read`: expected a glob of files, not a number\n\
                 1:19: `files.read`: `/etc/passwd` {glob}: it starts with `/`; remove that\n\
                 1:32: `files.read`: `../a` {glob}: it contains `..`; remove that"
            ),
        ),
    ] {
        report(file, &diagnostics);
    }
}

#[test]
fn values() {
    let path = "an address or a network such as `10.0.0.0/8` or `fd12:3456::/32`";
    for (file, diagnostics) in [
        ("public: yes", "1:9: `public`: expected `true` or `false`, not a string; did you mean `true`?".to_owned()),
        ("networks: [10.0.0.0/33]", format!("1:12: `networks`: `10.0.0.0/33` is not {path}")),
        ("networks: [a.example]", format!("1:12: `networks`: `a.example` is not {path}")),
        ("networks: [10]", "1:12: `networks`: expected a network, not a number".to_owned()),
        (
            "networks: [10.1.2.3/8]",
            "1:12: `networks`: `10.1.2.3/8` has host bits set; did you mean `10.0.0.0/8`, or the address `10.1.2.3`?".to_owned(),
        ),
        ("networks: [[]]", "1:12: `networks`: expected a network, not a list".to_owned()),
    ] {
        report(file, &diagnostics);
    }
}

#[test]
fn tls() {
    let choices = "`verify-none`, `ca-file`, `client-certificate`, `pinned-key` or `min-version`";
    for (file, diagnostics) in [
        ("tls: 1.3", "1:6: `tls`: expected a mapping of `min_version`, `pinned_keys` and `steps_may`, not a number".to_owned()),
        ("tls: {min_version: 1.30}", "1:20: `tls.min_version`: the TLS version must be `1.2` or `1.3`".to_owned()),
        ("tls: {min_version: tls1.3}", "1:20: `tls.min_version`: the TLS version must be `1.2` or `1.3`".to_owned()),
        (
            "tls: {pinned_keys: ['sha256//abc']}",
            "1:21: `tls.pinned_keys`: a pinned key must be `sha256//` and the SHA-256 of the certificate's public key in Base64, as for curl's `--pinnedpubkey`".to_owned(),
        ),
        (
            "tls: {steps_may: [verify_none, all, 5]}",
            format!(
                "1:19: `tls.steps_may`: expected {choices}, not `verify_none`; did you mean `verify-none`?\n\
                 1:32: `tls.steps_may`: expected {choices}, not `all`\n\
                 1:37: `tls.steps_may`: expected {choices}, not a number"
            ),
        ),
    ] {
        report(file, &diagnostics);
    }
}

#[test]
fn proxies() {
    for (file, diagnostics) in [
        (
            "proxies: http://p",
            "1:10: `proxies`: expected a mapping of `http`, `https` or `all` to a proxy's URL, not a string",
        ),
        (
            "proxies: {all: 'u:hunter2@p'}",
            "1:16: `proxies.all`: a proxy's URL must start with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?",
        ),
        (
            "proxies: {no_proxy: ['a b', 'a.*', '', '.']}",
            "1:22: `proxies.no_proxy`: expected a name, which includes all names below it, as in `internal.example`, an address, a network, or `*`\n\
             1:29: `proxies.no_proxy`: expected a name, which includes all names below it, as in `internal.example`, an address, a network, or `*`\n\
             1:36: `proxies.no_proxy`: expected a name, which includes all names below it, as in `internal.example`, an address, a network, or `*`\n\
             1:40: `proxies.no_proxy`: expected a name, which includes all names below it, as in `internal.example`, an address, a network, or `*`",
        ),
        (
            "proxies: {resolve: hots}",
            "1:20: `proxies.resolve`: expected `host` or `proxy`, not `hots`; did you mean `host`?",
        ),
        (
            "proxies: {steps_may_use: http://p}",
            "1:26: `proxies.steps_may_use`: expected a list of proxies' URLs, not a string: write `[http://p]`",
        ),
    ] {
        report(file, diagnostics);
    }
}

#[test]
fn partial_echo() {
    for (value, diagnostic) in [
        ("end", "not `end`"),
        ("stopp", "not `stopp`; did you mean `stop`?"),
        ("true", "not a boolean"),
    ] {
        report(
            &format!("partial_echo: {value}"),
            &format!("1:15: `partial_echo`: expected `report` or `stop`, {diagnostic}"),
        );
    }
}

#[test]
fn secrets() {
    let no_origin = "the secret has no origin, so it could be sent anywhere; add the origins that it is for, as in `origins: [https://api.example.com]`";
    let no_source = "the secret has no source; add `from: env:VARIABLE` or `from: file:PATH`";
    let name = "this is not a valid name of a secret: use letters, digits, `_`, `-`, `.`, `:` and `/`, as in `API_TOKEN`";
    let pattern = "is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`";
    let path = "it can't have a path; remove everything after the host and port";
    let places = "expected `header`, `query`, `path`, `body`, `url`, `signature` or `token`";
    for (file, diagnostics) in [
        (
            "secrets: [TOKEN]",
            "1:10: `secrets`: expected a mapping of names to secrets, not a list".to_owned(),
        ),
        (
            "secrets: {A: env:A, B: 5, C: null, D: {}}",
            format!(
                "1:14: `secrets.A`: expected a mapping of `from` and `origins`, not a string\n\
                 1:24: `secrets.B`: expected a mapping of `from` and `origins`, not a number\n\
                 1:30: `secrets.C`: expected a mapping of `from` and `origins`, not null\n\
                 1:36: `secrets.D`: {no_source}\n\
                 1:36: `secrets.D`: {no_origin}"
            ),
        ),
        (
            "secrets: {A: {from: env:A, origins: []}, B: {from: null, origins: null}}",
            format!(
                "1:28: `secrets.A`: {no_origin}\n\
                 1:42: `secrets.B`: {no_source}\n\
                 1:42: `secrets.B`: {no_origin}"
            ),
        ),
        (
            "secrets: {'a b': {from: env:A, origin: [https://a.example]}, '': {form: env:A, origins: 5}}",
            format!(
                "1:11: `secrets.a b`: {name}\n\
                 1:11: `secrets.a b`: {no_origin}\n\
                 1:32: `secrets.a b`: unknown key `origin`, did you mean `origins`?\n\
                 1:62: `secrets.`: {name}\n\
                 1:62: `secrets.`: {no_source}\n\
                 1:67: `secrets.`: unknown key `form`, did you mean `from`?\n\
                 1:89: `secrets..origins`: expected a list of origins, not a number"
            ),
        ),
        (
            "secrets: {A: {from: env:A, origins: https://a.example, methods: [post], path_prefix: v1, places: [headers, cookie, 5]}}",
            format!(
                "1:37: `secrets.A.origins`: expected a list of origins, not a string: write `[https://a.example]`\n\
                 1:66: `secrets.A.methods`: methods are case-sensitive; did you mean `POST`?\n\
                 1:86: `secrets.A.path_prefix`: a path prefix must start with `/`, as in `/v1/`\n\
                 1:99: `secrets.A.places`: {places}, not `headers`; did you mean `header`?\n\
                 1:108: `secrets.A.places`: {places}, not `cookie`\n\
                 1:116: `secrets.A.places`: {places}, not a number"
            ),
        ),
        (
            "secrets: {A: {from: env:A, origins: [https://hooks.example/hunter2, 'https://u:hunter2@a.example'], methods: [], places: [], path_prefix: /../}, B: {from: env:B, origins: https://hooks.example/hunter2}}",
            format!(
                "1:38: `secrets.A.origins`: `https://hooks.example/…` {pattern}: {path}\n\
                 1:69: `secrets.A.origins`: `…@a.example` {pattern}: it contains a user name or a password; remove them\n\
                 1:101: `secrets.A`: an empty list grants the secret for no method; leave out `methods` to grant it for all\n\
                 1:114: `secrets.A`: an empty list grants the secret for no place; leave out `places` to grant it for headers, signatures and tokens\n\
                 1:139: `secrets.A.path_prefix`: the path prefix contains a `.` or `..` segment, which servers interpret differently, so it matches no path\n\
                 1:172: `secrets.B.origins`: `https://hooks.example/…` {pattern}: {path}"
            ),
        ),
        (
            "secrets: {A: {from: env:A, origins: [https://a.example], places: [{header: X Y}, {format: 'a'}, {header: X, format: a}, {header: X, format: ' {}'}, {headre: X}, {header: 5}], compose: [token]}, B: {from: env:A, origins: [https://a.example], compose: []}, C: {from: env:A, origins: [https://a.example], headers: [X Y, 5]}, D: {from: env:A, origins: [https://a.example], headers: []}}",
            "1:68: `secrets.A.places`: this is not a header name such as `Authorization`\n\
             1:82: `secrets.A.places`: the header field is missing; add `header: NAME`\n\
             1:98: `secrets.A.places`: a format must contain `{}` once, for the secret's value, as in `Bearer {}`\n\
             1:122: `secrets.A.places`: a format must be printable ASCII, without a space at its start or end\n\
             1:149: `secrets.A.places`: the header field is missing; add `header: NAME`\n\
             1:150: `secrets.A.places`: unknown key `headre`, did you mean `header`?\n\
             1:171: `secrets.A.places.header`: expected a text, not a number\n\
             1:186: `secrets.A.compose`: expected `header`, `query`, `path`, `body` or `url`, not `token`\n\
             1:242: `secrets.B`: an empty list grants nothing; remove it\n\
             1:313: `secrets.C.headers`: this is not a header name such as `Authorization`\n\
             1:318: `secrets.C.headers`: expected a header name, as in `X-Account`, not a number\n\
             1:370: `secrets.D`: an empty list grants nothing; remove it"
                .to_owned(),
        ),
    ] {
        report(file, &diagnostics);
    }
}

/// The text in place of a source may be the value itself.
#[test]
fn a_value_in_place_of_a_source_is_not_shown() {
    let literal = "don't write the value of a secret here; write where it is stored, as `env:VARIABLE`, `file:PATH`, or `SCHEME:REFERENCE` for a source of the platform";
    let url = "a URL is not a source; if it is the secret, store it in an environment variable or a file, and write `env:VARIABLE` or `file:PATH`";
    let variable = "`env:` must be followed by the name of an environment variable: letters, digits and `_`, not starting with a digit";
    let kind = "expected a source, as in `env:VARIABLE` or `file:PATH`, not";
    for (from, diagnostic) in [
        ("hunter2", literal.to_owned()),
        ("'Bearer: hunter2'", literal.to_owned()),
        ("https://hooks.example/hunter2", url.to_owned()),
        ("postgres://u:hunter2@db", url.to_owned()),
        ("env:hunter2!", variable.to_owned()),
        (
            "'file:'",
            "`file:` must be followed by the path of a file, as in `file:/run/secrets/token`"
                .to_owned(),
        ),
        ("4711", format!("{kind} a number")),
        ("true", format!("{kind} a boolean")),
        ("[hunter2]", format!("{kind} a list")),
        ("{env: hunter2}", format!("{kind} a mapping")),
    ] {
        report(
            &format!("secrets: {{A: {{origins: [https://a.example], from: {from}}}}}"),
            &format!("1:51: `secrets.A.from`: {diagnostic}"),
        );
    }
}

#[test]
fn limits() {
    let time = "a time limit must be more than 0 and at most 31536000 seconds, not";
    let bytes = "expected a number of bytes, as in `65536` or `64MiB`, not";
    let units = "the units are KiB, MiB, GiB and TiB";
    let count = "expected a whole number from 0 to 4294967295, not";
    for (limit, at, diagnostic) in [
        ("wall: 0", 16, format!("`limits.wall`: {time} 0")),
        ("wall: -1", 16, format!("`limits.wall`: {time} -1")),
        (
            "wall: 31536001",
            16,
            format!("`limits.wall`: {time} 31536001"),
        ),
        ("wall: 1e-300", 16, format!("`limits.wall`: {time} 1e-300")),
        (
            "wall: 5m",
            16,
            "`limits.wall`: expected a number of seconds, not a string".to_owned(),
        ),
        (
            "wall: .inf",
            16,
            "`.inf` is not a finite number; quote it if it is text".to_owned(),
        ),
        (
            "connect: 121",
            19,
            "`limits.connect`: a time limit must be more than 0 and at most 120 seconds, not 121"
                .to_owned(),
        ),
        (
            "memory: 64MB",
            18,
            format!("`limits.memory`: {bytes} `64MB`; {units}"),
        ),
        (
            "memory: 1.5GiB",
            18,
            format!("`limits.memory`: {bytes} `1.5GiB`; {units}"),
        ),
        (
            "memory: +1GiB",
            18,
            format!("`limits.memory`: {bytes} `+1GiB`; {units}"),
        ),
        (
            "memory: GiB",
            18,
            format!("`limits.memory`: {bytes} `GiB`; {units}"),
        ),
        (
            "memory: 16777216TiB",
            18,
            format!("`limits.memory`: {bytes} `16777216TiB`; {units}"),
        ),
        ("memory: 1.5", 18, format!("`limits.memory`: {bytes} 1.5")),
        ("memory: -1", 18, format!("`limits.memory`: {bytes} -1")),
        (
            "requests: 1.0",
            20,
            format!("`limits.requests`: {count} 1.0"),
        ),
        (
            "requests: 4294967296",
            20,
            format!("`limits.requests`: {count} 4294967296"),
        ),
        (
            "requests: many",
            20,
            "`limits.requests`: expected a whole number, not a string".to_owned(),
        ),
        (
            "concurrent_requests: 0",
            31,
            "`limits.concurrent_requests`: expected a whole number from 1 to 4294967295, not 0"
                .to_owned(),
        ),
        (
            "request: 1",
            10,
            "`limits`: unknown key `request`, did you mean `requests`?".to_owned(),
        ),
    ] {
        report(
            &format!("limits: {{{limit}}}"),
            &format!("1:{at}: {diagnostic}"),
        );
    }
}

#[test]
fn the_file_itself() {
    for (file, diagnostic) in [
        (
            "",
            "1:1: the file is empty; a minimal policy is `allow: []`".to_owned(),
        ),
        (
            "[]",
            "1:1: expected a mapping, as in `allow: [https://example.com]`, not a list".to_owned(),
        ),
        (
            "allow: []\n---\nallow: []",
            "2:1: a second document starts here; a policy must be a single document".to_owned(),
        ),
        ("# \0", "1:3: a policy can't contain a NUL byte".to_owned()),
        (
            &"x".repeat(MAX_LEN + 1),
            "1:1: the file is too large; the limit for a policy is 1048576 bytes".to_owned(),
        ),
    ] {
        report(file, &diagnostic);
    }
}
