//! Where secrets may be sent.

use expect_test::expect;
use http_step_policy::{
    InHeader, OtherField, Place, Placement, Policy, QueryFields, Secret, SecretUse,
};
use proptest::prelude::*;

use crate::{origin, policy};

/// Whether a secret may be put into a request, or the reason why not.
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
            // The target of a URL that is a secret must not be revealed.
            assert_eq!(denial.origin().is_none(), place == Place::Url);
            crate::with_grant(&denial)
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
        TOKEN, header, POST https://evil.test/v1/: the policy does not allow the secret `TOKEN` in a header of a request to https://evil.test: it is granted only for https://api.example.com and https://*.example.org; `- https://evil.test` under `origins:` of `TOKEN` in policy.yaml
        TOKEN, header, POST http://api.example.com/v1/: the policy does not allow the secret `TOKEN` in a header of a request to http://api.example.com: it is granted only for https://api.example.com and https://*.example.org; `- http://api.example.com` under `origins:` of `TOKEN` in policy.yaml
        TOKEN, header, POST https://api.example.com:8443/v1/: the policy does not allow the secret `TOKEN` in a header of a request to https://api.example.com:8443: it is granted only for https://api.example.com and https://*.example.org; `- https://api.example.com:8443` under `origins:` of `TOKEN` in policy.yaml
        TOKEN, header, GET https://api.example.com/v1/: the policy does not allow the secret `TOKEN` in a header of a GET request to https://api.example.com: it is granted only for PATCH and POST requests; `methods: [PATCH, POST, GET]` under `TOKEN:` in policy.yaml
        TOKEN, header, post https://api.example.com/v1/: the policy does not allow the secret `TOKEN` in a header of a post request to https://api.example.com: it is granted only for PATCH and POST requests; `methods: [PATCH, POST, post]` under `TOKEN:` in policy.yaml
        TOKEN, body, POST https://api.example.com/v1/: the policy does not allow the secret `TOKEN` in the body of a request to https://api.example.com: it is granted only for headers and queries; `places: [header, query, body]` under `TOKEN:` in policy.yaml
        TOKEN, path, POST https://api.example.com/v1/: the policy does not allow the secret `TOKEN` in the path of a request to https://api.example.com: it is granted only for headers and queries; `places: [header, query, path]` under `TOKEN:` in policy.yaml
        TOKEN, url, POST https://api.example.com/v1/: the policy does not allow the secret `TOKEN` as the URL of a request: it is granted only for headers and queries; `places: [header, query, url]` under `TOKEN:` in policy.yaml
        TOKEN, header, POST https://api.example.com/v2/: the policy does not allow the secret `TOKEN` in a header of a request to this path of https://api.example.com: it is granted only for paths under `/v1/`; `path_prefix: null` under `TOKEN:` in policy.yaml
        TOKEN, header, POST https://api.example.com/v1/%2e%2e/v2: the policy does not allow the secret `TOKEN` in a header of a request to this path of https://api.example.com: it is granted only for paths under `/v1/`, and the path contains a `.` or `..` segment, which servers interpret differently; `path_prefix: null` under `TOKEN:` in policy.yaml
        TOKEN, header, POST https://api.example.com/v1/a%2Fb: the policy does not allow the secret `TOKEN` in a header of a request to this path of https://api.example.com: it is granted only for paths under `/v1/`, and the path contains an encoded `/`, which servers interpret differently; `path_prefix: null` under `TOKEN:` in policy.yaml
        TOKEN, body, GET https://evil.test/v2/: the policy does not allow the secret `TOKEN` in the body of a request to https://evil.test: it is granted only for headers and queries; `places: [header, query, body]` under `TOKEN:` in policy.yaml
        TOKEN, body, GET https://api.example.com/v2/: the policy does not allow the secret `TOKEN` in the body of a request to https://api.example.com: it is granted only for headers and queries; `places: [header, query, body]` under `TOKEN:` in policy.yaml
        ANYWHERE, body, DELETE http://127.0.0.1:8080//..: may
        ANYWHERE, url, GET http://0x7f.1:8080: may
        ANYWHERE, path, GET http://127.0.0.1/hunter2: the policy does not allow the secret `ANYWHERE` in the path of a request to http://127.0.0.1: it is granted only for http://127.0.0.1:8080; `- http://127.0.0.1` under `origins:` of `ANYWHERE` in policy.yaml
        ANYWHERE, signature, GET http://127.0.0.1:8080/: may
        TOKEN, signature, POST https://api.example.com/v1/: the policy does not allow the secret `TOKEN` as the signing key of a request to https://api.example.com: it is granted only for headers and queries; `places: [header, query, signature]` under `TOKEN:` in policy.yaml
        KEY, signature, POST https://api.example.com/v1/: may
        KEY, signature, POST https://evil.test/v1/: the policy does not allow the secret `KEY` as the signing key of a request to https://evil.test: it is granted only for https://api.example.com; `- https://evil.test` under `origins:` of `KEY` in policy.yaml
        KEY, signature, GET https://api.example.com/v1/: the policy does not allow the secret `KEY` as the signing key of a GET request to https://api.example.com: it is granted only for POST requests; `methods: [POST, GET]` under `KEY:` in policy.yaml
        KEY, signature, POST https://api.example.com/v2/: the policy does not allow the secret `KEY` as the signing key of a request to this path of https://api.example.com: it is granted only for paths under `/v1/`; `path_prefix: null` under `KEY:` in policy.yaml
        KEY, signature, POST https://api.example.com/v1/../: the policy does not allow the secret `KEY` as the signing key of a request to this path of https://api.example.com: it is granted only for paths under `/v1/`, and the path contains a `.` or `..` segment, which servers interpret differently; `path_prefix: null` under `KEY:` in policy.yaml
        KEY, header, POST https://api.example.com/v1/: the policy does not allow the secret `KEY` in a header of a request to https://api.example.com: it is granted only for signatures; `places: [header, signature]` under `KEY:` in policy.yaml
        KEY, url, POST https://api.example.com/v1/: the policy does not allow the secret `KEY` as the URL of a request: it is granted only for signatures; `places: [url, signature]` under `KEY:` in policy.yaml
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
            // Of several reasons, one is reported.
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

