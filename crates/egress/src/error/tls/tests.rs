//! Every error of rustls has a message that says how to fix it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::{
    CertRevocationListError, CertificateError, ContentType, EncryptedClientHelloError,
    ExtendedKeyPurpose, HandshakeType, InconsistentKeys, OtherError, PeerMisbehaved,
};

use super::*;
use crate::error::certificate::NotItsKey;

fn time() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1))
}

fn name(text: &str) -> ServerName<'static> {
    ServerName::try_from(text.to_owned()).unwrap()
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> CertificateError {
    CertificateError::Other(OtherError(Arc::new(error)))
}

fn wrong_name(expected: &str, presented: &[&str]) -> CertificateError {
    CertificateError::NotValidForNameContext {
        expected: name(expected),
        presented: presented.iter().map(ToString::to_string).collect(),
    }
}

#[expect(deprecated, reason = "rustls has them until it has none of that kind")]
fn certificate_errors() -> Vec<CertificateError> {
    use CertificateError as E;
    vec![
        E::BadEncoding,
        E::Expired,
        E::ExpiredContext {
            time: time(),
            not_after: time(),
        },
        E::NotValidYet,
        E::NotValidYetContext {
            time: time(),
            not_before: time(),
        },
        E::Revoked,
        E::UnhandledCriticalExtension,
        E::UnknownIssuer,
        E::UnknownRevocationStatus,
        E::ExpiredRevocationList,
        E::ExpiredRevocationListContext {
            time: time(),
            next_update: time(),
        },
        E::BadSignature,
        E::UnsupportedSignatureAlgorithm,
        E::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id: vec![1],
            supported_algorithms: Vec::new(),
        },
        E::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id: vec![1],
            public_key_algorithm_id: vec![1],
        },
        E::NotValidForName,
        wrong_name("a.test", &[]),
        wrong_name("127.0.0.1", &[]),
        wrong_name("a.test", &["DnsName(\"b.test\")", "IpAddress(127.0.0.1)"]),
        wrong_name("a.test", &["DnsName(\"\u{1b}[31m\u{202e}\")"; 9]),
        E::InvalidPurpose,
        E::InvalidPurposeContext {
            required: ExtendedKeyPurpose::ServerAuth,
            presented: vec![
                ExtendedKeyPurpose::ClientAuth,
                ExtendedKeyPurpose::Other(vec![1, 2]),
            ],
        },
        E::InvalidOcspResponse,
        E::ApplicationVerificationFailure,
        other(NotItsKey),
        other(webpki::Error::CaUsedAsEndEntity),
        other(webpki::Error::EndEntityUsedAsCa),
        other(webpki::Error::PathLenConstraintViolated),
        other(webpki::Error::NameConstraintViolation),
        other(webpki::Error::CertDistrusted),
        other(webpki::Error::UnsupportedCertVersion),
        other(webpki::Error::UnsupportedCriticalExtension),
        other(webpki::Error::EmptyEkuExtension),
        other(webpki::Error::MaximumPathDepthExceeded),
        other(webpki::Error::MalformedExtensions),
        other(webpki::Error::UnsupportedDeltaCrl),
        other(io::Error::other("anything else")),
    ]
}

