//! The Authorization header.

use base64::{Engine, prelude::BASE64_STANDARD};
use thiserror::Error;

/// Rendered credentials. It has no `Debug`: nothing may print it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Auth {
    /// RFC 7617.
    Basic { username: String, password: String },
    /// RFC 6750: the token.
    Bearer(String),
}

/// Credentials that a header can't carry. They are never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum AuthError {
    #[error(
        "the user name of `auth` has a colon in it, which ends a user name in basic authentication"
    )]
    Colon,
    #[error(
        "the user name or the password of `auth` has a line break or another control character in it"
    )]
    Control,
    #[error("the bearer token of `auth` is empty")]
    NoToken,
    #[error(
        "the bearer token of `auth` has a space, a line break or another character in it that no token has"
    )]
    Token,
}

/// The value of the Authorization header.
pub(crate) fn authorization(auth: &Auth) -> Result<String, AuthError> {
    match auth {
        Auth::Basic { username, password } => {
            if username.contains(':') {
                return Err(AuthError::Colon);
            }
            let credentials = format!("{username}:{password}");
            if credentials.contains(char::is_control) {
                return Err(AuthError::Control);
            }
            Ok(format!("Basic {}", BASE64_STANDARD.encode(credentials)))
        }
        Auth::Bearer(token) if token.is_empty() => Err(AuthError::NoToken),
        // Wider than RFC 6750's b64token: there are tokens in use with `:` or `|` in them.
        Auth::Bearer(token) if !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(AuthError::Token)
        }
        Auth::Bearer(token) => Ok(format!("Bearer {token}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(username: &str, password: &str) -> Result<String, AuthError> {
        authorization(&Auth::Basic {
            username: username.to_owned(),
            password: password.to_owned(),
        })
    }

    #[test]
    fn basic_is_utf_8_in_base64() {
        // The examples of RFC 7617, sections 2 and 2.1.
        assert_eq!(
            basic("Aladdin", "open sesame"),
            Ok("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned())
        );
        assert_eq!(
            basic("test", "123£"),
            Ok("Basic dGVzdDoxMjPCow==".to_owned())
        );
        assert_eq!(basic("", ":"), Ok("Basic Ojo=".to_owned()));
        assert_eq!(basic("a:b", "c"), Err(AuthError::Colon));
        assert_eq!(basic("a", "b\n"), Err(AuthError::Control));
    }

    #[test]
    fn bearer_is_the_token() {
        let bearer = |token: &str| authorization(&Auth::Bearer(token.to_owned()));
        assert_eq!(
            bearer("mF_9.B5f-4.1JqM="),
            Ok("Bearer mF_9.B5f-4.1JqM=".to_owned())
        );
        assert_eq!(bearer("id|secret:1"), Ok("Bearer id|secret:1".to_owned()));
        assert_eq!(bearer(""), Err(AuthError::NoToken));
        for token in ["a b", "a\n", "tökén", " a"] {
            assert_eq!(bearer(token), Err(AuthError::Token), "{token:?}");
        }
    }
}
