//! Messages for the error codes of wasi:http.

use wasi::http::types::{DnsErrorPayload, ErrorCode, FieldSizePayload, TlsAlertReceivedPayload};

use crate::host::{ErrorKind, Failure};

/// The kind of a code, and a message that follows a colon.
///
/// All codes are listed, even those that a client should never see, so that a new one does not
/// compile.
pub(crate) fn failure(code: ErrorCode) -> Failure {
    use ErrorKind as Kind;
    let (kind, words) = match code {
        ErrorCode::DnsTimeout => (Kind::Dns, "the name server did not answer in time"),
        ErrorCode::DnsError(DnsErrorPayload { rcode, .. }) => {
            return with_detail(Kind::Dns, "the host name has no address", rcode);
        }
        ErrorCode::DestinationNotFound => (Kind::Dns, "the host was not found"),
        ErrorCode::DestinationUnavailable => (Kind::Connect, "the host is unavailable"),
        ErrorCode::DestinationIpProhibited => (Kind::Denied, "the host's address is prohibited"),
        ErrorCode::DestinationIpUnroutable => (Kind::Connect, "there is no route to the host"),
        ErrorCode::ConnectionRefused => (Kind::Connect, "connection refused"),
        ErrorCode::ConnectionTerminated => (Kind::Protocol, "the connection was closed"),
        ErrorCode::ConnectionTimeout => (Kind::Timeout, "the time limit for connecting ran out"),
        ErrorCode::ConnectionReadTimeout => (Kind::Timeout, "the time limit for reading ran out"),
        ErrorCode::ConnectionWriteTimeout => (Kind::Timeout, "the time limit for writing ran out"),
        ErrorCode::ConnectionLimitReached => (Kind::Limit, "there are too many connections"),
        ErrorCode::TlsProtocolError => (Kind::Tls, "TLS failed"),
        ErrorCode::TlsCertificateError => (Kind::Tls, "the server's certificate is not trusted"),
        ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload { alert_message, .. }) => {
            return with_detail(Kind::Tls, "the server aborted TLS", alert_message);
        }
        ErrorCode::HttpRequestDenied => (Kind::Denied, "the request is denied"),
        ErrorCode::HttpRequestLengthRequired => (Kind::Protocol, "the request has no length"),
        ErrorCode::HttpRequestBodySize(size) => {
            return with_detail(Kind::Limit, "the request's body is too long", bytes(size));
        }
        ErrorCode::HttpRequestMethodInvalid => (Kind::InvalidSpec, "the method is not valid"),
        // wasi:http has no code for, say, an invalid header; hosts use this one.
        ErrorCode::HttpRequestUriInvalid => (
            Kind::InvalidSpec,
            "the host can't send the request as it is",
        ),
        ErrorCode::HttpRequestUriTooLong => (Kind::Limit, "the URL is too long"),
        ErrorCode::HttpRequestHeaderSectionSize(size) => {
            return with_detail(
                Kind::Limit,
                "the request's headers are too long",
                bytes(size),
            );
        }
        ErrorCode::HttpRequestHeaderSize(field) => {
            let detail = field.and_then(|field| field.field_name);
            return with_detail(Kind::Limit, "a header of the request is too long", detail);
        }
        ErrorCode::HttpRequestTrailerSectionSize(size) => {
            return with_detail(
                Kind::Limit,
                "the request's trailers are too long",
                bytes(size),
            );
        }
        ErrorCode::HttpRequestTrailerSize(FieldSizePayload { field_name, .. }) => {
            return with_detail(
                Kind::Limit,
                "a trailer of the request is too long",
                field_name,
            );
        }
        ErrorCode::HttpResponseIncomplete => (Kind::Protocol, "the response is incomplete"),
        ErrorCode::HttpResponseHeaderSectionSize(size) => {
            return with_detail(
                Kind::Limit,
                "the response's headers are too long",
                bytes(size),
            );
        }
        ErrorCode::HttpResponseHeaderSize(FieldSizePayload { field_name, .. }) => {
            return with_detail(
                Kind::Limit,
                "a header of the response is too long",
                field_name,
            );
        }
        ErrorCode::HttpResponseBodySize(size) => {
            return with_detail(Kind::Limit, "the response's body is too long", bytes(size));
        }
        ErrorCode::HttpResponseTrailerSectionSize(size) => {
            return with_detail(
                Kind::Limit,
                "the response's trailers are too long",
                bytes(size),
            );
        }
        ErrorCode::HttpResponseTrailerSize(FieldSizePayload { field_name, .. }) => {
            return with_detail(
                Kind::Limit,
                "a trailer of the response is too long",
                field_name,
            );
        }
        ErrorCode::HttpResponseTransferCoding(coding) => {
            return with_detail(
                Kind::Protocol,
                "the transfer coding is not supported",
                coding,
            );
        }
        ErrorCode::HttpResponseContentCoding(coding) => {
            return with_detail(
                Kind::Protocol,
                "the content coding can't be decoded",
                coding,
            );
        }
        ErrorCode::HttpResponseTimeout => {
            (Kind::Timeout, "the time limit for the response ran out")
        }
        ErrorCode::HttpUpgradeFailed => (Kind::Protocol, "the connection could not be upgraded"),
        ErrorCode::HttpProtocolError => (Kind::Protocol, "the server violated HTTP"),
        ErrorCode::LoopDetected => (Kind::Protocol, "the request looped"),
        ErrorCode::ConfigurationError => (Kind::Other, "the host is not configured for this"),
        ErrorCode::InternalError(detail) => {
            return with_detail(Kind::Other, "internal error of the host", detail);
        }
    };
    with_detail(kind, words, None)
}

