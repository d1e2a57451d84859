//! A secret as an argument of the program: `NAME=env:VARIABLE@ORIGIN`.
//!
//! Of an argument that can't be read nothing is shown, not even its name: it may be
//! the value, which somebody wrote where its source belongs.

use std::str::FromStr;

use http_step_yaml::excerpt;
use thiserror::Error;

use super::name::{self, SecretNameError};
use super::{Place, Secret, SourceRef, SourceRefError};
use crate::pattern::OriginPattern;
use crate::sentence::listed;

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

/// The places of a secret, as an argument of the program: `NAME=header,query`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPlaces(Named);

/// The places where other text may be beside a secret, as an argument of the program:
/// `NAME=path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretCompose(Named);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    name: String,
    places: Vec<Place>,
}

impl Named {
    fn read(text: &str, places: &'static [Place]) -> Result<Self, SecretPlacesError> {
        let (name, words) = text.split_once('=').ok_or(SecretPlacesError::Form)?;
        if name.is_empty() || words.is_empty() {
            return Err(SecretPlacesError::Form);
        }
        let place = |word: &str| {
            let mut known = places.iter();
            let place = known.find(|place| place.as_str() == word.trim()).copied();
            place.ok_or_else(|| SecretPlacesError::Place {
                word: excerpt(word.trim()),
                places,
            })
        };
        Ok(Self {
            name: name.to_owned(),
            places: words.split(',').map(place).collect::<Result<_, _>>()?,
        })
    }
}

impl FromStr for SecretPlaces {
    type Err = SecretPlacesError;

    fn from_str(text: &str) -> Result<Self, SecretPlacesError> {
        Named::read(text, &Place::ALL).map(Self)
    }
}

impl FromStr for SecretCompose {
    type Err = SecretPlacesError;

    fn from_str(text: &str) -> Result<Self, SecretPlacesError> {
        Named::read(text, &Place::COMPOSABLE).map(Self)
    }
}

/// An argument that names no places of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SecretPlacesError {
    /// It has no name, or no places.
    #[error("write it as NAME=PLACE, or NAME=PLACE,PLACE")]
    Form,
    /// There is no such place.
    #[error("`{word}` is no place of a secret; the places are {}", listed(*.places))]
    Place {
        /// What stands there.
        word: String,
        /// What may.
        places: &'static [Place],
    },
}

impl Secret {
    /// The secrets of all arguments together: one that is given several times, from
    /// the same source, is lent to each of its origins.
    ///
    /// # Errors
    ///
    /// One is given from two sources, or places are named of one that is not given.
    pub fn of_arguments(
        arguments: &[Self],
        places: &[SecretPlaces],
        compose: &[SecretCompose],
    ) -> Result<Vec<Self>, SecretArgumentsError> {
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
                    return Err(SecretArgumentsError::Twice {
                        name: argument.name.clone(),
                        sources: [secret.source.clone(), argument.source.clone()],
                    });
                }
            }
        }
        let mut change = |named: &Named, argument, with: fn(Self, Place) -> Self| {
            let secret = secrets.iter_mut().find(|secret| secret.name == named.name);
            let unknown = || SecretArgumentsError::Unknown {
                argument,
                name: excerpt(&named.name),
            };
            let secret = secret.ok_or_else(unknown)?;
            *secret = named.places.iter().copied().fold(secret.clone(), with);
            Ok(())
        };
        for SecretPlaces(named) in places {
            change(named, "--secret-places", Self::place)?;
        }
        for SecretCompose(named) in compose {
            change(named, "--secret-compose", Self::compose)?;
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

/// Arguments that do not go together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SecretArgumentsError {
    /// One secret is given from two sources.
    #[error(
        "the secret `{name}` is given twice, from {} and from {}; it has one source",
        .sources[0], .sources[1]
    )]
    Twice {
        /// The secret.
        name: String,
        /// Both.
        sources: [SourceRef; 2],
    },
    /// Places are named of a secret that no `--secret` gives.
    #[error(
        "{argument} names the secret `{name}`, which no --secret gives; of a secret of the policy file its places stand there"
    )]
    Unknown {
        /// The argument.
        argument: &'static str,
        /// The secret.
        name: String,
    },
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
            assert_eq!(secret.lent_places(), Place::BY_DEFAULT.into());
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
        let given = arguments(&[
            "A=env:A@https://a.example",
            "B=env:B@https://a.example",
            "A=env:A@https://b.example",
            "A=env:A@https://b.example",
        ]);
        let both = Secret::of_arguments(&given, &[], &[]);
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
            Secret::of_arguments(&twice, &[], &[])
                .unwrap_err()
                .to_string(),
            "the secret `A` is given twice, from env:A and from file:a; it has one source"
        );
    }

    #[test]
    fn places() {
        let given = [read("A=env:A@https://a.example").unwrap()];
        let places = |texts: &[&str]| -> Vec<SecretPlaces> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let compose = ["A=path".parse().unwrap(), "A=url, body".parse().unwrap()];
        let given_in =
            |places: &[SecretPlaces], compose: &[SecretCompose]| match Secret::of_arguments(
                &given, places, compose,
            ) {
                Ok(secrets) => Ok(secrets[0].clone()),
                Err(error) => Err(error.to_string()),
            };
        let [secret] = &given;
        let secret = || secret.clone();
        assert_eq!(
            given_in(&places(&["A=query,body", "A=header"]), &[]),
            Ok(secret()
                .place(Place::Query)
                .place(Place::Body)
                .place(Place::Header))
        );
        assert_eq!(
            given_in(&[], &compose),
            Ok(secret()
                .compose(Place::Path)
                .compose(Place::Url)
                .compose(Place::Body))
        );
        assert_eq!(
            given_in(&places(&["B=query"]), &[]),
            Err("--secret-places names the secret `B`, which no --secret gives; of a secret of the policy file its places stand there".to_owned())
        );
        for (text, error) in [
            ("", "write it as NAME=PLACE, or NAME=PLACE,PLACE"),
            ("A", "write it as NAME=PLACE, or NAME=PLACE,PLACE"),
            ("A=", "write it as NAME=PLACE, or NAME=PLACE,PLACE"),
            (
                "A=header,cookie",
                "`cookie` is no place of a secret; the places are header, query, path, body, url, signature and token",
            ),
        ] {
            let found = text.parse::<SecretPlaces>().unwrap_err();
            assert_eq!(found.to_string(), error);
        }
        assert_eq!(
            "A=token".parse::<SecretCompose>().unwrap_err().to_string(),
            "`token` is no place of a secret; the places are header, query, path, body and url"
        );
    }
}
