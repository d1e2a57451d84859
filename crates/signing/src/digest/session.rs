//! Answers to a challenge.

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use thiserror::Error;
use zeroize::Zeroizing;

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

/// Who answers.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The user's name.
    pub username: &'a [u8],
    /// The password.
    pub password: &'a [u8],
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The request target as it is sent: path and query.
    pub uri: &'a str,
    /// The body, if it is at hand. Only [`Qop::AuthInt`] needs it.
    pub body: Option<&'a [u8]>,
}

/// Why a challenge can't be answered.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum DigestError {
    /// The client nonce is to be text.
    #[error("a client nonce is to be letters, digits and + / = - _ .")]
    ClientNonce,
    /// The server wants a hash of the body.
    #[error("the server wants Digest with qop auth-int, which needs the whole body beforehand")]
    BodyNeeded,
    /// A header can't carry the user name, the realm, the nonce or the like.
    #[error(
        "the user name or the server's Digest challenge has characters that a header can't carry"
    )]
    Characters,
    /// A nonce can be used some thousand million times.
    #[error("the server's nonce is used up: ask for a new challenge")]
    UsedUp,
}

/// The requests that are made with one nonce of the server.
///
/// They are counted, so that the server can tell a repetition. A 401 with
/// another challenge begins another session.
#[derive(Clone, Debug)]
pub struct Session {
    challenge: Challenge,
    cnonce: String,
    count: u32,
}

impl Session {
    /// `cnonce` is the client's nonce: at least 128 random bits, in hexadecimal
    /// or base64. It stays the same for the session, since the key of a `-sess`
    /// algorithm is made of it once.
    ///
    /// # Errors
    ///
    /// If `cnonce` is empty, or other text than that.
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

    /// The challenge that is answered.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// The value of `Authorization` (or `Proxy-Authorization`) for one request.
    ///
    /// # Errors
    ///
    /// If the body is needed and not there, if something can't stand in a header,
    /// or if the nonce was used as often as can be counted.
    pub fn authorize(
        &mut self,
        credentials: &Credentials<'_>,
        request: &Request<'_>,
    ) -> Result<HeaderValue, DigestError> {
        let (authorization, _) = self.answer(credentials, request)?;
        Ok(authorization)
    }

    /// As [`authorize`](Self::authorize), with the response in it by itself: against it
    /// passwords can be tried, so it has to be hidden where it is echoed.
    ///
    /// # Errors
    ///
    /// As there.
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
        let asked = match challenge.qop {
            Some(Qop::AuthInt) => {
                let body = hash(&[request.body.ok_or(DigestError::BodyNeeded)?]);
                hash(&[method, uri, body.as_bytes()])
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
                asked.as_bytes(),
            ]),
            None => hash(&[key.as_bytes(), nonce, asked.as_bytes()]),
        })
    }

    /// The user, as section 3.4.4 has it: hashed if the server can look that up,
    /// and with its charset named if the server knows it and it matters.
    fn write_username(&self, credentials: &Credentials<'_>, value: &mut Vec<u8>) {
        let username = credentials.username;
        if self.challenge.userhash {
            let hash = self
                .challenge
                .algorithm
                .hash(&[username, &self.challenge.realm]);
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
