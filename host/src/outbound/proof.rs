//! What proves who sends a request, computed of what goes out: the component has a
//! stand-in (`crate::credentials`), and what comes back with the proof in it has that
//! again.

use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, Response};
use http_step_policy::{Origin, Place};
use http_step_secrets::{Context, LONGEST};
use http_step_signing::digest::{self, Challenge, Session};
use http_step_signing::sigv4::{self, Payload, Scope};
use http_step_signing::{Headers, hmac};
use zeroize::Zeroizing;

use super::Egress;
use super::error::TransportError;
use super::fill::Aim;
use super::filled::Content;
use super::ledger::Entry;
use super::token::Fetched;
use crate::credentials::{Aws, Promise, Scheme};
use crate::secrets::Echo;

/// A text with values in it.
type Known = Zeroizing<Vec<u8>>;

/// What a request is to prove, and with what.
pub(super) struct Proof {
    pub(super) promise: Arc<Promise>,
    /// Of a client, once it was fetched.
    pub(super) token: Option<Arc<Fetched>>,
}

/// What a proof is made of.
enum Material {
    Hmac(Known),
    Aws {
        access_key_id: Known,
        secret_access_key: Known,
        session_token: Option<Known>,
    },
    Digest {
        username: Known,
        password: Known,
    },
    Token,
}

impl Egress {
    /// Put the proofs of a request into its head, which is complete by now, as is its
    /// body.
    pub(super) fn prove(
        &self,
        request: &mut Request<Content>,
        proofs: &[Proof],
        origin: &Origin,
        entry: &Entry,
    ) -> Result<(), TransportError> {
        for proof in proofs {
            let aim = Aim::of(request, origin);
            let material = self.material(proof, &aim, entry)?;
            let made = proof.make(&material, request, origin).map_err(|reason| {
                TransportError::Refused(format!(
                    "it can't be proved who sends the request: {reason}"
                ))
            })?;
            for (name, value) in made {
                // The date of a signature is not told from others.
                if value.is_sensitive() {
                    for sent in told_of(value.as_bytes()) {
                        self.lent.remember(Echo {
                            sent: sent.to_vec(),
                            written: proof.promise.stand_in.clone().into_bytes(),
                        });
                    }
                }
                request.headers_mut().insert(name, value);
            }
        }
        Ok(())
    }

    /// Whether the secrets of a request's proofs are lent for them.
    pub(super) fn may_prove(
        &self,
        proofs: &[Proof],
        aim: &Aim<'_>,
        entry: &Entry,
    ) -> Result<(), TransportError> {
        for proof in proofs {
            self.material(proof, aim, entry)?;
        }
        Ok(())
    }

    fn material(
        &self,
        proof: &Proof,
        aim: &Aim<'_>,
        entry: &Entry,
    ) -> Result<Material, TransportError> {
        let know = |text: &str, place| self.know(text, place, aim, entry);
        Ok(match &proof.promise.scheme {
            Scheme::Hmac { key, .. } => Material::Hmac(know(key, Place::Signature)?),
            Scheme::AwsSigV4(aws) => Material::Aws {
                access_key_id: know(&aws.access_key_id, Place::Header)?,
                secret_access_key: know(&aws.secret_access_key, Place::Signature)?,
                session_token: match &aws.session_token {
                    Some(token) => Some(know(token, Place::Header)?),
                    None => None,
                },
            },
            Scheme::Digest {
                username, password, ..
            } => Material::Digest {
                username: know(username, Place::Header)?,
                password: know(password, Place::Signature)?,
            },
            Scheme::OAuth2(client) => {
                // The token is made of it, and goes where it may go.
                know(&client.secret, Place::Signature)?;
                Material::Token
            }
        })
    }

    /// A text of a scheme with the values in it.
    pub(super) fn know(
        &self,
        text: &str,
        place: Place,
        aim: &Aim<'_>,
        entry: &Entry,
    ) -> Result<Known, TransportError> {
        let fits = |length| {
            if length <= LONGEST {
                return Ok(());
            }
            Err(TransportError::Refused(format!(
                "with its secrets a text of its credentials has {length} bytes; it may have {LONGEST}"
            )))
        };
        let filled = self.fill_if(text.as_bytes(), Context::Plain, place, aim, entry, fits)?;
        Ok(filled.unwrap_or_else(|| text.as_bytes().to_vec().into()))
    }
}

