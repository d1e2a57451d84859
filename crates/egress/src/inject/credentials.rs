//! Injects computed credentials into a request's head.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Request};
use http_step_policy::{Origin, Place, header_name};
use http_step_redact::{Context, MAX_LEN};
use zeroize::Zeroizing;

use super::Destination;
use crate::auth::Scheme;
use crate::auth::hashed_body::HashedBody;
use crate::auth::sign::{KeyMaterial, Proof, RevealedText};
use crate::body::content::Content;
use crate::egress::Egress;
use crate::error::TransportError;
use crate::usage::audit::AuditEntry;

impl Egress {
    /// Put credentials into a request's head. The rest of the request is complete.
    pub(crate) async fn sign_request(
        &self,
        request: Request<Content>,
        proofs: &[Proof],
        origin: &Origin,
        entry: &AuditEntry,
    ) -> Result<Request<Content>, TransportError> {
        // Signing takes time, and reveals nothing to a request that is refused.
        check_fields(request.headers(), proofs)?;
        let (head, content) = request.into_parts();
        let mut request = Request::from_parts(head, ());
        let mut body = HashedBody::new(content.whole());
        for proof in proofs {
            let mut destination = Destination::from_request(&request, origin);
            let of_body = content.override_field();
            destination.override_field = destination.override_field.or(of_body.map(str::to_owned));
            let material = self.material(proof, &destination, entry)?;
            let made = material.sign(&request, origin, &mut body).await;
            let made = made.map_err(|reason| {
                TransportError::Refused(format!(
                    "it can't be proved who sends the request: {reason}"
                ))
            })?;
            if self.derives(&proof.placeholder.scheme) {
                let by = &proof.placeholder.value;
                self.redact_signatures(made.signatures, by).await?;
            }
            for (name, value) in made.headers {
                request.headers_mut().insert(name, value);
            }
        }
        Ok(request.map(|()| content))
    }

    /// Redact signatures, before they are sent.
    async fn redact_signatures(
        &self,
        signatures: Vec<Zeroizing<String>>,
        by: &str,
    ) -> Result<(), TransportError> {
        let (secrets, by) = (Arc::clone(&self.secrets), by.to_owned());
        self.build_matcher(move |reserve| {
            let mut each = signatures.iter();
            each.try_for_each(|signature| secrets.add_signature(signature, &by, reserve))
        })
        .await
    }

    pub(crate) fn material<'p>(
        &self,
        proof: &'p Proof,
        destination: &Destination<'_>,
        entry: &AuditEntry,
    ) -> Result<KeyMaterial<'p>, TransportError> {
        let reveal = |text: &str, place| self.reveal(text, place, destination, entry);
        Ok(match &proof.placeholder.scheme {
            Scheme::Hmac { key, form } => KeyMaterial::Hmac {
                form,
                key: reveal(key, Place::Signature)?,
            },
            Scheme::AwsSigV4(aws) => KeyMaterial::Aws {
                aws,
                access_key_id: reveal(&aws.access_key_id, Place::Header)?,
                secret_access_key: reveal(&aws.secret_access_key, Place::Signature)?,
                session_token: match &aws.session_token {
                    Some(token) => Some(reveal(token, Place::Header)?),
                    None => None,
                },
            },
            Scheme::Digest {
                username,
                password,
                session,
            } => KeyMaterial::Digest {
                session,
                username: reveal(username, Place::Header)?,
                password: reveal(password, Place::Signature)?,
            },
            Scheme::OAuth2(client) => {
                // The token derives from them, and may be sent where they may be sent.
                reveal(&client.id, Place::Token)?;
                reveal(&client.secret, Place::Token)?;
                KeyMaterial::Token(proof.token.as_deref())
            }
        })
    }

    /// A text of a scheme with the values of its handles.
    pub(crate) fn reveal(
        &self,
        text: &str,
        place: Place,
        destination: &Destination<'_>,
        entry: &AuditEntry,
    ) -> Result<RevealedText, TransportError> {
        let fits = |length| {
            if length <= MAX_LEN {
                return Ok(());
            }
            Err(TransportError::Refused(format!(
                "with its secrets a text of its credentials has {length} bytes; it may have {MAX_LEN}"
            )))
        };
        let injected = self.inject_credential(
            text.as_bytes(),
            Context::Plain,
            place,
            destination,
            entry,
            fits,
        )?;
        Ok(injected.unwrap_or_else(|| text.as_bytes().to_vec().into()))
    }
}

/// Check that servers behind CGI read no other field by the name of one that the host will set: the
/// component chooses its text, and the text before a signature.
pub(crate) fn check_fields(header: &HeaderMap, proofs: &[Proof]) -> Result<(), TransportError> {
    let fields = proofs
        .iter()
        .flat_map(|proof| proof.placeholder.scheme.fields());
    let fields: Vec<HeaderName> = fields.collect();
    for name in &fields {
        let read = header_name(name.as_str());
        let mut others = header.keys().chain(&fields);
        if others.any(|other| other != name && header_name(other.as_str()) == read) {
            return Err(TransportError::Refused(format!(
                "the request has a field that servers join with `{name}`, in which a proof is to stand"
            )));
        }
    }
    Ok(())
}
