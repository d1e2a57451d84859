//! Build properties in a step.

use expect_test::expect;
use http_step_host::{Outcome, Properties};
use http_step_tests::{Answer, Service, run, run_with, transcript};
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
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin;
    let step = step.replace("ORIGIN", origin);
    let result = run_with(origin, &step, |job| job.properties(properties())).await;
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
        e|An exception occurred while performing the request: `url`: the property `missing` is not set; set it, or give it a default: `${{ property.missing | default("") }}`
        Exception: Requested (exception)
        UnknownName, sent No: `url`: the property `missing` is not set; set it, or give it a default: `${{ property.missing | default("") }}`
        e|An exception occurred while performing the request: `json`: the property `missing` is not set; set it, or give it a default: `${{ property.missing | default("") }}`
        Exception: Requested (exception)
        UnknownName, sent No: `json`: the property `missing` is not set; set it, or give it a default: `${{ property.missing | default("") }}`
        e|An exception occurred while performing the request: `timeout`: the property `missing` is not set; set it, or give it a default: `${{ property.missing | default("") }}`
        Exception: Requested (exception)
        UnknownName, sent No: `timeout`: the property `missing` is not set; set it, or give it a default: `${{ property.missing | default("") }}`
        e|This run is lent no secrets.
        e|An exception occurred while performing the request: `auth`: the secret `TOKEN` is not given to this step
        Exception: Requested (exception)
        UnknownName, sent No: `auth`: the secret `TOKEN` is not given to this step; `--secret TOKEN=env:TOKEN@ORIGIN` would give it, and so would `TOKEN: {from: env:TOKEN, origins: [ORIGIN]}` under `secrets:` in a policy
    "#]].assert_eq(&text);
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn a_setting_of_the_wrong_type_says_so() {
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