impl Proof {
    pub(super) fn new(promise: Arc<Promise>) -> Self {
        Self {
            promise,
            token: None,
        }
    }

    fn make(
        &self,
        material: &Material,
        request: &Request<Content>,
        origin: &Origin,
    ) -> Result<Headers, String> {
        let body = request.body().whole();
        match (&self.promise.scheme, material) {
            (Scheme::Hmac { form, .. }, Material::Hmac(key)) => {
                Ok(hmac::sign(form, key, now(), body))
            }
            (
                Scheme::AwsSigV4(aws),
                Material::Aws {
                    access_key_id,
                    secret_access_key,
                    session_token,
                },
            ) => {
                let access_key_id = str::from_utf8(access_key_id)
                    .map_err(|_| sigv4::SignError::AccessKeyId.to_string())?;
                let credentials = sigv4::Credentials {
                    access_key_id,
                    secret_access_key,
                    session_token: session_token.as_ref().map(|token| token.as_slice()),
                };
                aws.sign(&credentials, request, body)
            }
            (Scheme::Digest { session, .. }, Material::Digest { username, password }) => {
                let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((asked_by, session)) = &mut *session else {
                    return Ok(Headers::new());
                };
                // A nonce is good for the server that gave it.
                if asked_by != origin {
                    return Ok(Headers::new());
                }
                let uri = request.uri().path_and_query();
                let request = digest::Request {
                    method: request.method().as_str(),
                    uri: uri.map_or("/", |target| target.as_str()),
                    body: Some(body),
                };
                let credentials = digest::Credentials { username, password };
                let value = session.authorize(&credentials, &request);
                let value = value.map_err(|error| error.to_string())?;
                Ok(vec![(AUTHORIZATION, value)])
            }
            (Scheme::OAuth2(_), Material::Token) => Ok(self
                .token
                .iter()
                .map(|fetched| (AUTHORIZATION, fetched.token.authorization()))
                .collect()),
            _ => Err("it is of another scheme".to_owned()),
        }
    }

    /// Whether a server that has refused the request (status 401) says how to prove it
    /// better.
    pub(super) fn is_challenged(&self, origin: &Origin, response: &Response<impl Sized>) -> bool {
        let Scheme::Digest { session, .. } = &self.promise.scheme else {
            return self.token.is_some();
        };
        let asked = response.headers().get_all(WWW_AUTHENTICATE);
        let cnonce = random_text();
        let begun = Challenge::choose(asked)
            .ok()
            .zip(cnonce)
            .and_then(|(challenge, cnonce)| Session::new(challenge, &cnonce).ok());
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        *session = begun.map(|begun| (origin.clone(), begun));
        session.is_some()
    }
}

impl Aws {
    fn sign(
        &self,
        credentials: &sigv4::Credentials<'_>,
        request: &Request<Content>,
        body: &[u8],
    ) -> Result<Headers, String> {
        let uri = request.uri();
        let of_header = request.headers().iter();
        let headers: HeaderMap = of_header
            .filter(|(name, _)| sigv4::is_signed(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let signed = sigv4::Request {
            method: request.method().as_str(),
            path: uri.path(),
            query: uri.query(),
            headers: &headers,
            payload: if self.is_payload_unsigned {
                Payload::Unsigned
            } else {
                Payload::of(body)
            },
        };
        let scope = Scope::new(&self.region, &self.service);
        sigv4::sign(&signed, &scope, credentials, now()).map_err(|error| error.to_string())
    }
}

/// What of a field's value somebody could tell on: all of it, and the signature alone,
/// against which passwords can be tried.
fn told_of(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    const SHORTEST: usize = 32;
    let of_digest = |text: &'_ str| -> Option<usize> { text.find("response=\"").map(|at| at + 10) };
    let text = str::from_utf8(value).unwrap_or_default();
    let signature = match of_digest(text) {
        Some(at) => text.get(at..).and_then(|rest| rest.split('"').next()),
        // Base64 may end with its padding.
        None => text.trim_end_matches('=').rsplit(['=', ' ', ',']).next(),
    };
    let signature = signature.filter(|signature| signature.len() >= SHORTEST);
    [value].into_iter().chain(signature.map(str::as_bytes))
}

/// 128 random bits, in hexadecimal.
fn random_text() -> Option<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    Some(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Seconds since 1970; a clock that was never set tells of 1970.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}
