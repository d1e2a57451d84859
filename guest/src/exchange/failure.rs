//! What the host says of a failed request, as an error of the contract: with a kind and a message.

use crate::bindings::ci::http_step::types::{ErrorKind, StepError};
use crate::host::Failure;
use crate::request::Request;
use crate::request::target::origin;

/// No response came.
pub(crate) fn no_response(request: &Request, failure: Failure) -> StepError {
    let Failure { kind, words } = failure;
    let message = match kind {
        ErrorKind::InvalidSpec => words,
        ErrorKind::Denied => {
            format!(
                "the host does not allow a request to {}",
                origin(&request.url)
            )
        }
        ErrorKind::Dns | ErrorKind::Connect | ErrorKind::Tls => {
            format!("could not connect to {}: {words}", request.shown_address())
        }
        _ => format!("no response from {}: {words}", request.shown_address()),
    };
    StepError { kind, message }
}

/// The body of a response ended early.
pub(crate) fn broken_response(request: &Request, size: u64, failure: Failure) -> StepError {
    let Failure { kind, words } = failure;
    StepError {
        kind,
        message: format!(
            "the response of {} ended after {size} bytes: {words}",
            request.shown_address()
        ),
    }
}

/// Whether the request may have reached the server, if there is no response. A limit that is
/// exceeded before the response has kept the request from being sent.
pub(crate) fn may_have_been_sent(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::InvalidSpec
            | ErrorKind::Denied
            | ErrorKind::Dns
            | ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::Limit
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::Method;
    use crate::request::target;

    fn request(is_url_hidden: bool) -> Request {
        Request {
            method: Method::Get,
            url: target::parse("https://a.example:8443/b?token=c").unwrap(),
            is_url_hidden,
            headers: vec![],
            cookies: vec![],
            content: None,
            credentials: None,
        }
    }

    #[test]
    fn messages_say_what_failed_and_where() {
        let request = request(false);
        let message = |kind| {
            let words = "the reason".to_owned();
            no_response(&request, Failure { kind, words }).message
        };
        for (kind, expected) in [
            (ErrorKind::InvalidSpec, "the reason"),
            (
                ErrorKind::Denied,
                "the host does not allow a request to https://a.example:8443",
            ),
            (
                ErrorKind::Connect,
                "could not connect to https://a.example:8443/b: the reason",
            ),
            (
                ErrorKind::Timeout,
                "no response from https://a.example:8443/b: the reason",
            ),
        ] {
            assert_eq!(message(kind), expected);
        }
        let failure = Failure {
            kind: ErrorKind::Protocol,
            words: "the reason".to_owned(),
        };
        assert_eq!(
            broken_response(&request, 5, failure).message,
            "the response of https://a.example:8443/b ended after 5 bytes: the reason"
        );
    }

    #[test]
    fn the_origin_of_a_hidden_url_is_named() {
        let request = request(true);
        let failure = |kind| Failure {
            kind,
            words: "the reason".to_owned(),
        };
        for (kind, expected) in [
            (
                ErrorKind::Denied,
                "the host does not allow a request to https://a.example:8443",
            ),
            (
                ErrorKind::Tls,
                "could not connect to https://a.example:8443/<HIDDEN>: the reason",
            ),
            (
                ErrorKind::Protocol,
                "no response from https://a.example:8443/<HIDDEN>: the reason",
            ),
        ] {
            assert_eq!(no_response(&request, failure(kind)).message, expected);
        }
        assert_eq!(
            broken_response(&request, 5, failure(ErrorKind::Timeout)).message,
            "the response of https://a.example:8443/<HIDDEN> ended after 5 bytes: the reason"
        );
    }
}
