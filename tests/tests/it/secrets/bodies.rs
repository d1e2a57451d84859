//! Secrets in bodies, however they are written.

use expect_test::expect;
use http_step_host::policy::Place;
use http_step_tests::{Answer, Service};

use crate::secrets::thief::{Thief, VALUE};
use crate::secrets::vault::composed;

/// Responds with the body that it got.
async fn echo() -> Service {
    Service::start(|request| Answer::new(request.body.clone().into())).await
}

#[tokio::test]
async fn each_content_type_has_its_encoding() {
    let service = echo().await;
    let origin = &service.origin;
    let mut thief = Thief::granted(composed("TOKEN", origin, &[Place::Body])).reaches(origin);
    let bodies = [
        (
            "application/json",
            "{\"token\": \"{TOKEN}\", \"{TOKEN}\": 1}",
        ),
        ("application/x-www-form-urlencoded", "a=1&token={TOKEN}&b=2"),
        ("application/soap+xml", "<a b='{TOKEN}'>{TOKEN}</a>"),
        ("text/plain", "{TOKEN}{TOKEN} and {TOKEN}"),
        (
            "multipart/form-data; boundary=b-0123456789abcd",
            "--b-0123456789abcd\\r\\nContent-Disposition: form-data; name=\"a\"\\r\\n\\r\\n{TOKEN}\\r\\n--b-0123456789abcd--\\r\\n",
        ),
    ];
    for (content_type, body) in bodies {
        for how in [
            "",
            " | length",
            " | pieces 1",
            " | pieces 1 | length",
            " | pieces 5",
        ] {
            thief = thief.tries(format!(
                "POST {origin}/ | header content-type: {content_type} | body {body}{how}"
            ));
        }
    }
    let loot = thief.run().await;
    loot.has_nothing_of(&[VALUE]);
    let requests = service.requests();
    assert_eq!(requests.len(), bodies.len() * 5);
    let mut got = String::new();
    for requests in requests.chunks(5) {
        for request in requests {
            assert_eq!(request.body, requests[0].body);
            // The whole body is known before it is sent, whether or not the component declared its
            // length.
            let length = request.body.len().to_string();
            assert_eq!(request.header("content-length"), Some(length.as_str()));
        }
        got += &String::from_utf8_lossy(&requests[0].body);
        got += "\n";
    }
    expect![[r#"
        {"token": "S3cr&t \"W<o>rd'/é+?~kZ", "S3cr&t \"W<o>rd'/é+?~kZ": 1}
        a=1&token=S3cr%26t+%22W%3Co%3Erd%27%2F%C3%A9%2B%3F%7EkZ&b=2
        <a b='S3cr&amp;t &quot;W&lt;o&gt;rd&#39;/é+?~kZ'>S3cr&amp;t &quot;W&lt;o&gt;rd&#39;/é+?~kZ</a>
        S3cr&t "W<o>rd'/é+?~kZS3cr&t "W<o>rd'/é+?~kZ and S3cr&t "W<o>rd'/é+?~kZ
        --b-0123456789abcd
        Content-Disposition: form-data; name="a"

        S3cr&t "W<o>rd'/é+?~kZ
        --b-0123456789abcd--

    "#]].assert_eq(&got.replace('\r', ""));
    // Each gets its own text back.
    let mut expected = String::new();
    for (_, body) in bodies {
        let body = body
            .replace("\\r\\n", "\r\n")
            .replace("{TOKEN}", "<HIDDEN>");
        let report = format!("status 200\n\n{body}\n");
        let report: String = report
            .split_inclusive('\n')
            .map(|line| format!("o|{line}"))
            .collect();
        expected += &report.repeat(5);
    }
    assert_eq!(loot.report(origin), expected);
}

#[tokio::test]
async fn secrets_at_the_end_of_a_long_body() {
    const FILLER: usize = (2 << 20) + 17;
    for how in ["", " | pieces 4093"] {
        let service = Service::start(|request| {
            let end = request.body.len() - 100;
            Answer::new(request.body.slice(end..).into())
        })
        .await;
        let origin = &service.origin;
        let loot = Thief::granted(composed("TOKEN", origin, &[Place::Body]))
            .reaches(origin)
            .tries(format!(
                "POST {origin}/ | filler {FILLER}{how} | body ({{TOKEN}})({{TOKEN}})"
            ))
            .run()
            .await;
        loot.has_nothing_of(&[VALUE]);
        let body = &service.requests()[0].body;
        let end = format!("({VALUE})({VALUE})");
        assert_eq!(body.len(), FILLER + end.len());
        assert!(body.ends_with(end.as_bytes()));
        let dashes = "-".repeat(100 - end.len());
        assert_eq!(
            loot.report(origin),
            format!("o|status 200\no|\no|{dashes}(<HIDDEN>)(<HIDDEN>)\n")
        );
        let secrets = serde_json::to_string(&loot.result.ledger[0].secrets).unwrap();
        assert_eq!(secrets, r#"[{"name":"TOKEN","place":"body"}]"#);
    }
}

#[tokio::test]
async fn a_long_body_to_another_origin_is_aborted() {
    for how in ["", " | length", " | pieces 4093"] {
        let here = echo().await;
        let there = Service::start(|_| Answer::default()).await;
        let loot = Thief::granted(composed("TOKEN", &here.origin, &[Place::Body]))
            .reaches(&there.origin)
            .tries(format!(
                "POST {}/ | filler {}{how} | body {{TOKEN}}",
                there.origin,
                2 << 20
            ))
            .run()
            .await;
        loot.has_nothing_of(&[VALUE]);
        let error = loot.result.ledger[0].error.as_ref().unwrap();
        let why = error.message.replace(&here.origin, "HERE");
        assert_eq!(
            why.replace(&there.origin, "THERE"),
            "the policy does not allow the secret `TOKEN` in the body of a request to THERE: \
             it is granted only for HERE"
        );
        // It never got a complete request.
        let handles = there.requests();
        for request in handles {
            assert!(request.body.is_empty(), "{}", request.body.len());
        }
    }
}

#[tokio::test]
async fn a_body_with_trailers() {
    let service = echo().await;
    let origin = &service.origin;
    let loot = Thief::granted(composed("TOKEN", origin, &[Place::Body]))
        .reaches(origin)
        .tries(format!(
            "POST {origin}/ | trailer x-end: {{TOKEN}} | body ({{TOKEN}})"
        ))
        .run()
        .await;
    loot.has_nothing_of(&[VALUE]);
    let request = &service.requests()[0];
    assert_eq!(request.body, format!("({VALUE})"));
    assert_eq!(request.header("content-length"), None);
    assert_eq!(loot.report(origin), "o|status 200\no|\no|(<HIDDEN>)\n");
}

#[tokio::test]
async fn a_secret_late_in_a_body_of_declared_length() {
    const FILLER: usize = (2 << 20) + 17;
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin;
    let loot = Thief::granted(composed("TOKEN", origin, &[Place::Body]))
        .reaches(origin)
        .tries(format!(
            "POST {origin}/ | filler {FILLER} | length | body ({{TOKEN}})"
        ))
        .run()
        .await;
    loot.has_nothing_of(&[VALUE]);
    let refused = loot.result.ledger[0]
        .error
        .as_ref()
        .map(|error| error.message.as_str());
    expect!["a secret is after the first 1048576 bytes of a body whose length was announced; a body without Content-Length can have it there"].assert_eq(refused.unwrap_or_default());
}
