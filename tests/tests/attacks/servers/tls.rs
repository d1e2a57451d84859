//! Servers that are not who they claim to be, or do not prove it.

use http_step_host::{ErrorKind, Outcome};
use http_step_tests::{Answer, Service};
use tokio::io::AsyncWriteExt;

use super::certificates::{self, AUTHORITY, Authority, Identity};
use super::{ask, raw};
use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, ended_by, report};

pub const THEME: Theme = Theme {
    name: "TLS",
    about: "Certificates that must not be trusted, and invalid handshakes.",
    attacks: &[
        Attack::by_server(
            "expired certificate",
            "present an expired certificate of a trusted authority",
            || {
                Box::pin(certificate(|| {
                    AUTHORITY.sign(|params| params.not_after = rcgen::date_time_ymd(2021, 1, 1))
                }))
            },
        ),
        Attack::by_server(
            "certificate that is not valid yet",
            "present one that becomes valid later",
            || {
                Box::pin(certificate(|| {
                    AUTHORITY.sign(|params| params.not_before = rcgen::date_time_ymd(3000, 1, 1))
                }))
            },
        ),
        Attack::by_server(
            "certificate for another name",
            "present one for another host",
            || {
                Box::pin(certificate(|| {
                    AUTHORITY.sign(|params| {
                        params.subject_alt_names =
                            vec![rcgen::SanType::DnsName("other.test".try_into().unwrap())];
                    })
                }))
            },
        ),
        Attack::by_server(
            "self-signed certificate",
            "present a certificate that it signed itself",
            || Box::pin(certificate(certificates::self_signed)),
        ),
        Attack::by_server(
            "unknown authority",
            "present a certificate of an unknown authority with the name of a trusted one",
            || {
                Box::pin(certificate(|| {
                    Authority::new("the trusted one").sign(|_| ())
                }))
            },
        ),
        Attack::by_server(
            "certificate for clients",
            "present one that is valid, but not for servers",
            || {
                Box::pin(certificate(|| {
                    AUTHORITY.sign(|params| {
                        params.extended_key_usages =
                            vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
                    })
                }))
            },
        ),
        Attack::by_server(
            "a handshake that does not start",
            "accept a TLS connection and send nothing",
            || Box::pin(no_handshake()),
        ),
        Attack::by_server(
            "plain text instead of TLS",
            "answer a handshake with HTTP",
            || Box::pin(no_tls()),
        ),
    ],
};

async fn certificate(identity: impl FnOnce() -> Identity) -> String {
    // A valid certificate is trusted.
    let good = Service::start_tls(AUTHORITY.sign(|_| ()).acceptor(), |_| Answer::default()).await;
    let result = Attacker::none(&good.origin).run().await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");

    let service = Service::start_tls(identity().acceptor(), |_| Answer::default()).await;
    let result = Attacker::none(&service.origin).run().await;
    ended_by(&result, ErrorKind::Tls);
    assert_eq!(service.requests(), []);
    report(&result, &service.origin)
}

async fn no_handshake() -> String {
    let server =
        raw::serve(|mut stream| Box::pin(async move { raw::hang(&mut stream).await })).await;
    let origin = server.origin.replace("http://", "https://");
    let result = ask(&origin).await;
    ended_by(&result, ErrorKind::Timeout);
    report(&result, &origin)
}

async fn no_tls() -> String {
    let server = raw::serve(|mut stream| {
        Box::pin(async move {
            _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            raw::hang(&mut stream).await;
        })
    })
    .await;
    let origin = server.origin.replace("http://", "https://");
    let result = ask(&origin).await;
    ended_by(&result, ErrorKind::Tls);
    report(&result, &origin)
}
