//! Verifies a server's certificate: by its chain, by a pinned key, or not at all.

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

/// rustls has one error for signatures of the handshake and of the chain.
fn handshake_error(error: Error) -> Error {
    match error {
        Error::InvalidCertificate(CertificateError::BadSignature) => {
            CertificateError::Other(OtherError(Arc::new(NotItsKey))).into()
        }
        other => other,
    }
}

/// Whether the issuer is not trusted, rather than the certificate itself being invalid. webpki
/// checks a certificate's dates first.
fn is_of_issuer(error: &CertificateError) -> bool {
    match error {
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => true,
        // An authority's own certificate, which needs no issuer.
        CertificateError::Other(error) => {
            let error = error.0.downcast_ref::<webpki::Error>();
            error == Some(&webpki::Error::CaUsedAsEndEntity)
        }
        _ => false,
    }
}

/// The trust anchors of a server's certificate chain.
#[derive(Debug)]
pub(super) struct Anchors {
    pub(super) chain: Arc<WebPkiServerVerifier>,
    /// Certificates that are accepted as a server's own, compared byte for byte.
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
        // Without intermediates, so that an error is about this certificate and no other.
        match check(&[]).map(drop) {
            Err(Error::InvalidCertificate(error)) if is_of_issuer(&error) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)
            }
            checked => checked,
        }
    }
}

/// Verifies the certificates of servers.
#[derive(Debug)]
pub(super) struct Verifier {
    /// For the chain, the name and the dates; none if they are not verified.
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

    // The server always has to prove that it holds the key of its certificate: otherwise a pinned
    // key would protect nothing.
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
