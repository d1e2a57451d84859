//! Whether the requests of an attempt may be sent a second time.

use thiserror::Error;

/// Methods that are idempotent (RFC 9110, section 9.2.2): sending them twice has the effect of
/// sending them once.
const IDEMPOTENT: [&str; 6] = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];

/// A request of a failed attempt, as the host saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentRequest {
    /// The method. Methods are case-sensitive.
    pub method: String,
    /// Whether it may have reached its server.
    pub may_have_been_sent: bool,
    /// Whether it had the key of this request of the step, which is the same in every attempt.
    pub has_key: bool,
}

/// A request that must not be sent again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the server may have processed the {method} request, and a second one could repeat its effect; if the server supports it, add `idempotency_key: auto`"
)]
pub struct NotResendable {
    /// Its method.
    pub method: String,
}

/// Check that all requests of an attempt may be sent again: each was not sent, or its method is
/// idempotent, or it has a key by which its server recognizes it.
///
/// # Errors
///
/// The first request that must not.
pub fn check_resend(requests: &[SentRequest]) -> Result<(), NotResendable> {
    let is_safe = |request: &&SentRequest| {
        !request.may_have_been_sent
            || request.has_key
            || IDEMPOTENT.contains(&request.method.as_str())
    };
    match requests.iter().find(|request| !is_safe(request)) {
        None => Ok(()),
        Some(request) => Err(NotResendable {
            method: request.method.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, may_have_been_sent: bool, has_key: bool) -> SentRequest {
        SentRequest {
            method: method.to_owned(),
            may_have_been_sent,
            has_key,
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
            for (sent, has_key, expected) in [
                (true, false, is_idempotent),
                (true, true, true),
                (false, false, true),
                (false, true, true),
            ] {
                let request = request(method, sent, has_key);
                assert_eq!(check_resend(&[request]).is_ok(), expected, "{method}");
            }
        }
    }

    #[test]
    fn one_request_of_several_is_enough() {
        let safe = request("GET", true, false);
        let unsafe_ = request("POST", true, false);
        assert_eq!(check_resend(&[]), Ok(()));
        assert_eq!(check_resend(&[safe.clone(), safe.clone()]), Ok(()));
        for requests in [[unsafe_.clone(), safe.clone()], [safe, unsafe_]] {
            let refused = check_resend(&requests).unwrap_err();
            assert_eq!(refused.method, "POST");
        }
    }
}
