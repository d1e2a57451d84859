//! The headers that sign a request.

use ::hmac::Mac;
use http::header::{AUTHORIZATION, HOST, HeaderName};
use sha2_wiped::{Digest, Sha256};
use thiserror::Error;
use time::OffsetDateTime;
use zeroize::{Zeroize, Zeroizing};

use super::canonical::{self, SignedHeaders};
use super::{Credentials, Payload, Request, Scope};
use crate::header::Headers;
use crate::header::{ascii, sensitive, sensitive_ascii};
use crate::hex::hex;
use crate::hmac::keyed;

/// Why a request can't be signed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SignError {
    /// AWS requires that the host is signed.
    #[error("a request that is signed for AWS must have a signed Host header")]
    NoHost,
    /// It is not a single word, so it would corrupt the `Authorization` header.
    #[error("invalid AWS region {0:?}: expected a name such as eu-central-1")]
    Region(String),
    /// The same for a service.
    #[error("invalid AWS service {0:?}: expected its name for signing, such as s3 or execute-api")]
    Service(String),
    /// The same for an access key ID. It is not shown, since it may be the secret in the wrong
    /// place.
    #[error("invalid AWS access key ID: expected letters and digits, such as AKIAIOSFODNN7EXAMPLE")]
    AccessKeyId,
    /// It is not a valid header value.
    #[error("the AWS session token has characters that are not allowed in a header")]
    SessionToken,
    /// It can't be written as a date.
    #[error("the time of an AWS signature must be in the years 1970 to 9999, not at second {0}")]
    Time(u64),
}

/// The headers for the request: `X-Amz-Date`, `X-Amz-Security-Token` for temporary
/// credentials, `X-Amz-Content-Sha256` if the service requires it or the payload is not
/// signed, and `Authorization`.
///
/// `time` is in seconds since 1970. AWS refuses times that are off by more than some minutes.
///
/// # Errors
///
/// There is no `Host` header, or an input has characters that are not allowed.
pub fn sign(
    request: &Request<'_>,
    scope: &Scope<'_>,
    credentials: &Credentials<'_>,
    time: u64,
) -> Result<Headers, SignError> {
    check(request, scope, credentials)?;
    let (day, moment) = day_and_moment(time)?;
    let payload = match request.payload {
        Payload::Sha256(hash) => hex(&hash),
        Payload::Unsigned => Zeroizing::new("UNSIGNED-PAYLOAD".to_owned()),
    };

    let mut set = vec![(HeaderName::from_static("x-amz-date"), ascii(&moment))];
    if scope.content_sha256 || request.payload == Payload::Unsigned {
        set.push((
            HeaderName::from_static("x-amz-content-sha256"),
            ascii(&payload),
        ));
    }
    if let Some(token) = credentials.session_token {
        let token = sensitive(token).map_err(|_| SignError::SessionToken)?;
        set.push((HeaderName::from_static("x-amz-security-token"), token));
    }

    let headers = SignedHeaders::new(request.headers, &set);
    let names = headers.names();
    let mut hash = Sha256::new();
    canonical::write(request, scope.path, &headers, &payload, &mut |piece| {
        hash.update(piece);
    });
    let request_hash = hex(&hash.finalize());

    let Scope {
        region, service, ..
    } = scope;
    let credential_scope = format!("{day}/{region}/{service}/aws4_request");
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{moment}\n{credential_scope}\n{}",
        *request_hash
    );
    let key = signing_key(credentials.secret_access_key, &day, scope);
    let signature = hex(&*mac(&*key, to_sign.as_bytes()));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{credential_scope}, SignedHeaders={names}, Signature={}",
        credentials.access_key_id, *signature
    );
    set.push((AUTHORIZATION, sensitive_ascii(&authorization)));
    Ok(set)
}

fn check(
    request: &Request<'_>,
    scope: &Scope<'_>,
    credentials: &Credentials<'_>,
) -> Result<(), SignError> {
    if !request.headers.contains_key(HOST) {
        return Err(SignError::NoHost);
    }
    if !is_word(scope.region) {
        return Err(SignError::Region(scope.region.to_owned()));
    }
    if !is_word(scope.service) {
        return Err(SignError::Service(scope.service.to_owned()));
    }
    if !is_word(credentials.access_key_id) {
        return Err(SignError::AccessKeyId);
    }
    Ok(())
}

/// Whether a text can be part of a credential scope. S3-compatible services have access keys
/// and regions with other characters than AWS's own.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// The date, and the date with the time, in ISO 8601 without separators.
fn day_and_moment(time: u64) -> Result<(String, String), SignError> {
    let utc = i64::try_from(time)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or(SignError::Time(time))?;
    let day = format!(
        "{:04}{:02}{:02}",
        utc.year(),
        u8::from(utc.month()),
        utc.day()
    );
    let moment = format!(
        "{day}T{:02}{:02}{:02}Z",
        utc.hour(),
        utc.minute(),
        utc.second()
    );
    Ok((day, moment))
}

/// The key for one day, region and service.
fn signing_key(secret: &[u8], day: &str, scope: &Scope<'_>) -> Zeroizing<[u8; 32]> {
    let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
    first.extend_from_slice(b"AWS4");
    first.extend_from_slice(secret);
    let of_day = mac(&first, day.as_bytes());
    let of_region = mac(&*of_day, scope.region.as_bytes());
    let of_service = mac(&*of_region, scope.service.as_bytes());
    mac(&*of_service, b"aws4_request")
}

fn mac(key: &[u8], message: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut mac = keyed(key);
    mac.update(message);
    let mut code = mac.finalize().into_bytes();
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(&code);
    code.as_mut_slice().zeroize();
    key
}
