//! What is wrong with a file is told all at once, where it can be mended.

use http_step_policy::{LONGEST, Policy};

#[track_caller]
fn told(file: &str, mistakes: &str) {
    let found = Policy::parse(file.as_bytes(), "policy.yaml").expect_err(file);
    assert_eq!(found.to_string(), mistakes, "\n{file}");
}

#[test]
fn all_at_once_in_order() {
    told(
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
         4:5: `allow`: `api.example.com` is not an origin, as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: it has no scheme; did you mean `https://…`?\n\
         5:13: `allow.origin`: `https://*.com` is not an origin, as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: `*.com` is a whole top-level domain; name more of it, as in `*.example.com`\n\
         6:5: `allow`: unknown key `method`, did you mean `methods`?\n\
         7:5: `allow`: the rule has no origin: give it as `origin: https://…`\n\
         7:16: `allow.methods`: methods are in upper case; did you mean `GET`?\n\
         7:21: `allow.methods`: no step can use the method CONNECT\n\
         7:30: `allow.methods`: `a b` is not a method, as `GET` or `PROPFIND`\n\
         7:37: `allow.methods`: expected a method, as in `GET`, not a number\n\
         7:52: `allow.networks`: `10.1.2.3/8` begins inside a network; did you mean `10.0.0.0/8`, or the address `10.1.2.3`?\n\
         7:64: `allow.networks`: `here` is not a network, as `10.0.0.0/8` or `fd12:3456::/32`, nor an address\n\
         9:5: `allow`: an origin of the scheme `http` has no TLS; leave out `tls`, or write `https`\n\
         10:11: `networks`: expected a list of networks, not a string: write `[10.0.0.0/8]`\n\
         11:20: `tls.min_version`: the TLS versions are `1.2` and `1.3`\n\
         11:39: `tls.pinned_keys`: a pinned key is `sha256//` and the SHA-256 of the certificate's public key in Base64, as for curl's `--pinnedpubkey`\n\
         11:57: `tls.steps_may`: expected `verify-none`, `ca-file`, `client-certificate`, `pinned-key` or `min-version`, not `verify-non`; did you mean `verify-none`?\n\
         11:69: `tls.steps_may`: expected `verify-none`, `ca-file`, `client-certificate`, `pinned-key` or `min-version`, not `all`\n\
         12:16: `proxies.all`: a proxy's URL starts with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?\n\
         12:41: `proxies.no_proxy`: what goes without a proxy is a name, as in `internal.example`, which stands for all below it too, an address, a network, or `*`\n\
         12:56: `proxies.resolve`: expected `host` or `proxy`, not `me`\n\
         12:75: `proxies.steps_may_use`: expected a list of proxies' URLs, not a string: write `[http://q]`\n\
         13:16: `limits.wall`: a time limit is more than 0 and at most 31536000 seconds, not 0\n\
         13:27: `limits.memory`: expected a number of bytes, as in `65536` or `64MiB`, not `64MB`; the units are KiB, MiB, GiB and TiB\n\
         13:43: `limits.requests`: expected a whole number from 0 to 4294967295, not -1\n\
         13:47: `limits`: unknown key `cpus`, did you mean `cpu`?\n\
         13:65: `limits.connect`: a time limit is more than 0 and at most 120 seconds, not 200\n\
         13:91: `limits.concurrent_requests`: expected a whole number from 1 to 4294967295, not 0",
    );
}

#[test]
fn rules() {
    for (file, mistakes) in [
        (
            "allow: https://a.example",
            "1:8: `allow`: expected a list of rules, not a string: write `[https://a.example]`",
        ),
        (
            "allow: [5]",
            "1:9: `allow`: expected an origin, or a mapping with the key `origin`, not a number",
        ),
        (
            "allow: [*]",
            "1:9: a text that starts with `*` or `&` goes in quotes",
        ),
        (
            "allow: ['*']",
            "1:9: `allow`: `*` is not an origin, as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: to allow any public origin, write `public: true` in a policy file",
        ),
        (
            "allow: [{origin: https://a.example, methods: GET}]",
            "1:46: `allow.methods`: expected a list of methods, not a string: write `[GET]`",
        ),
        (
            "allow: [{origin: 'https://u:hunter2@a.example'}]",
            "1:18: `allow.origin`: `…@a.example` is not an origin, as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: it has a user name or a password in it; leave them out",
        ),
        (
            "allow:\n- https://*.example.com\n- origin: https://a.example.com\n  methods: [GET]\n- https://b.example\n- https://b.example",
            "3:3: the rule decides nothing: `https://*.example.com` in line 2 lets out all that it would; put it before that one, or leave it out\n\
             6:3: the rule decides nothing: `https://b.example` in line 5 lets out all that it would; put it before that one, or leave it out",
        ),
        (
            "allow: [{origin: http://a.example, tls: {min_version: 1.3}}]",
            "1:36: `allow`: an origin of the scheme `http` has no TLS; leave out `tls`, or write `https`",
        ),
    ] {
        told(file, mistakes);
    }
}

