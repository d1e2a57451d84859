//! Signatures of what goes out.

use expect_test::expect;
use http::{HeaderMap, HeaderName};
use http_step_host::policy::Place;
use http_step_signing::hmac::{Encoding, Form, Plain, sign};
use http_step_signing::sigv4;
use http_step_tests::Recorded;

use super::{assert_current, ledger, loopback};
use crate::secrets::echo;
use crate::secrets::thief::{GITHUB_VALUE, PLAIN_VALUE, Thief, VALUE};
use crate::secrets::vault::secret;

#[tokio::test]
async fn github_s_own_example() {
    let service = echo().await;
    let origin = &service.origin;
    let key = secret("GITHUB", origin).place(Place::Signature);
    let loot = Thief::granted(key)
        .reaches(origin)
        .tries(format!(
            "POST {origin}/ | auth hmac github {{GITHUB}} | body Hello, World!"
        ))
        .run()
        .await;
    let signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert_eq!(
        service.requests()[0].header("x-hub-signature-256"),
        Some(format!("sha256={signature}").as_str())
    );
    loot.has_nothing_of(&[GITHUB_VALUE]);
    loot.has_no(&[signature]);
    expect![[r#"
        o|status 200
        o|
        o|POST /
        o|accept-encoding: identity
        o|x-hub-signature-256: sha256=<hmac>
        o|content-length: 13
        o|
        o|Hello, World!
    "#]]
    .assert_eq(&loot.report(origin));
    assert_eq!(
        ledger(&loot.result, &[("ORIGIN", origin)]),
        "POST ORIGIN 200 GITHUB in signature\n"
    );
}

/// For a body in pieces with a secret in it, the signature covers what is sent.
#[tokio::test]
async fn the_signature_covers_what_is_sent() {
    let service = echo().await;
    let origin = &service.origin;
    let seal = "X-Seal".parse().unwrap();
    let key = secret("GITHUB", origin)
        .place(Place::Signature)
        .header(seal);
    let policy = loopback().grant_secret(key).grant_secret(
        secret("TOKEN", origin)
            .compose(Place::Body)
            .header("X-Seal".parse().unwrap()),
    );
    let plain = Plain::new("x-seal", Encoding::Base64, "v1:").unwrap();
    let forms = [
        ("github", Form::GitHub),
        ("slack", Form::Slack),
        ("stripe", Form::Stripe),
        ("x-seal v1:", Form::Plain(plain)),
    ];
    let mut thief = Thief::under(policy).reaches(origin);
    for (name, _) in &forms {
        for more in ["", " | pieces 7", " | pieces 7 | length"] {
            thief = thief.tries(format!(
                "POST {origin}/ | auth hmac {name} {{GITHUB}} | body is {{TOKEN}} here{more}"
            ));
        }
    }
    // Longer than what is kept of other bodies.
    thief = thief.tries(format!(
        "POST {origin}/ | auth hmac github {{GITHUB}} | filler 2000000 | body {{TOKEN}} | length"
    ));
    let loot = thief.run().await;
    loot.has_nothing_of(&[GITHUB_VALUE, VALUE]);
    let requests = service.requests();
    assert_eq!(requests.len(), 13);
    let (long, short) = requests.split_last().unwrap();
    for (requests, (_, form)) in short.chunks(3).zip(&forms) {
        for request in requests {
            assert_eq!(request.body, format!("is {VALUE} here"));
            check_signature(request, form);
        }
    }
    assert_eq!(long.body.len(), 2_000_000 + VALUE.len());
    check_signature(long, &Form::GitHub);
}

fn check_signature(request: &Recorded, form: &Form) {
    let signed = |time| {
        let headers = sign(form, GITHUB_VALUE.as_bytes(), time, &request.body);
        let text = |(name, value): &(HeaderName, http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        headers.iter().map(text).collect::<Vec<_>>()
    };
    let names = signed(0).into_iter().map(|(name, _)| name);
    let sent: Vec<(String, String)> = names
        .map(|name| {
            let value = request.header(&name).unwrap_or_default().to_owned();
            (name, value)
        })
        .collect();
    assert_current(&sent, signed);
}

#[tokio::test]
async fn a_request_to_aws() {
    let service = echo().await;
    let origin = &service.origin;
    let policy = loopback()
        .grant_secret(secret("TOKEN", origin).place(Place::Signature))
        .grant_secret(secret("PLAIN", origin).place(Place::Header));
    let loot = Thief::under(policy)
        .reaches(origin)
        .tries(format!(
            "PUT {origin}/b%20c/?z=1&a | header content-type: text/plain | header x-other: o | auth aws-sigv4 AKIDEXAMPLE {{TOKEN}} eu-central-1 execute-api {{PLAIN}} | body b"
        ))
        .run()
        .await;
    let [request] = &service.requests()[..] else {
        panic!()
    };
    let sent = request.header("authorization").unwrap().to_owned();
    let host = origin.strip_prefix("http://").unwrap();
    let headers: HeaderMap = [("host", host), ("content-type", "text/plain")]
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .into_iter()
        .collect();
    assert_current(&sent, |time| {
        let request = sigv4::Request {
            method: "PUT",
            path: "/b%20c/",
            query: Some("z=1&a"),
            headers: &headers,
            payload: sigv4::Payload::from_body(b"b"),
        };
        let credentials = sigv4::Credentials {
            access_key_id: "AKIDEXAMPLE",
            secret_access_key: VALUE.as_bytes(),
            session_token: Some(PLAIN_VALUE.as_bytes()),
        };
        let scope = sigv4::Scope::new("eu-central-1", "execute-api");
        let signed = sigv4::sign(&request, &scope, &credentials, time).unwrap();
        let (_, value) = signed.last().unwrap();
        value.to_str().unwrap().to_owned()
    });
    assert_eq!(request.header("x-amz-security-token"), Some(PLAIN_VALUE));
    let signature = sent.rsplit('=').next().unwrap();
    loot.has_nothing_of(&[VALUE, PLAIN_VALUE]);
    loot.has_no(&[signature]);
    let date = request.header("x-amz-date").unwrap();
    expect![[r#"
        o|status 200
        o|
        o|PUT /b%20c/?z=1&a
        o|content-type: text/plain
        o|x-other: o
        o|accept-encoding: identity
        o|x-amz-date: DATE
        o|x-amz-security-token: <HIDDEN>
        o|authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/DAY/eu-central-1/execute-api/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=<aws-sigv4>
        o|content-length: 1
        o|
        o|b
    "#]]
    .assert_eq(
        &loot
            .report(origin)
            .replace(date, "DATE")
            .replace(&date[..8], "DAY"),
    );
    assert_eq!(
        ledger(&loot.result, &[("ORIGIN", origin)]),
        "PUT ORIGIN 200 TOKEN in signature PLAIN in header\n"
    );
}

/// The step chooses the text before a signature, so it is in no field that servers join with one
/// that has a value.
#[tokio::test]
async fn a_signature_stands_beside_no_secret() {
    let service = echo().await;
    let origin = &service.origin;
    let loot = Thief::granted(secret("TOKEN", origin))
        .reaches(origin)
        .tries(format!(
            "POST {origin}/ | header api-key: {{TOKEN}} | auth hmac api_key xxxxxxxxxxxxxxx= made-up | body x"
        ))
        .tries(format!(
            "POST {origin}/ | header api-key: {{TOKEN}} | auth hmac x-seal xxxxxxxxxxxxxxx= made-up | body x"
        ))
        .run()
        .await;
    let rows = loot.result.ledger.iter().take(2);
    let errors: Vec<_> = rows
        .map(|row| row.error.as_ref().map(|error| error.message.as_str()))
        .collect();
    assert_eq!(
        errors,
        [
            Some(
                "the request has a field that servers join with `api_key`, in which a proof is to stand"
            ),
            None
        ]
    );
    assert_eq!(service.requests().len(), 1);
}
