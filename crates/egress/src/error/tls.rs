//! Messages for TLS errors: what is wrong, and how to fix it.

use std::io;

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

use super::certificate::in_words as certificate;
use super::system::words_of;

const TOO_OLD: &str = "it speaks no version of TLS that is new enough; enable TLS 1.2 or 1.3 on \
     the server (1.3, where `min_version: '1.3'` is asked for)";

/// The server's reason for rejecting the client's certificate.
pub(crate) fn client_reason(error: &Error) -> Option<String> {
    let Error::AlertReceived(alert) = error else {
        return None;
    };
    let reason = match alert {
        AlertDescription::CertificateRequired => {
            "it wants a certificate of the client; `cert` names its file".to_owned()
        }
        AlertDescription::AccessDenied
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateUnknown
        | AlertDescription::DecryptError
        | AlertDescription::UnknownCA
        | AlertDescription::UnsupportedCertificate => {
            format!(
                "it does not accept the client's certificate ({alert:?}); `cert` has to name one \
                 that it trusts"
            )
        }
        _ => return None,
    };
    Some(reason)
}

/// Why a handshake failed, and whether the certificate is the cause.
pub(crate) fn reason(error: &io::Error) -> (String, bool) {
    let inner = error.get_ref();
    if let Some(rustls) = inner.and_then(|inner| inner.downcast_ref::<Error>()) {
        return (
            in_words(rustls),
            matches!(rustls, Error::InvalidCertificate(_)),
        );
    }
    if inner.is_some_and(|inner| inner.is::<rustls::pki_types::InvalidDnsNameError>()) {
        let words = "no certificate can be for a host of that name: each of its labels has to be \
             of letters, digits and `-`, and no longer than 63 characters";
        return (words.to_owned(), false);
    }
    if error.kind() == io::ErrorKind::UnexpectedEof {
        let words = "the connection was closed in the handshake; is there a server of TLS at \
             that port, and does a firewall let it through?";
        return (words.to_owned(), false);
    }
    (words_of(error), false)
}

/// The message for an error of rustls.
pub(crate) fn in_words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::AlertReceived(alert) => client_reason(error).unwrap_or_else(|| abort(*alert)),
        Error::PeerIncompatible(why) => incompatible(why),
        Error::InvalidMessage(why) => malformed(why),
        Error::InappropriateMessage { got_type, .. } => unexpected(got_type),
        Error::InappropriateHandshakeMessage { got_type, .. } => unexpected(got_type),
        Error::PeerMisbehaved(why) => format!(
            "it breaks the rules of TLS ({why:?}); update its software, or whatever inspects TLS \
             on the way to it"
        ),
        Error::NoCertificatesPresented => {
            "it shows no certificate; configure one on the server".to_owned()
        }
        Error::DecryptError => "a message of it can't be decrypted; something on the way may \
             have changed it: try again, or without a proxy"
            .to_owned(),
        Error::PeerSentOversizedRecord => "it sent a record that is larger than TLS has them; is \
             it a server of TLS? If not, the URL begins with `http://`"
            .to_owned(),
        Error::NoApplicationProtocol => NO_HTTP.to_owned(),
        Error::InvalidCertRevocationList(why) => format!(
            "the list of revoked certificates can't be used ({}); have its issuer sign a new one",
            plain(why)
        ),
        Error::InconsistentKeys(_) => "the private key is that of another certificate; `cert` has \
             to name two that belong together"
            .to_owned(),
        Error::InvalidEncryptedClientHello(why) => format!(
            "encrypted client hello failed ({why:?}); it is not asked for: report this as a bug \
             of http-step"
        ),
        Error::FailedToGetCurrentTime => {
            "this machine does not know what time it is; set its clock".to_owned()
        }
        Error::FailedToGetRandomBytes => "this machine gives no random numbers; let the process \
             use `getrandom` or `/dev/urandom`"
            .to_owned(),
        Error::UnsupportedNameType
        | Error::EncryptError
        | Error::HandshakeNotComplete
        | Error::BadMaxFragmentSize => {
            format!("{error}; report this as a bug of http-step")
        }
        Error::General(why) => format!("{}; its log may say more", why.escape_debug()),
        Error::Other(why) => format!("{why}; its log may say more"),
        other => format!("{}; its log may say more", plain(other)),
    }
}

const NO_HTTP: &str = "it speaks neither HTTP/2 nor HTTP/1.1 there; check the port";

/// The message for an alert from the server.
fn abort(alert: AlertDescription) -> String {
    let (why, fix) = match alert {
        AlertDescription::ProtocolVersion => return TOO_OLD.to_owned(),
        AlertDescription::NoApplicationProtocol => return NO_HTTP.to_owned(),
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => (
            "it accepts nothing that was offered",
            "enable an ECDHE cipher suite with AES-GCM or ChaCha20 on the server, or show it a \
             certificate with `cert`",
        ),
        AlertDescription::UnrecognisedName => (
            "it knows no host of that name",
            "check the host of the URL, or configure the server for it",
        ),
        AlertDescription::InternalError => {
            ("it has an error of its own", "look into the server's log")
        }
        AlertDescription::CloseNotify | AlertDescription::UserCanceled => {
            ("it ended the connection", "look into the server's log")
        }
        _ => ("it broke TLS off", "look into the server's log"),
    };
    format!("{why} (alert {alert:?}); {fix}")
}

fn incompatible(why: &PeerIncompatible) -> String {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::SupportedVersionsExtensionRequired => TOO_OLD.to_owned(),
        other => format!(
            "it and http-step have no way in common to secure the connection ({}); enable an \
             ECDHE cipher suite with AES-GCM or ChaCha20 and signatures by ECDSA, Ed25519 or \
             RSA-PSS on the server",
            plain(other)
        ),
    }
}

fn malformed(why: &InvalidMessage) -> String {
    match why {
        InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion => {
            "what it sends is not TLS; if it is a server of plain HTTP, the URL begins with \
             `http://`"
                .to_owned()
        }
        other => format!(
            "it sent a message that is not valid in TLS ({}); update its software, or whatever \
             inspects TLS on the way to it",
            plain(other)
        ),
    }
}

fn unexpected(what: &impl std::fmt::Debug) -> String {
    format!(
        "it sent an unexpected message ({what:?}); update its software, or whatever inspects TLS \
         on the way to it"
    )
}

/// The name of an error that has no message, without its content.
fn plain(error: &impl std::fmt::Debug) -> String {
    let name = format!("{error:?}");
    let end = name.find(['(', '{', ' ']).unwrap_or(name.len());
    name.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
