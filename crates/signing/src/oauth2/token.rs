//! A token and its lifetime.

use std::time::{Duration, Instant};

use http::HeaderValue;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::error::{MAX_ANSWER, TokenError};
use crate::header::sensitive_ascii;

/// How long before its end a token counts as expired, since clocks differ and requests take
/// time. For short-lived tokens it is a tenth of their lifetime.
const MARGIN: Duration = Duration::from_secs(60);

/// A bearer token (RFC 6750).
pub struct Token {
    value: Zeroizing<String>,
    expires: Option<Instant>,
}

/// The members of both kinds of responses (RFC 6749, sections 5.1 and 5.2). Those that are
/// not secret are parsed leniently and checked afterwards.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<Zeroizing<String>>,
    token_type: Option<Value>,
    expires_in: Option<Value>,
    error: Option<Value>,
    error_description: Option<Value>,
}

impl Token {
    /// Parse a response of the token endpoint.
    ///
    /// `requested` is the time of the request, so that the lifetime never ends too late. A
    /// token without a type is a bearer token, as for most clients.
    ///
    /// # Errors
    ///
    /// An error response, or a response without a bearer token.
    pub fn parse(status: u16, body: &[u8], requested: Instant) -> Result<Self, TokenError> {
        if body.len() > MAX_ANSWER {
            return Err(TokenError::TooLong);
        }
        let succeeded = (200..300).contains(&status);
        let answer: Answer = match serde_json::from_slice(body) {
            // serde also accepts an array with the members in order.
            Ok(_) if body.trim_ascii_start().starts_with(b"[") => {
                return Err(TokenError::Syntax { line: 1, column: 1 });
            }
            Ok(answer) => answer,
            Err(_) if !succeeded => return Err(TokenError::Status(status)),
            // Without the error's text, which can quote the token.
            Err(error) => {
                return Err(TokenError::Syntax {
                    line: error.line(),
                    column: error.column(),
                });
            }
        };
        // GitHub's error responses have status 200.
        if let Some(Value::String(code)) = &answer.error {
            let description = answer.error_description.as_ref().and_then(Value::as_str);
            return Err(TokenError::Refused {
                code: code.clone(),
                description: description.map(str::to_owned),
            });
        }
        if !succeeded {
            return Err(TokenError::Status(status));
        }
        match &answer.token_type {
            None | Some(Value::Null) => {}
            Some(Value::String(name)) if name.eq_ignore_ascii_case("bearer") => {}
            Some(Value::String(name)) => return Err(TokenError::Type(name.clone())),
            // A number is not shown: read as JSON, it may have other digits than the server wrote, so
            // that a secret of digits would not be recognized.
            Some(odd) => return Err(TokenError::OtherType(kind_of(odd))),
        }
        let value = answer.access_token.ok_or(TokenError::NoToken)?;
        if value.is_empty() {
            return Err(TokenError::NoToken);
        }
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Characters);
        }
        let lifetime = answer.expires_in.as_ref().and_then(lifetime);
        let usable = lifetime.map(|lifetime| lifetime - MARGIN.min(lifetime / 10));
        Ok(Self {
            value,
            expires: usable.and_then(|usable| requested.checked_add(usable)),
        })
    }

    /// The token itself, so that it can be redacted where it is echoed.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value of `Authorization`.
    #[must_use]
    pub fn authorization(&self) -> HeaderValue {
        const SCHEME: &str = "Bearer ";
        let mut value = Zeroizing::new(String::with_capacity(SCHEME.len() + self.value.len()));
        value.push_str(SCHEME);
        value.push_str(&self.value);
        sensitive_ascii(&value)
    }

    /// Whether to request a new one: a minute before the end of its lifetime, or a tenth of
    /// the lifetime if that is less. Never, if the server gave no lifetime.
    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A lifetime in seconds, which some servers send as a string. Other values are ignored.
fn lifetime(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}
