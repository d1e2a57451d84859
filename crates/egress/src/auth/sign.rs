//! Computes the credentials of a request from what is sent. The component has a placeholder for
//! them; in responses they are replaced by it again.

use std::sync::Arc;
use std::time::SystemTime;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, Response};
use http_step_policy::Origin;
use http_step_signing::digest::{self, Algorithm, Challenge, Session};
use http_step_signing::oauth2::Token;
use http_step_signing::sigv4::{self, Payload, Scope};
use http_step_signing::{Headers, hmac};
use parking_lot::Mutex;
use zeroize::Zeroizing;

use super::hashed_body::HashedBody;
use super::{Aws, Placeholder, Scheme};

/// The text before the signature in Stripe's format, after the time, and in AWS's.
const STRIPE: &str = ",v1=";
const AWS: &str = "Signature=";

/// A text that contains values of secrets.
pub(crate) type RevealedText = Zeroizing<Vec<u8>>;

/// The credentials that a request needs.
pub(crate) struct Proof {
    pub(crate) placeholder: Arc<Placeholder>,
    /// An OAuth 2 token, after it was fetched.
    pub(crate) token: Option<Arc<Token>>,
}

/// Credentials as they are sent.
#[derive(Default)]
pub(crate) struct Signed {
    pub(crate) headers: Headers,
    /// Signatures, which could be used to guess a password offline. Each has at least 32
    /// characters that neither the component nor the server can choose.
    pub(crate) signatures: Vec<Zeroizing<String>>,
}

/// The scheme with the values of its secrets, from which credentials are computed.
pub(crate) enum KeyMaterial<'p> {
    Hmac {
        form: &'p hmac::Form,
        key: RevealedText,
    },
    Aws {
        aws: &'p Aws,
        access_key_id: RevealedText,
        secret_access_key: RevealedText,
        session_token: Option<RevealedText>,
    },
    Digest {
        session: &'p Mutex<Option<(Origin, Session)>>,
        username: RevealedText,
        password: RevealedText,
    },
    Token(Option<&'p Token>),
}

impl Proof {
    pub(crate) fn new(placeholder: Arc<Placeholder>) -> Self {
        Self {
            placeholder,
            token: None,
        }
    }

    /// Whether a response with status 401 asks for other credentials. A token is fetched again
    /// once; a Digest request is repeated for each new nonce.
    pub(crate) fn is_challenged(
        &self,
        origin: &Origin,
        response: &Response<impl Sized>,
        is_again: bool,
    ) -> bool {
        let Scheme::Digest { session, .. } = &self.placeholder.scheme else {
            return self.token.is_some() && !is_again;
        };
        let requested = response.headers().get_all(WWW_AUTHENTICATE);
        let challenge = Challenge::choose(requested).ok();
        let mut session = session.lock();
        let answered = session.take().filter(|(by, _)| by == origin);
        // If the server rejected the answer to its nonce, it would reject the same password again.
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

impl KeyMaterial<'_> {
    pub(crate) async fn sign(
        &self,
        request: &Request<()>,
        origin: &Origin,
        body: &mut HashedBody,
    ) -> Result<Signed, String> {
        match self {
            Self::Hmac { form, key } => {
                let mut signer = hmac::Signer::new(form, key, now());
                body.read(|piece| signer.update(piece)).await;
                Ok(Signed::from_headers(signer.finish(), |text| match form {
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
                let payload = if aws.is_payload_unsigned {
                    Payload::Unsigned
                } else {
                    body.payload().await
                };
                aws.sign(&credentials, request, payload)
            }
            Self::Digest {
                session,
                username,
                password,
            } => {
                let credentials = digest::Credentials { username, password };
                loop {
                    let needed = match answer(session, &credentials, request, origin, body) {
                        Answer::Needs(algorithm) => algorithm,
                        Answer::Signed(signed) => return signed,
                    };
                    // Without the lock. Another challenge may come meanwhile.
                    body.hash(needed).await;
                }
            }
            // A token is redacted like a value.
            Self::Token(token) => Ok(Signed {
                headers: token
                    .iter()
                    .map(|token| (AUTHORIZATION, token.authorization()))
                    .collect(),
                ..Signed::default()
            }),
        }
    }
}

/// What came of an attempt to answer a Digest challenge.
enum Answer {
    Signed(Result<Signed, String>),
    /// It takes this hash of the body.
    Needs(Algorithm),
}

fn answer(
    session: &Mutex<Option<(Origin, Session)>>,
    credentials: &digest::Credentials<'_>,
    request: &Request<()>,
    origin: &Origin,
    body: &HashedBody,
) -> Answer {
    let mut session = session.lock();
    // A nonce is only valid for the server that sent it.
    let session = session.as_mut().filter(|(by, _)| by == origin);
    let Some((_, session)) = session else {
        return Answer::Signed(Ok(Signed::default()));
    };
    let needed = session.body_hash();
    let hash = needed.and_then(|algorithm| body.by(algorithm));
    if let (Some(algorithm), None) = (needed, hash) {
        return Answer::Needs(algorithm);
    }
    let uri = request.uri().path_and_query();
    let request = digest::Request {
        method: request.method().as_str(),
        uri: uri.map_or("/", |target| target.as_str()),
        body: hash,
    };
    let answer = session.answer(credentials, &request);
    let signed = answer.map(|(value, response)| {
        let signatures = [Some(response), session.hashed_username(credentials)];
        Signed {
            headers: vec![(AUTHORIZATION, value)],
            signatures: signatures.into_iter().flatten().collect(),
        }
    });
    Answer::Signed(signed.map_err(|error| error.to_string()))
}

impl Signed {
    /// From header fields, the last of which contains the signature, and the length of the text
    /// before it.
    fn from_headers(headers: Headers, before: impl Fn(&str) -> usize) -> Self {
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
        request: &Request<()>,
        payload: Payload,
    ) -> Result<Signed, String> {
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
            payload,
        };
        let scope = Scope::new(&self.region, &self.service);
        let headers = sigv4::sign(&signed, &scope, credentials, now());
        let headers = headers.map_err(|error| error.to_string())?;
        Ok(Signed::from_headers(headers, |text| {
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

/// Seconds since 1970; 0 if the clock was never set.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}
