//! A handle that is sent where its secret is not granted.

use expect_test::expect;
use http::HeaderValue;
use http_step_host::policy::Place;
use http_step_tests::{Answer, Service};

use crate::secrets::thief::{Thief, VALUE};
use crate::secrets::vault::{composed, secret};

/// Whether a secret was denied, in any place, because of its origin.
fn is_denied(why: &str) -> bool {
    why.starts_with("the policy does not allow the secret `TOKEN` in ")
        && why.ends_with(" of a request to THERE: it is granted only for HERE")
}

/// Replaces the origins of both services by words.
fn named(text: &str, here: &str, there: &str) -> String {
    text.replace(here, "HERE").replace(there, "THERE")
}

#[tokio::test]
async fn another_origin() {
    for order in [
        "GET THERE/ | header api-key: {TOKEN}",
        "GET THERE/{TOKEN}",
        "GET THERE/?q={TOKEN}",
        "POST THERE/ | body {TOKEN}",
        "POST THERE/ | length | body {TOKEN}",
        "POST THERE/ | pieces 1 | body {TOKEN}",
        "GET THERE/ | basic me:{TOKEN}",
        "GET THERE/ | bare-basic {TOKEN}:",
    ] {
        let here = Service::start(|_| Answer::default()).await;
        let there = Service::start(|_| Answer::default()).await;
        let loot = Thief::granted(composed("TOKEN", &here.origin, &Place::COMPOSABLE))
            .reaches(&here.origin)
            .reaches(&there.origin)
            .tries(order.replace("THERE", &there.origin))
            .run()
            .await;
        loot.has_nothing_of(&[VALUE]);
        assert_eq!((here.connections(), there.connections()), (0, 0), "{order}");
        let row = &loot.result.ledger[0];
        let why = &row.error.as_ref().unwrap().message;
        let why = named(why, &here.origin, &there.origin);
        assert!(is_denied(&why), "{order}: {why}");
        assert_eq!(serde_json::to_string(&row.secrets).unwrap(), "[]");
        // The component learns no more.
        assert_eq!(loot.report("nowhere"), "o|ErrorCode::HttpRequestDenied\n");
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin() {
    for status in [302, 307] {
        let there = Service::start(|_| Answer::default()).await;
        let location = HeaderValue::from_str(&format!("{}/", there.origin)).unwrap();
        let here = Service::start(move |_| {
            let mut answer = Answer::default();
            *answer.status_mut() = status.try_into().unwrap();
            answer.headers_mut().insert("location", location.clone());
            answer
        })
        .await;
        let loot = Thief::granted(secret("TOKEN", &here.origin))
            .reaches(&here.origin)
            .reaches(&there.origin)
            .tries(format!(
                "POST {}/ | header authorization: Bearer {{TOKEN}} | follow",
                here.origin
            ))
            .run()
            .await;
        loot.has_nothing_of(&[VALUE]);
        let authorization = format!("Bearer {VALUE}");
        let requests = here.requests();
        assert_eq!(
            requests[0].header("authorization"),
            Some(authorization.as_str())
        );
        assert_eq!((here.connections(), there.connections()), (1, 0));
        assert_eq!(loot.report("nowhere"), "o|ErrorCode::HttpRequestDenied\n");
        let why = &loot.result.ledger[1].error.as_ref().unwrap().message;
        let why = named(why, &here.origin, &there.origin);
        assert!(is_denied(&why), "{why}");
    }
}

#[tokio::test]
async fn the_host_of_a_request() {
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin;
    let port = service.port;
    let loot = Thief::granted(secret("TOKEN", origin))
        .reaches(origin)
        .reaches(&format!("http://*.test:{port}"))
        .tries("GET http://{TOKEN}/")
        .tries(format!("GET http://{{TOKEN}}.test:{port}/"))
        .tries(format!("GET http://a.{{TOKEN}}.test:{port}/"))
        .tries(format!("GET http://{{TOKEN}}@127.0.0.1:{port}/"))
        .tries(format!("{{TOKEN}} {origin}/"))
        .run()
        .await;
    loot.has_nothing_of(&[VALUE]);
    expect![[r#"
        o|ErrorCode::HttpRequestUriInvalid
        o|ErrorCode::HttpRequestUriInvalid
        o|ErrorCode::HttpRequestUriInvalid
        o|ErrorCode::HttpRequestUriInvalid
        o|status 200
        o|content-length: 0
        o|
        o|
    "#]]
    .assert_eq(&loot.report(origin));
    let handle = handle_in(&loot.memory);
    let lines: Vec<_> = service.requests().into_iter().map(|it| it.line).collect();
    // As a method it is an ordinary word.
    assert_eq!(lines, [format!("{handle} /")]);
}

#[tokio::test]
async fn a_handle_of_another_run() {
    let service =
        Service::start(|request| Answer::new(request.header("api-key").unwrap().to_owned().into()))
            .await;
    let origin = &service.origin;
    let granted = || Thief::granted(secret("TOKEN", origin)).reaches(origin);
    // A server reveals the handle where nothing hides it; the log of another run does not.
    let mine = granted()
        .tenant("mine")
        .tries(format!("GET {origin}/ | header api-key: {{TOKEN}}"))
        .run()
        .await;
    mine.has_nothing_of(&[VALUE]);
    let handle = handle_in(&mine.memory);
    let theirs = granted()
        .tenant("theirs")
        .tries(format!("GET {origin}/ | header api-key: {handle}"))
        .run()
        .await;
    theirs.has_nothing_of(&[VALUE]);
    let got: Vec<_> = service
        .requests()
        .iter()
        .map(|request| request.header("api-key").unwrap().to_owned())
        .collect();
    assert_eq!(got, [VALUE.to_owned(), handle]);
}

/// The handle that a component was given.
fn handle_in(memory: &[u8]) -> String {
    let is_part = |byte: &u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
    let handle = memory
        .windows(32)
        .find(|text| text.starts_with(b"hs") && text.iter().all(is_part));
    String::from_utf8(handle.unwrap().to_vec()).unwrap()
}