#[test]
fn what_is_denied() {
    let forms = "write an origin, a host or a network, as `https://api.example.com`, `*.example.com` or `10.0.0.0/8`";
    let leave = "leave one of them out";
    for (file, mistakes) in [
        (
            "deny: evil.example",
            "1:7: `deny`: expected a list of origins, hosts and networks, not a string: write `[evil.example]`".to_owned(),
        ),
        (
            "deny: [10, {origin: a.example}, ftp://a.example, 'a b', 10.1.2.3/8]",
            format!(
                "1:8: `deny`: expected an origin, a host or a network, not a number\n\
                 1:12: `deny`: expected an origin, a host or a network, not a mapping\n\
                 1:33: `deny`: `ftp://a.example` can't be denied: its scheme is `https`, `http`, or `*` for both; {forms}\n\
                 1:50: `deny`: `a b` can't be denied: it has a space or a control character in it; {forms}\n\
                 1:57: `deny`: `10.1.2.3/8` can't be denied: `10.1.2.3/8` begins inside a network; did you mean `10.0.0.0/8`, or the address `10.1.2.3`?; {forms}"
            ),
        ),
        // What it leaves nothing of.
        (
            "allow:\n- https://a.example\n- https://b.a.example\n- {origin: 'http://*.a.example', methods: [GET]}\n- http://10.0.0.1\ndeny: [a.example, 'http://*.a.example', 10.0.0.0/8]",
            format!(
                "2:3: the rule allows nothing: `a.example` under `deny:` in line 6 denies all of it; {leave}\n\
                 4:3: the rule allows nothing: `http://*.a.example` under `deny:` in line 6 denies all of it; {leave}\n\
                 5:3: the rule allows nothing: `10.0.0.0/8` under `deny:` in line 6 denies all of it; {leave}"
            ),
        ),
        (
            "networks: [10.1.0.0/16, 10.0.0.0/7, 11.0.0.1]\nallow: [{origin: https://a.example, networks: [10.0.0.0/8]}]\ndeny: [10.0.0.0/8]",
            format!(
                "1:12: no name may lead to 10.1.0.0/16: `10.0.0.0/8` under `deny:` in line 3 denies all of it; {leave}\n\
                 2:48: no name may lead to 10.0.0.0/8: `10.0.0.0/8` under `deny:` in line 3 denies all of it; {leave}"
            ),
        ),
    ] {
        told(file, &mistakes);
    }
    // What it leaves something of is no mistake.
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
    let glob = "is not a glob of files beside the step file, as `report.xml`, `reports/*.xml` or `reports/**`";
    for (file, mistakes) in [
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
                 1:19: `files.read`: `/etc/passwd` {glob}: it begins with `/`; leave that out\n\
                 1:32: `files.read`: `../a` {glob}: it has a part `..`; leave that out"
            ),
        ),
    ] {
        told(file, &mistakes);
    }
}

#[test]
fn values() {
    let path = "a network, as `10.0.0.0/8` or `fd12:3456::/32`, nor an address";
    for (file, mistakes) in [
        ("public: yes", "1:9: `public`: expected `true` or `false`, not a string; did you mean `true`?".to_owned()),
        ("networks: [10.0.0.0/33]", format!("1:12: `networks`: `10.0.0.0/33` is not {path}")),
        ("networks: [a.example]", format!("1:12: `networks`: `a.example` is not {path}")),
        ("networks: [10]", "1:12: `networks`: expected a network, not a number".to_owned()),
        (
            "networks: [10.1.2.3/8]",
            "1:12: `networks`: `10.1.2.3/8` begins inside a network; did you mean `10.0.0.0/8`, or the address `10.1.2.3`?".to_owned(),
        ),
        ("networks: [[]]", "1:12: `networks`: expected a network, not a list".to_owned()),
    ] {
        told(file, &mistakes);
    }
}

