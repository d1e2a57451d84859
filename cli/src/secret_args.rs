//! `--secret`, `--secret-places`, `--secret-compose` and `--secret-headers`.
//!
//! An argument that can't be parsed is not shown, not even its name: it may be the value
//! of the secret, written where its source belongs.

use std::fmt;
use std::str::FromStr;

use http_step_host::policy::{
    FieldName, FieldNameError, HeaderFormat, HeaderFormatError, OriginPattern, Place, Secret,
    SecretNameError, SourceRef, SourceRefError, check_secret_name,
};
use http_step_yaml::excerpt;
use thiserror::Error;

/// `--secret NAME=SCHEME:REFERENCE@ORIGIN`. The last `@` precedes the origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretArg(Secret);

impl FromStr for SecretArg {
    type Err = SecretArgError;

    fn from_str(text: &str) -> Result<Self, SecretArgError> {
        let (name, rest) = text.split_once('=').ok_or(SecretArgError::Form)?;
        let (source, origin) = match rest.rsplit_once('@') {
            Some((source, origin)) => (source, Some(origin)),
            None => (rest, None),
        };
        // What precedes `=` may be Base64, which ends with one.
        if name.is_empty() || source.trim_start_matches('=').is_empty() {
            return Err(SecretArgError::Form);
        }
        check_secret_name(name)?;
        let source: SourceRef = source.parse()?;
        let origin = origin
            .filter(|origin| !origin.is_empty())
            .ok_or(SecretArgError::NoOrigin)?;
        let origin: OriginPattern = origin.parse().map_err(|_| SecretArgError::Origin)?;
        Ok(Self(Secret::new(name, source).origin(origin)))
    }
}

/// `--secret-places NAME=header,query`: where a secret may be. `header:FIELD` is one header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretPlaces(NamedPlaces<SecretPlace>);

/// `--secret-compose NAME=path`: where other text may be next to a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretCompose(NamedPlaces<Place>);

/// `--secret-headers NAME=X-Account`: other header fields that requests with a secret may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretHeaders {
    name: String,
    fields: Vec<FieldName>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum SecretPlace {
    Place(Place),
    Header(HeaderFormat),
}

impl SecretPlace {
    fn parse(word: &str) -> Result<Self, SecretPlacesError> {
        match word.split_once(':') {
            Some(("header", field)) => match HeaderFormat::new(field, None) {
                Ok(header) => Ok(Self::Header(header)),
                Err(error) => Err(SecretPlacesError::Header {
                    field: excerpt(field),
                    error,
                }),
            },
            _ => parse_place(word, &Place::ALL).map(Self::Place),
        }
    }

    fn grant(&self, secret: Secret) -> Secret {
        match self {
            Self::Place(place) => secret.place(*place),
            Self::Header(header) => secret.header_format(header.clone()),
        }
    }
}

