//! What goes out: methods, parameters, bodies, headers, credentials.

use bytes::Bytes;
use expect_test::{Expect, expect};
use http_step_host::Outcome;
use http_step_tests::{Answer, Service, run, run_with};

/// What the service got, as text.
async fn received(step: &str) -> String {
    let service = Service::start(|_| Answer::new(Bytes::from("ok").into())).await;
    let step = step.replace("ORIGIN", &service.origin);
    let result = run_with(&service.origin, &step, |job| {
        job.files_under(concat!(env!("CARGO_MANIFEST_DIR"), "/files"))
    })
    .await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
    let mut text = String::new();
    for request in service.requests() {
        text.push_str(&request.line);
        text.push('\n');
        for header in &request.headers {
            text.push_str(header);
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&request.body).replace('\r', "␍"));
    }
    text.replace(&service.origin.replace("http://", ""), "HOST")
}

async fn check(step: &str, expected: Expect) {
    expected.assert_eq(&received(step).await);
}

#[tokio::test]
async fn every_method_has_a_short_form() {
    for method in ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] {
        let service = Service::start(|_| Answer::default()).await;
        let origin = &service.origin;
        let short = format!("{}: {origin}/a", method.to_lowercase());
        let long = format!("url: {origin}/b\nmethod: {method}");
        for step in [&short, &long] {
            assert_eq!(run(origin, step).await.outcome, Outcome::Success);
        }
        let lines: Vec<_> = service.requests().into_iter().map(|request| request.line).collect();
        assert_eq!(lines, [format!("{method} /a"), format!("{method} /b")]);
    }
}

#[tokio::test]
async fn the_method_is_post_by_default() {
    check("url: ORIGIN/path", expect![[""]]).await;
}

#[tokio::test]
async fn params_go_to_the_end_of_a_query() {
    check(
        "get: ORIGIN/path?a=1#fragment\nparams: {b: 'x y&z', c: [1, 2], d: null, é: true}",
        expect![[""]],
    )
    .await;
}

#[tokio::test]
async fn params_as_text_stand_as_they_are() {
    check("get: ORIGIN/path\nparams: a=1&b", expect![[""]]).await;
}

#[tokio::test]
async fn a_dictionary_as_data_is_form_encoded() {
    check("post: ORIGIN/\ndata: {name: a b, list: [1, 2]}", expect![[""]]).await;
}

#[tokio::test]
async fn a_string_as_data_is_sent_raw() {
    check("put: ORIGIN/\ndata: 'a b=ü'", expect![[""]]).await;
}

#[tokio::test]
async fn json_is_sent_as_json() {
    check("post: ORIGIN/\njson: {a: [1, 2.5, null, true], b: ü}", expect![[""]]).await;
}

#[tokio::test]
async fn files_are_multipart() {
    check(
        "\
post: ORIGIN/
data: {build: 7}
files:
  report: report.txt
  notes:
    content: inline
    filename: 'no\"tes.txt'
    content_type: text/plain
    headers: {X-Part: one}",
        expect![[""]],
    )
    .await;
}

#[tokio::test]
async fn headers_keep_their_order_and_replace_the_defaults() {
    check(
        "\
get: ORIGIN/
headers:
  X-One: 1
  X-Many: [a, b]
  user-agent: mine
  X-Two: 2",
        expect![[""]],
    )
    .await;
}

#[tokio::test]
async fn a_content_type_of_the_step_wins() {
    check(
        "post: ORIGIN/\nheaders: {Content-Type: application/vnd.api+json}\njson: {}",
        expect![[""]],
    )
    .await;
}

#[tokio::test]
async fn cookies_are_sent() {
    check("get: ORIGIN/\ncookies: {a: 1, b: two}", expect![[""]]).await;
}

#[tokio::test]
async fn basic_auth_as_a_pair_and_bearer_by_name() {
    check("get: ORIGIN/\nauth: [user, 'pass:word']", expect![[""]]).await;
    check("get: ORIGIN/\nauth: {bearer: token.1}", expect![[""]]).await;
}

#[tokio::test]
async fn a_body_of_many_chunks_arrives_whole() {
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin;
    let line = "0123456789abcdef".repeat(4096);
    let body: String = std::iter::repeat_n(line.as_str(), 64).collect();
    // A step file is small; what is large comes as a property.
    let result = run_with(
        origin,
        &format!("post: {origin}/\ndata: ${{{{ property.body }}}}"),
        |job| job.properties([("body", body.as_str())].into()),
    )
    .await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    assert_eq!(service.requests()[0].body, body.as_bytes());
    assert_eq!(result.usage.bytes_sent, 4 << 20);
}
