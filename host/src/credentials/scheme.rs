//! The schemes, and what is wrong with one before it is used.

use std::net::IpAddr;
use std::sync::Mutex;

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE,
    HeaderName, RANGE,
};
use http_step_policy::{Origin, OriginError, Scheme as UriScheme, is_override_header};
use http_step_signing::digest::Session;
use http_step_signing::hmac::{Encoding, Form, Plain, PlainError};
use http_step_signing::oauth2::ClientAuthentication;
use thiserror::Error;
use url::Url;

use crate::contract::auth;
use crate::outbound::is_forbidden;

/// The longest text that a component may write: with a handle in it for what is longer.
const LONGEST_TEXT: usize = 4 << 10;

/// The longest name: of a header, what stands before a signature, a region, a service.
const LONGEST_NAME: usize = 128;

/// What the host goes by when it decides where values may stand, and what may come back.
const OF_REQUESTS: [HeaderName; 6] = [
    ACCEPT_ENCODING,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    COOKIE,
    RANGE,
];

/// How requests prove who sends them. Texts are as the component wrote them: with
/// handles.
pub(crate) enum Scheme {
    /// HMAC-SHA256 of the body.
    Hmac { key: String, form: Form },
    /// AWS Signature Version 4.
    AwsSigV4(Aws),
    /// HTTP Digest.
    Digest {
        username: String,
        password: String,
        /// What the server asked for last.
        session: Mutex<Option<(Origin, Session)>>,
    },
    /// OAuth 2 client credentials.
    OAuth2(Client),
}

/// An AWS access key, and what it signs for.
pub(crate) struct Aws {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) is_payload_unsigned: bool,
}

/// A client of a token endpoint.
pub(crate) struct Client {
    pub(crate) token_url: Url,
    pub(crate) origin: Origin,
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) authentication: ClientAuthentication,
    pub(crate) scope: Option<String>,
    pub(crate) audience: Option<String>,
}

/// Why a scheme can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum SchemeError {
    #[error("a text of the credentials has {0} bytes; it may have {LONGEST_TEXT}")]
    TooLong(usize),
    #[error("a name of the credentials has {0} bytes; it may have {LONGEST_NAME}")]
    LongName(usize),
    #[error(transparent)]
    Plain(#[from] PlainError),
    #[error("the signature can't be in `{0}`, which is between the host and its neighbours")]
    Forbidden(HeaderName),
    #[error("the signature can't be in `{0}`, which says something else of a request")]
    Meaning(HeaderName),
    #[error("the token URL is not a URL: {0}")]
    Url(#[from] url::ParseError),
    #[error("the token URL leads nowhere: {0}")]
    Origin(#[from] OriginError),
    #[error(
        "the token URL has a user name or a password in it; the client's go in `client_id` and `client_secret`"
    )]
    UserInfo,
    #[error(
        "the token URL is `http`, and all on the way would see the client's secret: use `https`"
    )]
    Insecure,
}

impl Scheme {
    /// What it is called, as in a step file.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Hmac { .. } => "hmac",
            Self::AwsSigV4(_) => "aws-sigv4",
            Self::Digest { .. } => "digest",
            Self::OAuth2(_) => "oauth2",
        }
    }

    /// The texts that its proofs are made of, and that may be secret.
    pub(crate) fn sources(&self) -> Vec<&str> {
        match self {
            Self::Hmac { key, .. } => vec![key],
            Self::AwsSigV4(aws) => vec![&aws.access_key_id, &aws.secret_access_key],
            Self::Digest {
                username, password, ..
            } => vec![username, password],
            Self::OAuth2(client) => vec![&client.id, &client.secret],
        }
    }

    /// The header field that people know it by.
    pub(super) fn field(&self) -> HeaderName {
        match self {
            Self::Hmac { form, .. } => match form {
                Form::GitHub => HeaderName::from_static("x-hub-signature-256"),
                Form::Slack => HeaderName::from_static("x-slack-signature"),
                Form::Stripe => HeaderName::from_static("stripe-signature"),
                Form::Plain(plain) => plain.header().clone(),
            },
            _ => AUTHORIZATION,
        }
    }
}

