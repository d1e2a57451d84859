//! Build properties in a step.

use expect_test::expect;
use http_step_host::{Job, Outcome, Policy, Properties};
use http_step_tests::{Answer, Guest, Service, host, run, run_with, step_file, transcript};
use serde_json::json;

fn properties() -> Properties {
    let mut properties = Properties::from([("branch", "main")]);
    properties.set("number", 7);
    properties.set("params", json!({"a": 1, "b": ["x", "y"], "c": null}));
    properties.set("headers", json!({"X-One": "1"}));
    properties.set("limit", 2);
    properties.set("hostile", "${{ secret.TOKEN }}");
    properties
}

/// What is sent for a step with all of the properties above.
async fn sent(step: &str) -> String {
    sent_with(step, properties()).await
}

async fn sent_with(step: &str, properties: Properties) -> String {
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin;
    let step = step.replace("ORIGIN", origin);
    let result = run_with(origin, &step, |job| job.properties(properties)).await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
    let request = service.requests().remove(0);
    let header = request
        .header("x-one")
        .map_or(String::new(), |value| format!(" x-one={value}"));
    format!(
        "{}{header} {}",
        request.line,
        String::from_utf8_lossy(&request.body)
    )
}

#[tokio::test]
async fn expressions_are_rendered_everywhere() {
    for (step, expected) in [
        (
            "post: ORIGIN/${{ property.branch }}/${{ property.number }}",
            "POST /main/7 ",
        ),
        (
            "get: ORIGIN/\nparams: ${{ property.params }}",
            "GET /?a=1&b=x&b=y ",
        ),
        (
            "post: ORIGIN/\ndata: ${{ property.params }}",
            "POST / a=1&b=x&b=y",
        ),
        (
            "post: ORIGIN/\njson: ${{ property.params }}",
            r#"POST / {"a":1,"b":["x","y"],"c":null}"#,
        ),
        (
            "post: ORIGIN/\njson: {n: '${{ property.number }}', t: 'no. ${{ property.number }}'}",
            r#"POST / {"n":7,"t":"no. 7"}"#,
        ),
        (
            "get: ORIGIN/\nheaders: ${{ property.headers }}",
            "GET / x-one=1 ",
        ),
        (
            "url: ORIGIN/\nmethod: ${{ property.method | default(\"PUT\") }}",
            "PUT / ",
        ),
        (
            "get: ORIGIN/\nmax_redirects: ${{ property.limit }}",
            "GET / ",
        ),
        // The maximum, which is above the default.
        ("get: ORIGIN/\nmax_redirects: 50", "GET / "),
        (
            "post: ORIGIN/\ndata: $${{ property.branch }}",
            "POST / ${{ property.branch }}",
        ),
        // A value is not rendered again.
        (
            "post: ORIGIN/\ndata: ${{ property.hostile }}",
            "POST / ${{ secret.TOKEN }}",
        ),
    ] {
        assert_eq!(sent(step).await, expected, "{step}");
    }
}