#[test]
fn tls() {
    let choices = "`verify-none`, `ca-file`, `client-certificate`, `pinned-key` or `min-version`";
    for (file, mistakes) in [
        ("tls: 1.3", "1:6: `tls`: expected a mapping of `min_version`, `pinned_keys` and `steps_may`, not a number".to_owned()),
        ("tls: {min_version: 1.30}", "1:20: `tls.min_version`: the TLS versions are `1.2` and `1.3`".to_owned()),
        ("tls: {min_version: tls1.3}", "1:20: `tls.min_version`: the TLS versions are `1.2` and `1.3`".to_owned()),
        (
            "tls: {pinned_keys: ['sha256//abc']}",
            "1:21: `tls.pinned_keys`: a pinned key is `sha256//` and the SHA-256 of the certificate's public key in Base64, as for curl's `--pinnedpubkey`".to_owned(),
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
        told(file, &mistakes);
    }
}

#[test]
fn proxies() {
    for (file, mistakes) in [
        (
            "proxies: http://p",
            "1:10: `proxies`: expected a mapping of `http`, `https` or `all` to a proxy's URL, not a string",
        ),
        (
            "proxies: {all: 'u:hunter2@p'}",
            "1:16: `proxies.all`: a proxy's URL starts with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?",
        ),
        (
            "proxies: {no_proxy: ['a b', 'a.*', '', '.']}",
            "1:22: `proxies.no_proxy`: what goes without a proxy is a name, as in `internal.example`, which stands for all below it too, an address, a network, or `*`\n\
             1:29: `proxies.no_proxy`: what goes without a proxy is a name, as in `internal.example`, which stands for all below it too, an address, a network, or `*`\n\
             1:36: `proxies.no_proxy`: what goes without a proxy is a name, as in `internal.example`, which stands for all below it too, an address, a network, or `*`\n\
             1:40: `proxies.no_proxy`: what goes without a proxy is a name, as in `internal.example`, which stands for all below it too, an address, a network, or `*`",
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
        told(file, mistakes);
    }
}

#[test]
fn partial_echo() {
    for (value, mistake) in [
        ("end", "not `end`"),
        ("stopp", "not `stopp`; did you mean `stop`?"),
        ("true", "not a boolean"),
    ] {
        told(
            &format!("partial_echo: {value}"),
            &format!("1:15: `partial_echo`: expected `report` or `stop`, {mistake}"),
        );
    }
}

#[test]
fn secrets() {
    let no_origin = "a secret without an origin could go anywhere: add the ones that it is for, as in `origins: [https://api.example.com]`";
    let no_source =
        "it is not said where the secret's value is: add `from: env:VARIABLE` or `from: file:PATH`";
    let name = "no expression can name this secret: in a name there are letters, digits, `_`, `-`, `.`, `:` and `/`, as in `API_TOKEN`";
    let pattern = "is not an origin, as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`";
    let path = "it ends with its host or port, without a path; leave out what follows";
    let nothing = "an empty list lends the secret for nothing; leave out";
    let places = "expected `header`, `query`, `path`, `body`, `url`, `signature` or `token`";
    for (file, mistakes) in [
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
                 1:66: `secrets.A.methods`: methods are in upper case; did you mean `POST`?\n\
                 1:86: `secrets.A.path_prefix`: a path's prefix begins with `/`, as in `/v1/`\n\
                 1:99: `secrets.A.places`: {places}, not `headers`; did you mean `header`?\n\
                 1:108: `secrets.A.places`: {places}, not `cookie`\n\
                 1:116: `secrets.A.places`: {places}, not a number"
            ),
        ),
        (
            "secrets: {A: {from: env:A, origins: [https://hooks.example/hunter2, 'https://u:hunter2@a.example'], methods: [], places: [], path_prefix: /../}, B: {from: env:B, origins: https://hooks.example/hunter2}}",
            format!(
                "1:38: `secrets.A.origins`: `https://hooks.example/…` {pattern}: {path}\n\
                 1:69: `secrets.A.origins`: `…@a.example` {pattern}: it has a user name or a password in it; leave them out\n\
                 1:101: `secrets.A`: {nothing} `methods` to lend it for all\n\
                 1:114: `secrets.A`: {nothing} `places` to lend it for headers, signatures and tokens\n\
                 1:139: `secrets.A.path_prefix`: no path is under the prefix: it has a segment `.` or `..` in it, which servers read in different ways\n\
                 1:172: `secrets.B.origins`: `https://hooks.example/…` {pattern}: {path}"
            ),
        ),
        (
            "secrets: {A: {from: env:A, origins: [https://a.example], places: [{header: X Y}, {format: 'a'}, {header: X, format: a}, {header: X, format: ' {}'}, {headre: X}, {header: 5}], compose: [token]}, B: {from: env:A, origins: [https://a.example], compose: []}}",
            "1:68: `secrets.A.places`: this is not the name of a header field, as in `Authorization`\n\
             1:82: `secrets.A.places`: it is not said which header field: add `header: NAME`\n\
             1:98: `secrets.A.places`: a format has `{}` once, where the secret's value is, as in `Bearer {}`\n\
             1:122: `secrets.A.places`: a format is printable ASCII, without a space at its beginning or end\n\
             1:149: `secrets.A.places`: it is not said which header field: add `header: NAME`\n\
             1:150: `secrets.A.places`: unknown key `headre`, did you mean `header`?\n\
             1:171: `secrets.A.places.header`: expected a text, not a number\n\
             1:186: `secrets.A.compose`: expected `header`, `query`, `path`, `body` or `url`, not `token`\n\
             1:242: `secrets.B`: an empty list grants nothing; leave it out"
                .to_owned(),
        ),
    ] {
        told(file, &mistakes);
    }
}