impl TryFrom<auth::Scheme> for Scheme {
    type Error = SchemeError;

    fn try_from(asked: auth::Scheme) -> Result<Self, SchemeError> {
        check_lengths(&asked)?;
        Ok(match asked {
            auth::Scheme::Hmac(auth::Hmac { secret, form }) => Self::Hmac {
                key: secret,
                form: match form {
                    auth::SignatureForm::Github => Form::GitHub,
                    auth::SignatureForm::Slack => Form::Slack,
                    auth::SignatureForm::Stripe => Form::Stripe,
                    auth::SignatureForm::Plain(plain) => Form::Plain(of_plain(&plain)?),
                },
            },
            auth::Scheme::AwsSigv4(key) => Self::AwsSigV4(Aws {
                access_key_id: key.access_key_id,
                secret_access_key: key.secret_access_key,
                session_token: key.session_token,
                region: key.region,
                service: key.service,
                is_payload_unsigned: key.unsigned_payload,
            }),
            auth::Scheme::Digest(user) => Self::Digest {
                username: user.username,
                password: user.password,
                session: Mutex::default(),
            },
            auth::Scheme::Oauth2(client) => Self::OAuth2(client.try_into()?),
        })
    }
}

/// What a component asks for is kept for as long as it runs, and told of in errors.
fn check_lengths(asked: &auth::Scheme) -> Result<(), SchemeError> {
    let (names, texts): (Vec<&str>, Vec<&str>) = match asked {
        auth::Scheme::Hmac(auth::Hmac { secret, form }) => match form {
            auth::SignatureForm::Plain(plain) => (vec![&plain.header, &plain.prefix], vec![secret]),
            _ => (Vec::new(), vec![secret]),
        },
        auth::Scheme::AwsSigv4(key) => {
            let token = key.session_token.as_deref();
            let mut texts: Vec<&str> = vec![&key.secret_access_key];
            texts.extend(token);
            (vec![&key.access_key_id, &key.region, &key.service], texts)
        }
        auth::Scheme::Digest(user) => (Vec::new(), vec![&user.username, &user.password]),
        auth::Scheme::Oauth2(client) => {
            let mut texts: Vec<&str> =
                vec![&client.token_url, &client.client_id, &client.client_secret];
            texts.extend(client.scope.as_deref());
            texts.extend(client.audience.as_deref());
            (Vec::new(), texts)
        }
    };
    if let Some(long) = names.iter().find(|name| name.len() > LONGEST_NAME) {
        return Err(SchemeError::LongName(long.len()));
    }
    match texts.iter().find(|text| text.len() > LONGEST_TEXT) {
        Some(long) => Err(SchemeError::TooLong(long.len())),
        None => Ok(()),
    }
}

fn of_plain(plain: &auth::PlainSignature) -> Result<Plain, SchemeError> {
    let encoding = match plain.encoding {
        auth::Encoding::Hex => Encoding::Hex,
        auth::Encoding::Base64 => Encoding::Base64,
    };
    let plain = Plain::new(&plain.header, encoding, &plain.prefix)?;
    let header = plain.header();
    if is_forbidden(header) {
        return Err(SchemeError::Forbidden(header.clone()));
    }
    if OF_REQUESTS.contains(header) || is_override_header(header.as_str()) {
        return Err(SchemeError::Meaning(header.clone()));
    }
    Ok(plain)
}

impl TryFrom<auth::Oauth2> for Client {
    type Error = SchemeError;