fn parse_place(word: &str, known: &'static [Place]) -> Result<Place, SecretPlacesError> {
    let mut places = known.iter();
    let place = places.find(|place| place.as_str() == word).copied();
    place.ok_or_else(|| SecretPlacesError::Place {
        word: excerpt(word),
        places: known,
    })
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct NamedPlaces<P> {
    name: String,
    places: Vec<P>,
}

impl<P> NamedPlaces<P> {
    fn parse(
        text: &str,
        place: impl Fn(&str) -> Result<P, SecretPlacesError>,
    ) -> Result<Self, SecretPlacesError> {
        let (name, words) = name_and_words(text).ok_or(SecretPlacesError::Form)?;
        Ok(Self {
            name: name.to_owned(),
            places: words.map(place).collect::<Result<_, _>>()?,
        })
    }
}

/// `NAME=WORD,WORD`.
fn name_and_words(text: &str) -> Option<(&str, impl Iterator<Item = &str>)> {
    let (name, words) = text.split_once('=')?;
    let is_complete = !name.is_empty() && !words.is_empty();
    is_complete.then(|| (name, words.split(',').map(str::trim)))
}

impl FromStr for SecretHeaders {
    type Err = SecretHeadersError;

    fn from_str(text: &str) -> Result<Self, SecretHeadersError> {
        let (name, words) = name_and_words(text).ok_or(SecretHeadersError::Form)?;
        let field = |word: &str| {
            word.parse().map_err(|error| SecretHeadersError::Field {
                field: excerpt(word),
                error,
            })
        };
        Ok(Self {
            name: name.to_owned(),
            fields: words.map(field).collect::<Result<_, _>>()?,
        })
    }
}

impl FromStr for SecretPlaces {
    type Err = SecretPlacesError;

    fn from_str(text: &str) -> Result<Self, SecretPlacesError> {
        NamedPlaces::parse(text, SecretPlace::parse).map(Self)
    }
}

impl FromStr for SecretCompose {
    type Err = SecretPlacesError;

    fn from_str(text: &str) -> Result<Self, SecretPlacesError> {
        NamedPlaces::parse(text, |word| parse_place(word, &Place::COMPOSABLE)).map(Self)
    }
}

/// The secrets that all options grant together. A secret that is given several times, from
/// the same source, is granted for each of its origins.
pub(crate) fn secrets(
    args: &[SecretArg],
    places: &[SecretPlaces],
    compose: &[SecretCompose],
    headers: &[SecretHeaders],
) -> Result<Vec<Secret>, SecretArgsError> {
    let mut secrets: Vec<Secret> = Vec::new();
    for SecretArg(arg) in args {
        match secrets
            .iter_mut()
            .find(|secret| secret.name() == arg.name())
        {
            None => secrets.push(arg.clone()),
            Some(secret) if secret.source() == arg.source() => {
                for origins in arg.origins() {
                    *secret = secret.clone().origin(origins.clone());
                }
            }
            Some(secret) => {
                return Err(SecretArgsError::Twice {
                    name: arg.name().to_owned(),
                    sources: [secret.source().clone(), arg.source().clone()],
                });
            }
        }
    }
    for SecretPlaces(named) in places {
        let secret = find(&mut secrets, &named.name, "--secret-places")?;
        for place in &named.places {
            *secret = place.grant(secret.clone());
        }
    }
    for SecretCompose(named) in compose {
        let secret = find(&mut secrets, &named.name, "--secret-compose")?;
        for place in &named.places {
            *secret = secret.clone().compose(*place);
        }
    }
    for named in headers {
        let secret = find(&mut secrets, &named.name, "--secret-headers")?;
        for field in &named.fields {
            *secret = secret.clone().header(field.clone());
        }
    }
    Ok(secrets)
}

fn find<'s>(
    secrets: &'s mut [Secret],
    name: &str,
    option: &'static str,
) -> Result<&'s mut Secret, SecretArgsError> {
    let mut secrets = secrets.iter_mut();
    let secret = secrets.find(|secret| secret.name() == name);
    secret.ok_or_else(|| SecretArgsError::Unknown {
        option,
        name: excerpt(name),
    })
}

/// An invalid `--secret`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum SecretArgError {
    #[error("write NAME=env:VARIABLE@ORIGIN or NAME=file:PATH@ORIGIN")]
    Form,
    #[error(transparent)]
    Name(#[from] SecretNameError),
    #[error("{0}; write NAME=env:VARIABLE@ORIGIN or NAME=file:PATH@ORIGIN")]
    Source(#[from] SourceRefError),
    #[error(
        "it has no origin, so the secret could be sent anywhere; add the origin that it is for: NAME=env:VARIABLE@https://api.example.com"
    )]
    NoOrigin,
    #[error(
        "what follows the last `@` must be an origin without a path, such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`"
    )]
    Origin,
}

/// An invalid `--secret-places` or `--secret-compose`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum SecretPlacesError {
    #[error("write NAME=PLACE or NAME=PLACE,PLACE")]
    Form,
    #[error("unknown place `{word}`; the places are {}", Listed(.places))]
    Place {
        word: String,
        places: &'static [Place],
    },
    #[error("`header:{field}`: {error}")]
    Header {
        field: String,
        error: HeaderFormatError,
    },
}

/// An invalid `--secret-headers`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum SecretHeadersError {
    #[error("write NAME=FIELD or NAME=FIELD,FIELD")]
    Form,
    #[error("`{field}`: {error}")]
    Field {
        field: String,
        error: FieldNameError,
    },
}

/// Options that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum SecretArgsError {
    #[error(
        "the secret `{name}` is given twice, from {} and from {}; give it from one source",
        .sources[0], .sources[1]
    )]
    Twice {
        name: String,
        sources: [SourceRef; 2],
    },
    #[error(
        "{option} names the secret `{name}`, which no --secret gives; the places of a secret in the policy file are set there"
    )]
    Unknown { option: &'static str, name: String },
}

