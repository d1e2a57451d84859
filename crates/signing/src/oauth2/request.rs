//! The request for a token.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use form_urlencoded::byte_serialize;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use zeroize::Zeroizing;

use crate::header::Headers;
use crate::header::sensitive_ascii;

/// A client that is registered with an authorization server.
#[derive(Clone, Copy)]
pub struct ClientCredentials<'a> {
    /// The client's identifier.
    pub id: &'a str,
    /// The client's secret.
    pub secret: &'a [u8],
    /// Where the secret goes.
    pub authentication: ClientAuthentication,
    /// The requested scopes, separated by spaces.
    pub scope: Option<&'a str>,
    /// The requested audience. It is not in the RFC, but Auth0 and others require it.
    pub audience: Option<&'a str>,
    /// Whether the identifier is the first field of a body, instead of the secret. If a server keeps
    /// only the start of a body, text before a value determines how much of it that is.
    pub is_id_first: bool,
}

/// The names of the fields that a request's body can have.
pub const FORM_FIELDS: [&str; 5] = [
    "client_secret",
    "client_id",
    "grant_type",
    "scope",
    "audience",
];

/// How the client authenticates (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// In `Authorization: Basic`, form-encoded and then base64-encoded. Every server must
    /// support it, but some forget to form-decode.
    #[default]
    Basic,
    /// In the body, as `client_id` and `client_secret`.
    Body,
}

/// A POST to the token endpoint.
pub struct TokenRequest {
    /// `Content-Type`, `Accept`, and `Authorization` with
    /// [`ClientAuthentication::Basic`].
    pub headers: Headers,
    /// A form.
    pub body: Zeroizing<Vec<u8>>,
}

impl ClientCredentials<'_> {
    /// The request, which must be sent over TLS.
    #[must_use]
    pub fn request(&self) -> TokenRequest {
        let mut headers = vec![
            (
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            ),
            (ACCEPT, HeaderValue::from_static("application/json")),
        ];
        let mut fields: Vec<(&str, &[u8])> = Vec::new();
        match self.authentication {
            ClientAuthentication::Basic => headers.push((AUTHORIZATION, self.basic())),
            ClientAuthentication::Body => {
                fields.push(("client_secret", self.secret));
                fields.push(("client_id", self.id.as_bytes()));
                if self.is_id_first {
                    fields.reverse();
                }
            }
        }
        fields.push(("grant_type", b"client_credentials"));
        fields.extend(self.scope.map(|scope| ("scope", scope.as_bytes())));
        fields.extend(
            self.audience
                .map(|audience| ("audience", audience.as_bytes())),
        );
        TokenRequest {
            headers,
            body: form(&fields),
        }
    }

    fn basic(&self) -> HeaderValue {
        let length = encoded_length(self.id.as_bytes()) + 1 + encoded_length(self.secret);
        let mut pair = Zeroizing::new(String::with_capacity(length));
        pair.extend(byte_serialize(self.id.as_bytes()));
        pair.push(':');
        pair.extend(byte_serialize(self.secret));

        const SCHEME: &str = "Basic ";
        let length = SCHEME.len() + pair.len().div_ceil(3) * 4;
        let mut value = Zeroizing::new(String::with_capacity(length));
        value.push_str(SCHEME);
        BASE64_STANDARD.encode_string(pair.as_bytes(), &mut value);
        sensitive_ascii(&value)
    }
}

/// A form. Its memory is reserved at once, since growing would leave copies.
fn form(fields: &[(&str, &[u8])]) -> Zeroizing<Vec<u8>> {
    let length = fields
        .iter()
        .map(|(name, value)| name.len() + encoded_length(value) + 2)
        .sum();
    let mut body = Zeroizing::new(Vec::with_capacity(length));
    for (name, value) in fields {
        if !body.is_empty() {
            body.push(b'&');
        }
        body.extend_from_slice(name.as_bytes());
        body.push(b'=');
        for piece in byte_serialize(value) {
            body.extend_from_slice(piece.as_bytes());
        }
    }
    body
}

fn encoded_length(bytes: &[u8]) -> usize {
    byte_serialize(bytes).map(str::len).sum()
}