fn with_detail(kind: ErrorKind, words: &str, detail: Option<String>) -> Failure {
    let words = match detail.filter(|detail| !detail.is_empty()) {
        Some(detail) => format!("{words} ({})", escaped(&detail)),
        None => words.to_owned(),
    };
    Failure { kind, words }
}

/// Escape control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '"' => escaped.push(c),
            c => escaped.extend(c.escape_debug()),
        }
    }
    escaped
}

fn bytes(size: Option<impl std::fmt::Display>) -> Option<String> {
    size.map(|size| format!("{size} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_follow_in_brackets() {
        let payload = |name: &str| FieldSizePayload {
            field_name: Some(name.to_owned()),
            field_size: None,
        };
        for (code, kind, words) in [
            (
                ErrorCode::ConnectionRefused,
                ErrorKind::Connect,
                "connection refused",
            ),
            (
                ErrorCode::DnsError(DnsErrorPayload {
                    rcode: Some("NXDOMAIN".to_owned()),
                    info_code: None,
                }),
                ErrorKind::Dns,
                "the host name has no address (NXDOMAIN)",
            ),
            (
                ErrorCode::HttpResponseBodySize(Some(5)),
                ErrorKind::Limit,
                "the response's body is too long (5 bytes)",
            ),
            (
                ErrorCode::HttpResponseHeaderSize(payload("x\n")),
                ErrorKind::Limit,
                "a header of the response is too long (x\\n)",
            ),
            (
                ErrorCode::InternalError(Some("the \"endpoint\"'s answer\u{1b}".to_owned())),
                ErrorKind::Other,
                "internal error of the host (the \"endpoint\"'s answer\\u{1b})",
            ),
            (
                ErrorCode::InternalError(Some(String::new())),
                ErrorKind::Other,
                "internal error of the host",
            ),
            (
                ErrorCode::HttpRequestDenied,
                ErrorKind::Denied,
                "the request is denied",
            ),
        ] {
            let words = words.to_owned();
            assert_eq!(failure(code), Failure { kind, words });
        }
    }
}
