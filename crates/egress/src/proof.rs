//! What proves who sends a request, computed of what goes out: the component has a
//! stand-in (`crate::credentials`), and what comes back with the proof in it has that
//! again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, Request, Response};
use http_step_policy::{Origin, Place, header_name};
use http_step_redact::{Context, LONGEST};
use http_step_signing::digest::{self, Challenge, Session};
use http_step_signing::oauth2::Token;
use http_step_signing::sigv4::{self, Payload, Scope};
use http_step_signing::{Headers, hmac};
use zeroize::Zeroizing;

use super::Egress;
use super::error::TransportError;
use super::fill::Aim;
use super::filled::Content;
use super::ledger::Entry;
use crate::credentials::{Aws, Promise, Scheme};

/// What stands before the signature of Stripe's form, after the time, and of AWS's.
const STRIPE: &str = ",v1=";
const AWS: &str = "Signature=";

/// A text with values in it.
type Known = Zeroizing<Vec<u8>>;

/// What a request is to prove, and with what.
pub(super) struct Proof {
    pub(super) promise: Arc<Promise>,
    /// Of a client, once it was fetched.
    pub(super) token: Option<Arc<Token>>,
}

/// A proof as it goes out.
#[derive(Default)]
struct Made {
    headers: Headers,
    /// What somebody could try passwords against. It has at least 32 characters, which
    /// are not for a component or a server to choose.
    signatures: Vec<Zeroizing<String>>,
}

