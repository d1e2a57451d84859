//! Rendering of specs to plans, or errors.

mod auth;

use std::time::Duration;

use super::*;
use crate::bindings::ci::http_step::types::{
    AuthScheme, Content, Extension, Field, Multipart, Settings, Timeouts, Verify,
};
use http_step_json::Number;
use serde_json::json;

const DIGITS: &str = "[123456789012345678901234567890,1.10,-0,1e400,1E5,0.1000]";

struct Build;

impl Names for Build {
    fn property(&self, name: &str) -> Option<Value> {
        let phone = || {
            "15551234567"
                .parse::<Number>()
                .unwrap()
                .spelled("+15551234567")
        };
        Some(Value::from(match name {
            "phone" => return Some(phone().into()),
            "phones" => return Some(vec![phone(), "1.10".parse().unwrap()].into()),
            "digits" => return Some(DIGITS.parse().unwrap()),
            "text" => json!("main"),
            "number" => json!(7),
            "none" => json!(null),
            "yes" => json!(true),
            "list" => json!(["x", 1, null, {"y": 2}]),
            "object" => json!({"b": 1, "a": ["x", "y"], "c": null, "d": {"e": 1}}),
            "pairs" => json!([["b", 1], ["a", ["x", "y"]], ["c", null], [2, "z"]]),
            "triples" => json!([["a", "b", "c"]]),
            "expression" => json!("${{ secret.TOKEN }}"),
            "user" => json!(["build", "hunter2"]),
            "basic" => json!({"basic": {"username": "build", "password": 7}}),
            "bearer" => json!({"bearer": "t"}),
            "two_schemes" => json!({"bearer": "t", "basic": {"username": "u", "password": "p"}}),
            "nested" => json!([["build"], "hunter2"]),
            "hmac" => json!({"hmac": {"secret": "k", "form": "slack"}}),
            "digest" => json!({"digest": ["build", 7]}),
            "no_header" => json!({"hmac": {"secret": "k"}}),
            "unknown_scheme" => json!({"hawk": {}}),
            _ => return None,
        }))
    }

    fn secret(&self, name: &str) -> Option<String> {
        (name == "TOKEN").then(|| "handle".to_owned())
    }
}

fn spec() -> RequestSpec {
    let none = || types::Fields::Entries(vec![]);
    RequestSpec {
        method: "GET".to_owned(),
        url: "http://a.example/".to_owned(),
        params: none(),
        headers: none(),
        body: None,
        cookies: none(),
        auth: None,
        hide_request_headers: vec![],
        hide_response_headers: vec![],
        settings: Settings {
            timeout: Timeouts {
                connect: None,
                read: None,
                total: Some(Duration::from_secs(1).as_nanos() as u64),
            },
            allow_redirects: true,
            max_redirects: 30,
            stream: false,
            verify: Verify::Roots,
            cert: None,
            proxies: vec![],
            host_judges_status: false,
        },
        extensions: vec![],
    }
}

fn entries(pairs: &[(&str, &str)]) -> types::Fields {
    let field = |(name, value): &(&str, &str)| Field {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
    };
    types::Fields::Entries(pairs.iter().map(field).collect())
}

fn text(text: &str) -> types::Fields {
    types::Fields::Text(text.to_owned())
}