/// If a URL is a secret, a step learns neither its host nor its path.
#[test]
fn the_target_of_a_url_is_not_revealed() {
    use Place::{Header, Url};
    let report = verdicts(
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
            // As a header it is an ordinary token.
            ("EITHER", Header, "POST https://evil.test/"),
            ("EITHER", Header, "POST https://hooks.example/x"),
        ],
    );
    expect![[r#"
        HOOK, url, POST https://hooks.example/services/hunter2: may
        HOOK, url, POST https://evil.test/hunter2: the policy does not allow the secret `HOOK` as the URL of a request: the secret is not granted for the origin in its value; `- https://…` under `origins:` of `HOOK` in policy.yaml
        HOOK, url, GET https://hooks.example/services/hunter2: the policy does not allow the secret `HOOK` as the URL of a GET request: it is granted only for POST requests; `methods: [POST, GET]` under `HOOK:` in policy.yaml
        HOOK, url, POST https://hooks.example/hunter2: the policy does not allow the secret `HOOK` as the URL of a request: the secret is not granted for the path in its value; `path_prefix: null` under `HOOK:` in policy.yaml
        HOOK, url, POST https://hooks.example/services//hunter2: the policy does not allow the secret `HOOK` as the URL of a request: the secret is not granted for the path in its value; `path_prefix: null` under `HOOK:` in policy.yaml
        HOOK, header, POST https://evil.test/: the policy does not allow the secret `HOOK` in a header of a request to https://evil.test: it is granted only for whole URLs; `places: [header, url]` under `HOOK:` in policy.yaml
        HOOK, header, POST https://hooks.example/services/x: the policy does not allow the secret `HOOK` in a header of a request to https://hooks.example: it is granted only for whole URLs; `places: [header, url]` under `HOOK:` in policy.yaml
        EITHER, url, POST https://evil.test/hunter2: the policy does not allow the secret `EITHER` as the URL of a request: the secret is not granted for the origin in its value; `- https://…` under `origins:` of `EITHER` in policy.yaml
        EITHER, url, POST https://hooks.example/hunter2: the policy does not allow the secret `EITHER` as the URL of a request: the secret is not granted for the path in its value; `path_prefix: null` under `EITHER:` in policy.yaml
        EITHER, header, POST https://evil.test/: the policy does not allow the secret `EITHER` in a header of a request to https://evil.test: it is granted only for https://hooks.example; `- https://evil.test` under `origins:` of `EITHER` in policy.yaml
        EITHER, header, POST https://hooks.example/x: the policy does not allow the secret `EITHER` in a header of a request to this path of https://hooks.example: it is granted only for paths under `/services/`; `path_prefix: null` under `EITHER:` in policy.yaml
    "#]].assert_eq(&report);
}

#[test]
fn granted_by_a_program() {
    let token = || Secret::new("TOKEN", "env:API_TOKEN".parse().unwrap());
    let granted = token()
        .origin("https://api.example.com".parse().unwrap())
        .methods(["PUT"])
        .path_prefix("/v1".parse().unwrap())
        .place(Place::Header)
        .place(Place::Body);
    let vault = Secret::new("A\u{1b}", "vault:kv".parse().unwrap()).methods::<&str>([]);
    let policy = Policy::nothing()
        .grant_secret(granted)
        .grant_secret(vault.clone());
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
        TOKEN, header, PUT https://evil.test/v1: the policy does not allow the secret `TOKEN` in a header of a request to https://evil.test: it is granted only for https://api.example.com; `- https://evil.test` under `origins:` of `TOKEN`
        TOKEN, query, PUT https://api.example.com/v1: the policy does not allow the secret `TOKEN` in the query of a request to https://api.example.com: it is granted only for headers and bodies; `places: [header, query, body]` under `TOKEN:`
        TOKEN, header, GET https://api.example.com/v1: the policy does not allow the secret `TOKEN` in a header of a GET request to https://api.example.com: it is granted only for PUT requests; `methods: [PUT, GET]` under `TOKEN:`
        TOKEN, header, PUT https://api.example.com/v10: the policy does not allow the secret `TOKEN` in a header of a request to this path of https://api.example.com: it is granted only for paths under `/v1`; `path_prefix: null` under `TOKEN:`
        TOKEN, url, PUT https://evil.test: the policy does not allow the secret `TOKEN` as the URL of a request: it is granted only for headers and bodies; `places: [header, body, url]` under `TOKEN:`
        A\u{1b}, header, GET https://a.example: the policy does not allow the secret `A\u{1b}` in a header of a request to https://a.example: it is granted for no origin; `- https://a.example` under `origins:` of `A\u{1b}`
    "#]].assert_eq(&verdicts(&policy, &cases));

    // A later secret with the same name replaces the first.
    let policy = policy
        .grant_secret(token())
        .grant_secret(vault.origin("https://a.example".parse().unwrap()));
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
                "the policy does not allow the secret `A\\u{1b}` in a header of a GET request to https://a.example: it is granted for no method; `methods: [GET]` under `A\\u{1b}:`",
            ),
            (
                "TOKEN",
                "the policy does not allow the secret `TOKEN` in a header of a request to https://a.example: it is granted for no origin; `- https://a.example` under `origins:` of `TOKEN`",
            ),
        ]
    "#]].assert_debug_eq(&secrets);
    assert_eq!(policy.secret("token"), None);
}

