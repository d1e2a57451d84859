//! RFC 4231, and the examples of GitHub, Slack and Stripe.

use expect_test::expect;
use http_step_signing::hmac::{Encoding, Form, Plain, PlainError, Signer, sign};
use proptest::prelude::*;

use crate::lines;

fn plain(encoding: Encoding, prefix: &str) -> Form {
    Form::Plain(Plain::new("X-Signature", encoding, prefix).unwrap())
}

/// RFC 4231, sections 4.2 to 4.8, the values of HMAC-SHA-256. Section 4.6 truncates its signature
/// to 128 bits.
#[test]
fn rfc_4231() {
    let counting: Vec<u8> = (1..=25).collect();
    let long = [0xaa; 131];
    let cases: [(&[u8], &[u8], &str); 7] = [
        (
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            &[0xaa; 20],
            &[0xdd; 50],
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        ),
        (
            &counting,
            &[0xcd; 50],
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
        (
            &[0x0c; 20],
            b"Test With Truncation",
            "a3b6167473100ee06e0c796c2955552b",
        ),
        (
            &long,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            &long,
            b"This is a test using a larger than block-size key and a larger than block-size data. \
              The key needs to be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ];
    for (key, data, signature) in cases {
        let headers = sign(&plain(Encoding::Hex, ""), key, 0, data);
        let made = headers[0].1.to_str().unwrap();
        assert_eq!(&made[..signature.len()], signature);
    }
}

/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
#[test]
fn github() {
    expect![[r#"
        x-hub-signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17
    "#]]
    .assert_eq(&lines(&sign(
        &Form::GitHub,
        b"It's a Secret to Everybody",
        1_531_420_618,
        b"Hello, World!",
    )));
}

/// <https://docs.slack.dev/authentication/verifying-requests-from-slack>
#[test]
fn slack() {
    let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow\
        &channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner\
        &command=%2Fwebhook-collect&text=\
        &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
        &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    expect![[r#"
        x-slack-request-timestamp: 1531420618
        x-slack-signature: v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503
    "#]]
    .assert_eq(&lines(&sign(
        &Form::Slack,
        b"8f742231b10e8888abcd99yyyzzz85a5",
        1_531_420_618,
        body,
    )));
}

/// The event, key and signature of stripe-dotnet's tests: `EventUtilityTest.cs`
/// and `event_test_signature.json` in <https://github.com/stripe/stripe-dotnet>.
#[test]
fn stripe() {
    expect![[r#"
        stripe-signature: t=1533204620,v1=f0bdba6d4eacbd8ad8a3bbadd7248e633ec1477f7899c124c51b39405fa36613
    "#]]
    .assert_eq(&lines(&sign(
        &Form::Stripe,
        b"webhook_secret",
        1_533_204_620,
        include_bytes!("stripe-event.json"),
    )));
}

#[test]
fn a_plain_header() {
    // The signature of RFC 4231, section 4.3.
    for (encoding, expected) in [
        (
            Encoding::Hex,
            expect![[r#"
                x-signature: hmac=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843
            "#]],
        ),
        (
            Encoding::Base64,
            expect![[r#"
                x-signature: hmac=W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=
            "#]],
        ),
    ] {
        expected.assert_eq(&lines(&sign(
            &plain(encoding, "hmac="),
            b"Jefe",
            0,
            b"what do ya want for nothing?",
        )));
    }
}

#[test]
fn invalid_plain_headers() {
    let no = |header: &str, prefix: &str| -> PlainError {
        Plain::new(header, Encoding::Hex, prefix).unwrap_err()
    };
    expect![[
        r#"invalid header name "X Signature" for the signature: use letters, digits and hyphens"#
    ]]
    .assert_eq(&no("X Signature", "").to_string());
    for prefix in [
        "a\r\nb: ",
        "schlüssel=",
        // A server may read it as an escape, of which the signature is a part.
        "%4",
        "%3D=",
        "&#",
        "&amp,",
        "\\u00",
        "a+b=",
        // It may be the start of a value that is redacted, and of which the signature seems to be a part.
        "sha256",
        "bXktY2xpZW50LWlkLTQ3MT",
        "a-",
        "a/",
        "a=\"",
    ] {
        assert_eq!(
            no("X-Signature", prefix).to_string(),
            format!(
                "invalid prefix {prefix:?} for the signature: use visible ASCII characters other than `%`, `&`, `+` and `\\`, and `=`, `,`, `:` or a space at the end"
            )
        );
    }
    for prefix in ["", "sha256=", "v0=", "t=1,v1=", "v1,", "sha256:", "HMAC "] {
        assert!(Plain::new("X-Signature", Encoding::Hex, prefix).is_ok());
    }
}

#[test]
fn a_signature_is_sensitive_and_its_time_is_not() {
    let headers = sign(&Form::Slack, b"key", 1, b"");
    let shown: Vec<String> = headers
        .iter()
        .map(|(_, value)| format!("{value:?}"))
        .collect();
    assert_eq!(shown, ["\"1\"", "Sensitive"]);
}

proptest! {
    #[test]
    fn pieces_make_the_whole(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 0..8),
        secret in prop::collection::vec(any::<u8>(), 0..100),
        time: u64,
    ) {
        for form in [Form::GitHub, Form::Slack, Form::Stripe, plain(Encoding::Base64, "")] {
            let mut signer = Signer::new(&form, &secret, time);
            for piece in &pieces {
                signer.update(piece);
            }
            prop_assert_eq!(signer.finish(), sign(&form, &secret, time, &pieces.concat()));
        }
    }
}
