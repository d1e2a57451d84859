//! To whom secrets are lent.

use expect_test::expect;
use http_step_policy::{Place, Policy, Secret, SecretUse, Stands};
use proptest::prelude::*;

use crate::{origin, policy};

/// Whether a secret may be put into a request, or why not.
fn verdict(policy: &Policy, name: &str, place: Place, request: &str) -> String {
    let secret = policy.secret(name).unwrap();
    let (method, url) = request.split_once(' ').unwrap();
    let (to, path) = match url.match_indices('/').nth(2) {
        Some((slash, _)) => url.split_at(slash),
        None => (url, "/"),
    };
    match secret.admit(&origin(to), method, path, place) {
        Ok(()) => "may".to_owned(),
        Err(denial) => {
            // Nobody may know where a URL leads that is a secret.
            assert_eq!(denial.origin().is_none(), place == Place::Url);
            denial.to_string()
        }
    }
}

fn verdicts(policy: &Policy, cases: &[(&str, Place, &str)]) -> String {
    cases
        .iter()
        .map(|(name, place, request)| {
            format!(
                "{}, {place}, {request}: {}\n",
                name.escape_debug(),
                verdict(policy, name, *place, request)
            )
        })
        .collect()
}

fn whole() -> Policy {
    policy(
        r#"
secrets:
  TOKEN:
    from: env:API_TOKEN
    origins: [https://api.example.com, https://*.example.org]
    methods: [POST, PATCH]
    path_prefix: /v1/
    places: [header, query]
  ANYWHERE: {from: file:/run/secrets/any, origins: [http://127.0.0.1:8080], places: [header, query, path, body, url, signature, token]}
  HOOK: {from: vault:kv/hook, origins: [https://hooks.example], methods: [POST], path_prefix: /services/, places: [url]}
  KEY: {from: env:KEY, origins: [https://api.example.com], methods: [POST], path_prefix: /v1/, places: [signature]}
  EITHER: {from: env:EITHER, origins: [https://hooks.example], path_prefix: /services/, places: [header, url]}
"#,
    )
}

#[test]
fn by_origin_method_path_and_place() {
    use Place::{Body, Header, Path, Query, Signature, Url};
    expect![[r#"
        TOKEN, header, POST https://api.example.com/v1/builds: may
        TOKEN, query, PATCH https://a.b.example.org./v1/?x=/../: may
        TOKEN, header, POST https://evil.test/v1/: the policy does not let the secret `TOKEN` go to https://evil.test: it is lent to https://api.example.com and https://*.example.org alone; `- https://evil.test` under `origins:` of `TOKEN` in policy.yaml would
        TOKEN, header, POST http://api.example.com/v1/: the policy does not let the secret `TOKEN` go to http://api.example.com: it is lent to https://api.example.com and https://*.example.org alone; `- http://api.example.com` under `origins:` of `TOKEN` in policy.yaml would
        TOKEN, header, POST https://api.example.com:8443/v1/: the policy does not let the secret `TOKEN` go to https://api.example.com:8443: it is lent to https://api.example.com and https://*.example.org alone; `- https://api.example.com:8443` under `origins:` of `TOKEN` in policy.yaml would
        TOKEN, header, GET https://api.example.com/v1/: the policy does not let the secret `TOKEN` go to https://api.example.com in a GET request: it is lent for PATCH and POST alone; `methods: [PATCH, POST, GET]` under `TOKEN:` in policy.yaml would
        TOKEN, header, post https://api.example.com/v1/: the policy does not let the secret `TOKEN` go to https://api.example.com in a post request: it is lent for PATCH and POST alone; `methods: [PATCH, POST, post]` under `TOKEN:` in policy.yaml would
        TOKEN, body, POST https://api.example.com/v1/: the policy does not let the secret `TOKEN` be in the body of a request to https://api.example.com: it is lent for headers and queries alone; `places: [header, query, body]` under `TOKEN:` in policy.yaml would
        TOKEN, path, POST https://api.example.com/v1/: the policy does not let the secret `TOKEN` be in the path of a request to https://api.example.com: it is lent for headers and queries alone; `places: [header, query, path]` under `TOKEN:` in policy.yaml would
        TOKEN, url, POST https://api.example.com/v1/: the policy does not let the secret `TOKEN` be the URL of a request: it is lent for headers and queries alone; `places: [header, query, url]` under `TOKEN:` in policy.yaml would
        TOKEN, header, POST https://api.example.com/v2/: the policy does not let the secret `TOKEN` go to this path of https://api.example.com: it is lent for paths under `/v1/` alone; `path_prefix: null` under `TOKEN:` in policy.yaml would
        TOKEN, header, POST https://api.example.com/v1/%2e%2e/v2: the policy does not let the secret `TOKEN` go to this path of https://api.example.com: it is lent for paths under `/v1/` alone, and the path has a segment `.` or `..` in it, which servers read in different ways; `path_prefix: null` under `TOKEN:` in policy.yaml would
        TOKEN, header, POST https://api.example.com/v1/a%2Fb: the policy does not let the secret `TOKEN` go to this path of https://api.example.com: it is lent for paths under `/v1/` alone, and the path has an encoded `/` in it, which servers read in different ways; `path_prefix: null` under `TOKEN:` in policy.yaml would
        TOKEN, body, GET https://evil.test/v2/: the policy does not let the secret `TOKEN` be in the body of a request to https://evil.test: it is lent for headers and queries alone; `places: [header, query, body]` under `TOKEN:` in policy.yaml would
        TOKEN, body, GET https://api.example.com/v2/: the policy does not let the secret `TOKEN` be in the body of a request to https://api.example.com: it is lent for headers and queries alone; `places: [header, query, body]` under `TOKEN:` in policy.yaml would
        ANYWHERE, body, DELETE http://127.0.0.1:8080//..: may
        ANYWHERE, url, GET http://0x7f.1:8080: may
        ANYWHERE, path, GET http://127.0.0.1/hunter2: the policy does not let the secret `ANYWHERE` go to http://127.0.0.1: it is lent to http://127.0.0.1:8080 alone; `- http://127.0.0.1` under `origins:` of `ANYWHERE` in policy.yaml would
        ANYWHERE, signature, GET http://127.0.0.1:8080/: may
        TOKEN, signature, POST https://api.example.com/v1/: the policy does not let the secret `TOKEN` sign a request to https://api.example.com: it is lent for headers and queries alone; `places: [header, query, signature]` under `TOKEN:` in policy.yaml would
        KEY, signature, POST https://api.example.com/v1/: may
        KEY, signature, POST https://evil.test/v1/: the policy does not let the secret `KEY` sign a request to https://evil.test: it is lent to https://api.example.com alone; `- https://evil.test` under `origins:` of `KEY` in policy.yaml would
        KEY, signature, GET https://api.example.com/v1/: the policy does not let the secret `KEY` sign a GET request to https://api.example.com: it is lent for POST alone; `methods: [POST, GET]` under `KEY:` in policy.yaml would
        KEY, signature, POST https://api.example.com/v2/: the policy does not let the secret `KEY` sign a request to this path of https://api.example.com: it is lent for paths under `/v1/` alone; `path_prefix: null` under `KEY:` in policy.yaml would
        KEY, signature, POST https://api.example.com/v1/../: the policy does not let the secret `KEY` sign a request to this path of https://api.example.com: it is lent for paths under `/v1/` alone, and the path has a segment `.` or `..` in it, which servers read in different ways; `path_prefix: null` under `KEY:` in policy.yaml would
        KEY, header, POST https://api.example.com/v1/: the policy does not let the secret `KEY` be in a header of a request to https://api.example.com: it is lent for signatures alone; `places: [header, signature]` under `KEY:` in policy.yaml would
        KEY, url, POST https://api.example.com/v1/: the policy does not let the secret `KEY` be the URL of a request: it is lent for signatures alone; `places: [url, signature]` under `KEY:` in policy.yaml would
    "#]].assert_eq(&verdicts(
        &whole(),
        &[
            ("TOKEN", Header, "POST https://api.example.com/v1/builds"),
            ("TOKEN", Query, "PATCH https://a.b.example.org./v1/?x=/../"),
            ("TOKEN", Header, "POST https://evil.test/v1/"),
            ("TOKEN", Header, "POST http://api.example.com/v1/"),
            ("TOKEN", Header, "POST https://api.example.com:8443/v1/"),
            ("TOKEN", Header, "GET https://api.example.com/v1/"),
            ("TOKEN", Header, "post https://api.example.com/v1/"),
            ("TOKEN", Body, "POST https://api.example.com/v1/"),
            ("TOKEN", Path, "POST https://api.example.com/v1/"),
            ("TOKEN", Url, "POST https://api.example.com/v1/"),
            ("TOKEN", Header, "POST https://api.example.com/v2/"),
            ("TOKEN", Header, "POST https://api.example.com/v1/%2e%2e/v2"),
            ("TOKEN", Header, "POST https://api.example.com/v1/a%2Fb"),
            // Of several reasons, one is told.
            ("TOKEN", Body, "GET https://evil.test/v2/"),
            ("TOKEN", Body, "GET https://api.example.com/v2/"),
            ("ANYWHERE", Body, "DELETE http://127.0.0.1:8080//.."),
            ("ANYWHERE", Url, "GET http://0x7f.1:8080"),
            ("ANYWHERE", Path, "GET http://127.0.0.1/hunter2"),
            ("ANYWHERE", Signature, "GET http://127.0.0.1:8080/"),
            ("TOKEN", Signature, "POST https://api.example.com/v1/"),
            ("KEY", Signature, "POST https://api.example.com/v1/"),
            ("KEY", Signature, "POST https://evil.test/v1/"),
            ("KEY", Signature, "GET https://api.example.com/v1/"),
            ("KEY", Signature, "POST https://api.example.com/v2/"),
            ("KEY", Signature, "POST https://api.example.com/v1/../"),
            ("KEY", Header, "POST https://api.example.com/v1/"),
            ("KEY", Url, "POST https://api.example.com/v1/"),
        ],
    ));
}

/// Of a secret that is a URL, a step finds out neither host nor path.
#[test]
fn where_a_url_leads_is_not_told() {
    use Place::{Header, Url};
    let told = verdicts(
        &whole(),
        &[
            ("HOOK", Url, "POST https://hooks.example/services/hunter2"),
            ("HOOK", Url, "POST https://evil.test/hunter2"),
            ("HOOK", Url, "GET https://hooks.example/services/hunter2"),
            ("HOOK", Url, "POST https://hooks.example/hunter2"),
            ("HOOK", Url, "POST https://hooks.example/services//hunter2"),
            ("HOOK", Header, "POST https://evil.test/"),
            ("HOOK", Header, "POST https://hooks.example/services/x"),
            ("EITHER", Url, "POST https://evil.test/hunter2"),
            ("EITHER", Url, "POST https://hooks.example/hunter2"),
            // As a header it is a token like others.
            ("EITHER", Header, "POST https://evil.test/"),
            ("EITHER", Header, "POST https://hooks.example/x"),
        ],
    );
    expect![[r#"
        HOOK, url, POST https://hooks.example/services/hunter2: may
        HOOK, url, POST https://evil.test/hunter2: the policy does not let the secret `HOOK` be the URL of a request: it leads to an origin that the secret is not lent to; `- https://…` under `origins:` of `HOOK` in policy.yaml would
        HOOK, url, GET https://hooks.example/services/hunter2: the policy does not let the secret `HOOK` be the URL of a GET request: it is lent for POST alone; `methods: [POST, GET]` under `HOOK:` in policy.yaml would
        HOOK, url, POST https://hooks.example/hunter2: the policy does not let the secret `HOOK` be the URL of a request: it leads to a path that the secret is not lent for; `path_prefix: null` under `HOOK:` in policy.yaml would
        HOOK, url, POST https://hooks.example/services//hunter2: the policy does not let the secret `HOOK` be the URL of a request: it leads to a path that the secret is not lent for; `path_prefix: null` under `HOOK:` in policy.yaml would
        HOOK, header, POST https://evil.test/: the policy does not let the secret `HOOK` be in a header of a request to https://evil.test: it is lent for whole URLs alone; `places: [header, url]` under `HOOK:` in policy.yaml would
        HOOK, header, POST https://hooks.example/services/x: the policy does not let the secret `HOOK` be in a header of a request to https://hooks.example: it is lent for whole URLs alone; `places: [header, url]` under `HOOK:` in policy.yaml would
        EITHER, url, POST https://evil.test/hunter2: the policy does not let the secret `EITHER` be the URL of a request: it leads to an origin that the secret is not lent to; `- https://…` under `origins:` of `EITHER` in policy.yaml would
        EITHER, url, POST https://hooks.example/hunter2: the policy does not let the secret `EITHER` be the URL of a request: it leads to a path that the secret is not lent for; `path_prefix: null` under `EITHER:` in policy.yaml would
        EITHER, header, POST https://evil.test/: the policy does not let the secret `EITHER` go to https://evil.test: it is lent to https://hooks.example alone; `- https://evil.test` under `origins:` of `EITHER` in policy.yaml would
        EITHER, header, POST https://hooks.example/x: the policy does not let the secret `EITHER` go to this path of https://hooks.example: it is lent for paths under `/services/` alone; `path_prefix: null` under `EITHER:` in policy.yaml would
    "#]].assert_eq(&told);
}

#[test]
fn lent_by_a_program() {
    let token = || Secret::new("TOKEN", "env:API_TOKEN".parse().unwrap());
    let lent = token()
        .origin("https://api.example.com".parse().unwrap())
        .methods(["PUT"])
        .path_prefix("/v1".parse().unwrap())
        .place(Place::Header)
        .place(Place::Body);
    let vault = Secret::new("A\u{1b}", "vault:kv".parse().unwrap()).methods::<&str>([]);
    let policy = Policy::nothing().lend(lent).lend(vault.clone());
    let cases = [
        ("TOKEN", Place::Header, "PUT https://api.example.com/v1"),
        ("TOKEN", Place::Header, "PUT https://evil.test/v1"),
        ("TOKEN", Place::Query, "PUT https://api.example.com/v1"),
        ("TOKEN", Place::Header, "GET https://api.example.com/v1"),
        ("TOKEN", Place::Header, "PUT https://api.example.com/v10"),
        ("TOKEN", Place::Url, "PUT https://evil.test"),
        ("A\u{1b}", Place::Header, "GET https://a.example"),
    ];
    expect![[r#"
        TOKEN, header, PUT https://api.example.com/v1: may
        TOKEN, header, PUT https://evil.test/v1: the policy does not let the secret `TOKEN` go to https://evil.test: it is lent to https://api.example.com alone; `--secret TOKEN=env:API_TOKEN@https://evil.test` would
        TOKEN, query, PUT https://api.example.com/v1: the policy does not let the secret `TOKEN` be in the query of a request to https://api.example.com: it is lent for headers and bodies alone; `--secret-places TOKEN=query` would
        TOKEN, header, GET https://api.example.com/v1: the policy does not let the secret `TOKEN` go to https://api.example.com in a GET request: it is lent for PUT alone; `--secret TOKEN=env:API_TOKEN@https://api.example.com` would
        TOKEN, header, PUT https://api.example.com/v10: the policy does not let the secret `TOKEN` go to this path of https://api.example.com: it is lent for paths under `/v1` alone; `--secret TOKEN=env:API_TOKEN@https://api.example.com` would
        TOKEN, url, PUT https://evil.test: the policy does not let the secret `TOKEN` be the URL of a request: it is lent for headers and bodies alone; `--secret-places TOKEN=url` would
        A\u{1b}, header, GET https://a.example: the policy does not let the secret `A\u{1b}` go to https://a.example: it is lent to no origin; `--secret 'A\u{1b}=vault:…@https://a.example'` would
    "#]].assert_eq(&verdicts(&policy, &cases));

    // The later one of a name is the one.
    let policy = policy
        .lend(token())
        .lend(vault.origin("https://a.example".parse().unwrap()));
    let secrets: Vec<(&str, String)> = policy
        .secrets()
        .map(|secret| {
            (
                secret.name(),
                verdict(
                    &policy,
                    secret.name(),
                    Place::Header,
                    "GET https://a.example",
                ),
            )
        })
        .collect();
    expect![[r#"
        [
            (
                "A\u{1b}",
                "the policy does not let the secret `A\\u{1b}` go to https://a.example in a GET request: it is lent for no method; `--secret 'A\\u{1b}=vault:…@https://a.example'` would",
            ),
            (
                "TOKEN",
                "the policy does not let the secret `TOKEN` go to https://a.example: it is lent to no origin; `--secret TOKEN=env:API_TOKEN@https://a.example` would",
            ),
        ]
    "#]].assert_debug_eq(&secrets);
    assert_eq!(policy.secret("token"), None);
}

/// What nobody spoke of is a secret's in headers, signatures and tokens, by itself.
#[test]
fn by_default() {
    let policy = policy(
        "secrets: {TOKEN: {from: env:A, origins: [https://a.example]}, BOT: {from: env:B, origins: [https://a.example], places: [header], compose: [body, path]}}",
    );
    let to = origin("https://a.example");
    let told = |name: &str, place, stands| {
        let used = SecretUse {
            origin: &to,
            method: "POST",
            path: "/",
            has_ambiguous_value: false,
            place,
            stands,
            override_field: None,
        };
        let verdict = match policy.secret(name).unwrap().admit_use(&used) {
            Ok(()) => "may".to_owned(),
            Err(denial) => denial.to_string(),
        };
        format!("{name}, {place}, {stands:?}: {verdict}\n")
    };
    let mut all = String::new();
    for place in Place::ALL {
        for stands in [Stands::Whole, Stands::Composed] {
            all += &told("TOKEN", place, stands);
        }
    }
    all += &told("TOKEN", Place::Query, Stands::Repeated("q"));
    all += &told("TOKEN", Place::Body, Stands::Joined);
    for place in [Place::Header, Place::Query, Place::Path, Place::Body] {
        all += &told("BOT", place, Stands::Composed);
    }
    // No grant lets that.
    all += &told("BOT", Place::Path, Stands::BehindEscape('%'));
    all += &told("TOKEN", Place::Body, Stands::BehindEscape('\\'));
    all += &told("BOT", Place::Path, Stands::Whole);
    all += &told("BOT", Place::Signature, Stands::Whole);
    expect![[r#"
        TOKEN, header, Whole: may
        TOKEN, header, Composed: the policy does not let the secret `TOKEN` be in a header of a request to https://a.example, beside other text: by itself it may be the whole value of a field, or what follows a scheme as `Bearer`; `compose: [header]` under `TOKEN:` in policy.yaml would
        TOKEN, query, Whole: the policy does not let the secret `TOKEN` be in the query of a request to https://a.example: it is lent for headers, signatures and tokens alone; `places: [header, query, signature, token]` under `TOKEN:` in policy.yaml would
        TOKEN, query, Composed: the policy does not let the secret `TOKEN` be in the query of a request to https://a.example, beside other text: by itself it may be a whole value of the query; `compose: [query]` under `TOKEN:` in policy.yaml would
        TOKEN, path, Whole: the policy does not let the secret `TOKEN` be in the path of a request to https://a.example: it is lent for headers, signatures and tokens alone; `places: [header, path, signature, token]` under `TOKEN:` in policy.yaml would
        TOKEN, path, Composed: the policy does not let the secret `TOKEN` be in the path of a request to https://a.example, beside other text: by itself it may be a whole path segment; `compose: [path]` under `TOKEN:` in policy.yaml would
        TOKEN, body, Whole: the policy does not let the secret `TOKEN` be in the body of a request to https://a.example: it is lent for headers, signatures and tokens alone; `places: [header, body, signature, token]` under `TOKEN:` in policy.yaml would
        TOKEN, body, Composed: the policy does not let the secret `TOKEN` be in the body of a request to https://a.example, beside other text: by itself it may be a whole field, part, string or text of the body; `compose: [body]` under `TOKEN:` in policy.yaml would
        TOKEN, url, Whole: the policy does not let the secret `TOKEN` be the URL of a request: it is lent for headers, signatures and tokens alone; `places: [header, url, signature, token]` under `TOKEN:` in policy.yaml would
        TOKEN, url, Composed: the policy does not let the secret `TOKEN` be the beginning of a URL: by itself it may be the whole URL; `compose: [url]` under `TOKEN:` in policy.yaml would
        TOKEN, signature, Whole: may
        TOKEN, signature, Composed: the policy does not let the secret `TOKEN` sign a request to https://a.example with other text beside it: by itself it may be the whole key; `${{ secret.TOKEN }}` would
        TOKEN, token, Whole: may
        TOKEN, token, Composed: the policy does not let the secret `TOKEN` have a token at https://a.example with other text beside it: by itself it may be the whole ID or secret of a client; `${{ secret.TOKEN }}` would
        TOKEN, query, Repeated("q"): the policy does not let the secret `TOKEN` be in the query of a request to https://a.example: servers join the field `q` with another one of the request; `compose: [query]` under `TOKEN:` in policy.yaml would
        TOKEN, body, Joined: the policy does not let the secret `TOKEN` be in the body of a request to https://a.example: the body has other items in the same list, or elements of the same name, and servers join those; `compose: [body]` under `TOKEN:` in policy.yaml would
        BOT, header, Composed: the policy does not let the secret `BOT` be in a header of a request to https://a.example, beside other text: by itself it may be the whole value of a field, or what follows a scheme as `Bearer`; `compose: [header, path, body]` under `BOT:` in policy.yaml would
        BOT, query, Composed: the policy does not let the secret `BOT` be in the query of a request to https://a.example, beside other text: by itself it may be a whole value of the query; `compose: [query, path, body]` under `BOT:` in policy.yaml would
        BOT, path, Composed: may
        BOT, body, Composed: may
        BOT, path, BehindEscape('%'): the policy does not let the secret `BOT` be in the path of a request to https://a.example: the text before it leaves an escape open, which begins with `%` and would take characters of the value along; no grant lets it
        TOKEN, body, BehindEscape('\\'): the policy does not let the secret `TOKEN` be in the body of a request to https://a.example: the text before it leaves an escape open, which begins with `\` and would take characters of the value along; no grant lets it
        BOT, path, Whole: may
        BOT, signature, Whole: the policy does not let the secret `BOT` sign a request to https://a.example: it is lent for headers, paths and bodies alone; `places: [header, signature]` under `BOT:` in policy.yaml would
    "#]].assert_eq(&all);
}

/// A field that can have a server act on another method or path.
#[test]
fn overrides() {
    let policy = policy(
        "secrets: {M: {from: env:A, origins: [https://a.example], methods: [POST]}, P: {from: env:A, origins: [https://a.example], path_prefix: /v1/}, B: {from: env:A, origins: [https://a.example], methods: [POST], path_prefix: /v1/, places: [header, url, signature, token]}, N: {from: env:A, origins: [https://a.example]}}",
    );
    let to = origin("https://a.example");
    let mut all = String::new();
    for (name, place) in [
        ("M", Place::Header),
        ("P", Place::Header),
        ("B", Place::Header),
        ("B", Place::Url),
        ("B", Place::Signature),
        ("B", Place::Token),
        ("N", Place::Header),
    ] {
        let used = SecretUse {
            origin: &to,
            method: "POST",
            path: "/v1/",
            has_ambiguous_value: false,
            place,
            stands: Stands::Whole,
            override_field: Some("x-original-url"),
        };
        let verdict = match policy.secret(name).unwrap().admit_use(&used) {
            Ok(()) => "may".to_owned(),
            Err(denial) => denial.to_string(),
        };
        all += &format!("{name}, {place}: {verdict}\n");
    }
    expect![[r#"
        M, header: the policy does not let the secret `M` go to https://a.example in a request with `x-original-url`: it is lent for POST alone, and by `x-original-url` a server may act on another method or path; leave it out; `methods: null` under `M:` in policy.yaml would
        P, header: the policy does not let the secret `P` go to https://a.example in a request with `x-original-url`: it is lent for paths under `/v1/` alone, and by `x-original-url` a server may act on another method or path; leave it out; `path_prefix: null` under `P:` in policy.yaml would
        B, header: the policy does not let the secret `B` go to https://a.example in a request with `x-original-url`: it is lent for POST alone, and by `x-original-url` a server may act on another method or path; leave it out; `methods: null, path_prefix: null` under `B:` in policy.yaml would
        B, url: the policy does not let the secret `B` be the URL of a request: it is lent for some methods or paths alone, and by `x-original-url` a server may act on another method or path; leave it out; `methods: null, path_prefix: null` under `B:` in policy.yaml would
        B, signature: the policy does not let the secret `B` sign a request to https://a.example with `x-original-url`: it is lent for POST alone, and by `x-original-url` a server may act on another method or path; leave it out; `methods: null, path_prefix: null` under `B:` in policy.yaml would
        B, token: the policy does not let the secret `B` have a token at https://a.example in a request with `x-original-url`: it is lent for POST alone, and by `x-original-url` a server may act on another method or path; leave it out; `methods: null, path_prefix: null` under `B:` in policy.yaml would
        N, header: may
    "#]].assert_eq(&all);
}

/// What a denial says would lend the secret does.
#[test]
fn the_grant_grants() {
    for (place, method, to, path) in [
        (Place::Header, "POST", "https://evil.test", "/v1/"),
        (Place::Body, "POST", "https://api.example.com", "/v1/"),
        (Place::Url, "POST", "https://api.example.com", "/v1/"),
        (Place::Signature, "POST", "https://api.example.com", "/v1/"),
        (Place::Header, "M#'Y", "https://api.example.com", "/v1/"),
        (Place::Header, "POST", "https://api.example.com", "/v2/.."),
    ] {
        let file = |line: &str| {
            let (mut origins, mut lines) = (
                "- https://api.example.com".to_owned(),
                vec!["methods: [POST]", "path_prefix: /v1/", "places: [header]"],
            );
            if line.starts_with("- ") {
                origins = format!("{origins}\n    {line}");
            } else if !line.is_empty() {
                let (key, _) = line.split_once(':').unwrap();
                lines.retain(|other| !other.starts_with(key));
                lines.push(line);
            }
            policy(&format!(
                "secrets:\n  TOKEN:\n    from: env:A\n    origins:\n    {origins}\n    {}\n",
                lines.join("\n    ")
            ))
        };
        let admit = |policy: &Policy| {
            let secret = policy.secret("TOKEN").unwrap();
            secret.admit(&origin(to), method, path, place)
        };
        let denial = admit(&file("")).unwrap_err();
        let grant = denial.grant().unwrap();
        assert!(
            grant.place().unwrap().ends_with(" in policy.yaml"),
            "{denial}"
        );
        assert_eq!(admit(&file(grant.line())), Ok(()), "{denial}");
    }
}

#[test]
fn what_would_grant_it_beside_other_text_does() {
    let to = origin("https://a.example");
    for place in Place::COMPOSABLE {
        let admit = |line: &str| {
            let policy = policy(&format!(
                "secrets:\n  TOKEN:\n    from: env:A\n    origins: [https://a.example]\n    {line}\n"
            ));
            policy.secret("TOKEN").unwrap().admit_use(&SecretUse {
                origin: &to,
                method: "GET",
                path: "/",
                has_ambiguous_value: false,
                place,
                stands: Stands::Composed,
                override_field: None,
            })
        };
        let denial = admit("").unwrap_err();
        let grant = denial.grant().unwrap();
        assert_eq!(grant.line(), format!("compose: [{place}]"));
        assert_eq!(grant.place(), Some("under `TOKEN:` in policy.yaml"));
        assert_eq!(admit(grant.line()), Ok(()));
    }
}

#[test]
fn as_an_argument_says_so_does_a_file() {
    let argument: Secret = "TOKEN=file:/a@b@https://*.example.com".parse().unwrap();
    let lent = Policy::nothing().lend(argument);
    let file = policy("secrets: {TOKEN: {from: 'file:/a@b', origins: ['https://*.example.com']}}");
    assert_eq!(crate::said(&lent), crate::said(&file));
}

proptest! {
    /// Whatever is asked, the answer is one line without what the path has in it, and
    /// what is let out goes where the secret is lent to.
    #[test]
    fn any_request(
        name in prop::sample::select(vec!["TOKEN", "ANYWHERE", "HOOK", "KEY", "EITHER"]),
        place in prop::sample::select(Place::ALL.to_vec()),
        method in "POST|GET|\\PC{0,50}",
        to in prop::sample::select(vec!["https://api.example.com", "https://hooks.example", "https://evil.test"]),
        path in "(/v1/|/services/|/|)(hunter2|%2f|%|\\.|/|\\PC){0,8}",
    ) {
        let policy = whole();
        let secret = policy.secret(name).unwrap();
        match secret.admit(&origin(to), &method, &path, place) {
            Ok(()) => {
                prop_assert!(secret.origins().iter().any(|origins| origins.matches(&origin(to))));
                prop_assert!(secret.is_lent_for(place));
                let prefix = secret.lent_path_prefix();
                prop_assert!(prefix.is_none_or(|prefix| path.starts_with(prefix.as_str())));
            }
            Err(denial) => {
                let denial = denial.to_string();
                prop_assert!(!denial.contains(char::is_control), "{denial}");
                prop_assert!(!denial.contains("hunter2"), "{denial}");
                prop_assert!(place != Place::Url || !denial.contains(to), "{denial}");
            }
        }
    }
}
