//! The examples of RFC 6749 and RFC 6750, and the responses of other servers.

use std::time::{Duration, Instant};

use expect_test::expect;
use http_step_signing::oauth2::{
    ClientAuthentication, ClientCredentials, FORM_FIELDS, MAX_ANSWER, Token, TokenError,
};
use proptest::prelude::*;

use crate::lines;

/// The client of RFC 6749, section 2.3.1.
const CLIENT: ClientCredentials<'_> = ClientCredentials {
    id: "s6BhdRkqt3",
    secret: b"7Fjfp0ZBr1KtDRbnfVdmIw",
    authentication: ClientAuthentication::Basic,
    scope: None,
    audience: None,
    is_id_first: false,
};

fn sent(client: &ClientCredentials<'_>) -> String {
    let request = client.request();
    let body = str::from_utf8(&request.body).unwrap();
    format!("{}\n{body}\n", lines(&request.headers))
}

/// RFC 6749, section 4.4.2. The value of `Authorization` is that of section 2.3.1.
#[test]
fn rfc_6749_basic() {
    expect![[r#"
        content-type: application/x-www-form-urlencoded
        accept: application/json
        authorization: Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3

        grant_type=client_credentials
    "#]]
    .assert_eq(&sent(&CLIENT));
}

/// The credentials of RFC 6749, section 2.3.1, in the body.
#[test]
fn rfc_6749_in_the_body() {
    expect![[r#"
        content-type: application/x-www-form-urlencoded
        accept: application/json

        client_secret=7Fjfp0ZBr1KtDRbnfVdmIw&client_id=s6BhdRkqt3&grant_type=client_credentials&scope=read+write&audience=https%3A%2F%2Fapi.example.com%2F
    "#]]
    .assert_eq(&sent(&ClientCredentials {
        authentication: ClientAuthentication::Body,
        scope: Some("read write"),
        audience: Some("https://api.example.com/"),
        ..CLIENT
    }));
}

/// The text of RFC 6749, appendix B, as a secret: ` %&+£€` is
/// `+%25%26%2B%C2%A3%E2%82%AC`, in Basic as in the body.
#[test]
fn rfc_6749_form_encoding() {
    let client = ClientCredentials {
        id: "a:b",
        secret: " %&+£€".as_bytes(),
        ..CLIENT
    };
    // Base64 of `a%3Ab:+%25%26%2B%C2%A3%E2%82%AC`.
    expect![[r#"
        content-type: application/x-www-form-urlencoded
        accept: application/json
        authorization: Basic YSUzQWI6KyUyNSUyNiUyQiVDMiVBMyVFMiU4MiVBQw==

        grant_type=client_credentials
    "#]]
    .assert_eq(&sent(&client));
    expect![[r#"
        content-type: application/x-www-form-urlencoded
        accept: application/json

        client_secret=+%25%26%2B%C2%A3%E2%82%AC&client_id=a%3Ab&grant_type=client_credentials
    "#]]
    .assert_eq(&sent(&ClientCredentials {
        authentication: ClientAuthentication::Body,
        ..client
    }));
}

/// The secret text precedes all others, whichever it is.
#[test]
fn the_order_of_the_fields() {
    for (is_id_first, expected) in [
        (false, FORM_FIELDS),
        (
            true,
            [
                "client_id",
                "client_secret",
                "grant_type",
                "scope",
                "audience",
            ],
        ),
    ] {
        let client = ClientCredentials {
            authentication: ClientAuthentication::Body,
            scope: Some("read"),
            audience: Some("a"),
            is_id_first,
            ..CLIENT
        };
        let body = client.request().body;
        let fields = str::from_utf8(&body).unwrap().split('&');
        let names: Vec<&str> = fields.filter_map(|it| it.split('=').next()).collect();
        assert_eq!(names, expected);
    }
}

#[test]
fn the_secret_is_sensitive() {
    let request = CLIENT.request();
    let (_, value) = request.headers.last().unwrap();
    assert_eq!(format!("{value:?}"), "Sensitive");
}

/// The response of RFC 6750, section 4.
#[test]
fn rfc_6750() {
    let answer = br#"{"access_token":"mF_9.B5f-4.1JqM","token_type":"Bearer","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA"}"#;
    let requested = Instant::now();
    let token = Token::parse(200, answer, requested).unwrap();
    assert_eq!(token.value(), "mF_9.B5f-4.1JqM");
    assert_eq!(token.authorization(), "Bearer mF_9.B5f-4.1JqM");
    assert_eq!(format!("{:?}", token.authorization()), "Sensitive");
    assert!(!token.is_expired(requested + Duration::from_secs(3539)));
    assert!(token.is_expired(requested + Duration::from_secs(3540)));
}

#[test]
fn a_lifetime_may_be_short_odd_or_missing() {
    for (member, seconds) in [
        ("", None),
        (r#","expires_in":null"#, None),
        (r#","expires_in":"soon""#, None),
        (r#","expires_in":-1"#, None),
        (r#","expires_in":1e300"#, None),
        (r#","expires_in":[3600]"#, None),
        (r#","expires_in":"3600""#, Some(3540)),
        (r#","expires_in":3600.0"#, Some(3540)),
        (r#","expires_in":600"#, Some(540)),
        (r#","expires_in":20"#, Some(18)),
        (r#","expires_in":0"#, Some(0)),
    ] {
        let answer = format!(r#"{{"access_token":"t","token_type":"bearer"{member}}}"#);
        let requested = Instant::now();
        let token = Token::parse(200, answer.as_bytes(), requested).unwrap();
        match seconds {
            None => assert!(
                !token.is_expired(requested + Duration::from_hours(100_000)),
                "{member}"
            ),
            Some(seconds) => {
                let over = requested + Duration::from_secs(seconds);
                assert!(token.is_expired(over), "{member}");
                let before = over - Duration::from_millis(1);
                assert!(before < requested || !token.is_expired(before), "{member}");
            }
        }
    }
}

#[test]
fn a_type_is_bearer_in_any_case_or_missing() {
    for member in ["", r#","token_type":null"#, r#","token_type":"BEARER""#] {
        let answer = format!(r#"{{"access_token":"t"{member}}}"#);
        assert!(Token::parse(200, answer.as_bytes(), Instant::now()).is_ok());
    }
}

fn refusal(status: u16, body: &str) -> TokenError {
    let answer = Token::parse(status, body.as_bytes(), Instant::now());
    answer.err().unwrap()
}

#[test]
fn errors_are_shown_on_one_line() {
    let long = "x".repeat(300);
    let mut report = String::new();
    for (status, body) in [
        // RFC 6749, section 5.2.
        (400, r#"{"error":"invalid_request"}"#),
        (
            401,
            r#"{"error":"invalid_client","error_description":"Client\u001b[31m \r\n authentication\u202e failed"}"#,
        ),
        (
            200,
            r#"{"error":"incorrect_client_credentials","error_description":7}"#,
        ),
        (
            400,
            &format!(r#"{{"error":"e","error_description":"{long}"}}"#),
        ),
        (503, "<html>"),
        (404, r#"{"error":{"message":"no such route"}}"#),
        (200, "<html>"),
        (200, r#"["s3cr3t", "bearer", null, null, null]"#),
        (200, r#"{"access_token": {"value": "s3cr3t"}}"#),
        (200, r#"{"access_token": 17, "access_token": "s3cr3t"}"#),
        (200, "{}"),
        (200, r#"{"access_token":""}"#),
        // The type of RFC 6749, section 5.1.
        (
            200,
            r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example"}"#,
        ),
        // Read as JSON, it has other digits.
        (
            200,
            r#"{"access_token":"t","token_type":98765432109876543210123}"#,
        ),
        (200, r#"{"access_token":"s3\r\ncr3t"}"#),
        (200, &" ".repeat(MAX_ANSWER + 1)),
        (200, &"[".repeat(MAX_ANSWER)),
    ] {
        report += &format!("{}\n", refusal(status, body));
    }
    expect![[r#"
        the token endpoint responded with the error invalid_request
        the token endpoint responded with the error invalid_client (Client [31m authentication failed)
        the token endpoint responded with the error incorrect_client_credentials
        the token endpoint responded with the error e (xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…)
        the token endpoint responded with status 503
        the token endpoint responded with status 404
        the token endpoint's answer is not the JSON object of RFC 6749, section 5.1 (line 1, column 1)
        the token endpoint's answer is not the JSON object of RFC 6749, section 5.1 (line 1, column 1)
        the token endpoint's answer is not the JSON object of RFC 6749, section 5.1 (line 1, column 17)
        the token endpoint's answer is not the JSON object of RFC 6749, section 5.1 (line 1, column 19)
        the token endpoint's response has no access_token
        the token endpoint's response has no access_token
        the token endpoint responded with a token of type example; only Bearer tokens are supported
        the token endpoint responded with a token_type that is a number; it has to be "Bearer"
        the token endpoint responded with a token that has characters other than visible ASCII
        the token endpoint's response is longer than 65536 bytes
        the token endpoint's answer is not the JSON object of RFC 6749, section 5.1 (line 1, column 1)
    "#]].assert_eq(&report);
}

proptest! {
    #[test]
    fn any_answer_is_a_token_or_refused_on_one_line(
        status in 100u16..600,
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Err(error) = Token::parse(status, &body, Instant::now()) {
            prop_assert!(!error.to_string().contains(char::is_control));
        }
    }

    #[test]
    fn any_description_is_bounded(text in any::<String>()) {
        let body = serde_json::json!({ "error": text, "error_description": text }).to_string();
        let report = refusal(400, &body).to_string();
        prop_assert!(report.chars().count() < 500);
        prop_assert!(!report.contains(char::is_control));
    }
}
