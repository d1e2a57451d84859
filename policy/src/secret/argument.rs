//! A secret as an argument of the program: `NAME=env:VARIABLE@ORIGIN`.
//!
//! Of an argument that can't be read nothing is shown, not even its name: it may be
//! the value, which somebody wrote where its source belongs.

use std::str::FromStr;

use thiserror::Error;

use super::name::{self, SecretNameError};
use super::{Secret, SourceRef, SourceRefError};
use crate::pattern::OriginPattern;

impl FromStr for Secret {
    type Err = SecretArgumentError;

    /// Read `NAME=SCHEME:REFERENCE@ORIGIN`. The last `@` is the one before the origin.
    fn from_str(text: &str) -> Result<Self, SecretArgumentError> {
        let (name, rest) = text.split_once('=').ok_or(SecretArgumentError::Form)?;
        let (source, origin) = match rest.rsplit_once('@') {
            Some((source, origin)) => (source, Some(origin)),
            None => (rest, None),
        };
        // What is before `=` may be Base64, which ends with one.
        if name.is_empty() || source.trim_start_matches('=').is_empty() {
            return Err(SecretArgumentError::Form);
        }
        name::check(name)?;
        let source: SourceRef = source.parse()?;
        let origin = origin
            .filter(|origin| !origin.is_empty())
            .ok_or(SecretArgumentError::NoOrigin)?;
        let origin: OriginPattern = origin.parse().map_err(|_| SecretArgumentError::Origin)?;
        Ok(Self::new(name, source).origin(origin))
    }
}

impl Secret {
    /// The secrets of all arguments together: one that is given several times, from
    /// the same source, is lent to each of its origins.
    ///
    /// # Errors
    ///
    /// One is given from two sources.
    pub fn of_arguments(arguments: &[Self]) -> Result<Vec<Self>, SecretTwiceError> {
        let mut secrets: Vec<Self> = Vec::new();
        for argument in arguments {
            match secrets
                .iter_mut()
                .find(|secret| secret.name == argument.name)
            {
                None => secrets.push(argument.clone()),
                Some(secret) if secret.source == argument.source => {
                    for origins in &argument.origins {
                        *secret = secret.clone().origin(origins.clone());
                    }
                }
                Some(secret) => {
                    return Err(SecretTwiceError {
                        name: argument.name.clone(),
                        sources: [secret.source.clone(), argument.source.clone()],
                    });
                }
            }
        }
        Ok(secrets)
    }
}

/// An argument that is no [`Secret`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SecretArgumentError {
    /// It has no name, or nothing but one.
    #[error("write it as NAME=env:VARIABLE@ORIGIN or NAME=file:PATH@ORIGIN")]
    Form,
    /// No expression can name it.
    #[error(transparent)]
    Name(#[from] SecretNameError),
    /// It does not say where the value is.
    #[error("{0}; the whole is NAME=env:VARIABLE@ORIGIN or NAME=file:PATH@ORIGIN")]
    Source(#[from] SourceRefError),
    /// It does not say where the value may go.
    #[error(
        "a secret without an origin could go anywhere; add the one that it is for: NAME=env:VARIABLE@https://api.example.com"
    )]
    NoOrigin,
    /// It ends with something else than an origin.
    #[error(
        "what follows the last `@` is not an origin, as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`, without a path"
    )]
    Origin,
}

/// Arguments that give one secret from two sources.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the secret `{name}` is given twice, from {} and from {}; it has one source",
    .sources[0], .sources[1]
)]
pub struct SecretTwiceError {
    name: String,
    sources: [SourceRef; 2],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Secret, SecretArgumentError> {
        text.parse()
    }