fn errors() -> Vec<Error> {
    use AlertDescription as Alert;
    let mut errors: Vec<Error> = certificate_errors().into_iter().map(Error::from).collect();
    errors.extend([
        Error::InappropriateMessage {
            expect_types: vec![ContentType::Handshake],
            got_type: ContentType::ApplicationData,
        },
        Error::InappropriateHandshakeMessage {
            expect_types: vec![HandshakeType::ServerHello],
            got_type: HandshakeType::Finished,
        },
        Error::InvalidEncryptedClientHello(EncryptedClientHelloError::SniRequired),
        Error::InvalidMessage(InvalidMessage::InvalidContentType),
        Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion),
        Error::InvalidMessage(InvalidMessage::MissingData("Finished")),
        Error::NoCertificatesPresented,
        Error::UnsupportedNameType,
        Error::DecryptError,
        Error::EncryptError,
        Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
        Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
        Error::PeerIncompatible(PeerIncompatible::ServerRejectedEncryptedClientHello(None)),
        Error::PeerMisbehaved(PeerMisbehaved::TooManyEmptyFragments),
        Error::InvalidCertRevocationList(CertRevocationListError::Other(OtherError(Arc::new(
            NotItsKey,
        )))),
        Error::General("oh\u{1b}".to_owned()),
        Error::FailedToGetCurrentTime,
        Error::FailedToGetRandomBytes,
        Error::HandshakeNotComplete,
        Error::PeerSentOversizedRecord,
        Error::NoApplicationProtocol,
        Error::BadMaxFragmentSize,
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch),
        Error::Other(OtherError(Arc::new(NotItsKey))),
        Error::AlertReceived(Alert::CertificateRequired),
        Error::AlertReceived(Alert::UnknownCA),
        Error::AlertReceived(Alert::HandshakeFailure),
        Error::AlertReceived(Alert::ProtocolVersion),
        Error::AlertReceived(Alert::UnrecognisedName),
        Error::AlertReceived(Alert::NoApplicationProtocol),
        Error::AlertReceived(Alert::InternalError),
        Error::AlertReceived(Alert::UserCanceled),
        Error::AlertReceived(Alert::Unknown(0xee)),
    ]);
    errors
}

