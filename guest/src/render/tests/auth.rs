//! Rendering of `auth`, in each of its forms.

use super::*;
use crate::bindings::ci::http_step::auth::{
    AwsSigv4, ClientAuthentication, Digest, Encoding, Hmac, Oauth2, PlainSignature, Scheme,
    SignatureForm,
};
use crate::bindings::ci::http_step::types::UserPassword;
use crate::render::Auth;

fn hmac(secret: &str, form: SignatureForm) -> Scheme {
    Scheme::Hmac(Hmac {
        secret: secret.to_owned(),
        form,
    })
}

fn plain(header: &str, encoding: Encoding, prefix: &str) -> SignatureForm {
    SignatureForm::Plain(PlainSignature {
        header: header.to_owned(),
        encoding,
        prefix: prefix.to_owned(),
    })
}

fn digest(username: &str, password: &str) -> Scheme {
    Scheme::Digest(Digest {
        username: username.to_owned(),
        password: password.to_owned(),
    })
}

/// A spec with a scheme and its parameters.
fn other(scheme: &str, parameters: &str) -> RequestSpec {
    let mut spec = spec();
    spec.auth = Some(types::Auth::Other(AuthScheme {
        scheme: scheme.to_owned(),
        parameters: parameters.to_owned(),
    }));
    spec
}

#[test]
fn credentials() {
    let basic = |password: &str| {
        Some(Auth::Basic {
            username: "build".to_owned(),
            password: password.to_owned(),
        })
    };
    let expression = |text: &str| types::Auth::Expression(text.to_owned());
    for (auth, expected) in [
        (
            types::Auth::Basic(UserPassword {
                username: "build".to_owned(),
                password: "${{ secret.TOKEN }}".to_owned(),
            }),
            basic("handle"),
        ),
        (
            types::Auth::Bearer("${{ secret.TOKEN }}".to_owned()),
            Some(Auth::Bearer("handle".to_owned())),
        ),
        (expression("${{ property.user }}"), basic("hunter2")),
        (expression("${{ property.basic }}"), basic("7")),
        (
            expression("${{ property.bearer }}"),
            Some(Auth::Bearer("t".to_owned())),
        ),
        (
            expression("${{ property.hmac }}"),
            Some(Auth::Computed(hmac("k", SignatureForm::Slack))),
        ),
        (
            expression("${{ property.digest }}"),
            Some(Auth::Computed(digest("build", "7"))),
        ),
        (expression("${{ property.none }}"), None),
    ] {
        let mut spec = spec();
        spec.auth = Some(auth);
        let plan = plan(spec, &Build).unwrap_or_else(|error| panic!("{error}"));
        assert!(plan.auth == expected);
    }
}

#[test]
fn credentials_of_another_shape() {
    for template in [
        "text",
        "number",
        "object",
        "list",
        "two_schemes",
        "nested",
        "triples",
        "unknown_scheme",
    ] {
        let mut spec = spec();
        spec.auth = Some(types::Auth::Expression(format!(
            "${{{{ property.{template} }}}}"
        )));
        assert_eq!(
            error(spec),
            "the value of `auth` must be `[username, password]`, `{\"basic\": {\"username\": …, \"password\": …}}`, `{\"bearer\": …}`, or one of `hmac`, `aws-sigv4`, `digest` and `oauth2` with its parameters",
            "{template}"
        );
    }
}

