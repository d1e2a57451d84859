//! The header field with the credentials.

use base64::{Engine, prelude::BASE64_STANDARD};
use thiserror::Error;

use crate::host::{Header, Scheme};
use crate::render::Auth;

/// Credentials that are not allowed in a header. They are never shown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum AuthError {
    #[error("the user name of `auth` contains a colon, which basic authentication does not allow")]
    Colon,
    #[error(
        "the user name or the password of `auth` contains a line break or another control character"
    )]
    Control,
    #[error("the bearer token of `auth` is empty")]
    NoToken,
    #[error(
        "the bearer token of `auth` contains a space, a line break or another character that is not allowed in a token"
    )]
    Token,
    /// The host's error about a scheme, without secrets.
    #[error("{0}")]
    Refused(String),
}

/// Gets the host's placeholder for credentials that it computes.
pub(crate) type Ask<'a> = dyn Fn(&Scheme) -> Result<Header, String> + 'a;

/// The header field of the request.
pub(crate) fn field(auth: &Auth, ask: &Ask<'_>) -> Result<Header, AuthError> {
    let value = match auth {
        Auth::Basic { username, password } => {
            if username.contains(':') {
                return Err(AuthError::Colon);
            }
            let credentials = format!("{username}:{password}");
            if credentials.contains(char::is_control) {
                return Err(AuthError::Control);
            }
            format!("Basic {}", BASE64_STANDARD.encode(credentials))
        }
        Auth::Bearer(token) if token.is_empty() => return Err(AuthError::NoToken),
        // Wider than RFC 6750's b64token: some tokens contain `:` or `|`.
        Auth::Bearer(token) if !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            return Err(AuthError::Token);
        }
        Auth::Bearer(token) => format!("Bearer {token}"),
        Auth::Computed(scheme) => return ask(scheme).map_err(AuthError::Refused),
    };
    Ok(Header {
        name: "Authorization".to_owned(),
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::ci::http_step::auth::Digest;

    /// The value of `Authorization`.
    fn authorization(auth: &Auth) -> Result<String, AuthError> {
        let field = field(auth, &|_| unreachable!("the step writes these by itself"))?;
        assert_eq!(field.name, "Authorization");
        Ok(field.value)
    }

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
    #[test]
    fn the_host_names_the_field_or_the_error() {
        let scheme = Scheme::Digest(Digest {
            username: "u".to_owned(),
            password: "handle".to_owned(),
        });
        let auth = Auth::Computed(scheme.clone());
        let placeholder = Header {
            name: "X-Signature".to_owned(),
            value: "placeholder".to_owned(),
        };
        let ask = |requested: &Scheme| {
            assert_eq!(*requested, scheme);
            Ok(placeholder.clone())
        };
        assert_eq!(field(&auth, &ask), Ok(placeholder.clone()));
        let sentence = "the user name is too long".to_owned();
        let error = field(&auth, &|_| Err(sentence.clone())).unwrap_err();
        assert_eq!(error.to_string(), sentence);
    }
}
