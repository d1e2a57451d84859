//! A scheme as a client requests it, not validated. Its texts may contain handles.

use http_step_signing::hmac::Encoding;
use http_step_signing::oauth2::ClientAuthentication;

/// How requests are authenticated.
#[derive(Clone)]
pub enum RequestedScheme {
    /// HMAC-SHA256 of the body.
    Hmac {
        /// The key.
        key: String,
        /// The format of the signature.
        form: SignatureForm,
    },
    /// AWS Signature Version 4.
    AwsSigV4(Aws),
    /// HTTP Digest.
    Digest {
        /// The user name.
        username: String,
        /// The password.
        password: String,
    },
    /// OAuth 2 client credentials.
    OAuth2(OAuth2),
}

/// The format of an HMAC.
#[derive(Clone)]
pub enum SignatureForm {
    /// As in GitHub's webhooks.
    GitHub,
    /// As in Slack's.
    Slack,
    /// As in Stripe's.
    Stripe,
    /// The signature alone.
    Plain(PlainSignature),
}

/// A signature in a header field.
#[derive(Clone)]
pub struct PlainSignature {
    /// The name of the header.
    pub header: String,
    /// The encoding of the signature.
    pub encoding: Encoding,
    /// The text before it.
    pub prefix: String,
}

/// An AWS access key, and its scope.
#[derive(Clone)]
pub struct Aws {
    /// The access key's ID.
    pub access_key_id: String,
    /// The key itself.
    pub secret_access_key: String,
    /// The token of a temporary key.
    pub session_token: Option<String>,
    /// The region.
    pub region: String,
    /// The service.
    pub service: String,
    /// Whether the signature does not cover the body.
    pub is_payload_unsigned: bool,
}

/// A client of a token endpoint.
#[derive(Clone)]
pub struct OAuth2 {
    /// The URL of the endpoint.
    pub token_url: String,
    /// The client's ID.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: String,
    /// Where the ID and the secret are in a request for a token.
    pub authentication: ClientAuthentication,
    /// The requested scope.
    pub scope: Option<String>,
    /// The audience of the token.
    pub audience: Option<String>,
}