#[tokio::test]
async fn an_unknown_property_is_named_and_nothing_is_sent() {
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin;
    let mut text = String::new();
    for step in [
        format!("post: {origin}/${{{{ property.missing }}}}"),
        format!("post: {origin}/\njson: [{{a: '${{{{ property.missing }}}}'}}]"),
        format!("post: {origin}/\ntimeout: ${{{{ property.missing }}}}"),
        format!("post: {origin}/\nauth: {{bearer: '${{{{ secret.TOKEN }}}}'}}"),
    ] {
        text.push_str(&transcript(&run(origin, &step).await, origin));
    }
    expect![[r#"
        e|An exception occurred while performing the request: `url`: the property `missing` is not set; set it or use a default: `${{ property.missing | default("") }}`
        Exception: Requested (exception)
        UnknownName, sent No: `url`: the property `missing` is not set; set it or use a default: `${{ property.missing | default("") }}`
        e|An exception occurred while performing the request: `json`: the property `missing` is not set; set it or use a default: `${{ property.missing | default("") }}`
        Exception: Requested (exception)
        UnknownName, sent No: `json`: the property `missing` is not set; set it or use a default: `${{ property.missing | default("") }}`
        e|An exception occurred while performing the request: `timeout`: the property `missing` is not set; set it or use a default: `${{ property.missing | default("") }}`
        Exception: Requested (exception)
        UnknownName, sent No: `timeout`: the property `missing` is not set; set it or use a default: `${{ property.missing | default("") }}`
        e|No secrets are granted to this run.
        e|An exception occurred while performing the request: `auth`: the secret `TOKEN` is not granted to this step
        Exception: Requested (exception)
        UnknownName, sent No: `auth`: the secret `TOKEN` is not granted to this step
    "#]].assert_eq(&text);
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn a_setting_of_the_wrong_type_is_reported() {
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin;
    let step = format!("get: {origin}/\nmax_redirects: ${{{{ property.branch }}}}");
    let result = run_with(origin, &step, |job| job.properties(properties())).await;
    expect![[r#"
        e|An exception occurred while performing the request: `max_redirects`: the expression's value does not fit: invalid type: string "main", expected u32
        Exception: Requested (exception)
        InvalidSpec, sent No: `max_redirects`: the expression's value does not fit: invalid type: string "main", expected u32
    "#]].assert_eq(&transcript(&result, origin));
}

const NUMBERS: &str =
    "[123456789012345678901234567890,1.10,-0,1e400,1E5,0.1000,18446744073709551616]";

/// Digits are preserved, from a file of properties or a program, as numbers or within text.
#[tokio::test]
async fn numbers_keep_their_digits() {
    let yaml = format!("it: {NUMBERS}");
    let json = format!(r#"{{"it": {NUMBERS}}}"#);
    let mut set = Properties::default();
    set.set(
        "it",
        NUMBERS.parse::<http_step_host::json::Value>().unwrap(),
    );
    for properties in [
        Properties::parse(yaml.as_bytes()).unwrap(),
        Properties::parse(json.as_bytes()).unwrap(),
        set,
    ] {
        for (step, expected) in [
            (
                "post: ORIGIN/\njson: ${{ property.it }}",
                format!("POST / {NUMBERS}"),
            ),
            (
                "post: ORIGIN/\njson: {a: ['${{ property.it }}']}",
                format!("POST / {{\"a\":[{NUMBERS}]}}"),
            ),
            (
                "post: ORIGIN/\ndata: <${{ property.it }}>",
                format!("POST / <{NUMBERS}>"),
            ),
            (
                "post: ORIGIN/\ndata: {n: '${{ property.it }}'}",
                "POST / n=123456789012345678901234567890&n=1.10&n=-0&n=1e400&n=1E5&n=0.1000&n=18446744073709551616".to_owned(),
            ),
        ] {
            assert_eq!(sent_with(step, properties.clone()).await, expected, "{step}");
        }
    }
    let default = format!("post: ORIGIN/\njson: ${{{{ property.x | default({NUMBERS}) }}}}");
    assert_eq!(sent(&default).await, format!("POST / {NUMBERS}"));
}

/// Within text, a number is spelled as in the file of properties.
#[tokio::test]
async fn numbers_keep_their_spelling_in_text() {
    let file = "phone: +15551234567\nmode: 0755\nall: {phone: +15551234567, list: [0x1F, .5, 1.]}";
    let properties = Properties::parse(file.as_bytes()).unwrap();
    for (step, expected) in [
        (
            "get: ORIGIN/${{ property.mode }}\nheaders: {X-One: '${{ property.phone }}'}",
            "GET /0755 x-one=+15551234567 ",
        ),
        (
            "post: ORIGIN/\ndata: call ${{ property.phone }}",
            "POST / call +15551234567",
        ),
        (
            "post: ORIGIN/\ndata: ${{ property.all }}",
            "POST / phone=%2B15551234567&list=0x1F&list=.5&list=1.",
        ),
        (
            "post: ORIGIN/\njson: ['${{ property.all }}', '${{ property.mode }}', 'x${{ property.mode }}']",
            r#"POST / [{"phone":15551234567,"list":[31,0.5,1.0]},755,"x0755"]"#,
        ),
    ] {
        assert_eq!(
            sent_with(step, properties.clone()).await,
            expected,
            "{step}"
        );
    }
}

/// What a component is given, and what it passes on to the build.
#[tokio::test]
async fn outputs_keep_their_digits() {
    let file = format!("digits: {NUMBERS}\nphone: {{number: +15551234567, name: a}}\nnone: null");
    let step = host().load(&Guest::HandsOnProperties.wasm()).unwrap();
    let url = "get: https://example.com/digits,phone,none,unknown";
    let job = Job::new(step_file(url), Policy::nothing())
        .properties(Properties::parse(file.as_bytes()).unwrap());
    let result = host().run(&step, job).await;
    let expected = format!(
        r#"{{"get digits":{NUMBERS},"get phone":{{"number":15551234567,"name":"a"}},"spelled phone":{{"number":"+15551234567","name":"a"}},"get none":null}}"#
    );
    assert_eq!(serde_json::to_string(&result.outputs).unwrap(), expected);
    let whole = serde_json::to_string(&result).unwrap();
    assert!(
        whole.contains(&format!("\"outputs\":{expected}")),
        "{whole}"
    );
}

/// A property in a URL is not encoded. The log warns where that changes the URL.
#[tokio::test]
async fn a_property_that_needs_encoding_is_reported() {
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin;
    let step = format!(
        "get: {origin}/branches/${{{{ property.branch }}}}/builds?ok=${{{{ property.ok }}}}"
    );
    let properties = [("branch", "feature/x#7"), ("by", "R&D"), ("ok", "a%26b")];
    let result = run_with(origin, &step, |job| job.properties(properties.into())).await;
    let report = transcript(&result, origin);
    let warnings: Vec<_> = report
        .lines()
        .filter(|line| line.starts_with("e|"))
        .collect();
    expect![[r#"
        e|Warning: the property `branch` is inserted into `url` without encoding, where its `/`, `#` have a special meaning; set it percent-encoded: `%2F`, `%23`"#]]
    .assert_eq(&warnings.join("\n"));
    assert_eq!(service.requests().remove(0).line, "GET /branches/feature/x");
    let step = format!("get: {origin}/builds?by=${{{{ property.by }}}}&ok=${{{{ property.ok }}}}");
    let result = run_with(origin, &step, |job| job.properties(properties.into())).await;
    let report = transcript(&result, origin);
    let warnings: Vec<_> = report
        .lines()
        .filter(|line| line.starts_with("e|"))
        .collect();
    expect![[r#"
        e|Warning: the property `by` is inserted into `url` without encoding, where its `&` has a special meaning; put it in `params`, which are encoded, or set it percent-encoded: `%26`"#]]
    .assert_eq(&warnings.join("\n"));
}
