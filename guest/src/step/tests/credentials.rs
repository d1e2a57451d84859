//! Steps whose credentials the host computes.

use super::*;
use crate::credentials::{Digest, Hmac, SignatureForm};

fn with_auth(scheme: &str, parameters: &str) -> RequestSpec {
    let mut spec = spec("POST", "http://a.example/1");
    spec.body = Some(Body::Data(Fields::Text("data".to_owned())));
    spec.auth = Some(Auth::Other(AuthScheme {
        scheme: scheme.to_owned(),
        parameters: parameters.to_owned(),
    }));
    spec
}

/// The host is asked once. Its header field is sent as long as the origin stays the same, even if
/// the method and the body change.
#[test]
fn a_signature_goes_to_its_origin() {
    let mut spec = with_auth(
        "hmac",
        r#"{"secret": "${{ secret.TOKEN }}", "form": "github"}"#,
    );
    spec.headers = fields(&[("x-hub-signature-256", "own"), ("X-Other", "o")]);
    let seen = perform_step(
        spec,
        [
            answer(307, &[("location", "/2")], ""),
            answer(302, &[("location", "/3")], ""),
            answer(302, &[("location", "//b.example/4")], ""),
            answer(302, &[("location", "//a.example/5")], ""),
            answer(200, &[], ""),
        ],
    );
    assert_eq!(
        seen.requested,
        [Scheme::Hmac(Hmac {
            secret: "handle".to_owned(),
            form: SignatureForm::Github,
        })]
    );
    assert_eq!(
        seen.sent,
        "POST http://a.example/1\n\
         X-Other: o\n\
         Content-Length: 4\n\
         X-Hub-Signature-256: placeholder\n\
         data\n\
         POST http://a.example/2\n\
         X-Other: o\n\
         Content-Length: 4\n\
         X-Hub-Signature-256: placeholder\n\
         data\n\
         GET http://a.example/3\n\
         X-Other: o\n\
         X-Hub-Signature-256: placeholder\n\
         \n\
         GET http://b.example/4\n\
         X-Other: o\n\
         \n\
         GET http://a.example/5\n\
         X-Other: o\n\
         \n"
    );
}

#[test]
fn the_placeholder_of_credentials_is_not_shown() {
    for (scheme, parameters, name) in [
        (
            "hmac",
            r#"{"secret": "k", "form": "github"}"#,
            "X-Hub-Signature-256",
        ),
        ("digest", r#"["u", "p"]"#, "Authorization"),
    ] {
        let seen = perform_step(with_auth(scheme, parameters), [answer(200, &[], "")]);
        assert_eq!(
            seen.log(),
            log(&format!(
                "[h]Performing POST request to http://a.example/1\n\
                 Data:\n\tdata\n\
                 [h]Request Headers:\n{{defaults}}\
                 \tContent-Length: 4\n\
                 \t{name}: <HIDDEN>\n\
                 [o]URL: http://a.example/1\n\
                 Status: 200\n\
                 [h]Response Headers:\n\
                 [o] ------ Content ------\n"
            ))
        );
        let shown = seen.result.exchanges[0].request.headers.last();
        assert_eq!(shown, Some(&header(name, "<HIDDEN>")));
    }
}

#[test]
fn nothing_is_sent_if_the_host_refuses() {
    let seen = perform_step(with_auth("hmac", r#"{"secret": "", "form": "slack"}"#), []);
    assert_eq!(seen.error(), (ErrorKind::InvalidSpec, "the key is empty"));
    assert_eq!(
        seen.log(),
        "[e]An exception occurred while performing the request: the key is empty\n"
    );
    assert_eq!(seen.sent, "");
    assert_eq!(seen.result.exchanges, []);
}

/// Other errors of the request are reported first.
#[test]
fn the_host_is_asked_last() {
    let mut spec = with_auth("digest", r#"["u", "p"]"#);
    spec.method = "FETCH".to_owned();
    let seen = perform_step(spec, []);
    assert_eq!(seen.requested, []);
    let spec = with_auth(
        "digest",
        r#"{"username": "u", "password": "${{ secret.TOKEN }}"}"#,
    );
    let seen = perform_step(spec, [answer(200, &[], "")]);
    assert_eq!(
        seen.requested,
        [Scheme::Digest(Digest {
            username: "u".to_owned(),
            password: "handle".to_owned(),
        })]
    );
}
