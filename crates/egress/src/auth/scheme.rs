//! The schemes, and their validation.

use std::net::IpAddr;

use http::header::{
    ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_TYPE, COOKIE, HeaderName, RANGE,
};
use http_step_policy::{Origin, OriginError, OtherField, Scheme as UriScheme, header_name};
use http_step_signing::digest::Session;
use http_step_signing::hmac::{Form, Plain, PlainError};
use http_step_signing::oauth2::ClientAuthentication;
use parking_lot::Mutex;
use thiserror::Error;
use url::Url;

use super::MAX_REQUESTED;
use super::requested::{Aws, OAuth2, PlainSignature, RequestedScheme, SignatureForm};
use crate::headers::{is_forbidden, other_name};

/// The maximum length of a text, with handles in place of values.
const MAX_TEXT: usize = 4 << 10;

/// The maximum length of a name: of a header, a prefix of a signature, a region, a service.
const MAX_NAME: usize = 128;

/// The fields that determine where values may be injected, what is redacted, and whether a request may be
/// repeated.
const OF_REQUESTS: [HeaderName; 9] = [
    ACCEPT,
    ACCEPT_CHARSET,
    ACCEPT_ENCODING,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    COOKIE,
    RANGE,
    HeaderName::from_static("idempotency-key"),
];

/// How requests are authenticated. Texts are as the component wrote them, with handles.
pub(crate) enum Scheme {
    /// HMAC-SHA256 of the body.
    Hmac { key: String, form: Form },
    /// AWS Signature Version 4.
    AwsSigV4(Aws),
    /// HTTP Digest.
    Digest {
        username: String,
        password: String,
        /// The latest challenge, and its origin.
        session: Mutex<Option<(Origin, Session)>>,
    },
    /// OAuth 2 client credentials.
    OAuth2(Client),
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
pub enum SchemeError {
    /// The run has requested too many.
    #[error(
        "a step can ask for credentials {MAX_REQUESTED} times; one field is good for all requests"
    )]
    TooMany,
    /// A text is too long.
    #[error("a text of the credentials has {0} bytes; it may have {MAX_TEXT}")]
    TooLong(usize),
    /// A name is too long.
    #[error("a name of the credentials has {0} bytes; it may have {MAX_NAME}")]
    LongName(usize),
    /// The format of a signature is invalid.
    #[error(transparent)]
    Plain(#[from] PlainError),
    /// The signature is in a header field that a client may not set.
    #[error("the signature can't be in `{0}`, which is between the host and its neighbours")]
    Forbidden(HeaderName),
    /// The signature is in a header field that has another meaning.
    #[error("the signature can't be in `{0}`, which says something else of a request")]
    Meaning(HeaderName),
    /// The token URL is not a URL.
    #[error("the token URL is not a URL: {0}")]
    Url(#[from] url::ParseError),
    /// The token URL has no origin.
    #[error("the token URL leads nowhere: {0}")]
    Origin(#[from] OriginError),
    /// The token URL contains credentials.
    #[error(
        "the token URL has a user name or a password in it; the client's go in `client_id` and `client_secret`"
    )]
    UserInfo,
    /// The token URL does not use TLS.
    #[error(
        "the token URL is `http`, and all on the way would see the client's secret: use `https`"
    )]
    Insecure,
}

impl Scheme {
    /// Its name, as in step files.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Hmac { .. } => "hmac",
            Self::AwsSigV4(_) => "aws-sigv4",
            Self::Digest { .. } => "digest",
            Self::OAuth2(_) => "oauth2",
        }
    }

    /// The header field that it computes, if not every grant of a secret allows it.
    pub(crate) fn other_field(&self) -> Option<OtherField> {
        match self {
            Self::Hmac {
                form: Form::Plain(plain),
                ..
            } => other_field(plain),
            _ => None,
        }
    }

    /// Its texts that may contain secrets.
    pub(crate) fn sources(&self) -> Vec<&str> {
        match self {
            Self::Hmac { key, .. } => vec![key],
            Self::AwsSigV4(aws) => vec![&aws.access_key_id, &aws.secret_access_key],
            Self::Digest {
                username, password, ..
            } => vec![username, password],
            Self::OAuth2(client) => client.sources().to_vec(),
        }
    }

    /// The header fields that it can set.
    pub(crate) fn fields(&self) -> Vec<HeaderName> {
        let others: &[&'static str] = match self {
            Self::Hmac {
                form: Form::Slack, ..
            } => &["x-slack-request-timestamp"],
            Self::AwsSigV4(_) => &["x-amz-date", "x-amz-content-sha256", "x-amz-security-token"],
            Self::Hmac { .. } | Self::Digest { .. } | Self::OAuth2(_) => &[],
        };
        let others = others.iter().copied().map(HeaderName::from_static);
        others.chain([self.field()]).collect()
    }

    /// The header field that it is known for.
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

impl Client {
    /// The texts that its tokens derive from, and that may be secret.
    pub(crate) fn sources(&self) -> [&str; 2] {
        [&self.id, &self.secret]
    }
}

impl TryFrom<RequestedScheme> for Scheme {
    type Error = SchemeError;

    fn try_from(requested: RequestedScheme) -> Result<Self, SchemeError> {
        check_lengths(&requested)?;
        Ok(match requested {
            RequestedScheme::Hmac { key, form } => Self::Hmac {
                key,
                form: match form {
                    SignatureForm::GitHub => Form::GitHub,
                    SignatureForm::Slack => Form::Slack,
                    SignatureForm::Stripe => Form::Stripe,
                    SignatureForm::Plain(plain) => Form::Plain(parse_plain(&plain)?),
                },
            },
            RequestedScheme::AwsSigV4(aws) => Self::AwsSigV4(aws),
            RequestedScheme::Digest { username, password } => Self::Digest {
                username,
                password,
                session: Mutex::default(),
            },
            RequestedScheme::OAuth2(client) => Self::OAuth2(client.try_into()?),
        })
    }
}

