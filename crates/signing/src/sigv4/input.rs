//! What is signed, for whom, and with what.

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HOST, HeaderName};
use sha2_wiped::{Digest, Sha256};

/// An AWS access key.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// Who signs. It stands in the request for all to read.
    pub access_key_id: &'a str,
    /// The key, which does not leave this crate.
    pub secret_access_key: &'a [u8],
    /// The token of temporary credentials, which the request carries.
    pub session_token: Option<&'a [u8]>,
}

/// Where a signature is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// For example `eu-central-1`.
    pub region: &'a str,
    /// The service's name for signing, for example `execute-api`.
    pub service: &'a str,
    /// How the service reads a path.
    pub path: PathRule,
    /// Whether `X-Amz-Content-Sha256` is sent, and signed, in any case.
    pub content_sha256: bool,
}

/// How a path becomes canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathRule {
    /// Dot segments and empty ones go, and what is sent is encoded once more:
    /// all services but S3.
    Normalized,
    /// A key may have any segments, and each character is encoded once: S3.
    Verbatim,
}

/// The SHA-256 of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The body has this hash.
    Sha256([u8; 32]),
    /// The signature is not about the body, which S3 permits over TLS.
    Unsigned,
}

/// A request, as it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, percent-encoded as it goes out.
    pub path: &'a str,
    /// The query likewise, without its question mark.
    pub query: Option<&'a str>,
    /// The headers to sign. `Host` is to be there; what [`sign`](super::sign())
    /// sets itself is passed over.
    pub headers: &'a HeaderMap,
    /// What there is to say of the body.
    pub payload: Payload,
}

impl<'a> Scope<'a> {
    /// With the rules of the service, as far as its name tells them.
    #[must_use]
    pub fn new(region: &'a str, service: &'a str) -> Self {
        let s3 = matches!(
            service,
            "s3" | "s3express" | "s3-object-lambda" | "s3-outposts"
        );
        Self {
            region,
            service,
            path: if s3 {
                PathRule::Verbatim
            } else {
                PathRule::Normalized
            },
            content_sha256: s3,
        }
    }
}

impl Payload {
    /// The hash of a whole body.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self::Sha256(Sha256::digest(body).into())
    }
}

/// Whether a header is one that AWS wants signed: `Host`, `Content-Type` and
/// `X-Amz-…`. Others may be, if nothing on the way changes them.
#[must_use]
pub fn is_signed(name: &HeaderName) -> bool {
    name == HOST || name == CONTENT_TYPE || name.as_str().starts_with("x-amz-")
}
