//! Messages about a server's certificate: what is wrong, and how to fix it.

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ExtendedKeyPurpose};

/// A server that does not hold the key of its certificate.
#[derive(Debug, thiserror::Error)]
#[error("it does not hold the key of the certificate that it shows")]
pub(crate) struct NotItsKey;

/// The maximum number of names of a certificate in a message.
const NAMES: usize = 5;

const ALGORITHMS: &str = "its certificate, or one that vouches for it, is signed with an \
     algorithm that is not supported; have it signed with ECDSA, Ed25519 or RSA of 2048 bits or more, and SHA-2";

const CLOCK: &str = "or set the clock of this machine, if that is wrong";

/// The message for an error of a certificate.
pub(super) fn in_words(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no trusted root has signed its certificate; `verify: FILE` names a file with the \
             certificate of who has, or with the server's own"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("its certificate has expired; renew it on the server, {CLOCK}")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("its certificate is not valid yet; wait until it is, {CLOCK}")
        }
        CertificateError::NotValidForName => {
            "its certificate is for another name; ask for the server by a name that the \
             certificate has"
                .to_owned()
        }
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => other_name(expected, presented),
        CertificateError::InvalidPurpose => {
            "its certificate is not for servers; have one issued for server authentication"
                .to_owned()
        }
        CertificateError::InvalidPurposeContext { presented, .. } => format!(
            "its certificate is not for servers, but for {}; have one issued for server \
             authentication",
            purposes(presented)
        ),
        CertificateError::Revoked => {
            "its certificate has been revoked; install a new one on the server".to_owned()
        }
        CertificateError::UnhandledCriticalExtension => {
            "its certificate has a critical extension that is not known; have one issued without \
             it"
            .to_owned()
        }
        CertificateError::UnknownRevocationStatus
        | CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => {
            "nobody says whether its certificate has been revoked; have its issuer sign a new \
             list"
                .to_owned()
        }
        CertificateError::InvalidOcspResponse => {
            "what it shows of its certificate's status (OCSP) is not valid; renew that on the \
             server"
                .to_owned()
        }
        #[expect(deprecated, reason = "rustls may still have it")]
        CertificateError::UnsupportedSignatureAlgorithm => ALGORITHMS.to_owned(),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            ALGORITHMS.to_owned()
        }
        CertificateError::BadEncoding => {
            "its certificate can't be read: it is no certificate of X.509; install one on the \
             server"
                .to_owned()
        }
        // Our own error, for a key that is not pinned.
        CertificateError::ApplicationVerificationFailure => {
            "its key is none of those pinned; if it is a new one that you trust, add its pin to \
             `pinned_keys`"
                .to_owned()
        }
        CertificateError::Other(error) => match error.0.downcast_ref::<webpki::Error>() {
            Some(error) => webpki_reason(error),
            None if error.0.is::<NotItsKey>() => format!(
                "{}; install a certificate and a key that belong together on the server",
                error.0
            ),
            None => format!("its certificate is not accepted: {}", error.0),
        },
        _ => "its certificate is not accepted, for a reason that has no words yet; report this \
              as a bug of http-step"
            .to_owned(),
    }
}

fn other_name(expected: &ServerName<'_>, presented: &[String]) -> String {
    let (kind, expected) = match expected {
        ServerName::IpAddress(_) => ("IP", expected.to_str()),
        _ => ("DNS", expected.to_str()),
    };
    if presented.is_empty() {
        return format!(
            "its certificate is for no name at all; issue one that has a `subjectAltName`, as \
             `openssl req -x509` does with `-addext subjectAltName={kind}:{expected}`"
        );
    }
    let names = presented.iter().take(NAMES).map(|name| plain_name(name));
    let mut names = names.collect::<Vec<_>>().join(", ");
    if presented.len() > NAMES {
        names.push_str(", …");
    }
    format!(
        "its certificate is for {names} and not for {expected}; ask for the server by a name \
         that the certificate has, or have one issued for {expected}"
    )
}

/// A name in a certificate, which webpki shows as `DnsName("example.com")`. The server chooses it.
fn plain_name(name: &str) -> String {
    let inner = name
        .strip_prefix("DnsName(\"")
        .and_then(|rest| rest.strip_suffix("\")"))
        .or_else(|| name.strip_prefix("IpAddress(")?.strip_suffix(')'));
    inner.unwrap_or(name).escape_debug().to_string()
}

fn purposes(presented: &[ExtendedKeyPurpose]) -> String {
    if presented.is_empty() {
        return "nothing".to_owned();
    }
    let names = presented.iter().take(NAMES).map(ToString::to_string);
    names.collect::<Vec<_>>().join(", ")
}

/// The message for an error for which rustls has none.
fn webpki_reason(error: &webpki::Error) -> String {
    use webpki::Error;
    let (what, fix) = match error {
        Error::CaUsedAsEndEntity => (
            "is one of an authority (CA:TRUE), and not of a server",
            "`verify: FILE`, with this very certificate in the file, accepts it",
        ),
        Error::EndEntityUsedAsCa => (
            "is signed by one that is not of an authority (CA:FALSE)",
            "have it signed by one that is, or name the server's own in `verify: FILE`",
        ),
        Error::PathLenConstraintViolated => (
            "has more authorities between it and the root than the root permits",
            "have it signed by one that is nearer to the root",
        ),
        Error::NameConstraintViolation => (
            "is for a name that its issuer may not vouch for (name constraints)",
            "have it signed by another authority",
        ),
        Error::CertDistrusted => ("is distrusted", "have one signed by another authority"),
        Error::UnsupportedCertVersion => (
            "is not of X.509 version 3",
            "issue one of version 3, with a `subjectAltName`",
        ),
        Error::UnsupportedCriticalExtension => (
            "has a critical extension that is not known",
            "have one issued without it",
        ),
        Error::EmptyEkuExtension => (
            "has an empty list of what it may be used for",
            "have one issued for server authentication",
        ),
        Error::MaximumPathBuildCallsExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumSignatureChecksExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => (
            "comes with more certificates, or more names in them, than can be checked",
            "have the server send the chain to the root alone",
        ),
        Error::SignatureAlgorithmMismatch
        | Error::ExtensionValueInvalid
        | Error::InvalidCertValidity
        | Error::InvalidNetworkMaskConstraint
        | Error::InvalidSerialNumber
        | Error::MalformedDnsIdentifier
        | Error::MalformedExtensions
        | Error::MalformedNameConstraint => {
            return format!(
                "its certificate, or one that vouches for it, is not well-formed ({error:?}); \
                 have a new one issued"
            );
        }
        _ => {
            return format!(
                "its certificate, or one that vouches for it, is not accepted ({}); have a new \
                 one issued",
                name_of(error)
            );
        }
    };
    format!("its certificate {what}; {fix}")
}

/// The name of an error, without its content.
fn name_of(error: &webpki::Error) -> String {
    let name = format!("{error:?}");
    name.split(['(', ' ']).next().unwrap_or_default().to_owned()
}
