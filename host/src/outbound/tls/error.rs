//! The words for what goes wrong in a handshake.

use std::io;

use rustls::{AlertDescription, CertificateError};

use super::super::error::words_of;
use super::verifier::NotItsKey;

/// What a server says against the client's certificate.
pub(in super::super) fn of_client(error: &rustls::Error) -> Option<String> {
    let rustls::Error::AlertReceived(alert) = error else {
        return None;
    };
    let reason = match alert {
        AlertDescription::CertificateRequired => "it wants a certificate of the client".to_owned(),
        AlertDescription::AccessDenied
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateUnknown
        | AlertDescription::DecryptError
        | AlertDescription::UnknownCA
        | AlertDescription::UnsupportedCertificate => {
            format!("it does not accept the client's certificate ({alert:?})")
        }
        _ => return None,
    };
    Some(reason)
}

/// Why a handshake failed, and whether it is for the certificate.
pub(in super::super) fn reason(error: &io::Error) -> (String, bool) {
    let rustls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match rustls {
        Some(rustls::Error::InvalidCertificate(error)) => (certificate(error), true),
        Some(rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)) => (
            "it speaks no version of TLS that is new enough".to_owned(),
            false,
        ),
        Some(error) => (of_client(error).unwrap_or_else(|| error.to_string()), false),
        None if error.kind() == io::ErrorKind::UnexpectedEof => (
            "the connection was closed in the handshake".to_owned(),
            false,
        ),
        None => (words_of(error), false),
    }
}

/// The words for the commonest faults of a certificate.
fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no trusted root has signed its certificate".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet".to_owned()
        }
        // Ours alone, for a key that is not pinned.
        CertificateError::ApplicationVerificationFailure => {
            "its key is none of those pinned".to_owned()
        }
        CertificateError::Other(error) if error.0.is::<NotItsKey>() => error.to_string(),
        other => format!("its certificate is not valid: {other}"),
    }
}
