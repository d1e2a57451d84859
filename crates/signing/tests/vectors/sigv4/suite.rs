//! AWS's test suite.

use http_step_signing::sigv4::{Credentials, Payload, Request, Scope, sign};

use super::{SUITE, SUITE_TIME, headers};
use crate::lines;

/// A case of the suite: the request to `example.amazonaws.com`, the signed headers besides the
/// host, and the signature.
struct Case {
    name: &'static str,
    target: &'static str,
    fields: &'static [(&'static str, &'static str)],
    body: &'static [u8],
    signature: &'static str,
}

const fn get(name: &'static str, target: &'static str, signature: &'static str) -> Case {
    Case {
        name,
        target,
        fields: &[],
        body: b"",
        signature,
    }
}

const fn with(
    name: &'static str,
    fields: &'static [(&'static str, &'static str)],
    signature: &'static str,
) -> Case {
    Case {
        name,
        target: "/",
        fields,
        body: b"",
        signature,
    }
}

const SLASH: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const POST: &str = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";

/// aws-sig-v4-test-suite, under its own names, which start with the method:
/// <https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html>. Not included are
/// the presigned URLs, the folded header, which a `HeaderMap` can't contain, and the token that is
/// added after signing.
const CASES: &[Case] = &[
    get("get-vanilla", "/", SLASH),
    get("get-vanilla-query", "/?", SLASH),
    get("get-relative", "/example/..", SLASH),
    get("get-relative-relative", "/example1/example2/../..", SLASH),
    get("get-slash", "//", SLASH),
    get("get-slash-dot-slash", "/./", SLASH),
    get(
        "get-slashes",
        "//example//",
        "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    ),
    get(
        "get-slash-pointless-dot",
        "/./example",
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
    ),
    get(
        "get-space",
        "/example space/",
        "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
    ),
    get(
        "get-unreserved",
        "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    get(
        "get-utf8",
        "/ሴ",
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    ),
    get(
        "get-vanilla-empty-query-key",
        "/?Param1=value1",
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    ),
    get(
        "get-vanilla-query-order-key-case",
        "/?Param2=value2&Param1=value1",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    get(
        "get-vanilla-query-order-value",
        "/?Param1=value2&Param1=value1",
        "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
    ),
    get(
        "get-vanilla-query-unreserved",
        "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\
         =-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ),
    get(
        "get-vanilla-utf8-query",
        "/?ሴ=bar",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ),
    with(
        "get-header-key-duplicate",
        &[
            ("my-header1", "value2"),
            ("my-header1", "value2"),
            ("my-header1", "value1"),
        ],
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    with(
        "get-header-value-order",
        &[
            ("my-header1", "value4"),
            ("my-header1", "value1"),
            ("my-header1", "value3"),
            ("my-header1", "value2"),
        ],
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    ),
    with(
        "get-header-value-trim",
        &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")],
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    get("post-vanilla", "/", POST),
    get(
        "post-vanilla-query",
        "/?Param1=value1",
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ),
    with(
        "post-header-key-sort",
        &[("my-header1", "value1")],
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    with(
        "post-header-value-case",
        &[("my-header1", "VALUE1")],
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    Case {
        name: "post-x-www-form-urlencoded",
        target: "/",
        fields: &[("content-type", "application/x-www-form-urlencoded")],
        body: b"Param1=value1",
        signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    },
    Case {
        name: "post-x-www-form-urlencoded-parameters",
        target: "/",
        fields: &[(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf8",
        )],
        body: b"Param1=value1",
        signature: "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
    },
];

fn sign_case(case: &Case, credentials: &Credentials<'_>) -> String {
    let (path, query) = match case.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (case.target, None),
    };
    let mut sent = headers(&[("host", "example.amazonaws.com")]);
    sent.extend(headers(case.fields));
    let request = Request {
        method: if case.name.starts_with("post") {
            "POST"
        } else {
            "GET"
        },
        path,
        query,
        headers: &sent,
        payload: Payload::from_body(case.body),
    };
    let scope = Scope::new("us-east-1", "service");
    lines(&sign(&request, &scope, credentials, SUITE_TIME).unwrap())
}

#[test]
fn the_test_suite() {
    for case in CASES {
        let signed = match case.fields {
            [] => "host;x-amz-date",
            [("content-type", _)] => "content-type;host;x-amz-date",
            [("my-header1", _), ("my-header2", _)] => "host;my-header1;my-header2;x-amz-date",
            _ => "host;my-header1;x-amz-date",
        };
        let expected = format!(
            "x-amz-date: 20150830T123600Z\n\
             authorization: AWS4-HMAC-SHA256 \
             Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders={signed}, Signature={}\n",
            case.signature
        );
        assert_eq!(sign_case(case, &SUITE), expected, "{}", case.name);
    }
}

/// get-vanilla-with-session-token and post-sts-header-before of the suite.
#[test]
fn session_tokens_are_signed() {
    let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
    let sts = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxf\
        pSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7W\
        Z0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDryp\
        NC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
    for (name, token, signature) in [
        (
            "get-vanilla-with-session-token",
            token,
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
        ),
        (
            "post-sts-header-before",
            sts,
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
        ),
    ] {
        let credentials = Credentials {
            session_token: Some(token.as_bytes()),
            ..SUITE
        };
        let expected = format!(
            "x-amz-date: 20150830T123600Z\n\
             x-amz-security-token: {token}\n\
             authorization: AWS4-HMAC-SHA256 \
             Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-security-token, Signature={signature}\n"
        );
        assert_eq!(
            sign_case(&get(name, "/", signature), &credentials),
            expected
        );
    }
}

#[test]
fn a_stale_signature_is_replaced() {
    let fresh = sign_case(&get("get-vanilla", "/", SLASH), &SUITE);
    let stale = with(
        "get-vanilla",
        &[
            ("authorization", "AWS4-HMAC-SHA256 stale"),
            ("x-amz-date", "20000101T000000Z"),
        ],
        SLASH,
    );
    assert_eq!(sign_case(&stale, &SUITE), fresh);
}