    #[test]
    fn name_source_and_origin() {
        for (text, name, source, origin) in [
            (
                "TOKEN=env:API_TOKEN@https://api.example.com",
                "TOKEN",
                "env:API_TOKEN",
                "https://api.example.com",
            ),
            (
                "a/b=file:/run/me@home/x=y@*://localhost:*",
                "a/b",
                "file:/run/me@home/x=y",
                "*://localhost:*",
            ),
            (
                "T=vault:kv/ci@https://*.a.example",
                "T",
                "vault:…",
                "https://*.a.example",
            ),
        ] {
            let secret = read(text).unwrap();
            assert_eq!(secret.name(), name);
            assert_eq!(secret.source().to_string(), source);
            assert_eq!(secret.origins(), [origin.parse().unwrap()]);
            assert_eq!(secret.lent_methods(), None);
            assert_eq!(secret.lent_path_prefix(), None);
            assert_eq!(secret.lent_places(), None);
        }
    }

    #[test]
    fn what_is_no_secret() {
        use SecretArgumentError::{Form, Name, NoOrigin, Origin, Source};
        let literal = Source(SourceRefError::Literal);
        for (text, error) in [
            ("", Form),
            ("hunter2", Form),
            ("=env:A@https://a.example", Form),
            ("TOKEN=", Form),
            ("TOKEN=@https://a.example", Form),
            ("aHVudGVyMg==", Form),
            ("hunter 2=env:A@https://a.example", Name(SecretNameError)),
            ("TOKEN=hunter2", literal),
            ("TOKEN=hunter2@https://a.example", literal),
            ("TOKEN=hunter@2", literal),
            ("TOKEN=env:A", NoOrigin),
            ("TOKEN=env:A@", NoOrigin),
            ("TOKEN=user:hunter2", NoOrigin),
            ("TOKEN=user:p@hunter2", Origin),
            ("TOKEN=env:A@a.example", Origin),
            ("TOKEN=env:A@*", Origin),
            ("TOKEN=env:A@https://hooks.example/hunter2", Origin),
            (
                "TOKEN=env:A@https://u:hunter2@a.example",
                Source(SourceRefError::Variable),
            ),
            (
                "TOKEN=https://hooks.example/hunter2",
                Source(SourceRefError::Url),
            ),
        ] {
            let found = read(text).unwrap_err();
            assert_eq!(found, error, "{text}");
            assert!(!format!("{found} {found:?}").contains("hunter"), "{found}");
        }
    }

    #[test]
    fn errors_teach() {
        for (text, error) in [
            (
                "TOKEN",
                "write it as NAME=env:VARIABLE@ORIGIN or NAME=file:PATH@ORIGIN",
            ),
            (
                "TOKEN=hunter2@https://a.example",
                "a secret's value stands elsewhere; say where, as `env:VARIABLE`, `file:PATH`, or `SCHEME:REFERENCE` of a source that the platform has; the whole is NAME=env:VARIABLE@ORIGIN or NAME=file:PATH@ORIGIN",
            ),
            (
                "TOKEN=env:A",
                "a secret without an origin could go anywhere; add the one that it is for: NAME=env:VARIABLE@https://api.example.com",
            ),
            (
                "TOKEN=env:A@a.example",
                "what follows the last `@` is not an origin, as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`, without a path",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn given_several_times() {
        let arguments = |texts: &[&str]| -> Vec<Secret> {
            texts.iter().map(|text| read(text).unwrap()).collect()
        };
        let both = Secret::of_arguments(&arguments(&[
            "A=env:A@https://a.example",
            "B=env:B@https://a.example",
            "A=env:A@https://b.example",
            "A=env:A@https://b.example",
        ]));
        let [a, b] = <[Secret; 2]>::try_from(both.unwrap()).unwrap();
        assert_eq!(
            a,
            read("A=env:A@https://a.example")
                .unwrap()
                .origin("https://b.example".parse().unwrap())
        );
        assert_eq!(b, read("B=env:B@https://a.example").unwrap());

        let twice = arguments(&["A=env:A@https://a.example", "A=file:a@https://a.example"]);
        assert_eq!(
            Secret::of_arguments(&twice).unwrap_err().to_string(),
            "the secret `A` is given twice, from env:A and from file:a; it has one source"
        );
    }
}
