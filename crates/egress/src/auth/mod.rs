//! Credentials that the host computes: what a run has requested (`wit/auth.wit`), and the
//! placeholders for it in requests. `sign.rs` computes them from a `hashed_body.rs`, `tokens.rs` caches
//! OAuth 2 tokens.

pub(crate) mod hashed_body;
mod requested;
mod scheme;
pub(crate) mod sign;
pub(crate) mod tokens;

use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use parking_lot::Mutex;

pub use self::requested::{Aws, OAuth2, PlainSignature, RequestedScheme, SignatureForm};
pub use self::scheme::SchemeError;

pub(crate) use self::scheme::{Client, Scheme};

/// The maximum number of requests for credentials per run.
const MAX_REQUESTED: usize = 16;

/// The credentials that one run has requested.
#[derive(Default)]
pub struct Credentials(Mutex<Vec<Arc<Placeholder>>>);

/// Requested credentials, and the header field that represents them in requests.
pub struct Placeholder {
    /// The name of the field.
    pub field: HeaderName,
    /// Its value, as the placeholder of the credentials.
    pub value: String,
    pub(crate) scheme: Scheme,
}

impl Credentials {
    /// Request credentials. Returns the placeholder, which the component puts into requests.
    ///
    /// # Errors
    ///
    /// The scheme is invalid, or the run has requested too many.
    pub fn request(&self, requested: RequestedScheme) -> Result<Arc<Placeholder>, SchemeError> {
        let scheme = Scheme::try_from(requested)?;
        let mut requested = self.0.lock();
        if requested.len() >= MAX_REQUESTED {
            return Err(SchemeError::TooMany);
        }
        let name = scheme.name();
        // It is not secret: it is only valid in this run, and it appears in logs.
        let value = match requested.len() {
            0 => format!("<{name}>"),
            others => format!("<{name} {}>", others + 1),
        };
        let placeholder = Arc::new(Placeholder {
            field: scheme.field(),
            value,
            scheme,
        });
        requested.push(Arc::clone(&placeholder));
        Ok(placeholder)
    }

    /// Whether the run has requested none.
    pub(crate) fn is_empty(&self) -> bool {
        let requested = self.0.lock();
        requested.is_empty()
    }

    /// Remove the placeholders from a request's header.
    pub(crate) fn take_from(&self, header: &mut HeaderMap) -> Vec<Arc<Placeholder>> {
        let requested = self.0.lock();
        let is_in = |placeholder: &Arc<Placeholder>| {
            let mut values = header.get_all(&placeholder.field).iter();
            values.any(|value| value == placeholder.value.as_str())
        };
        let found: Vec<Arc<Placeholder>> =
            requested.iter().filter(|one| is_in(one)).cloned().collect();
        for placeholder in &found {
            // Other values of the field would otherwise be sent with the credentials.
            header.remove(&placeholder.field);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hmac() -> RequestedScheme {
        RequestedScheme::Hmac {
            key: "hs".to_owned(),
            form: SignatureForm::GitHub,
        }
    }

    #[test]
    fn placeholders_are_taken_from_requests() {
        let credentials = Credentials::default();
        let first = credentials.request(hmac()).unwrap();
        let second = credentials.request(hmac()).unwrap();
        let field = "x-hub-signature-256";
        assert_eq!(first.field, field);
        assert_eq!(
            [first.value.as_str(), &second.value],
            ["<hmac>", "<hmac 2>"]
        );
        let mut header = HeaderMap::new();
        header.append(field, "<hmac 2>".parse().unwrap());
        header.append(field, "another".parse().unwrap());
        header.append("x-other", "<hmac>".parse().unwrap());
        let taken = credentials.take_from(&mut header);
        assert!(matches!(&taken[..], [one] if Arc::ptr_eq(one, &second)));
        let left: Vec<_> = header.keys().collect();
        assert_eq!(left, ["x-other"]);
        assert!(credentials.take_from(&mut header).is_empty());
    }

    #[test]
    fn requested_credentials_are_limited() {
        let credentials = Credentials::default();
        for _ in 0..MAX_REQUESTED {
            assert!(credentials.request(hmac()).is_ok());
        }
        assert_eq!(
            credentials.request(hmac()).err(),
            Some(SchemeError::TooMany)
        );
    }
}
