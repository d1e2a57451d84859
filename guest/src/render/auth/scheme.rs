//! The schemes whose credentials the host computes, from their parameters.

use http_step_template::Value;

use super::parameters::{ParameterError, Parameters};
use super::{pair, scalar};
use crate::bindings::ci::http_step::auth::{
    AwsSigv4, ClientAuthentication, Digest, Encoding, Hmac, Oauth2, PlainSignature, Scheme,
    SignatureForm,
};

/// Reads a scheme from its parameters.
pub(super) type Reader = fn(Value) -> Result<Scheme, ParameterError>;

/// The reader of a scheme's parameters, if the scheme is known.
pub(super) fn reader(name: &str) -> Option<Reader> {
    Some(match name {
        "hmac" => hmac,
        "aws-sigv4" => aws_sigv4,
        "digest" => digest,
        "oauth2" => oauth2,
        _ => return None,
    })
}

fn hmac(value: Value) -> Result<Scheme, ParameterError> {
    const KNOWN: &[&str] = &["secret", "form", "header", "encoding", "prefix"];
    let mut given = Parameters::new("hmac", KNOWN, value)?;
    let secret = given.text("secret")?;
    let form = given.word(
        "form",
        &[
            ("github", SignatureForm::Github),
            ("slack", SignatureForm::Slack),
            ("stripe", SignatureForm::Stripe),
        ],
    )?;
    let form = match form {
        Some(form) => {
            let of_header = ["header", "encoding", "prefix"];
            if let Some(name) = of_header
                .into_iter()
                .find(|name| given.take(name).is_some())
            {
                return Err(ParameterError::BesidesForm(name));
            }
            form
        }
        None => SignatureForm::Plain(PlainSignature {
            header: given
                .optional_text("header")?
                .ok_or(ParameterError::NoHeader)?,
            encoding: given
                .word(
                    "encoding",
                    &[("hex", Encoding::Hex), ("base64", Encoding::Base64)],
                )?
                .unwrap_or(Encoding::Hex),
            prefix: given.optional_text("prefix")?.unwrap_or_default(),
        }),
    };
    Ok(Scheme::Hmac(Hmac { secret, form }))
}

fn aws_sigv4(value: Value) -> Result<Scheme, ParameterError> {
    const KNOWN: &[&str] = &[
        "access_key_id",
        "secret_access_key",
        "session_token",
        "region",
        "service",
        "unsigned_payload",
    ];
    let mut given = Parameters::new("aws-sigv4", KNOWN, value)?;
    Ok(Scheme::AwsSigv4(AwsSigv4 {
        access_key_id: given.text("access_key_id")?,
        secret_access_key: given.text("secret_access_key")?,
        session_token: given.optional_text("session_token")?,
        region: given.text("region")?,
        service: given.text("service")?,
        unsigned_payload: given.flag("unsigned_payload")?,
    }))
}

fn digest(value: Value) -> Result<Scheme, ParameterError> {
    if value.is_array() {
        let [username, password] = pair(value)
            .map(|both| both.map(scalar))
            .ok_or(ParameterError::Pair)?;
        return Ok(Scheme::Digest(Digest {
            username: username.ok_or(ParameterError::Pair)?,
            password: password.ok_or(ParameterError::Pair)?,
        }));
    }
    let mut given = Parameters::new("digest", &["username", "password"], value)?;
    Ok(Scheme::Digest(Digest {
        username: given.text("username")?,
        password: given.text("password")?,
    }))
}

fn oauth2(value: Value) -> Result<Scheme, ParameterError> {
    const KNOWN: &[&str] = &[
        "token_url",
        "client_id",
        "client_secret",
        "authentication",
        "scope",
        "audience",
    ];
    let mut given = Parameters::new("oauth2", KNOWN, value)?;
    Ok(Scheme::Oauth2(Oauth2 {
        token_url: given.text("token_url")?,
        client_id: given.text("client_id")?,
        client_secret: given.text("client_secret")?,
        authentication: given
            .word(
                "authentication",
                &[
                    ("basic", ClientAuthentication::Basic),
                    ("body", ClientAuthentication::Body),
                ],
            )?
            .unwrap_or(ClientAuthentication::Basic),
        scope: given.optional_text("scope")?,
        audience: given.optional_text("audience")?,
    }))
}
