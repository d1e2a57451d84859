//! A scheme as a client asks for it, before it is checked. Texts may have handles in them.

use http_step_signing::hmac::Encoding;
use http_step_signing::oauth2::ClientAuthentication;

/// How requests are to prove who sends them.
#[derive(Clone)]
pub enum RequestedScheme {
    /// HMAC-SHA256 of the body.
    Hmac {
        /// The key.
        key: String,
        /// How the signature is written.
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

/// How an HMAC is written.
#[derive(Clone)]
pub enum SignatureForm {
    /// As GitHub signs webhooks.
    GitHub,
    /// As Slack does.
    Slack,
    /// As Stripe does.
    Stripe,
    /// The signature alone.
    Plain(PlainSignature),
}

/// A signature in a header of its own.
#[derive(Clone)]
pub struct PlainSignature {
    /// The name of the header.
    pub header: String,
    /// How the bytes are written.
    pub encoding: Encoding,
    /// What stands before them.
    pub prefix: String,
}

/// An AWS access key, and what it signs for.
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
    /// Whether the body is left out of what is signed.
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
    /// Where the two stand in a request for a token.
    pub authentication: ClientAuthentication,
    /// What the token is to be good for.
    pub scope: Option<String>,
    /// Whom the token is for.
    pub audience: Option<String>,
}
