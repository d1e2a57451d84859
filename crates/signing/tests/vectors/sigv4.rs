//! AWS Signature Version 4: the test suite, and the examples of S3's documentation.

mod suite;

use expect_test::expect;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_step_signing::sigv4::{
    Credentials, PathRule, Payload, Request, Scope, SignError, is_signed, sign,
};

use crate::lines;

const SUITE: Credentials<'_> = Credentials {
    access_key_id: "AKIDEXAMPLE",
    secret_access_key: b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token: None,
};
/// 2015-08-30T12:36:00Z
const SUITE_TIME: u64 = 1_440_938_160;

const S3: Credentials<'_> = Credentials {
    access_key_id: "AKIAIOSFODNN7EXAMPLE",
    secret_access_key: b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    session_token: None,
};
/// 2013-05-24T00:00:00Z
const S3_TIME: u64 = 1_369_353_600;

fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(name, value);
            map
        })
}

fn sign_for_s3(
    method: &str,
    target: &str,
    fields: &[(&'static str, &'static str)],
    payload: Payload,
) -> String {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let mut sent = headers(&[("host", "examplebucket.s3.amazonaws.com")]);
    sent.extend(headers(fields));
    let request = Request {
        method,
        path,
        query,
        headers: &sent,
        payload,
    };
    lines(&sign(&request, &Scope::new("us-east-1", "s3"), &S3, S3_TIME).unwrap())
}

/// The four examples of
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>, which have no
/// spaces after the commas of `Authorization`.
#[test]
fn the_examples_of_s3() {
    expect![[r#"
        x-amz-date: 20130524T000000Z
        x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41
    "#]]
    .assert_eq(&sign_for_s3("GET", "/test.txt", &[("range", "bytes=0-9")], Payload::from_body(b"")));
    // The same key, with `$` as it is and encoded.
    for target in ["/test$file.text", "/test%24file.text"] {
        expect![[r#"
            x-amz-date: 20130524T000000Z
            x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072
            authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd
        "#]]
        .assert_eq(&sign_for_s3(
            "PUT",
            target,
            &[
                ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            Payload::from_body(b"Welcome to Amazon S3."),
        ));
    }
    expect![[r#"
        x-amz-date: 20130524T000000Z
        x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543
    "#]]
    .assert_eq(&sign_for_s3("GET", "/?lifecycle", &[], Payload::from_body(b"")));
    expect![[r#"
        x-amz-date: 20130524T000000Z
        x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7
    "#]]
    .assert_eq(&sign_for_s3("GET", "/?max-keys=2&prefix=J", &[], Payload::from_body(b"")));
}

/// There is no published vector; the hash has to be declared and signed.
#[test]
fn an_unsigned_payload_is_announced() {
    let sent = headers(&[("host", "example.amazonaws.com")]);
    let request = Request {
        method: "PUT",
        path: "/",
        query: None,
        headers: &sent,
        payload: Payload::Unsigned,
    };
    let scope = Scope::new("us-east-1", "service");
    let text = lines(&sign(&request, &scope, &SUITE, SUITE_TIME).unwrap());
    let (start, signature) = text.rsplit_once('=').unwrap();
    expect![[r#"
        x-amz-date: 20150830T123600Z
        x-amz-content-sha256: UNSIGNED-PAYLOAD
        authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature"#]]
    .assert_eq(start);
    assert_eq!(signature.len(), 65);
}

#[test]
fn rules_depend_on_the_service() {
    for (service, path, content_sha256) in [
        ("s3", PathRule::Verbatim, true),
        ("s3-outposts", PathRule::Verbatim, true),
        ("execute-api", PathRule::Normalized, false),
    ] {
        assert_eq!(
            Scope::new("eu-central-1", service),
            Scope {
                region: "eu-central-1",
                service,
                path,
                content_sha256,
            }
        );
    }
    let signed = [
        "host",
        "content-type",
        "x-amz-acl",
        "user-agent",
        "x-forwarded-for",
    ]
    .map(|name| is_signed(&HeaderName::from_static(name)));
    assert_eq!(signed, [true, true, true, false, false]);
}

#[test]
fn errors_are_shown_without_secrets() {
    let host = headers(&[("host", "example.amazonaws.com")]);
    let none = HeaderMap::new();
    let attempt = |headers: &HeaderMap, scope: Scope<'_>, credentials: Credentials<'_>, time| {
        let request = Request {
            method: "GET",
            path: "/",
            query: None,
            headers,
            payload: Payload::from_body(b""),
        };
        let error: SignError = sign(&request, &scope, &credentials, time).unwrap_err();
        format!("{error}\n")
    };
    let scope = Scope::new("us-east-1", "service");
    let mut report = attempt(&none, scope, SUITE, 0);
    report += &attempt(&host, Scope::new("us/east", "service"), SUITE, 0);
    report += &attempt(&host, Scope::new("us-east-1", ""), SUITE, 0);
    let misplaced = Credentials {
        access_key_id: "wJalrXUtnFEMI/K7MDENG",
        ..SUITE
    };
    report += &attempt(&host, scope, misplaced, 0);
    let broken = Credentials {
        session_token: Some(b"to\nken"),
        ..SUITE
    };
    report += &attempt(&host, scope, broken, 0);
    report += &attempt(&host, scope, SUITE, u64::MAX);
    expect![[r#"
        a request that is signed for AWS must have a signed Host header
        invalid AWS region "us/east": expected a name such as eu-central-1
        invalid AWS service "": expected its name for signing, such as s3 or execute-api
        invalid AWS access key ID: expected letters and digits, such as AKIAIOSFODNN7EXAMPLE
        the AWS session token has characters that are not allowed in a header
        the time of an AWS signature must be in the years 1970 to 9999, not at second 18446744073709551615
    "#]]
    .assert_eq(&report);
}