fn rendered(pairs: &[(&str, &str)]) -> Vec<Pair> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The error of a plan. Plans don't implement `Debug`, since they contain passwords.
fn error(spec: RequestSpec) -> String {
    match plan(spec, &Build) {
        Ok(_) => panic!("the spec is rendered"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn texts() {
    let mut spec = spec();
    spec.method = "${{ property.verb | default(\"POST\") }}".to_owned();
    spec.url = "http://a.example/${{ property.text }}/${{ secret.TOKEN }}?$${{".to_owned();
    let plan = plan(spec, &Build).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.method, "POST");
    assert_eq!(plan.url, "http://a.example/main/handle?${{");
    assert_eq!(plan.params, Fields::Entries(vec![]));
    assert_eq!(
        (plan.headers, plan.cookies, plan.body),
        (vec![], vec![], None)
    );
}

#[test]
fn listed_fields() {
    let listed = entries(&[
        ("plain", "a"),
        (
            "${{ property.text }}",
            "b ${{ property.number }} ${{ property.none }}",
        ),
        ("scalar", "${{ property.yes }}"),
        ("list", "${{ property.list }}"),
        ("gone", "${{ property.none }}"),
        ("in text", " ${{ property.none }}"),
        ("object", "${{ property.object }}"),
        ("not rendered again", "${{ property.expression }}"),
        ("plain", ""),
    ]);
    let pairs = rendered(&[
        ("plain", "a"),
        ("main", "b 7 "),
        ("scalar", "true"),
        ("list", "x"),
        ("list", "1"),
        ("list", "{\"y\":2}"),
        ("in text", " "),
        (
            "object",
            "{\"b\":1,\"a\":[\"x\",\"y\"],\"c\":null,\"d\":{\"e\":1}}",
        ),
        ("not rendered again", "${{ secret.TOKEN }}"),
        ("plain", ""),
    ]);
    let mut spec = spec();
    spec.params = listed.clone();
    spec.headers = listed.clone();
    spec.cookies = listed.clone();
    spec.body = Some(types::Body::Data(listed));
    let plan = plan(spec, &Build).unwrap_or_else(|error| panic!("{error}"));
    let sorted = rendered(&[
        ("in text", " "),
        ("list", "x"),
        ("list", "1"),
        ("list", "{\"y\":2}"),
        ("main", "b 7 "),
        ("not rendered again", "${{ secret.TOKEN }}"),
        (
            "object",
            "{\"b\":1,\"a\":[\"x\",\"y\"],\"c\":null,\"d\":{\"e\":1}}",
        ),
        ("plain", "a"),
        ("plain", ""),
        ("scalar", "true"),
    ]);
    assert_eq!(plan.params, Fields::Entries(sorted));
    assert_eq!(plan.headers, pairs);
    assert_eq!(plan.cookies, pairs);
    assert_eq!(plan.body, Some(Body::Data(Fields::Entries(pairs))));
}

#[test]
fn fields_from_one_expression() {
    let of_text = |words: &str| Fields::Text(words.to_owned());
    for (template, fields) in [
        ("a=b&c", of_text("a=b&c")),
        ("a=${{ property.text }}", of_text("a=main")),
        ("${{ property.text }}", of_text("main")),
        ("${{ property.number }}", of_text("7")),
        ("${{ property.none }}", of_text("")),
        (
            " ${{ property.pairs }}",
            of_text(" [[\"b\",1],[\"a\",[\"x\",\"y\"]],[\"c\",null],[2,\"z\"]]"),
        ),
        (
            "${{ property.object }}",
            Fields::Entries(rendered(&[
                ("a", "x"),
                ("a", "y"),
                ("b", "1"),
                ("d", "{\"e\":1}"),
            ])),
        ),
        (
            "${{ property.pairs }}",
            Fields::Entries(rendered(&[("2", "z"), ("a", "x"), ("a", "y"), ("b", "1")])),
        ),
        ("${{ property.x | default({}) }}", Fields::Entries(vec![])),
    ] {
        let mut spec = spec();
        spec.params = text(template);
        let plan = plan(spec, &Build).unwrap_or_else(|error| panic!("{template}: {error}"));
        assert_eq!(plan.params, fields, "{template}");
    }
}

#[test]
fn fields_that_can_not_be_text() {
    let shape = "it must be names and values: an object or a list of `[name, value]` pairs";
    for (template, expected) in [
        ("${{ property.object }}", Ok(4)),
        ("${{ property.none }}", Ok(0)),
        (
            "a: b",
            Err("`headers` is text, but it must be names and values".to_owned()),
        ),
        (
            "",
            Err("`headers` is text, but it must be names and values".to_owned()),
        ),
        (
            "${{ property.text }}",
            Err("`headers` is text, but it must be names and values".to_owned()),
        ),
        (
            "${{ property.number }}",
            Err(format!("`headers` is a number, but {shape}")),
        ),
        (
            "${{ property.yes }}",
            Err(format!("`headers` is true or false, but {shape}")),
        ),
        (
            "${{ property.list }}",
            Err(format!("`headers` is a list of other things, but {shape}")),
        ),
        (
            "${{ property.triples }}",
            Err(format!("`headers` is a list of other things, but {shape}")),
        ),
    ] {
        let mut spec = spec();
        spec.headers = text(template);
        let result = plan(spec, &Build)
            .map(|plan| plan.headers.len())
            .map_err(|error| error.to_string());
        assert_eq!(result, expected, "{template}");
    }
}

#[test]
fn bodies() {
    let file = types::File {
        name: "${{ property.text }}".to_owned(),
        filename: Some("${{ property.number }}.txt".to_owned()),
        content_type: Some("text/${{ property.kind | default(\"plain\") }}".to_owned()),
        headers: vec![Field {
            name: "X".to_owned(),
            value: "${{ property.list }}".to_owned(),
        }],
        content: Content::Text("<${{ property.text }}>".to_owned()),
    };
    let rendered_file = File {
        name: "main".to_owned(),
        filename: Some("7.txt".to_owned()),
        content_type: Some("text/plain".to_owned()),
        headers: rendered(&[("X", "x"), ("X", "1"), ("X", "{\"y\":2}")]),
        content: b"<main>".to_vec(),
    };
    let bytes = b"${{ property.text }}".to_vec();
    for (body, expected) in [
        (
            types::Body::Json(
                "{\"${{ property.text }}\": [\"${{ property.list }}\", \"$${{\"]}".to_owned(),
            ),
            Body::Json(json!({"main": [["x", 1, null, {"y": 2}], "${{"]}).into()),
        ),
        (types::Body::Bytes(bytes.clone()), Body::Bytes(bytes)),
        (
            types::Body::Multipart(Multipart {
                fields: entries(&[("a", "${{ property.text }}")]),
                files: vec![file],
            }),
            Body::Multipart {
                fields: rendered(&[("a", "main")]),
                files: vec![rendered_file],
            },
        ),
    ] {
        let mut spec = spec();
        spec.body = Some(body);
        let plan = plan(spec, &Build).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(plan.body, Some(expected));
    }
}

/// A number keeps its digits.
#[test]
fn numbers_keep_their_digits() {
    for (template, sent) in [
        (DIGITS.to_owned(), DIGITS.to_owned()),
        ("\"${{ property.digits }}\"".to_owned(), DIGITS.to_owned()),
        (
            "\"<${{ property.digits }}>\"".to_owned(),
            format!("\"<{DIGITS}>\""),
        ),
        (
            format!("[\"${{{{ property.x | default({DIGITS}) }}}}\"]"),
            format!("[{DIGITS}]"),
        ),
        (
            "\"${{ property.phones }}\"".to_owned(),
            "[15551234567,1.10]".to_owned(),
        ),
    ] {
        let mut spec = spec();
        spec.body = Some(types::Body::Json(template.clone()));
        let plan = plan(spec, &Build).unwrap_or_else(|error| panic!("{error}"));
        match plan.body {
            Some(Body::Json(value)) => assert_eq!(value.to_string(), sent, "{template}"),
            other => panic!("{other:?}"),
        }
    }
}

/// Within text, a number keeps its spelling.
#[test]
fn a_number_in_text_keeps_its_spelling() {
    let mut spec = spec();
    spec.url = "http://a.example/${{ property.phone }}".to_owned();
    spec.headers = entries(&[
        ("X-Phone", "${{ property.phone }}"),
        ("X-Call", "tel:${{ property.phone }}"),
        ("X-Phones", "${{ property.phones }}"),
        ("${{ property.phone }}", "name"),
    ]);
    spec.body = Some(types::Body::Data(text("${{ property.phone }}")));
    let plan = plan(spec, &Build).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.url, "http://a.example/+15551234567");
    assert_eq!(
        plan.headers,
        rendered(&[
            ("X-Phone", "+15551234567"),
            ("X-Call", "tel:+15551234567"),
            ("X-Phones", "+15551234567"),
            ("X-Phones", "1.10"),
            ("+15551234567", "name"),
        ])
    );
    assert_eq!(
        plan.body,
        Some(Body::Data(Fields::Text("+15551234567".to_owned())))
    );
}

#[test]
fn null_omits_the_optional_fields_of_a_part() {
    let null = || Some("${{ property.none | default(null) }}".to_owned());
    let file = types::File {
        name: "a".to_owned(),
        filename: null(),
        content_type: null(),
        headers: vec![],
        content: Content::Text(String::new()),
    };
    let expected = File {
        name: "a".to_owned(),
        filename: None,
        content_type: None,
        headers: vec![],
        content: vec![],
    };
    let mut spec = spec();
    spec.body = Some(types::Body::Multipart(Multipart {
        fields: entries(&[]),
        files: vec![file],
    }));
    let plan = plan(spec, &Build).unwrap_or_else(|error| panic!("{error}"));
    let files = vec![expected];
    let fields = vec![];
    assert_eq!(plan.body, Some(Body::Multipart { fields, files }));
}

#[test]
fn errors_name_the_setting() {
    let unknown = |setting: &str| {
        format!(
            "`{setting}`: the property `x` is not set; set it or use a default: `${{{{ property.x | default(\"\") }}}}`"
        )
    };
    let x = "${{ property.x }}";
    let with = |change: &dyn Fn(&mut RequestSpec)| {
        let mut spec = spec();
        change(&mut spec);
        error(spec)
    };
    assert_eq!(with(&|spec| spec.method = x.to_owned()), unknown("method"));
    assert_eq!(
        with(&|spec| spec.url = format!("http://a/{x}")),
        unknown("url")
    );
    assert_eq!(
        with(&|spec| spec.params = entries(&[(x, "a")])),
        unknown("params")
    );
    assert_eq!(
        with(&|spec| spec.headers = entries(&[("a", x)])),
        unknown("headers")
    );
    assert_eq!(with(&|spec| spec.cookies = text(x)), unknown("cookies"));
    assert_eq!(
        with(&|spec| spec.body = Some(types::Body::Data(text(x)))),
        unknown("data")
    );
    assert_eq!(
        with(&|spec| spec.body = Some(types::Body::Json(format!("[\"{x}\"]")))),
        unknown("json")
    );
    assert_eq!(
        with(&|spec| spec.auth = Some(types::Auth::Bearer(x.to_owned()))),
        unknown("auth")
    );
    assert_eq!(
        with(&|spec| spec.url = "${{ secret.OTHER }}".to_owned()),
        "`url`: the secret `OTHER` is not granted to this step"
    );
    assert_eq!(
        with(&|spec| spec.url = "http://${{".to_owned()),
        "`url`: unclosed expression: `}}` is missing"
    );
    assert_eq!(
        with(&|spec| spec.body = Some(types::Body::Json("{\"a\":}".to_owned()))),
        "`json` is not JSON: expected value at line 1 column 6"
    );
}

#[test]
fn settings_of_later_versions() {
    let mut with_extension = spec();
    with_extension.extensions = vec![Extension {
        name: "retry".to_owned(),
        value: "3".to_owned(),
    }];
    assert_eq!(error(with_extension), "this step does not support `retry`");
    let mut with_scheme = spec();
    with_scheme.auth = Some(types::Auth::Other(AuthScheme {
        scheme: "hawk".to_owned(),
        parameters: "{".to_owned(),
    }));
    assert_eq!(
        error(with_scheme),
        "this step does not support the authentication scheme `hawk`"
    );
}