/// What a proof is made of: its scheme, with the values in it.
enum Material<'p> {
    Hmac {
        form: &'p hmac::Form,
        key: Known,
    },
    Aws {
        aws: &'p Aws,
        access_key_id: Known,
        secret_access_key: Known,
        session_token: Option<Known>,
    },
    Digest {
        session: &'p Mutex<Option<(Origin, Session)>>,
        username: Known,
        password: Known,
    },
    Token(Option<&'p Token>),
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
            let mut aim = Aim::of(request, origin);
            let of_body = request.body().override_field();
            aim.override_field = aim.override_field.or(of_body.map(str::to_owned));
            let material = self.material(proof, &aim, entry)?;
            let made = material.prove(request, origin).map_err(|reason| {
                TransportError::Refused(format!(
                    "it can't be proved who sends the request: {reason}"
                ))
            })?;
            if self.derives(&proof.promise.scheme) {
                for signature in &made.signatures {
                    self.lent.seal(signature, &proof.promise.stand_in);
                }
            }
            for (name, value) in made.headers {
                if has_other_of_name(request.headers(), &name) {
                    return Err(TransportError::Refused(format!(
                        "the request has a field that servers join with `{name}`, in which a proof is to stand"
                    )));
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
            if let Scheme::OAuth2(client) = &proof.promise.scheme {
                self.admit_client(client)?;
            }
        }
        Ok(())
    }

    fn material<'p>(
        &self,
        proof: &'p Proof,
        aim: &Aim<'_>,
        entry: &Entry,
    ) -> Result<Material<'p>, TransportError> {
        let know = |text: &str, place| self.know(text, place, aim, entry);
        Ok(match &proof.promise.scheme {
            Scheme::Hmac { key, form } => Material::Hmac {
                form,
                key: know(key, Place::Signature)?,
            },
            Scheme::AwsSigV4(aws) => Material::Aws {
                aws,
                access_key_id: know(&aws.access_key_id, Place::Header)?,
                secret_access_key: know(&aws.secret_access_key, Place::Signature)?,
                session_token: match &aws.session_token {
                    Some(token) => Some(know(token, Place::Header)?),
                    None => None,
                },
            },
            Scheme::Digest {
                username,
                password,
                session,
            } => Material::Digest {
                session,
                username: know(username, Place::Header)?,
                password: know(password, Place::Signature)?,
            },
            Scheme::OAuth2(client) => {
                // The token is made of them, and goes where they may go.
                know(&client.id, Place::Token)?;
                know(&client.secret, Place::Token)?;
                Material::Token(proof.token.as_deref())
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

/// Whether there is another field that servers behind CGI read by the same name. What stands in
/// it, or before a signature, is the component's to choose.
fn has_other_of_name(header: &HeaderMap, name: &HeaderName) -> bool {
    let read = header_name(name.as_str());
    let mut fields = header.keys();
    fields.any(|other| other != name && header_name(other.as_str()) == read)
}

impl Proof {
    pub(super) fn new(promise: Arc<Promise>) -> Self {
        Self {
            promise,
            token: None,
        }
    }

    /// Whether a server that has refused the request (status 401) says how to prove it
    /// better. A token is fetched anew once, and a nonce each time that the server has
    /// another one for it.
    pub(super) fn is_challenged(
        &self,
        origin: &Origin,
        response: &Response<impl Sized>,
        is_again: bool,
    ) -> bool {
        let Scheme::Digest { session, .. } = &self.promise.scheme else {
            return self.token.is_some() && !is_again;
        };
        let asked = response.headers().get_all(WWW_AUTHENTICATE);
        let challenge = Challenge::choose(asked).ok();
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = session.take().filter(|(by, _)| by == origin);
        // If it did not like the answer, it would like the same password no better.
        if let Some((_, answered)) = answered
            && !challenge
                .as_ref()
                .is_some_and(|it| it.renews(answered.challenge()))
        {
            return false;
        }
        *session = challenge
            .zip(random_text())
            .and_then(|(challenge, cnonce)| Session::new(challenge, &cnonce).ok())
            .map(|begun| (origin.clone(), begun));
        session.is_some()
    }
}

impl Material<'_> {
    fn prove(&self, request: &Request<Content>, origin: &Origin) -> Result<Made, String> {
        let body = request.body().whole();
        match self {
            Self::Hmac { form, key } => {
                let headers = hmac::sign(form, key, now(), body);
                Ok(Made::of(headers, |text| match form {
                    hmac::Form::GitHub => "sha256=".len(),
                    hmac::Form::Slack => "v0=".len(),
                    hmac::Form::Stripe => text.find(STRIPE).map_or(0, |at| at + STRIPE.len()),
                    hmac::Form::Plain(plain) => plain.prefix().len(),
                }))
            }
            Self::Aws {
                aws,
                access_key_id,
                secret_access_key,
                session_token,
            } => {
                let access_key_id = str::from_utf8(access_key_id)
                    .map_err(|_| sigv4::SignError::AccessKeyId.to_string())?;
                let credentials = sigv4::Credentials {
                    access_key_id,
                    secret_access_key,
                    session_token: session_token.as_ref().map(|token| token.as_slice()),
                };
                aws.sign(&credentials, request, body)
            }
            Self::Digest {
                session,
                username,
                password,
            } => {
                let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((asked_by, session)) = &mut *session else {
                    return Ok(Made::default());
                };
                // A nonce is good for the server that gave it.
                if asked_by != origin {
                    return Ok(Made::default());
                }
                let uri = request.uri().path_and_query();
                let request = digest::Request {
                    method: request.method().as_str(),
                    uri: uri.map_or("/", |target| target.as_str()),
                    body: Some(body),
                };
                let credentials = digest::Credentials { username, password };
                let answer = session.answer(&credentials, &request);
                let (value, response) = answer.map_err(|error| error.to_string())?;
                Ok(Made {
                    headers: vec![(AUTHORIZATION, value)],
                    signatures: vec![response],
                })
            }
            // A token is hidden as a value is.
            Self::Token(token) => Ok(Made {
                headers: token
                    .iter()
                    .map(|token| (AUTHORIZATION, token.authorization()))
                    .collect(),
                ..Made::default()
            }),
        }
    }
}

impl Made {
    /// Of headers, of which the last has the signature, and of what stands before it.
    fn of(headers: Headers, before: impl Fn(&str) -> usize) -> Self {
        let last = headers.last().and_then(|(_, value)| value.to_str().ok());
        let signature = last.and_then(|text| text.get(before(text)..));
        Self {
            signatures: signature
                .map(|it| it.to_owned().into())
                .into_iter()
                .collect(),
            headers,
        }
    }
}

impl Aws {
    fn sign(
        &self,
        credentials: &sigv4::Credentials<'_>,
        request: &Request<Content>,
        body: &[u8],
    ) -> Result<Made, String> {
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
        let headers = sigv4::sign(&signed, &scope, credentials, now());
        let headers = headers.map_err(|error| error.to_string())?;
        Ok(Made::of(headers, |text| {
            text.rfind(AWS).map_or(0, |at| at + AWS.len())
        }))
    }
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
