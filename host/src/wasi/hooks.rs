//! The boundary of wasi:http: the host's side of `outgoing-handler`.

use std::future::Future;
use std::sync::Arc;

use http::{Request, Response};
use http_body_util::BodyExt;
use http_step_egress::{Egress, Error, is_forbidden};
use wasmtime_wasi_http as wasi_http;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

use crate::expect::observed::Observer;

/// The maximum of a request body that a component passes at once. Twice as much waits to be sent
/// for each body that a component has open.
pub(super) const BODY_CHUNK: usize = 64 << 10;

/// The result of a request: the response, and its remaining work, of which there is none, since
/// separate tasks drive connections.
type Answer = Result<
    (
        Response<WasiBody>,
        Box<dyn Future<Output = Result<(), wasi_http::Error>> + Send>,
    ),
    wasi_http::Error,
>;

/// Sends a component's requests from wasi:http.
pub(crate) struct Hooks {
    pub(crate) egress: Egress,
    /// Set if the step file has expectations.
    pub(crate) observer: Option<Arc<Observer>>,
}

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), wasi_http::Error>> + Send>,
    ) -> Box<dyn Future<Output = Answer> + Send> {
        let options = options.unwrap_or_default();
        let options = http_step_egress::RequestOptions {
            connect_timeout: options.connect_timeout,
            first_byte_timeout: options.first_byte_timeout,
            between_bytes_timeout: options.between_bytes_timeout,
        };
        let request = request.map(|body| body.map_err(|_| Error::RequestBody).boxed_unsync());
        let observed = self.observer.as_ref();
        let observed = observed.map(|observer| observer.started(&request));
        // The time starts now, and not when the component waits for it.
        let sending = self.egress.send(request, options);
        Box::new(async move {
            let response = sending.await.map_err(code)?;
            let response = response.map(|body| body.map_err(code).boxed_unsync());
            let response = match observed {
                Some(observed) => {
                    let response = observed.answered(response).map_err(code)?;
                    response.map(BodyExt::boxed_unsync)
                }
                None => response,
            };
            let nothing: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
            Ok((response, nothing))
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|name| DEFAULT_FORBIDDEN_HEADERS.contains(name) || is_forbidden(name))
    }
}

/// The error code that a component gets.
fn code(error: Error) -> wasi_http::Error {
    use wasi_http::Error as Code;
    match error {
        Error::Denied => Code::HttpRequestDenied,
        Error::InvalidRequest => Code::HttpRequestUriInvalid,
        Error::NoToken(reason) => Code::InternalError(reason),
        Error::LimitReached => Code::ConnectionLimitReached,
        Error::Dns(reason) => Code::DnsError {
            rcode: reason,
            info_code: None,
        },
        Error::ConnectionRefused => Code::ConnectionRefused,
        Error::DestinationUnavailable => Code::DestinationUnavailable,
        Error::ConnectionTimeout => Code::ConnectionTimeout,
        Error::TlsCertificate => Code::TlsCertificateError,
        Error::TlsProtocol => Code::TlsProtocolError,
        Error::ConnectionTerminated => Code::ConnectionTerminated,
        Error::HttpProtocol | Error::RequestBody => Code::HttpProtocolError,
        Error::ResponseTimeout => Code::HttpResponseTimeout,
        Error::WriteTimeout => Code::ConnectionWriteTimeout,
        Error::ReadTimeout => Code::ConnectionReadTimeout,
        Error::ResponseIncomplete => Code::HttpResponseIncomplete,
        Error::ContentCoding(reason) => Code::HttpResponseContentCoding(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_is_a_code_of_wasi() {
        let report = || Some("why".to_owned());
        for (error, expected) in [
            (Error::Denied, "HttpRequestDenied"),
            (Error::InvalidRequest, "HttpRequestUriInvalid"),
            (Error::NoToken(report()), "InternalError(Some(\"why\"))"),
            (Error::LimitReached, "ConnectionLimitReached"),
            (
                Error::Dns(report()),
                "DnsError { rcode: Some(\"why\"), info_code: None }",
            ),
            (Error::ConnectionRefused, "ConnectionRefused"),
            (Error::DestinationUnavailable, "DestinationUnavailable"),
            (Error::ConnectionTimeout, "ConnectionTimeout"),
            (Error::TlsCertificate, "TlsCertificateError"),
            (Error::TlsProtocol, "TlsProtocolError"),
            (Error::ConnectionTerminated, "ConnectionTerminated"),
            (Error::HttpProtocol, "HttpProtocolError"),
            (Error::RequestBody, "HttpProtocolError"),
            (Error::ResponseTimeout, "HttpResponseTimeout"),
            (Error::WriteTimeout, "ConnectionWriteTimeout"),
            (Error::ReadTimeout, "ConnectionReadTimeout"),
            (Error::ResponseIncomplete, "HttpResponseIncomplete"),
            (
                Error::ContentCoding(None),
                "HttpResponseContentCoding(None)",
            ),
        ] {
            assert_eq!(format!("{:?}", code(error.clone())), expected, "{error:?}");
        }
    }

    #[test]
    fn headers_that_wasmtime_forbids_are_forbidden_natively_too() {
        for name in &DEFAULT_FORBIDDEN_HEADERS {
            assert!(is_forbidden(name), "{name}");
        }
    }
}