/// The requested texts are kept for the whole run and shown in errors, so their length is limited.
fn check_lengths(requested: &RequestedScheme) -> Result<(), SchemeError> {
    let (names, texts): (Vec<&str>, Vec<&str>) = match requested {
        RequestedScheme::Hmac { key, form } => match form {
            SignatureForm::Plain(plain) => (vec![&plain.header, &plain.prefix], vec![key]),
            _ => (Vec::new(), vec![key]),
        },
        RequestedScheme::AwsSigV4(aws) => {
            let mut texts: Vec<&str> = vec![&aws.secret_access_key];
            texts.extend(aws.session_token.as_deref());
            (vec![&aws.access_key_id, &aws.region, &aws.service], texts)
        }
        RequestedScheme::Digest { username, password } => (Vec::new(), vec![username, password]),
        RequestedScheme::OAuth2(client) => {
            let mut texts: Vec<&str> =
                vec![&client.token_url, &client.client_id, &client.client_secret];
            texts.extend(client.scope.as_deref());
            texts.extend(client.audience.as_deref());
            (Vec::new(), texts)
        }
    };
    if let Some(long) = names.iter().find(|name| name.len() > MAX_NAME) {
        return Err(SchemeError::LongName(long.len()));
    }
    match texts.iter().find(|text| text.len() > MAX_TEXT) {
        Some(long) => Err(SchemeError::TooLong(long.len())),
        None => Ok(()),
    }
}

fn parse_plain(requested: &PlainSignature) -> Result<Plain, SchemeError> {
    let plain = Plain::new(&requested.header, requested.encoding, &requested.prefix)?;
    let header = plain.header();
    if is_forbidden(header) {
        return Err(SchemeError::Forbidden(header.clone()));
    }
    let name = header_name(header.as_str());
    let is_of_request = OF_REQUESTS.iter().any(|other| name == other.as_str());
    let names_destination = other_field(&plain).is_some_and(|field| field.names_destination());
    if is_of_request || names_destination || other_name(header).is_some() {
        return Err(SchemeError::Meaning(header.clone()));
    }
    Ok(plain)
}

/// The field of a signature, if not every grant allows it. Its value starts with the component's text,
/// which may end like `sha256=`.
fn other_field(plain: &Plain) -> Option<OtherField> {
    let prefix = plain.prefix().as_bytes();
    let text = prefix.strip_suffix(b"=").unwrap_or(prefix);
    OtherField::new(plain.header().as_str(), text)
}

impl TryFrom<OAuth2> for Client {
    type Error = SchemeError;

    fn try_from(requested: OAuth2) -> Result<Self, SchemeError> {
        let mut token_url = Url::parse(&requested.token_url)?;
        token_url.set_fragment(None);
        if !token_url.username().is_empty() || token_url.password().is_some() {
            return Err(SchemeError::UserInfo);
        }
        let origin = Origin::from_url(token_url.as_str())?;
        // RFC 6749, section 3.2, except for endpoints on this machine.
        if origin.scheme == UriScheme::Http && !is_loopback(&token_url) {
            return Err(SchemeError::Insecure);
        }
        Ok(Self {
            token_url,
            origin,
            id: requested.client_id,
            secret: requested.client_secret,
            authentication: requested.authentication,
            scope: requested.scope,
            audience: requested.audience,
        })
    }
}

/// Whether a URL's host is a loopback address or `localhost` (RFC 6761, section 6.3). The policy
/// still has to allow it, and the address is checked.
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
    use http_step_signing::hmac::Encoding;

    use super::*;

    fn plain(header: &str, prefix: &str) -> Result<Scheme, SchemeError> {
        RequestedScheme::Hmac {
            key: "key".to_owned(),
            form: SignatureForm::Plain(PlainSignature {
                header: header.to_owned(),
                encoding: Encoding::Hex,
                prefix: prefix.to_owned(),
            }),
        }
        .try_into()
    }

    fn oauth2(token_url: &str) -> Result<Scheme, SchemeError> {
        RequestedScheme::OAuth2(OAuth2 {
            token_url: token_url.to_owned(),
            client_id: "ci".to_owned(),
            client_secret: "secret".to_owned(),
            authentication: ClientAuthentication::Basic,
            scope: None,
            audience: None,
        })
        .try_into()
    }

    #[test]
    fn a_signature_is_not_in_a_forbidden_header() {
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
            // The value would be interpreted differently from how it was checked.
            (
                "Content-Type",
                "text/plain,",
                Some(
                    "the signature can't be in `content-type`, which says something else of a request",
                ),
            ),
            (
                "Transfer_Encoding",
                "",
                Some(
                    "the signature can't be in `transfer_encoding`, which says something else of a request",
                ),
            ),
            (
                "X-Original-URL",
                "/admin=",
                Some(
                    "the signature can't be in `x-original-url`, which says something else of a request",
                ),
            ),
            (
                "X Signature",
                "",
                Some(
                    "invalid header name \"X Signature\" for the signature: use letters, digits and hyphens",
                ),
            ),
            (
                "X-Signature",
                "a\r\nb: ",
                Some(
                    "invalid prefix \"a\\r\\nb: \" for the signature: use visible ASCII characters other than `%`, `&`, `+` and `\\`, and `=`, `,`, `:` or a space at the end",
                ),
            ),
        ] {
            let found = plain(header, prefix).err().map(|error| error.to_string());
            assert_eq!(found.as_deref(), error, "{header}");
        }
    }

    #[test]
    fn a_client_secret_requires_tls() {
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