#[test]
fn every_error_says_how_to_fix_it() {
    let mut report = String::new();
    for error in errors() {
        let words = in_words(&error);
        for shown in ["Other(", "OtherError", "webpki", "{ ", "\u{1b}"] {
            assert!(!words.contains(shown), "{error:?}: {words}");
        }
        writeln!(report, "{words}").unwrap();
    }
    expect![[r#"
        its certificate can't be read: it is no certificate of X.509; install one on the server
        its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        its certificate is not valid yet; wait until it is, or set the clock of this machine, if that is wrong
        its certificate is not valid yet; wait until it is, or set the clock of this machine, if that is wrong
        its certificate has been revoked; install a new one on the server
        its certificate has a critical extension that is not known; have one issued without it
        no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
        nobody says whether its certificate has been revoked; have its issuer sign a new list
        nobody says whether its certificate has been revoked; have its issuer sign a new list
        nobody says whether its certificate has been revoked; have its issuer sign a new list
        no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
        its certificate, or one that vouches for it, is signed with an algorithm that is not supported; have it signed with ECDSA, Ed25519 or RSA of 2048 bits or more, and SHA-2
        its certificate, or one that vouches for it, is signed with an algorithm that is not supported; have it signed with ECDSA, Ed25519 or RSA of 2048 bits or more, and SHA-2
        its certificate, or one that vouches for it, is signed with an algorithm that is not supported; have it signed with ECDSA, Ed25519 or RSA of 2048 bits or more, and SHA-2
        its certificate is for another name; ask for the server by a name that the certificate has
        its certificate is for no name at all; issue one that has a `subjectAltName`, as `openssl req -x509` does with `-addext subjectAltName=DNS:a.test`
        its certificate is for no name at all; issue one that has a `subjectAltName`, as `openssl req -x509` does with `-addext subjectAltName=IP:127.0.0.1`
        its certificate is for b.test, 127.0.0.1 and not for a.test; ask for the server by a name that the certificate has, or have one issued for a.test
        its certificate is for \u{1b}[31m\u{202e}, \u{1b}[31m\u{202e}, \u{1b}[31m\u{202e}, \u{1b}[31m\u{202e}, \u{1b}[31m\u{202e}, … and not for a.test; ask for the server by a name that the certificate has, or have one issued for a.test
        its certificate is not for servers; have one issued for server authentication
        its certificate is not for servers, but for client authentication, 1, 2; have one issued for server authentication
        what it shows of its certificate's status (OCSP) is not valid; renew that on the server
        its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        it does not hold the key of the certificate that it shows; install a certificate and a key that belong together on the server
        its certificate is one of an authority (CA:TRUE), and not of a server; `verify: FILE`, with this very certificate in the file, accepts it
        its certificate is signed by one that is not of an authority (CA:FALSE); have it signed by one that is, or name the server's own in `verify: FILE`
        its certificate has more authorities between it and the root than the root permits; have it signed by one that is nearer to the root
        its certificate is for a name that its issuer may not vouch for (name constraints); have it signed by another authority
        its certificate is distrusted; have one signed by another authority
        its certificate is not of X.509 version 3; issue one of version 3, with a `subjectAltName`
        its certificate has a critical extension that is not known; have one issued without it
        its certificate has an empty list of what it may be used for; have one issued for server authentication
        its certificate comes with more certificates, or more names in them, than can be checked; have the server send the chain to the root alone
        its certificate, or one that vouches for it, is not well-formed (MalformedExtensions); have a new one issued
        its certificate, or one that vouches for it, is not accepted (UnsupportedDeltaCrl); have a new one issued
        its certificate is not accepted: anything else
        it sent an unexpected message (ApplicationData); update its software, or whatever inspects TLS on the way to it
        it sent an unexpected message (Finished); update its software, or whatever inspects TLS on the way to it
        encrypted client hello failed (SniRequired); it is not asked for: report this as a bug of http-step
        what it sends is not TLS; if it is a server of plain HTTP, the URL begins with `http://`
        what it sends is not TLS; if it is a server of plain HTTP, the URL begins with `http://`
        it sent a message that is not valid in TLS (MissingData); update its software, or whatever inspects TLS on the way to it
        it shows no certificate; configure one on the server
        presented server name type wasn't supported; report this as a bug of http-step
        a message of it can't be decrypted; something on the way may have changed it: try again, or without a proxy
        cannot encrypt message; report this as a bug of http-step
        it speaks no version of TLS that is new enough; enable TLS 1.2 or 1.3 on the server (1.3, where `min_version: '1.3'` is asked for)
        it and http-step have no way in common to secure the connection (NoCipherSuitesInCommon); enable an ECDHE cipher suite with AES-GCM or ChaCha20 and signatures by ECDSA, Ed25519 or RSA-PSS on the server
        it and http-step have no way in common to secure the connection (ServerRejectedEncryptedClientHello); enable an ECDHE cipher suite with AES-GCM or ChaCha20 and signatures by ECDSA, Ed25519 or RSA-PSS on the server
        it breaks the rules of TLS (TooManyEmptyFragments); update its software, or whatever inspects TLS on the way to it
        the list of revoked certificates can't be used (Other); have its issuer sign a new one
        oh\u{1b}; its log may say more
        this machine does not know what time it is; set its clock
        this machine gives no random numbers; let the process use `getrandom` or `/dev/urandom`
        handshake not complete; report this as a bug of http-step
        it sent a record that is larger than TLS has them; is it a server of TLS? If not, the URL begins with `http://`
        it speaks neither HTTP/2 nor HTTP/1.1 there; check the port
        the supplied max_fragment_size was too small or large; report this as a bug of http-step
        the private key is that of another certificate; `cert` has to name two that belong together
        it does not hold the key of the certificate that it shows; its log may say more
        it wants a certificate of the client; `cert` names its file
        it does not accept the client's certificate (UnknownCA); `cert` has to name one that it trusts
        it accepts nothing that was offered (alert HandshakeFailure); enable an ECDHE cipher suite with AES-GCM or ChaCha20 on the server, or show it a certificate with `cert`
        it speaks no version of TLS that is new enough; enable TLS 1.2 or 1.3 on the server (1.3, where `min_version: '1.3'` is asked for)
        it knows no host of that name (alert UnrecognisedName); check the host of the URL, or configure the server for it
        it speaks neither HTTP/2 nor HTTP/1.1 there; check the port
        it has an error of its own (alert InternalError); look into the server's log
        it ended the connection (alert UserCanceled); look into the server's log
        it broke TLS off (alert AlertDescription(0xee)); look into the server's log
    "#]].assert_eq(&report);
}

#[test]
fn a_handshake_without_a_tls_error_has_a_message() {
    let of = |error: io::Error| reason(&error).0;
    let bad_name = ServerName::try_from("a..test").unwrap_err();
    let report = [
        of(io::Error::from(io::ErrorKind::UnexpectedEof)),
        of(io::Error::from(io::ErrorKind::ConnectionReset)),
        of(io::Error::other(bad_name)),
    ];
    expect![[r#"
        the connection was closed in the handshake; is there a server of TLS at that port, and does a firewall let it through?
        connection reset
        no certificate can be for a host of that name: each of its labels has to be of letters, digits and `-`, and no longer than 63 characters"#]].assert_eq(&report.join("\n"));
}
