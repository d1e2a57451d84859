//! Whether the requests of an attempt may be sent a second time.

use http::Method;
use thiserror::Error;

/// A request of a failed attempt, as the host saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentRequest {
    /// The method. Methods are case-sensitive.
    pub method: String,
    /// Whether it may have reached its server.
    pub may_have_been_sent: bool,
    /// Its idempotency key.
    pub key: RequestKey,
}

/// An idempotency key, by which a server recognizes a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestKey {
    /// None, or one that may be another one in the next attempt.
    #[default]
    None,
    /// One that is the same in every attempt.
    Same,
    /// One that another request of the attempt may get in the next one.
    Ambiguous,
}

/// A request that must not be sent again, with its method.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotResendable {
    /// It is not idempotent, and has no key.
    #[error(
        "the server may have processed the {0} request, and a second one could repeat its effect; if the server supports it, add `idempotency_key: auto`"
    )]
    NoKey(String),
    /// Its key may be exchanged with that of another one.
    #[error(
        "the server may have processed the {0} request, which can't be told from another one to the same URL by its key"
    )]
    Ambiguous(String),
}

/// Check that all requests of an attempt may be sent again: each was not sent, or its method is
/// idempotent (RFC 9110, section 9.2.2), or it has a key by which its server recognizes it.
///
/// # Errors
///
/// The first request that must not.
pub fn check_resend(requests: impl IntoIterator<Item = SentRequest>) -> Result<(), NotResendable> {
    for request in requests {
        let method = request.method;
        let is_idempotent =
            Method::from_bytes(method.as_bytes()).is_ok_and(|method| method.is_idempotent());
        if !request.may_have_been_sent || is_idempotent {
            continue;
        }
        match request.key {
            RequestKey::Same => {}
            RequestKey::None => return Err(NotResendable::NoKey(method)),
            RequestKey::Ambiguous => return Err(NotResendable::Ambiguous(method)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, may_have_been_sent: bool, key: RequestKey) -> SentRequest {
        SentRequest {
            method: method.to_owned(),
            may_have_been_sent,
            key,
        }
    }

    #[test]
    fn what_may_be_sent_again() {
        for (method, is_idempotent) in [
            ("GET", true),
            ("HEAD", true),
            ("OPTIONS", true),
            ("TRACE", true),
            ("PUT", true),
            ("DELETE", true),
            ("POST", false),
            ("PATCH", false),
            ("CONNECT", false),
            ("PROPFIND", false),
            ("get", false),
            ("Put", false),
            ("", false),
        ] {
            for (sent, key, expected) in [
                (true, RequestKey::None, is_idempotent),
                (true, RequestKey::Ambiguous, is_idempotent),
                (true, RequestKey::Same, true),
                (false, RequestKey::None, true),
                (false, RequestKey::Ambiguous, true),
                (false, RequestKey::Same, true),
            ] {
                let request = request(method, sent, key);
                assert_eq!(check_resend([request]).is_ok(), expected, "{method}");
            }
        }
    }

    #[test]
    fn one_request_of_several_is_enough() {
        let safe = request("GET", true, RequestKey::None);
        let unsafe_ = request("POST", true, RequestKey::None);
        assert_eq!(check_resend([]), Ok(()));
        assert_eq!(check_resend([safe.clone(), safe.clone()]), Ok(()));
        for requests in [[unsafe_.clone(), safe.clone()], [safe, unsafe_]] {
            let refused = check_resend(requests).unwrap_err();
            assert_eq!(refused, NotResendable::NoKey("POST".to_owned()));
        }
    }
}