/// What stands where a source belongs may be the value itself.
#[test]
fn a_value_in_place_of_a_source_is_not_shown() {
    let literal = "a secret's value stands elsewhere; say where, as `env:VARIABLE`, `file:PATH`, or `SCHEME:REFERENCE` of a source that the platform has";
    let url = "a URL is no source; if it is the secret, put it into an environment variable or a file, and say which, as `env:VARIABLE` or `file:PATH`";
    let variable = "after `env:` comes the name of an environment variable: letters, digits and `_`, and no digit first";
    let kind = "expected where the value is, as in `env:VARIABLE` or `file:PATH`, not";
    for (from, mistake) in [
        ("hunter2", literal.to_owned()),
        ("'Bearer: hunter2'", literal.to_owned()),
        ("https://hooks.example/hunter2", url.to_owned()),
        ("postgres://u:hunter2@db", url.to_owned()),
        ("env:hunter2!", variable.to_owned()),
        (
            "'file:'",
            "after `file:` comes the path of a file, as in `file:/run/secrets/token`".to_owned(),
        ),
        ("4711", format!("{kind} a number")),
        ("true", format!("{kind} a boolean")),
        ("[hunter2]", format!("{kind} a list")),
        ("{env: hunter2}", format!("{kind} a mapping")),
    ] {
        told(
            &format!("secrets: {{A: {{origins: [https://a.example], from: {from}}}}}"),
            &format!("1:51: `secrets.A.from`: {mistake}"),
        );
    }
}

#[test]
fn limits() {
    let time = "a time limit is more than 0 and at most 31536000 seconds, not";
    let bytes = "expected a number of bytes, as in `65536` or `64MiB`, not";
    let units = "the units are KiB, MiB, GiB and TiB";
    let count = "expected a whole number from 0 to 4294967295, not";
    for (limit, at, mistake) in [
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
            "`.inf` is not a finite number; a text goes in quotes".to_owned(),
        ),
        (
            "connect: 121",
            19,
            "`limits.connect`: a time limit is more than 0 and at most 120 seconds, not 121"
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
        told(
            &format!("limits: {{{limit}}}"),
            &format!("1:{at}: {mistake}"),
        );
    }
}

#[test]
fn the_file_itself() {
    for (file, mistake) in [
        (
            "",
            "1:1: the file is empty; the smallest policy is `allow: []`".to_owned(),
        ),
        (
            "[]",
            "1:1: expected a mapping, as in `allow: [https://example.com]`, not a list".to_owned(),
        ),
        (
            "allow: []\n---\nallow: []",
            "2:1: a second document begins here; a policy is one".to_owned(),
        ),
        ("# \0", "1:3: a NUL byte can't stand in a policy".to_owned()),
        (
            &"x".repeat(LONGEST + 1),
            "1:1: the file is too large: a policy has at most 1048576 bytes".to_owned(),
        ),
    ] {
        told(file, &mistake);
    }
}
