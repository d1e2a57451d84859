//! Answers to a challenge.

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use thiserror::Error;
use zeroize::Zeroizing;

use super::algorithm::{Algorithm, BodyHash};
use super::challenge::{Challenge, Qop};
use crate::header::sensitive;

/// The characters that an extended parameter percent-encodes: all but the
/// `attr-char` of RFC 8187, section 3.2.1.
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The user's credentials.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The user's name.
    pub username: &'a [u8],
    /// The password.
    pub password: &'a [u8],
}

/// The request to authorize.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The request target as it is sent: path and query.
    pub uri: &'a str,
    /// The hash of the body, if it is available; see [`Session::body_hash`].
    pub body: Option<&'a BodyHash>,
}

/// Why a challenge can't be answered.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum DigestError {
    /// The client nonce has other characters.
    #[error("a client nonce must consist of letters, digits and + / = - _ .")]
    ClientNonce,
    /// The server wants a hash of the body, by this algorithm.
    #[error("the server requires Digest with qop auth-int, which needs the whole body in advance")]
    BodyNeeded,
    /// The user name, the realm, the nonce or the like is not a valid header value.
    #[error(
        "the user name or the server's Digest challenge has characters that are not allowed in a header"
    )]
    Characters,
    /// The nonce was used 2^32 - 1 times.
    #[error("the server's nonce was used too often; get a new challenge")]
    UsedUp,
}

/// The requests with one nonce of the server.
///
/// They are counted, so that the server can detect replays. A 401 with another challenge
/// starts another session.
#[derive(Clone, Debug)]
pub struct Session {
    challenge: Challenge,
    cnonce: String,
    count: u32,
}

