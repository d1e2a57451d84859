//! From plans to requests: the URL and the headers as they are sent.

use super::*;
use crate::bindings::ci::http_step::auth::{Hmac, Scheme, SignatureForm};
use crate::render::Auth;
use crate::render::File;

fn plan() -> Plan {
    Plan {
        method: "GET".to_owned(),
        url: "http://a.example/".to_owned(),
        params: Fields::Entries(vec![]),
        headers: vec![],
        body: None,
        cookies: vec![],
        auth: None,
    }
}

/// The request of a plan, with a host whose placeholder is one header field.
fn built(plan: Plan) -> Result<Request, RequestError> {
    build(plan, &|_| {
        Ok(Header {
            name: "X-Signature".to_owned(),
            value: "placeholder".to_owned(),
        })
    })
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<Pair> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn computed() -> Auth {
    Auth::Computed(Scheme::Hmac(Hmac {
        secret: "handle".to_owned(),
        form: SignatureForm::Github,
    }))
}

fn data(text: &str) -> Option<Body> {
    Some(Body::Data(Fields::Text(text.to_owned())))
}

/// The headers as they are sent.
fn sent(plan: Plan) -> Vec<Pair> {
    wire(
        &built(plan).unwrap_or_else(|error| panic!("{error}")),
        &Jar::default(),
    )
}

fn wire(request: &Request, jar: &Jar) -> Vec<Pair> {
    request
        .wire_headers(jar)
        .into_iter()
        .map(|header| (header.name, header.value))
        .collect()
}

const AGENT: (&str, &str) = ("User-Agent", USER_AGENT);
const ACCEPT: (&str, &str) = ("Accept", "*/*");
const ENCODING: (&str, &str) = ("Accept-Encoding", "gzip, deflate, br, zstd");

fn error(change: impl FnOnce(&mut Plan)) -> String {
    let mut plan = plan();
    change(&mut plan);
    match built(plan) {
        Ok(request) => panic!("{request:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn headers_in_the_order_of_requests() {
    let full = Plan {
        method: "POST".to_owned(),
        headers: pairs(&[("X-B", "1"), ("x-a", " 2 "), ("X-B", "3")]),
        body: Some(Body::Data(Fields::Entries(pairs(&[("a", "b")])))),
        cookies: pairs(&[("c", "1"), ("d", "x y")]),
        auth: Some(Auth::Bearer("t".to_owned())),
        ..plan()
    };
    assert_eq!(
        sent(full),
        pairs(&[
            AGENT,
            ENCODING,
            ACCEPT,
            ("X-B", "1"),
            ("x-a", "2"),
            ("X-B", "3"),
            ("Cookie", "c=1; d=x y"),
            ("Content-Length", "3"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Authorization", "Bearer t"),
        ])
    );
}

#[test]
fn own_headers_replace_defaults_in_place() {
    let own = Plan {
        headers: pairs(&[
            ("X", "1"),
            ("accept-encoding", "gzip"),
            ("ACCEPT", "a"),
            ("Accept", "b"),
        ]),
        ..plan()
    };
    assert_eq!(
        sent(own),
        pairs(&[
            AGENT,
            ("accept-encoding", "gzip"),
            ("ACCEPT", "a"),
            ("Accept", "b"),
            ("X", "1")
        ])
    );
}

#[test]
fn lengths() {
    for (method, body, length) in [
        ("GET", None, None),
        ("HEAD", None, None),
        ("DELETE", None, Some("0")),
        ("OPTIONS", None, Some("0")),
        ("POST", None, Some("0")),
        ("PUT", None, Some("0")),
        ("PATCH", data(""), Some("0")),
        ("GET", data("größe"), Some("7")),
        ("POST", data("a"), Some("1")),
    ] {
        let mut expected = vec![AGENT, ENCODING, ACCEPT];
        expected.extend(length.map(|length| ("Content-Length", length)));
        let plan = Plan {
            method: method.to_owned(),
            body,
            ..plan()
        };
        assert_eq!(sent(plan), pairs(&expected), "{method}");
    }
}

#[test]
fn own_content_headers_stay() {
    let own = [("content-type", "text/csv"), ("content-length", "3")];
    let with_own = Plan {
        headers: pairs(&own),
        body: Some(Body::Data(Fields::Entries(pairs(&[("a", "b")])))),
        ..plan()
    };
    assert_eq!(
        sent(with_own),
        pairs(&[AGENT, ENCODING, ACCEPT, own[0], own[1]])
    );
}

#[test]
fn auth_overrides_an_own_header() {
    let own = ("authorization", "Bearer mine");
    let with_header = |auth| Plan {
        headers: pairs(&[own, ("X", "1")]),
        auth,
        ..plan()
    };
    assert_eq!(
        sent(with_header(None)),
        pairs(&[AGENT, ENCODING, ACCEPT, own, ("X", "1")])
    );
    assert_eq!(
        sent(with_header(Some(Auth::Basic {
            username: "u".to_owned(),
            password: "p".to_owned(),
        }))),
        pairs(&[
            AGENT,
            ENCODING,
            ACCEPT,
            ("X", "1"),
            ("Authorization", "Basic dTpw")
        ])
    );
}

#[test]
fn computed_credentials_override_an_own_header_of_their_name() {
    let with_headers = Plan {
        headers: pairs(&[
            ("x-signature", "mine"),
            ("authorization", "Bearer mine"),
            ("X-SIGNATURE", "mine, too"),
        ]),
        auth: Some(computed()),
        ..plan()
    };
    assert_eq!(
        sent(with_headers),
        pairs(&[
            AGENT,
            ENCODING,
            ACCEPT,
            ("authorization", "Bearer mine"),
            ("X-Signature", "placeholder")
        ])
    );
}

#[test]
fn the_host_is_asked_about_an_otherwise_valid_plan() {
    let with_auth = |method: &str| {
        let plan = Plan {
            method: method.to_owned(),
            auth: Some(computed()),
            ..plan()
        };
        build(plan, &|_| Err("the key is empty".to_owned()))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(with_auth("GET"), "the key is empty");
    assert_eq!(with_auth("get"), "Wrong method given: 'get' is not known");
}

#[test]
fn cookies_of_the_step_and_of_servers() {
    let mut jar = Jar::default();
    let from = Url::parse("http://a.example/").unwrap();
    for cookie in ["s=server", "new=1"] {
        let header = Header {
            name: "Set-Cookie".to_owned(),
            value: cookie.to_owned(),
        };
        jar.take(&from, &[header]);
    }
    for plan in [
        Plan {
            headers: pairs(&[("cookie", "s=own; t=2;"), ("Cookie", "u")]),
            ..plan()
        },
        Plan {
            cookies: pairs(&[("s", "own"), ("t", "2")]),
            ..plan()
        },
    ] {
        let from_header = !plan.headers.is_empty();
        let request = built(plan).unwrap();
        let third = if from_header { "; u" } else { "" };
        assert_eq!(
            wire(&request, &Jar::default()).last(),
            Some(&("Cookie".to_owned(), format!("s=own; t=2{third}")))
        );
        assert_eq!(
            wire(&request, &jar).last(),
            Some(&("Cookie".to_owned(), format!("t=2{third}; s=server; new=1")))
        );
    }
}

#[test]
fn params_are_appended() {
    let entries = |list: &[(&str, &str)]| Fields::Entries(pairs(list));
    let text = |text: &str| Fields::Text(text.to_owned());
    for (url, params, expected) in [
        ("http://a.example", entries(&[]), "http://a.example/"),
        (
            "http://a.example?a=1#top",
            entries(&[("b", "x y"), ("b", "&"), ("ü", "")]),
            "http://a.example/?a=1&b=x+y&b=%26&%C3%BC=#top",
        ),
        (
            "http://a.example",
            text("a=%20&b c"),
            "http://a.example/?a=%20&b%20c",
        ),
        ("http://a.example/?a=1", text(""), "http://a.example/?a=1"),
    ] {
        let plan = Plan {
            url: url.to_owned(),
            params,
            ..plan()
        };
        assert_eq!(built(plan).unwrap().url.as_str(), expected);
    }
}

#[test]
fn invalid_plans() {
    let files = || {
        Some(Body::Multipart {
            fields: vec![],
            files: vec![File {
                name: "f".to_owned(),
                filename: None,
                content_type: Some("a\nb".to_owned()),
                headers: vec![],
                content: vec![],
            }],
        })
    };
    for (message, expected) in [
        (
            error(|plan| plan.method = "FETCH".to_owned()),
            "Wrong method given: 'FETCH' is not known",
        ),
        (
            error(|plan| plan.method = "get\n".to_owned()),
            "Wrong method given: 'get\\n' is not known",
        ),
        (
            error(|plan| plan.url = "a.example".to_owned()),
            "`url` can't be used: it has no scheme, as in `https://…`; if it is a secret, the policy must grant it for the place `url`",
        ),
        (
            error(|plan| plan.url = "http://user:pass@a.example".to_owned()),
            "`url` contains a user name or a password; put them into `auth`, which logs don't show",
        ),
        (
            error(|plan| plan.params = Fields::Text("a\nb".to_owned())),
            "`params` contains a line break or another control character; escape it, as in `%0A`",
        ),
        (
            error(|plan| plan.headers = pairs(&[("X-Token", "secret\r\nX: y")])),
            "in `headers`, the value of the header `X-Token` contains a line break or another control character",
        ),
        (
            error(|plan| {
                plan.headers = pairs(&[("content-type", "multipart/form-data")]);
                plan.body = files();
            }),
            "`headers` contains `Content-Type`, but a request with `files` needs its own, which has the boundary between files; remove it",
        ),
        (
            error(|plan| plan.body = files()),
            "in `files`, the value of the header `Content-Type` contains a line break or another control character",
        ),
        (
            error(|plan| {
                plan.headers = pairs(&[("Content-Length", "5")]);
                plan.body = data("abc");
            }),
            "`headers` contains `Content-Length: 5`, but the body has 3 bytes; remove it, since the step sets it",
        ),
        (
            error(|plan| {
                plan.headers = pairs(&[("Content-Length", "3"), ("content-length", "3")]);
                plan.body = data("abc");
            }),
            "`headers` contains `Content-Length: 3, 3`, but the body has 3 bytes; remove it, since the step sets it",
        ),
        (
            error(|plan| {
                plan.headers = pairs(&[("Cookie", "a=b")]);
                plan.cookies = pairs(&[("c", "d")]);
            }),
            "there are cookies in both `headers` and `cookies`; put all of them into `cookies`",
        ),
        (
            error(|plan| plan.cookies = pairs(&[("a", "secret; b=c")])),
            "the cookie `a` can't be sent: a name can't contain `=`, and neither a name nor a value can contain `;` or a control character",
        ),
        (
            error(|plan| plan.auth = Some(Auth::Bearer("a b".to_owned()))),
            "the bearer token of `auth` contains a space, a line break or another character that is not allowed in a token",
        ),
    ] {
        assert_eq!(message, expected);
    }
}