/// By default, a secret may be used in headers, signatures and tokens, by itself.
#[test]
fn by_default() {
    let policy = policy(
        "secrets: {TOKEN: {from: env:A, origins: [https://a.example]}, BOT: {from: env:B, origins: [https://a.example], places: [header], compose: [body, path]}}",
    );
    let to = origin("https://a.example");
    let report = |name: &str, place, placement| {
        let used = SecretUse {
            origin: &to,
            method: "POST",
            path: "/",
            has_ambiguous_value: false,
            place,
            placement,
            other_fields: &[],
            override_field: None,
        };
        let verdict = match policy.secret(name).unwrap().admit_use(&used) {
            Ok(()) => "may".to_owned(),
            Err(denial) => crate::with_grant(&denial),
        };
        format!("{name}, {place}, {placement:?}: {verdict}\n")
    };
    let mut all = String::new();
    for place in Place::ALL {
        for placement in [Placement::Whole, Placement::Composed] {
            all += &report("TOKEN", place, placement);
        }
    }
    all += &report("TOKEN", Place::Query, Placement::Repeated("q"));
    all += &report("TOKEN", Place::Query, Placement::NotPlain);
    all += &report("TOKEN", Place::Body, Placement::Joined);
    for place in [Place::Header, Place::Query, Place::Path, Place::Body] {
        all += &report("BOT", place, Placement::Composed);
    }
    // This can't be granted.
    all += &report("BOT", Place::Path, Placement::BehindEscape('%'));
    all += &report("TOKEN", Place::Body, Placement::BehindEscape('\\'));
    all += &report("BOT", Place::Path, Placement::Whole);
    all += &report("BOT", Place::Signature, Placement::Whole);
    expect![[r#"
        TOKEN, header, Whole: may
        TOKEN, header, Composed: the policy does not allow the secret `TOKEN` in a header of a request to https://a.example next to other text: it must be the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`; `compose: [header]` under `TOKEN:` in policy.yaml
        TOKEN, query, Whole: the policy does not allow the secret `TOKEN` in the query of a request to https://a.example: it is granted only for headers, signatures and tokens; `places: [header, query, signature, token]` under `TOKEN:` in policy.yaml
        TOKEN, query, Composed: the policy does not allow the secret `TOKEN` in the query of a request to https://a.example next to other text: it must be a whole query value; `compose: [query]` under `TOKEN:` in policy.yaml
        TOKEN, path, Whole: the policy does not allow the secret `TOKEN` in the path of a request to https://a.example: it is granted only for headers, signatures and tokens; `places: [header, path, signature, token]` under `TOKEN:` in policy.yaml
        TOKEN, path, Composed: the policy does not allow the secret `TOKEN` in the path of a request to https://a.example next to other text: it must be a whole path segment; `compose: [path]` under `TOKEN:` in policy.yaml
        TOKEN, body, Whole: the policy does not allow the secret `TOKEN` in the body of a request to https://a.example: it is granted only for headers, signatures and tokens; `places: [header, body, signature, token]` under `TOKEN:` in policy.yaml
        TOKEN, body, Composed: the policy does not allow the secret `TOKEN` in the body of a request to https://a.example next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way; `compose: [body]` under `TOKEN:` in policy.yaml
        TOKEN, url, Whole: the policy does not allow the secret `TOKEN` as the URL of a request: it is granted only for headers, signatures and tokens; `places: [header, url, signature, token]` under `TOKEN:` in policy.yaml
        TOKEN, url, Composed: the policy does not allow the secret `TOKEN` as the URL of a request next to other text: it must be the whole URL; `compose: [url]` under `TOKEN:` in policy.yaml
        TOKEN, signature, Whole: may
        TOKEN, signature, Composed: the policy does not allow the secret `TOKEN` as the signing key of a request to https://a.example next to other text: it must be the whole key, as in `${{ secret.NAME }}`
        TOKEN, token, Whole: may
        TOKEN, token, Composed: the policy does not allow the secret `TOKEN` for the token of a request to https://a.example next to other text: it must be the whole client ID or secret, as in `${{ secret.NAME }}`
        TOKEN, query, Repeated("q"): the policy does not allow the secret `TOKEN` in the query of a request to https://a.example: servers join the field `q` with another one of the request; `compose: [query]` under `TOKEN:` in policy.yaml
        TOKEN, query, NotPlain: the policy does not allow the secret `TOKEN` in the query of a request to https://a.example next to other text: it must be a whole query value, and a field's name is not plain: at most 64 letters, digits, `_`, `-` and `.`, with `[…]` behind them, and no index but 0 in the value's own; `compose: [query]` under `TOKEN:` in policy.yaml
        TOKEN, body, Joined: the policy does not allow the secret `TOKEN` in the body of a request to https://a.example: the body has other items in the same list, or elements of the same name, and servers join those; `compose: [body]` under `TOKEN:` in policy.yaml
        BOT, header, Composed: the policy does not allow the secret `BOT` in a header of a request to https://a.example next to other text: it must be the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`; `compose: [header, path, body]` under `BOT:` in policy.yaml
        BOT, query, Composed: the policy does not allow the secret `BOT` in the query of a request to https://a.example next to other text: it must be a whole query value; `compose: [query, path, body]` under `BOT:` in policy.yaml
        BOT, path, Composed: may
        BOT, body, Composed: may
        BOT, path, BehindEscape('%'): the policy does not allow the secret `BOT` in the path of a request to https://a.example: the text before it ends in an unfinished `%` escape, which would absorb the first characters of the value; no policy can allow this
        TOKEN, body, BehindEscape('\\'): the policy does not allow the secret `TOKEN` in the body of a request to https://a.example: the text before it ends in an unfinished `\` escape, which would absorb the first characters of the value; no policy can allow this
        BOT, path, Whole: may
        BOT, signature, Whole: the policy does not allow the secret `BOT` as the signing key of a request to https://a.example: it is granted only for headers, paths and bodies; `places: [header, signature]` under `BOT:` in policy.yaml
    "#]].assert_eq(&all);
}

/// A header field has a meaning, and a step chooses the field.
#[test]
fn a_header_field_for_something_else() {
    let to = origin("https://a.example");
    let cookies = QueryFields::default();
    let use_in = |field| SecretUse {
        origin: &to,
        method: "POST",
        path: "/",
        has_ambiguous_value: false,
        place: Place::Header,
        placement: Placement::InHeader(InHeader {
            field,
            before: b"",
            after: b"",
            is_basic: false,
            is_repeated: false,
            cookies: &cookies,
        }),
        other_fields: &[],
        override_field: None,
    };
    let mut all = String::new();
    for (places, granted) in [
        (
            "",
            ", places: [header, signature, token, {header: x-account}]",
        ),
        (
            ", places: [header]",
            ", places: [header, {header: x-account}]",
        ),
        (
            ", places: [header, {header: x-id}]",
            ", places: [header, {header: x-account}, {header: x-id}]",
        ),
        (
            ", places: [{header: x-id}]",
            ", places: [{header: x-account}, {header: x-id}]",
        ),
        (", places: [body]", ", places: [body, {header: x-account}]"),
    ] {
        let policy = |places: &str| {
            policy(&format!(
                "secrets: {{TOKEN: {{from: env:A, origins: [https://a.example]{places}}}}}"
            ))
        };
        let denied = policy(places);
        let denial = denied
            .secret("TOKEN")
            .unwrap()
            .admit_use(&use_in("X-Account"));
        all += &format!("{}\n", crate::with_grant(&denial.unwrap_err()));
        let granted = policy(granted);
        assert_eq!(
            granted
                .secret("TOKEN")
                .unwrap()
                .admit_use(&use_in("X-Account")),
            Ok(())
        );
    }
    expect![[r#"
        the policy does not allow the secret `TOKEN` in the header `X-Account` of a request to https://a.example: it is granted only for headers for credentials, such as `Authorization` or `X-Api-Key`; `places: [header, signature, token, {header: x-account}]` under `TOKEN:` in policy.yaml
        the policy does not allow the secret `TOKEN` in the header `X-Account` of a request to https://a.example: it is granted only for headers for credentials, such as `Authorization` or `X-Api-Key`; `places: [header, {header: x-account}]` under `TOKEN:` in policy.yaml
        the policy does not allow the secret `TOKEN` in the header `X-Account` of a request to https://a.example: it is granted only for headers for credentials, such as `Authorization` or `X-Api-Key`; `places: [header, {header: x-id}, {header: x-account}]` under `TOKEN:` in policy.yaml
        the policy does not allow the secret `TOKEN` in the header `X-Account` of a request to https://a.example: it is granted only for the header `x-id`; `places: [{header: x-id}, {header: x-account}]` under `TOKEN:` in policy.yaml
        the policy does not allow the secret `TOKEN` in the header `X-Account` of a request to https://a.example: it is granted only for bodies; `places: [body, {header: x-account}]` under `TOKEN:` in policy.yaml
    "#]].assert_eq(&all);
}

/// A field that makes a server act on another method or path.
#[test]
fn overrides() {
    let policy = policy(
        "secrets: {M: {from: env:A, origins: [https://a.example], methods: [POST]}, P: {from: env:A, origins: [https://a.example], path_prefix: /v1/}, B: {from: env:A, origins: [https://a.example], methods: [POST], path_prefix: /v1/, places: [header, url, signature, token]}, N: {from: env:A, origins: [https://a.example]}}",
    );
    let to = origin("https://a.example");
    let mut all = String::new();
    for (name, place, field) in [
        ("M", Place::Header, "_method"),
        ("P", Place::Header, "_method"),
        ("B", Place::Header, "_method"),
        ("B", Place::Url, "_method"),
        ("B", Place::Signature, "_method"),
        ("B", Place::Token, "_method"),
        ("N", Place::Header, "_method"),
        ("M", Place::Header, "]_method"),
    ] {
        let used = SecretUse {
            origin: &to,
            method: "POST",
            path: "/v1/",
            has_ambiguous_value: false,
            place,
            placement: Placement::Whole,
            other_fields: &[],
            override_field: Some(field),
        };
        let verdict = match policy.secret(name).unwrap().admit_use(&used) {
            Ok(()) => "may".to_owned(),
            Err(denial) => crate::with_grant(&denial),
        };
        all += &format!("{name}, {place}: {verdict}\n");
    }
    expect![[r#"
        M, header: the policy does not allow the secret `M` in a header of a request to https://a.example with `_method`: it is granted only for POST requests, and `_method` can make a server use another method or path; remove it; `methods: null` under `M:` in policy.yaml
        P, header: the policy does not allow the secret `P` in a header of a request to https://a.example with `_method`: it is granted only for paths under `/v1/`, and `_method` can make a server use another method or path; remove it; `path_prefix: null` under `P:` in policy.yaml
        B, header: the policy does not allow the secret `B` in a header of a request to https://a.example with `_method`: it is granted only for POST requests, and `_method` can make a server use another method or path; remove it; `methods: null, path_prefix: null` under `B:` in policy.yaml
        B, url: the policy does not allow the secret `B` as the URL of a request with `_method`: it is granted only for some methods or paths, and `_method` can make a server use another method or path; remove it; `methods: null, path_prefix: null` under `B:` in policy.yaml
        B, signature: the policy does not allow the secret `B` as the signing key of a request to https://a.example with `_method`: it is granted only for POST requests, and `_method` can make a server use another method or path; remove it; `methods: null, path_prefix: null` under `B:` in policy.yaml
        B, token: the policy does not allow the secret `B` for the token of a request to https://a.example with `_method`: it is granted only for POST requests, and `_method` can make a server use another method or path; remove it; `methods: null, path_prefix: null` under `B:` in policy.yaml
        N, header: may
        M, header: the policy does not allow the secret `M` in a header of a request to https://a.example with `]_method`: it is granted only for POST requests, and `]_method` is not a plain name, so some server may take it for one that overrides the method; remove it; `methods: null` under `M:` in policy.yaml
    "#]].assert_eq(&all);
}

/// A field from which a server may take a method or a path, and one that names a destination.
#[test]
fn other_header_fields() {
    let to = origin("https://a.example");
    let file = |keys: &str| {
        policy(&format!(
            "secrets:\n  T:\n    from: env:A\n    origins: [https://a.example]\n    {keys}\n"
        ))
    };
    let mut all = String::new();
    for (keys, place) in [
        ("methods: [POST]", Place::Header),
        ("path_prefix: /v1/", Place::Header),
        ("path_prefix: /v1/\n    places: [url]", Place::Url),
        ("methods: [POST]\n    path_prefix: /v1/", Place::Signature),
        (
            "methods: [POST]\n    headers: [X-Other, SCRIPT-NAME]",
            Place::Token,
        ),
        (
            "methods: [POST]\n    places: [header, {header: x-a}]",
            Place::Header,
        ),
        ("places: [header]", Place::Header),
    ] {
        for field in ["SCRIPT_NAME", "X-Base-Url"] {
            let fields = ["Accept", "X-Api-Key", field];
            let fields = fields.map(|name| OtherField::new(name, b"v1"));
            let fields: Vec<OtherField> = fields.into_iter().flatten().collect();
            let admit = |policy: &Policy| {
                policy.secret("T").unwrap().admit_use(&SecretUse {
                    origin: &to,
                    method: "POST",
                    path: "/v1/",
                    has_ambiguous_value: false,
                    place,
                    placement: Placement::Whole,
                    other_fields: &fields,
                    override_field: None,
                })
            };
            let denied = admit(&file(keys));
            let lines = keys.split("\n    ");
            let said = keys.replace("\n    ", ", ");
            let Err(denial) = denied else {
                all += &format!("{said}; {field}: may\n");
                continue;
            };
            all += &format!("{said}; {field}: {}\n", crate::with_grant(&denial));
            let line = denial.grant().unwrap().policy_line();
            let others = lines.filter(|line| !line.starts_with("headers:"));
            let granted: Vec<&str> = others.chain([line.line()]).collect();
            assert_eq!(admit(&file(&granted.join("\n    "))), Ok(()), "{denial}");
        }
    }
    expect![[r#"
        methods: [POST]; SCRIPT_NAME: the policy does not allow the secret `T` in a header of a request to https://a.example with the header `script_name`: it is granted only for POST requests, and servers may take another method or path from `script_name`; remove it; `headers: [script_name]` under `T:` in policy.yaml
        methods: [POST]; X-Base-Url: the policy does not allow the secret `T` in a header of a request to https://a.example with the header `x-base-url`: `x-base-url` can make a server send the secret elsewhere; remove it; `headers: [x-base-url]` under `T:` in policy.yaml
        path_prefix: /v1/; SCRIPT_NAME: the policy does not allow the secret `T` in a header of a request to https://a.example with the header `script_name`: it is granted only for paths under `/v1/`, and servers may take another method or path from `script_name`; remove it; `headers: [script_name]` under `T:` in policy.yaml
        path_prefix: /v1/; X-Base-Url: the policy does not allow the secret `T` in a header of a request to https://a.example with the header `x-base-url`: `x-base-url` can make a server send the secret elsewhere; remove it; `headers: [x-base-url]` under `T:` in policy.yaml
        path_prefix: /v1/, places: [url]; SCRIPT_NAME: the policy does not allow the secret `T` as the URL of a request with the header `script_name`: it is granted only for some methods or paths, and servers may take another method or path from `script_name`; remove it; `headers: [script_name]` under `T:` in policy.yaml
        path_prefix: /v1/, places: [url]; X-Base-Url: the policy does not allow the secret `T` as the URL of a request with the header `x-base-url`: `x-base-url` can make a server send the secret elsewhere; remove it; `headers: [x-base-url]` under `T:` in policy.yaml
        methods: [POST], path_prefix: /v1/; SCRIPT_NAME: the policy does not allow the secret `T` as the signing key of a request to https://a.example with the header `script_name`: it is granted only for POST requests, and servers may take another method or path from `script_name`; remove it; `headers: [script_name]` under `T:` in policy.yaml
        methods: [POST], path_prefix: /v1/; X-Base-Url: the policy does not allow the secret `T` as the signing key of a request to https://a.example with the header `x-base-url`: `x-base-url` can make a server send the secret elsewhere; remove it; `headers: [x-base-url]` under `T:` in policy.yaml
        methods: [POST], headers: [X-Other, SCRIPT-NAME]; SCRIPT_NAME: the policy does not allow the secret `T` for the token of a request to https://a.example with the header `script_name`: it is granted only for POST requests, and servers may take another method or path from `script_name`; remove it; `headers: [script-name, x-other, script_name]` under `T:` in policy.yaml
        methods: [POST], headers: [X-Other, SCRIPT-NAME]; X-Base-Url: the policy does not allow the secret `T` for the token of a request to https://a.example with the header `x-base-url`: `x-base-url` can make a server send the secret elsewhere; remove it; `headers: [script-name, x-other, x-base-url]` under `T:` in policy.yaml
        methods: [POST], places: [header, {header: x-a}]; SCRIPT_NAME: the policy does not allow the secret `T` in a header of a request to https://a.example with the header `script_name`: it is granted only for POST requests, and servers may take another method or path from `script_name`; remove it; `headers: [script_name]` under `T:` in policy.yaml
        methods: [POST], places: [header, {header: x-a}]; X-Base-Url: the policy does not allow the secret `T` in a header of a request to https://a.example with the header `x-base-url`: `x-base-url` can make a server send the secret elsewhere; remove it; `headers: [x-base-url]` under `T:` in policy.yaml
        places: [header]; SCRIPT_NAME: may
        places: [header]; X-Base-Url: the policy does not allow the secret `T` in a header of a request to https://a.example with the header `x-base-url`: `x-base-url` can make a server send the secret elsewhere; remove it; `headers: [x-base-url]` under `T:` in policy.yaml
    "#]].assert_eq(&all);

    let field = OtherField::new("X-A", b"//b.example").unwrap();
    for (keys, is_allowed) in [
        ("methods: [POST]\n    places: [header, {header: x-a}]", true),
        ("places: [header, {header: x-a}]", true),
        ("headers: [X-A]", true),
        ("headers: [X_A]", false),
        ("methods: [POST]", false),
        ("places: [header]", false),
    ] {
        let policy = file(keys);
        let secret = policy.secret("T").unwrap();
        assert_eq!(secret.allows_field(&field), is_allowed, "{keys}");
    }
}

/// The grant in a denial grants the secret.
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
        assert_eq!(grant.file.as_deref(), Some("policy.yaml"));
        let line = grant.policy_line();
        assert_eq!(admit(&file(line.line())), Ok(()), "{denial}");
    }
}

#[test]
fn the_grant_beside_other_text_grants() {
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
                placement: Placement::Composed,
                other_fields: &[],
                override_field: None,
            })
        };
        let denial = admit("").unwrap_err();
        let line = denial.grant().unwrap().policy_line();
        assert_eq!(
            line.to_string(),
            format!("`compose: [{place}]` under `TOKEN:`")
        );
        assert_eq!(admit(line.line()), Ok(()));
    }
}

#[test]
fn a_program_and_a_file_grant_the_same() {
    let secret = Secret::new("TOKEN", "file:/a@b".parse().unwrap());
    let secret = secret.origin("https://*.example.com".parse().unwrap());
    let granted = Policy::nothing().grant_secret(secret);
    let file = policy("secrets: {TOKEN: {from: 'file:/a@b', origins: ['https://*.example.com']}}");
    assert_eq!(crate::said(&granted), crate::said(&file));
}

proptest! {
    /// For any request, the answer is one line without the contents of the path, and a permitted
    /// request goes where the secret is granted.
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
                prop_assert!(secret.is_granted_for(place));
                let prefix = secret.granted_path_prefix();
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
