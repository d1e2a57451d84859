//! The inputs of a signature.

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HOST, HeaderName};
use sha2_wiped::{Digest, Sha256};

/// An AWS access key.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The public ID of the key, which is sent.
    pub access_key_id: &'a str,
    /// The secret key, which does not leave this crate.
    pub secret_access_key: &'a [u8],
    /// The token of temporary credentials, which is sent.
    pub session_token: Option<&'a [u8]>,
}

/// The scope of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// For example `eu-central-1`.
    pub region: &'a str,
    /// The service's name for signing, for example `execute-api`.
    pub service: &'a str,
    /// How the service normalizes paths.
    pub path: PathRule,
    /// Whether `X-Amz-Content-Sha256` is always sent and signed.
    pub content_sha256: bool,
}

/// The canonical form of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathRule {
    /// Without dot segments and empty segments, and percent-encoded once more: all services
    /// but S3.
    Normalized,
    /// With all segments, and each character encoded once: S3.
    Verbatim,
}

/// The SHA-256 of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The body has this hash.
    Sha256([u8; 32]),
    /// The signature does not cover the body, which S3 allows over TLS.
    Unsigned,
}

/// A request, as it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, percent-encoded as it is sent.
    pub path: &'a str,
    /// The query as it is sent, without its question mark.
    pub query: Option<&'a str>,
    /// The headers to sign. `Host` is required; those that [`sign`](super::sign()) sets are
    /// ignored.
    pub headers: &'a HeaderMap,
    /// The body's hash, if it is signed.
    pub payload: Payload,
}

impl<'a> Scope<'a> {
    /// With the rules of the service of this name.
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
    pub fn from_body(body: &[u8]) -> Self {
        let mut hasher = PayloadHasher::default();
        hasher.update(body);
        hasher.finish()
    }
}

/// Hashes a body piece by piece. Its state is wiped on drop.
#[derive(Default)]
pub struct PayloadHasher(Sha256);

impl PayloadHasher {
    /// Add the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The hash of all pieces.
    #[must_use]
    pub fn finish(self) -> Payload {
        Payload::Sha256(self.0.finalize().into())
    }
}

/// Whether AWS requires that a header is signed: `Host`, `Content-Type` and `X-Amz-…`. Others
/// can be signed, if no proxy changes them.
#[must_use]
pub fn is_signed(name: &HeaderName) -> bool {
    name == HOST || name == CONTENT_TYPE || name.as_str().starts_with("x-amz-")
}
