//! What a server's certificate has to be: signed by somebody trusted, of a key
//! that is pinned, or nothing at all.

use std::sync::Arc;

use http_step_policy::{PinnedKey, TlsTerms};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::roots::Certificates;
use crate::error::certificate::NotItsKey;

/// rustls has one error for a signature of the handshake and for one of the chain.
fn handshake_error(error: Error) -> Error {
    match error {
        Error::InvalidCertificate(CertificateError::BadSignature) => {
            CertificateError::Other(OtherError(Arc::new(NotItsKey))).into()
        }
        other => other,
    }
}

/// Whether it is not a certificate itself that is wrong, but who vouches for it. webpki
/// looks at a certificate's dates before it asks for that.
fn is_of_issuer(error: &CertificateError) -> bool {
    match error {
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => true,
        // An authority's own, which nobody else has to vouch for.
        CertificateError::Other(error) => {
            let error = error.0.downcast_ref::<webpki::Error>();
            error == Some(&webpki::Error::CaUsedAsEndEntity)
        }
        _ => false,
    }
}

/// What a server's chain of certificates has to lead to.
#[derive(Debug)]
pub(super) struct Anchors {
    pub(super) chain: Arc<WebPkiServerVerifier>,
    /// The certificates that are a server's own if it shows one of them, byte for byte.
    pub(super) own: Option<Arc<Certificates>>,
}

impl Anchors {
    fn check(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        let check = |intermediates: &[CertificateDer<'_>]| {
            let chain = &self.chain;
            chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let checked = check(intermediates).map(drop);
        let is_own = |own: &Arc<Certificates>| own.contains(end_entity);
        if checked.is_ok() || !self.own.as_ref().is_some_and(is_own) {
            return checked;
        }
        // Alone, so that what is found is wrong with this one, and with no other.
        match check(&[]).map(drop) {
            Err(Error::InvalidCertificate(error)) if is_of_issuer(&error) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)
            }
            checked => checked,
        }
    }
}

/// Judges the certificates of servers.
#[derive(Debug)]
pub(super) struct Verifier {
    /// Judge the chain, the name and the dates; none where nobody does.
    anchors: Option<Anchors>,
    terms: TlsTerms,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(
        anchors: Option<Anchors>,
        terms: TlsTerms,
        provider: &CryptoProvider,
    ) -> Self {
        Self {
            anchors,
            terms,
            algorithms: provider.signature_verification_algorithms,
        }
    }

    fn check_key(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        if self.terms.accept_key(&PinnedKey::from_spki(&key)) {
            Ok(())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(anchors) = &self.anchors {
            anchors.check(end_entity, intermediates, server_name, ocsp_response, now)?;
        }
        self.check_key(end_entity)?;
        Ok(ServerCertVerified::assertion())
    }

    // Whoever it is, it has to hold the key of the certificate that it shows:
    // else a pinned key would be no more than a text.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
            .map_err(handshake_error)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
            .map_err(handshake_error)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