impl Session {
    /// `cnonce` is the client's nonce: at least 128 random bits, in hexadecimal or base64. It
    /// stays the same for the session, since the key of a `-sess` algorithm depends on it.
    ///
    /// # Errors
    ///
    /// `cnonce` is empty, or has other characters.
    pub fn new(challenge: Challenge, cnonce: &str) -> Result<Self, DigestError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_.".contains(&byte);
        if cnonce.is_empty() || !cnonce.bytes().all(plain) {
            return Err(DigestError::ClientNonce);
        }
        Ok(Self {
            challenge,
            cnonce: cnonce.to_owned(),
            count: 0,
        })
    }

    /// The challenge.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// The algorithm by which an answer needs the hash of the body: only [`Qop::AuthInt`] does.
    #[must_use]
    pub fn body_hash(&self) -> Option<Algorithm> {
        let algorithm = self.challenge.algorithm;
        (self.challenge.qop == Some(Qop::AuthInt)).then_some(algorithm)
    }

    /// The value of `Authorization` (or `Proxy-Authorization`) for one request.
    ///
    /// # Errors
    ///
    /// The body is needed and missing, a value is not allowed in a header, or the nonce was used
    /// too often.
    pub fn authorize(
        &mut self,
        credentials: &Credentials<'_>,
        request: &Request<'_>,
    ) -> Result<HeaderValue, DigestError> {
        let (authorization, _) = self.answer(credentials, request)?;
        Ok(authorization)
    }

    /// The same as [`authorize`](Self::authorize), and the response by itself. Passwords can be
    /// tried against the response, so it must be redacted where it is echoed.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn answer(
        &mut self,
        credentials: &Credentials<'_>,
        request: &Request<'_>,
    ) -> Result<(HeaderValue, Zeroizing<String>), DigestError> {
        let count = self.count.checked_add(1).ok_or(DigestError::UsedUp)?;
        let nc = format!("{count:08x}");
        let response = self.response(credentials, request, &nc)?;
        let challenge = &self.challenge;

        let mut value = b"Digest ".to_vec();
        self.write_username(credentials, &mut value);
        quoted(&mut value, "realm", &challenge.realm);
        quoted(&mut value, "uri", request.uri.as_bytes());
        if challenge.names_algorithm {
            let suffix = if challenge.session { "-sess" } else { "" };
            bare(&mut value, "algorithm", challenge.algorithm.as_str());
            value.extend_from_slice(suffix.as_bytes());
        }
        quoted(&mut value, "nonce", &challenge.nonce);
        if let Some(qop) = challenge.qop {
            bare(&mut value, "nc", &nc);
            quoted(&mut value, "cnonce", self.cnonce.as_bytes());
            bare(&mut value, "qop", qop.as_str());
        }
        quoted(&mut value, "response", response.as_bytes());
        if let Some(opaque) = &challenge.opaque {
            quoted(&mut value, "opaque", opaque);
        }
        if challenge.userhash {
            bare(&mut value, "userhash", "true");
        }

        let value = sensitive(&value).map_err(|_| DigestError::Characters)?;
        self.count = count;
        Ok((value, response))
    }

    /// RFC 7616, sections 3.4.1 to 3.4.3.
    fn response(
        &self,
        credentials: &Credentials<'_>,
        request: &Request<'_>,
        nc: &str,
    ) -> Result<Zeroizing<String>, DigestError> {
        let challenge = &self.challenge;
        let hash = |fields: &[&[u8]]| challenge.algorithm.hash(fields);
        let (nonce, cnonce) = (&challenge.nonce, self.cnonce.as_bytes());

        let mut key = hash(&[credentials.username, &challenge.realm, credentials.password]);
        if challenge.session {
            key = hash(&[key.as_bytes(), nonce, cnonce]);
        }
        let (method, uri) = (request.method.as_bytes(), request.uri.as_bytes());
        let requested = match challenge.qop {
            Some(Qop::AuthInt) => {
                let body = request.body;
                let body = body.filter(|body| body.algorithm == challenge.algorithm);
                let body = body.ok_or(DigestError::BodyNeeded)?;
                hash(&[method, uri, body.digits.as_bytes()])
            }
            Some(Qop::Auth) | None => hash(&[method, uri]),
        };
        Ok(match challenge.qop {
            Some(qop) => hash(&[
                key.as_bytes(),
                nonce,
                nc.as_bytes(),
                cnonce,
                qop.as_str().as_bytes(),
                requested.as_bytes(),
            ]),
            None => hash(&[key.as_bytes(), nonce, requested.as_bytes()]),
        })
    }

    /// The hash that is sent in place of the user name, if the server supports it (RFC 7616,
    /// section 3.4.4). User names can be tried against it, so it must be redacted where it is
    /// echoed.
    #[must_use]
    pub fn hashed_username(&self, credentials: &Credentials<'_>) -> Option<Zeroizing<String>> {
        let Challenge {
            algorithm, realm, ..
        } = &self.challenge;
        self.challenge
            .userhash
            .then(|| algorithm.hash(&[credentials.username, realm]))
    }

    /// The user name, as in section 3.4.4: hashed if the server supports it, and with its
    /// charset if the server supports it and it is not ASCII.
    fn write_username(&self, credentials: &Credentials<'_>, value: &mut Vec<u8>) {
        let username = credentials.username;
        if let Some(hash) = self.hashed_username(credentials) {
            quoted(value, "username", hash.as_bytes());
        } else if self.challenge.utf8 && !username.is_ascii() && str::from_utf8(username).is_ok() {
            let encoded = percent_encode(username, NOT_ATTR_CHAR).to_string();
            bare(value, "username*", &format!("UTF-8''{encoded}"));
        } else {
            quoted(value, "username", username);
        }
    }
}

fn quoted(value: &mut Vec<u8>, name: &str, text: &[u8]) {
    bare(value, name, "\"");
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            value.push(b'\\');
        }
        value.push(*byte);
    }
    value.push(b'"');
}

fn bare(value: &mut Vec<u8>, name: &str, text: &str) {
    if !value.ends_with(b" ") {
        value.extend_from_slice(b", ");
    }
    value.extend_from_slice(name.as_bytes());
    value.push(b'=');
    value.extend_from_slice(text.as_bytes());
}