#[test]
fn credentials_that_the_host_computes() {
    let text = |text: &str| Some(text.to_owned());
    for (scheme, parameters, expected) in [
        (
            "hmac",
            r#"{"secret": "${{ secret.TOKEN }}", "form": "github"}"#,
            hmac("handle", SignatureForm::Github),
        ),
        (
            "hmac",
            r#"{"secret": 7, "form": "stripe", "header": null, "prefix": "${{ property.none }}"}"#,
            hmac("7", SignatureForm::Stripe),
        ),
        (
            "hmac",
            r#"{"secret": "<${{ secret.TOKEN }}>", "header": "X-${{ property.text }}", "form": "${{ property.none }}"}"#,
            hmac("<handle>", plain("X-main", Encoding::Hex, "")),
        ),
        (
            "hmac",
            r#"{"${{ property.x | default(\"secret\") }}": "k", "header": "X", "encoding": "base64", "prefix": "v1="}"#,
            hmac("k", plain("X", Encoding::Base64, "v1=")),
        ),
        (
            "aws-sigv4",
            r#"{"access_key_id": "AKIA", "secret_access_key": "${{ secret.TOKEN }}", "region": "eu-west-1", "service": "s3"}"#,
            Scheme::AwsSigv4(AwsSigv4 {
                access_key_id: "AKIA".to_owned(),
                secret_access_key: "handle".to_owned(),
                session_token: None,
                region: "eu-west-1".to_owned(),
                service: "s3".to_owned(),
                unsigned_payload: false,
            }),
        ),
        (
            "aws-sigv4",
            r#"{"access_key_id": "AKIA", "secret_access_key": "k", "session_token": "t", "region": "r", "service": "s", "unsigned_payload": "${{ property.yes }}"}"#,
            Scheme::AwsSigv4(AwsSigv4 {
                access_key_id: "AKIA".to_owned(),
                secret_access_key: "k".to_owned(),
                session_token: text("t"),
                region: "r".to_owned(),
                service: "s".to_owned(),
                unsigned_payload: true,
            }),
        ),
        (
            "digest",
            r#"{"username": "${{ property.text }}", "password": "${{ property.number }}"}"#,
            digest("main", "7"),
        ),
        ("digest", r#"["u", "p"]"#, digest("u", "p")),
        (
            "digest",
            r#""${{ property.user }}""#,
            digest("build", "hunter2"),
        ),
        (
            "oauth2",
            r#"{"token_url": "https://a/", "client_id": 1, "client_secret": "s"}"#,
            Scheme::Oauth2(Oauth2 {
                token_url: "https://a/".to_owned(),
                client_id: "1".to_owned(),
                client_secret: "s".to_owned(),
                authentication: ClientAuthentication::Basic,
                scope: None,
                audience: None,
            }),
        ),
        (
            "oauth2",
            r#"{"token_url": "https://a/", "client_id": "c", "client_secret": "s", "authentication": "body", "scope": "a b", "audience": "https://b/"}"#,
            Scheme::Oauth2(Oauth2 {
                token_url: "https://a/".to_owned(),
                client_id: "c".to_owned(),
                client_secret: "s".to_owned(),
                authentication: ClientAuthentication::Body,
                scope: text("a b"),
                audience: text("https://b/"),
            }),
        ),
    ] {
        let plan = plan(other(scheme, parameters), &Build)
            .unwrap_or_else(|error| panic!("{parameters}: {error}"));
        assert!(plan.auth == Some(Auth::Computed(expected)), "{parameters}");
    }
}

#[test]
fn invalid_parameters() {
    for (scheme, parameters, message) in [
        (
            "hmac",
            "{",
            "the parameters of `auth` are not JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            "hmac",
            "[]",
            "`auth`: the parameters of `hmac` must be an object",
        ),
        (
            "hmac",
            r#"{"secret": "${{ secret.OTHER }}"}"#,
            "`auth`: the secret `OTHER` is not granted to this step",
        ),
        (
            "hmac",
            r#"{"key\n": null}"#,
            "`auth`: `hmac` has no parameter `key\\n`; its parameters are secret, form, header, encoding, prefix",
        ),
        (
            "hmac",
            r#"{"form": "github"}"#,
            "`auth`: `hmac` needs `secret`",
        ),
        (
            "hmac",
            r#"{"secret": ["hunter2"]}"#,
            "`auth`: `secret` of `hmac` must be text",
        ),
        (
            "hmac",
            r#"{"secret": "k"}"#,
            "`auth`: `hmac` requires `form` or `header`",
        ),
        (
            "hmac",
            r#"{"secret": "k", "form": "hunter2"}"#,
            "`auth`: `form` of `hmac` must be one of github, slack, stripe",
        ),
        (
            "hmac",
            r#"{"secret": "k", "form": "github", "prefix": ""}"#,
            "`auth`: `form` of `hmac` already defines how the signature is sent; remove `prefix`",
        ),
        (
            "hmac",
            r#"{"secret": "k", "header": "X", "encoding": 64}"#,
            "`auth`: `encoding` of `hmac` must be one of hex, base64",
        ),
        (
            "aws-sigv4",
            r#"{"access_key_id": "a", "secret_access_key": "k", "region": null}"#,
            "`auth`: `aws-sigv4` needs `region`",
        ),
        (
            "aws-sigv4",
            r#"{"access_key_id": "a", "secret_access_key": "k", "region": "r", "service": "s", "unsigned_payload": "true"}"#,
            "`auth`: `unsigned_payload` of `aws-sigv4` must be true or false",
        ),
        (
            "aws-sigv4",
            r#"{"access_key_id": true}"#,
            "`auth`: `access_key_id` of `aws-sigv4` must be text",
        ),
        (
            "digest",
            r#"["u"]"#,
            "`auth`: the parameters of `digest` must be an object or `[username, password]`",
        ),
        (
            "digest",
            r#"["u", null]"#,
            "`auth`: the parameters of `digest` must be an object or `[username, password]`",
        ),
        (
            "digest",
            r#"{"username": "u"}"#,
            "`auth`: `digest` needs `password`",
        ),
        (
            "oauth2",
            r#"{"token_url": "https://a/", "client_id": "c", "client_secret": "s", "authentication": "none"}"#,
            "`auth`: `authentication` of `oauth2` must be one of basic, body",
        ),
        (
            "oauth2",
            r#"{"token_url": "https://a/", "client_id": "c", "client_secret": "s", "scope": ["a"]}"#,
            "`auth`: `scope` of `oauth2` must be text",
        ),
    ] {
        assert_eq!(error(other(scheme, parameters)), message, "{parameters}");
    }
    let mut of_a_property = spec();
    of_a_property.auth = Some(types::Auth::Expression(
        "${{ property.no_header }}".to_owned(),
    ));
    assert_eq!(
        error(of_a_property),
        "`auth`: `hmac` requires `form` or `header`"
    );
}