    fn try_from(asked: auth::Oauth2) -> Result<Self, SchemeError> {
        let mut token_url = Url::parse(&asked.token_url)?;
        token_url.set_fragment(None);
        if !token_url.username().is_empty() || token_url.password().is_some() {
            return Err(SchemeError::UserInfo);
        }
        let origin = Origin::of_url(token_url.as_str())?;
        // RFC 6749, section 3.2, but for what does not leave the machine.
        if origin.scheme == UriScheme::Http && !is_loopback(&token_url) {
            return Err(SchemeError::Insecure);
        }
        Ok(Self {
            token_url,
            origin,
            id: asked.client_id,
            secret: asked.client_secret,
            authentication: match asked.authentication {
                auth::ClientAuthentication::Basic => ClientAuthentication::Basic,
                auth::ClientAuthentication::Body => ClientAuthentication::Body,
            },
            scope: asked.scope,
            audience: asked.audience,
        })
    }
}

/// Whether a URL leads to this machine, by its own word; as does `localhost` (RFC 6761,
/// section 6.3). The policy has to allow it all the same, and the address is checked.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(url::Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(header: &str, prefix: &str) -> Result<Scheme, SchemeError> {
        auth::Scheme::Hmac(auth::Hmac {
            secret: "key".to_owned(),
            form: auth::SignatureForm::Plain(auth::PlainSignature {
                header: header.to_owned(),
                encoding: auth::Encoding::Hex,
                prefix: prefix.to_owned(),
            }),
        })
        .try_into()
    }

    fn oauth2(token_url: &str) -> Result<Scheme, SchemeError> {
        auth::Scheme::Oauth2(auth::Oauth2 {
            token_url: token_url.to_owned(),
            client_id: "ci".to_owned(),
            client_secret: "secret".to_owned(),
            authentication: auth::ClientAuthentication::Basic,
            scope: None,
            audience: None,
        })
        .try_into()
    }

    #[test]
    fn a_signature_is_in_no_header_of_the_connection() {
        for (header, prefix, error) in [
            ("X-Signature", "sha256=", None),
            (
                "Transfer-Encoding",
                "",
                Some(
                    "the signature can't be in `transfer-encoding`, which is between the host and its neighbours",
                ),
            ),
            (
                "Host",
                "",
                Some(
                    "the signature can't be in `host`, which is between the host and its neighbours",
                ),
            ),
            (
                "Content-Length",
                "",
                Some(
                    "the signature can't be in `content-length`, which says something else of a request",
                ),
            ),
            // The value would be read in another way than it was judged.
            (
                "Content-Type",
                "text/plain;",
                Some(
                    "the signature can't be in `content-type`, which says something else of a request",
                ),
            ),
            (
                "X-Original-URL",
                "/admin?",
                Some(
                    "the signature can't be in `x-original-url`, which says something else of a request",
                ),
            ),
            (
                "X Signature",
                "",
                Some(
                    "the signature's header can't be named \"X Signature\": use letters, digits and hyphens",
                ),
            ),
            (
                "X-Signature",
                "a\r\nb: ",
                Some("\"a\\r\\nb: \" can't stand before a signature: use visible ASCII characters"),
            ),
        ] {
            let found = plain(header, prefix).err().map(|error| error.to_string());
            assert_eq!(found.as_deref(), error, "{header}");
        }
    }

    #[test]
    fn a_client_secret_goes_over_tls() {
        let insecure = "the token URL is `http`, and all on the way would see the client's secret: use `https`";
        for (url, error) in [
            ("https://auth.example/token?x=1#f", None),
            ("http://127.0.0.1:8080/token", None),
            ("http://[::1]/token", None),
            ("http://auth.example/token", Some(insecure)),
            ("http://localhost/token", None),
            ("http://auth.localhost/token", None),
            ("http://localhost.example/token", Some(insecure)),
            ("http://10.0.0.1/token", Some(insecure)),
            (
                "https://a:b@auth.example/token",
                Some(
                    "the token URL has a user name or a password in it; the client's go in `client_id` and `client_secret`",
                ),
            ),
            (
                "/token",
                Some("the token URL is not a URL: relative URL without a base"),
            ),
        ] {
            let found = oauth2(url).err().map(|error| error.to_string());
            assert_eq!(found.as_deref(), error, "{url}");
        }
        assert!(matches!(
            oauth2("ftp://auth.example/"),
            Err(SchemeError::Origin(_))
        ));
    }
}