/// `a, b and c`.
struct Listed<'a>(&'a [Place]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, place) in self.0.iter().enumerate() {
            match index {
                0 => {}
                _ if index + 1 == self.0.len() => f.write_str(" and ")?,
                _ => f.write_str(", ")?,
            }
            place.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Secret, SecretArgError> {
        text.parse().map(|SecretArg(secret)| secret)
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
            assert_eq!(secret.granted_methods(), None);
            assert_eq!(secret.granted_path_prefix(), None);
            assert_eq!(secret.granted_places(), Place::BY_DEFAULT.into());
        }
    }

    #[test]
    fn invalid_secrets() {
        use SecretArgError::{Form, Name, NoOrigin, Origin, Source};
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
    fn errors_say_what_to_write() {
        for (text, error) in [
            (
                "TOKEN",
                "write NAME=env:VARIABLE@ORIGIN or NAME=file:PATH@ORIGIN",
            ),
            (
                "TOKEN=hunter2@https://a.example",
                "don't write the value of a secret here; write where it is stored, as `env:VARIABLE`, `file:PATH`, or `SCHEME:REFERENCE` for a source of the platform; write NAME=env:VARIABLE@ORIGIN or NAME=file:PATH@ORIGIN",
            ),
            (
                "TOKEN=env:A",
                "it has no origin, so the secret could be sent anywhere; add the origin that it is for: NAME=env:VARIABLE@https://api.example.com",
            ),
            (
                "TOKEN=env:A@a.example",
                "what follows the last `@` must be an origin without a path, such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn given_several_times() {
        let arguments = |texts: &[&str]| -> Vec<SecretArg> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let given = arguments(&[
            "A=env:A@https://a.example",
            "B=env:B@https://a.example",
            "A=env:A@https://b.example",
            "A=env:A@https://b.example",
        ]);
        let both = secrets(&given, &[], &[], &[]);
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
            secrets(&twice, &[], &[], &[]).unwrap_err().to_string(),
            "the secret `A` is given twice, from env:A and from file:a; give it from one source"
        );
    }

    #[test]
    fn places() {
        let given = ["A=env:A@https://a.example".parse().unwrap()];
        let places = |texts: &[&str]| -> Vec<SecretPlaces> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let compose = ["A=path".parse().unwrap(), "A=url, body".parse().unwrap()];
        let given_in = |places: &[SecretPlaces], compose: &[SecretCompose]| match secrets(
            &given,
            places,
            compose,
            &[],
        ) {
            Ok(secrets) => Ok(secrets[0].clone()),
            Err(error) => Err(error.to_string()),
        };
        let [SecretArg(secret)] = &given;
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
            Err("--secret-places names the secret `B`, which no --secret gives; the places of a secret in the policy file are set there".to_owned())
        );
        for (text, error) in [
            ("", "write NAME=PLACE or NAME=PLACE,PLACE"),
            ("A", "write NAME=PLACE or NAME=PLACE,PLACE"),
            ("A=", "write NAME=PLACE or NAME=PLACE,PLACE"),
            (
                "A=header,cookie",
                "unknown place `cookie`; the places are header, query, path, body, url, signature and token",
            ),
        ] {
            let found = text.parse::<SecretPlaces>().unwrap_err();
            assert_eq!(found.to_string(), error);
        }
        assert_eq!(
            "A=token".parse::<SecretCompose>().unwrap_err().to_string(),
            "unknown place `token`; the places are header, query, path, body and url"
        );
    }

    #[test]
    fn headers() {
        let [given]: [SecretArg; 1] = ["A=env:A@https://a.example".parse().unwrap()];
        let headers = |text: &str| -> SecretHeaders { text.parse().unwrap() };
        let named = [headers("A=X-Account, x-b"), headers("A=Forwarded")];
        let granted = secrets(std::slice::from_ref(&given), &[], &[], &named).unwrap();
        let fields = granted[0].granted_headers().iter().map(FieldName::as_str);
        assert_eq!(
            fields.collect::<Vec<_>>(),
            ["forwarded", "x-account", "x-b"]
        );
        assert_eq!(
            secrets(&[given], &[], &[], &[headers("B=X-Account")])
                .unwrap_err()
                .to_string(),
            "--secret-headers names the secret `B`, which no --secret gives; the places of a secret in the policy file are set there"
        );
        for (text, error) in [
            ("", "write NAME=FIELD or NAME=FIELD,FIELD"),
            ("A=", "write NAME=FIELD or NAME=FIELD,FIELD"),
            (
                "A=X Y",
                "`X Y`: this is not a header name such as `Authorization`",
            ),
        ] {
            let found = text.parse::<SecretHeaders>().unwrap_err();
            assert_eq!(found.to_string(), error);
        }
    }
}
