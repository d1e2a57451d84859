//! A token, and how long it is good.

use std::time::{Duration, Instant};

use http::HeaderValue;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::error::TokenError;
use crate::header::sensitive_ascii;

/// The longest answer that is read.
pub const MAX_ANSWER: usize = 64 * 1024;

/// How long before its end a token counts as over: the clocks differ, and the
/// request with it takes its time. A short-lived one loses a tenth.
const MARGIN: Duration = Duration::from_secs(60);

/// A bearer token (RFC 6750).
pub struct Token {
    value: Zeroizing<String>,
    over: Option<Instant>,
}

/// The members of both kinds of answer (RFC 6749, sections 5.1 and 5.2). Those
/// that are not secret are read leniently and looked at afterwards.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<Zeroizing<String>>,
    token_type: Option<Value>,
    expires_in: Option<Value>,
    error: Option<Value>,
    error_description: Option<Value>,
}

impl Token {
    /// Reads what the token endpoint answered.
    ///
    /// `asked` is when the request was sent, since the lifetime counts from
    /// when the server answers, which is later. A token of no type is a bearer
    /// token, as most clients take it.
    ///
    /// # Errors
    ///
    /// If the server refused, or the answer holds no bearer token.
    pub fn read(status: u16, body: &[u8], asked: Instant) -> Result<Self, TokenError> {
        if body.len() > MAX_ANSWER {
            return Err(TokenError::TooLong);
        }
        let succeeded = (200..300).contains(&status);
        let answer: Answer = match serde_json::from_slice(body) {
            // serde takes an array for the members in their order.
            Ok(_) if body.trim_ascii_start().starts_with(b"[") => {
                return Err(TokenError::Syntax { line: 1, column: 1 });
            }
            Ok(answer) => answer,
            Err(_) if !succeeded => return Err(TokenError::Status(status)),
            // Not the error's text, which can quote the token.
            Err(error) => {
                return Err(TokenError::Syntax {
                    line: error.line(),
                    column: error.column(),
                });
            }
        };
        // GitHub refuses with status 200.
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
            Some(odd) => return Err(TokenError::Type(odd.to_string())),
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
            over: usable.and_then(|usable| asked.checked_add(usable)),
        })
    }

    /// The token itself, for whoever has to hide it where it is echoed.
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

    /// Whether to ask for a new one: a minute before the end that the server
    /// told, or a tenth of the lifetime if that is less. Never, if it told
    /// none: then a 401 says so.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        self.over.is_some_and(|over| now >= over)
    }
}

/// A lifetime in seconds, which some servers write as text. What is neither
/// counts as untold.
fn lifetime(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}
