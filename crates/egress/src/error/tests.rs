//! The classification of each error, in the result and for the component.

use http_step_policy::{Amount, Budget, Limits, Policy};

use super::*;
use crate::error::TransportError as E;
use std::io;

const ONE: &str = "http://one.test";
const WITHIN: Duration = Duration::from_secs(1);

fn one() -> String {
    ONE.to_owned()
}

fn reason() -> String {
    String::new()
}

fn exceeded(stage: Stage) -> E {
    let exceeded = Exceeded::new(Budget::Requests, &Limits::default(), Amount::Count(65));
    E::Exceeded { exceeded, stage }
}

fn connect(refused: bool) -> E {
    E::Connect {
        to: one(),
        reason: reason(),
        refused,
    }
}

fn tls(certificate: bool, in_handshake: bool) -> E {
    E::Tls {
        with: one(),
        reason: reason(),
        certificate,
        in_handshake,
    }
}

fn closed(unsent: bool) -> E {
    E::Closed {
        from: one(),
        reason: reason(),
        unsent,
    }
}

#[test]
fn classes_and_codes_of_errors() {
    let origin = ONE.parse().unwrap();
    for (error, expected) in [
        (
            E::Denied(Policy::nothing().admit(&origin, "GET").unwrap_err()),
            "Denied at Policy, sent No: Denied",
        ),
        (
            E::Refused(reason()),
            "InvalidSpec at Policy, sent No: InvalidRequest",
        ),
        (
            exceeded(Stage::Policy),
            "Limit at Policy, sent No: LimitReached",
        ),
        (
            exceeded(Stage::Send),
            "Limit at Send, sent Unknown: LimitReached",
        ),
        (
            exceeded(Stage::Head),
            "Limit at Head, sent Yes: LimitReached",
        ),
        (
            exceeded(Stage::Body),
            "Limit at Body, sent Yes: LimitReached",
        ),
        (
            E::Resolve {
                host: one(),
                reason: "gone".to_owned(),
            },
            "Dns at Resolve, sent No: Dns(Some(\"gone\"))",
        ),
        (
            connect(true),
            "Connect at Connect, sent No: ConnectionRefused",
        ),
        (
            connect(false),
            "Connect at Connect, sent No: DestinationUnavailable",
        ),
        (
            E::Proxy {
                proxy: one(),
                reason: reason(),
            },
            "Connect at Connect, sent No: DestinationUnavailable",
        ),
        (
            E::ConnectTimeout {
                to: one(),
                within: WITHIN,
                stage: Stage::Tls,
            },
            "Timeout at Tls, sent No: ConnectionTimeout",
        ),
        (tls(true, true), "Tls at Tls, sent No: TlsCertificate"),
        (tls(false, true), "Tls at Tls, sent No: TlsProtocol"),
        (tls(false, false), "Tls at Head, sent Unknown: TlsProtocol"),
        (
            closed(true),
            "Protocol at Head, sent No: ConnectionTerminated",
        ),
        (
            closed(false),
            "Protocol at Head, sent Unknown: ConnectionTerminated",
        ),
        (
            E::Protocol {
                from: one(),
                reason: reason(),
            },
            "Protocol at Head, sent Yes: HttpProtocol",
        ),
        (
            E::ReadTimeout {
                from: one(),
                within: WITHIN,
            },
            "Timeout at Head, sent Unknown: ResponseTimeout",
        ),
        (
            E::UploadTimeout {
                to: one(),
                within: WITHIN,
            },
            "Timeout at Send, sent Unknown: WriteTimeout",
        ),
        (
            E::BodyTimeout {
                from: one(),
                within: WITHIN,
            },
            "Timeout at Body, sent Yes: ReadTimeout",
        ),
        (
            E::Body {
                from: one(),
                after: 1,
                reason: reason(),
            },
            "Protocol at Body, sent Yes: ResponseIncomplete",
        ),
        (
            E::Coding {
                from: one(),
                reason: "bent".to_owned(),
            },
            "Protocol at Body, sent Yes: ContentCoding(Some(\"bent\"))",
        ),
        (E::RequestBody, "Other at Send, sent Unknown: RequestBody"),
    ] {
        let code = error.code(|text| Some(text.to_owned()));
        let (kind, stage, sent) = (error.kind(), error.stage(), error.sent());
        let report = format!("{kind:?} at {stage:?}, sent {sent:?}: {code:?}");
        assert_eq!(report, expected, "{error:?}");
    }
}

#[test]
fn an_unwritten_request_was_not_sent() {
    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    for (unsent, sent) in [(true, Sent::No), (false, Sent::Unknown)] {
        assert_eq!(E::from_request(&reset, ONE, unsent).sent(), sent);
    }
}
