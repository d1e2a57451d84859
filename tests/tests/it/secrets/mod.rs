//! Secrets: a step uses them without seeing them.

mod bodies;
mod cuts;
mod elsewhere;
mod errors;
mod granting;
mod oracles;
mod parts;
mod places;
mod proofs;
mod property;
mod refused;
mod theft;
mod thief;
mod urls;
mod vault;
mod wire;

use expect_test::expect;
use http_step_host::policy::{Place, Policy};
use http_step_host::{Outcome, Stream};
use http_step_tests::{Answer, Service, transcript};

use vault::{Vault, run, secret_in};

/// A service that responds with the request that it got: line, headers and body.
async fn echo() -> Service {
    Service::start(|request| {
        let mut text = format!("{}\n", request.line);
        // What differs from run to run is left out.
        for header in request
            .headers
            .iter()
            .filter(|header| !header.starts_with("host:"))
        {
            text.push_str(header);
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&request.body));
        let mut answer = Answer::new(text.into());
        let date = "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap();
        answer.headers_mut().insert("date", date);
        answer
    })
    .await
}

#[tokio::test]
async fn a_secret_goes_out_and_does_not_come_back() {
    let service = echo().await;
    let origin = &service.origin;
    let result = run(
        &format!(
            "post: {origin}/${{{{ secret.TOKEN }}}}\n\
             params: {{q: '${{{{ secret.TOKEN }}}}'}}\n\
             headers: {{X-Authorization: 'key ${{{{ secret.TOKEN }}}}'}}\n\
             auth: {{basic: {{username: me, password: '${{{{ secret.TOKEN }}}}'}}}}\n\
             json: {{token: '${{{{ secret.TOKEN }}}}'}}"
        ),
        Policy::nothing()
            .allow(origin.parse().unwrap())
            .grant_secret(secret_in(
                "TOKEN",
                origin,
                &[Place::Header, Place::Query, Place::Path, Place::Body],
            )),
        Vault(&[("TOKEN", "p&ss \"w<o>rd/é")]),
    )
    .await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    let request = &service.requests()[0];
    assert_eq!(
        request.line,
        "POST /p%26ss%20%22w%3Co%3Erd%2F%C3%A9?q=p%26ss%20%22w%3Co%3Erd%2F%C3%A9"
    );
    assert_eq!(
        request.header("x-authorization"),
        Some("key p&ss \"w<o>rd/é")
    );
    assert_eq!(
        request.header("authorization"),
        Some("Basic bWU6cCZzcyAidzxvPnJkL8Op")
    );
    let length = request.body.len().to_string();
    assert_eq!(request.header("content-length"), Some(length.as_str()));
    assert_eq!(request.body, "{\"token\":\"p&ss \\\"w<o>rd/é\"}");
    expect![[r#"
        h|Performing POST request to ORIGIN/<HIDDEN>
        h|Parameters:
        h|	q: <HIDDEN>
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        h|	X-Authorization: key <HIDDEN>
        h|	Content-Length: 44
        h|	Content-Type: application/json
        h|	Authorization: <HIDDEN>
        o|URL: ORIGIN/<HIDDEN>?q=<HIDDEN>
        o|Status: 200
        h|Response Headers:
        h|	date: Sun, 06 Nov 1994 08:49:37 GMT
        o| ------ Content ------
        o|POST /<HIDDEN>?q=<HIDDEN>
        o|user-agent: http-step/0.1.0
        o|accept-encoding: identity
        o|accept: */*
        o|x-authorization: key <HIDDEN>
        o|content-length: 28
        o|content-type: application/json
        o|authorization: Basic bWU6<HIDDEN>
        o|
        o|{"token":"<HIDDEN>"}¶
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&result, origin));
    let secrets = serde_json::to_string(&result.ledger[0].secrets).unwrap();
    expect![[r#"[{"name":"TOKEN","place":"path"},{"name":"TOKEN","place":"query"},{"name":"TOKEN","place":"header"},{"name":"TOKEN","place":"body"}]"#]].assert_eq(&secrets);
}

#[tokio::test]
async fn every_attempt_is_redacted() {
    let service = Service::start(|request| {
        let mut answer = Answer::new(request.header("api-key").unwrap().to_owned().into());
        *answer.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        answer
    })
    .await;
    let origin = &service.origin;
    let policy = Policy::nothing()
        .allow(origin.parse().unwrap())
        .grant_secret(vault::secret("KEY", origin));
    let step = format!(
        "get: {origin}/\nheaders: {{api-key: '${{{{ secret.KEY }}}}'}}\nretry: {{delay: 0}}"
    );
    let result = run(
        &step,
        policy,
        Vault(&[("KEY", "4fd1c7b2-a-value-that-is-secret")]),
    )
    .await;
    assert_eq!(result.attempts.len(), 3);
    let shown = serde_json::to_string(&result).unwrap();
    assert!(!shown.contains("4fd1c7b2"), "{shown}");
    let bodies = result
        .log
        .iter()
        .filter(|entry| entry.stream == Stream::Content);
    let bodies: Vec<&str> = bodies.map(|entry| entry.text.trim()).collect();
    assert_eq!(bodies, ["<HIDDEN>"; 3]);
    let received = service.requests();
    let keys = received.iter().map(|it| it.header("api-key").unwrap());
    assert_eq!(
        keys.collect::<Vec<_>>(),
        ["4fd1c7b2-a-value-that-is-secret"; 3]
    );
}
