//! A service that gets a value, and echoes it in every form.

use expect_test::expect;
use http::{HeaderName, HeaderValue};
use http_step_host::policy::Place;
use http_step_tests::{Answer, Recorded, Service};

use crate::secrets::thief::{PLAIN_VALUE, Thief, VALUE, bench};
use crate::secrets::vault::secret;
use crate::secrets::wire::Wire;
use http_step_tests::forms;

/// Responds with the form whose number is the path: in the body, twice, and in fields.
fn each_form(request: &Recorded) -> Answer {
    let number: usize = request.line.rsplit('/').next().unwrap().parse().unwrap();
    let (name, form) = forms(VALUE).swap_remove(number);
    let mut answer = Answer::new(format!("{name}: ({form})({form})").into());
    for (field, text) in [
        ("x-echo", form.clone()),
        ("location", format!("/?q={form}#")),
        ("set-cookie", format!("t={form}; Path=/")),
    ] {
        let name: HeaderName = field.parse().unwrap();
        let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// Asks for all forms, from a service that has the value each time.
async fn all_forms(service: Service, origin: &str) -> String {
    let mut thief = Thief::granted(secret("TOKEN", origin)).reaches(origin);
    for number in 0..forms(VALUE).len() {
        thief = thief.tries(format!("GET {origin}/{number} | header api-key: {{TOKEN}}"));
    }
    let loot = thief.run().await;
    loot.has_nothing_of(&[VALUE]);
    let requests = service.requests();
    assert_eq!(requests.len(), forms(VALUE).len());
    for request in requests {
        assert_eq!(request.header("api-key"), Some(VALUE));
    }
    loot.report(origin)
}

/// The expected report: each form is hidden.
fn hidden() -> String {
    forms(VALUE)
        .iter()
        .map(|(name, _)| {
            format!(
                "o|status 200\n\
                 o|x-echo: <HIDDEN>\n\
                 o|location: /?q=<HIDDEN>#\n\
                 o|set-cookie: t=<HIDDEN>; Path=/\n\
                 o|\n\
                 o|{name}: (<HIDDEN>)(<HIDDEN>)\n"
            )
        })
        .collect()
}

#[tokio::test]
async fn each_form_in_body_and_fields() {
    let service = Service::start(each_form).await;
    let origin = service.origin.clone();
    let report = all_forms(service, &origin).await;
    assert_eq!(report, hidden());
}

#[tokio::test]
async fn each_form_over_http_2() {
    let issued = bench().authority.issue("echo.test");
    let service = Service::start_tls(issued.server().http2().acceptor(), each_form).await;
    let origin = format!("https://echo.test:{}", service.port);
    let report = all_forms(service, &origin).await;
    assert_eq!(report, hidden());
}

#[tokio::test]
async fn in_the_names_of_fields_and_in_trailers() {
    let service = Wire::start(|_| {
        let mut head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n".to_owned();
        let mut trailers = String::new();
        for (name, form) in forms(PLAIN_VALUE) {
            if !form.contains(['/', '\\', '&']) {
                head += &format!("X-{form}: {name}\r\n");
                trailers += &format!("Y-{form}: {name}\r\n");
            }
            trailers += &format!("Z: {form}, {name}\r\n");
        }
        vec![format!("{head}\r\n2\r\nok\r\n0\r\n{trailers}\r\n").into_bytes()]
    })
    .await;
    let origin = &service.origin;
    let loot = Thief::granted(secret("PLAIN", origin).place(Place::Query))
        .reaches(origin)
        .tries(format!("GET {origin}/?q={{PLAIN}}"))
        .run()
        .await;
    loot.has_nothing_of(&[PLAIN_VALUE]);
    assert!(service.heads()[0].starts_with("GET /?q=S3cr-t%2BW0rd~kZ9%21x HTTP/1.1\r\n"));
    expect![[r#"
        o|status 200
        o|x<HIDDEN>: base64 at 1
        o|x<HIDDEN>: base64url at 1
        o|x<HIDDEN>: base64 at 2
        o|x<HIDDEN>: base64url at 2
        o|x-<HIDDEN>: plain
        o|x-<HIDDEN>: upper case
        o|x-<HIDDEN>: lower case
        o|x-<HIDDEN>: JSON
        o|x-<HIDDEN>: JSON with slashes
        o|x-<HIDDEN>: JSON in ASCII
        o|x-<HIDDEN>: HTML
        o|x-<HIDDEN>: hex
        o|x-<HIDDEN>: HEX
        o|x-<HIDDEN>: percent
        o|x-<HIDDEN>: percent in lower case
        o|x-<HIDDEN>: form
        o|x-<HIDDEN>: each byte
        o|x-<HIDDEN>: base64 at 0
        o|x-<HIDDEN>: base64url at 0
        o|y-<HIDDEN>: plain
        o|y-<HIDDEN>: upper case
        o|y-<HIDDEN>: lower case
        o|y-<HIDDEN>: JSON
        o|y-<HIDDEN>: JSON with slashes
        o|y-<HIDDEN>: JSON in ASCII
        o|y-<HIDDEN>: HTML
        o|y-<HIDDEN>: hex
        o|y-<HIDDEN>: HEX
        o|y-<HIDDEN>: percent
        o|y-<HIDDEN>: percent in lower case
        o|y-<HIDDEN>: form
        o|y-<HIDDEN>: each byte
        o|y-<HIDDEN>: base64 at 0
        o|y-<HIDDEN>: base64url at 0
        o|z: <HIDDEN>, plain
        o|z: <HIDDEN>, upper case
        o|z: <HIDDEN>, lower case
        o|z: <HIDDEN>, hex
        o|z: <HIDDEN>, HEX
        o|z: <HIDDEN>, percent
        o|z: <HIDDEN>, percent in lower case
        o|z: <HIDDEN>, each byte
        o|z: <HIDDEN>, form
        o|z: <HIDDEN>, JSON
        o|z: <HIDDEN>, JSON with slashes
        o|z: <HIDDEN>, JSON in ASCII
        o|z: <HIDDEN>, HTML
        o|z: <HIDDEN>, base64 at 0
        o|z: <HIDDEN>, base64url at 0
        o|z: <HIDDEN>, base64 at 1
        o|z: <HIDDEN>, base64url at 1
        o|z: <HIDDEN>, base64 at 2
        o|z: <HIDDEN>, base64url at 2
        o|y<HIDDEN>: base64 at 1
        o|y<HIDDEN>: base64url at 1
        o|y<HIDDEN>: base64 at 2
        o|y<HIDDEN>: base64url at 2
        o|
        o|ok
    "#]]
    .assert_eq(&loot.report(origin));
}
