//! Credentials that the host computes: what the component of a run has asked for
//! (`wit/auth.wit`), and what stands for it in requests. `proof.rs` computes
//! them.

mod requested;
mod scheme;

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName};

pub use self::requested::{Aws, OAuth2, PlainSignature, RequestedScheme, SignatureForm};
pub use self::scheme::SchemeError;

pub(crate) use self::scheme::{Client, Scheme};

/// How many a run can ask for.
const MOST_ASKED: usize = 16;

/// What one run has asked for.
#[derive(Default)]
pub struct Credentials(Mutex<Vec<Arc<Promise>>>);

/// Credentials that were asked for, and the field that stands for them.
pub struct Promise {
    /// The name of the field.
    pub field: HeaderName,
    /// Its value, in the place of the credentials.
    pub stand_in: String,
    pub(crate) scheme: Scheme,
}

impl Credentials {
    /// Promise credentials.
    ///
    /// # Errors
    ///
    /// They can't be used, or the run has asked for too many.
    pub fn promise(&self, asked: RequestedScheme) -> Result<Arc<Promise>, SchemeError> {
        let scheme = Scheme::try_from(asked)?;
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= MOST_ASKED {
            return Err(SchemeError::TooMany);
        }
        let name = scheme.name();
        // It is no secret: it stands for something in this run alone, and people read
        // it in the log.
        let stand_in = match asked.len() {
            0 => format!("<{name}>"),
            others => format!("<{name} {}>", others + 1),
        };
        let promise = Arc::new(Promise {
            field: scheme.field(),
            stand_in,
            scheme,
        });
        asked.push(Arc::clone(&promise));
        Ok(promise)
    }

    /// Take those that a request is to carry out of its header, in its order.
    pub(crate) fn take_from(&self, header: &mut HeaderMap) -> Vec<Arc<Promise>> {
        let asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_in = |promise: &Arc<Promise>| {
            let mut values = header.get_all(&promise.field).iter();
            values.any(|value| value == promise.stand_in.as_str())
        };
        let found: Vec<Arc<Promise>> = asked.iter().filter(|one| is_in(one)).cloned().collect();
        for promise in &found {
            // What else stands there would go out beside it.
            header.remove(&promise.field);
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
    fn a_request_has_the_fields_that_stand_for_them() {
        let credentials = Credentials::default();
        let first = credentials.promise(hmac()).unwrap();
        let second = credentials.promise(hmac()).unwrap();
        let field = "x-hub-signature-256";
        assert_eq!(first.field, field);
        assert_eq!(
            [first.stand_in.as_str(), &second.stand_in],
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
    fn they_are_not_asked_for_without_end() {
        let credentials = Credentials::default();
        for _ in 0..MOST_ASKED {
            assert!(credentials.promise(hmac()).is_ok());
        }
        assert_eq!(
            credentials.promise(hmac()).err(),
            Some(SchemeError::TooMany)
        );
    }
}
