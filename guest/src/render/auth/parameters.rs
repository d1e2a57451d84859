//! The parameters of a scheme, taken out one by one.

use http_step_json::{Map, Value};
use thiserror::Error;

use super::scalar;

/// Parameters that a scheme can't be made of. No value is shown: it may be a secret
/// in the wrong place.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum ParameterError {
    #[error("the parameters of `{0}` are not an object")]
    Object(&'static str),
    #[error("the parameters of `digest` are neither an object nor `[username, password]`")]
    Pair,
    #[error("`{scheme}` has no parameter `{}`; its parameters are {}", name.escape_debug(), known.join(", "))]
    Unknown {
        scheme: &'static str,
        name: String,
        known: &'static [&'static str],
    },
    #[error("`{scheme}` needs `{name}`")]
    Missing {
        scheme: &'static str,
        name: &'static str,
    },
    #[error("`{name}` of `{scheme}` is not text")]
    Text {
        scheme: &'static str,
        name: &'static str,
    },
    #[error("`{name}` of `{scheme}` is neither true nor false")]
    Flag {
        scheme: &'static str,
        name: &'static str,
    },
    #[error("`{name}` of `{scheme}` is none of {}", words.join(", "))]
    Word {
        scheme: &'static str,
        name: &'static str,
        words: Vec<&'static str>,
    },
    #[error("`form` of `hmac` says how the signature is sent; leave out `{0}`")]
    BesidesForm(&'static str),
    #[error("`hmac` needs `form` or `header`, which say where the signature goes")]
    NoHeader,
}

/// What is given of a scheme's parameters.
pub(super) struct Parameters {
    scheme: &'static str,
    given: Map,
}

impl Parameters {
    pub(super) fn new(
        scheme: &'static str,
        known: &'static [&'static str],
        value: Value,
    ) -> Result<Self, ParameterError> {
        let Value::Object(given) = value else {
            return Err(ParameterError::Object(scheme));
        };
        if let Some(name) = given.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(ParameterError::Unknown {
                scheme,
                name: name.clone(),
                known,
            });
        }
        Ok(Self { scheme, given })
    }

    /// Take a parameter out. Null is the same as not given.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.given
            .shift_remove(name)
            .filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<String, ParameterError> {
        let scheme = self.scheme;
        self.optional_text(name)?
            .ok_or(ParameterError::Missing { scheme, name })
    }

    pub(super) fn optional_text(
        &mut self,
        name: &'static str,
    ) -> Result<Option<String>, ParameterError> {
        let scheme = self.scheme;
        self.take(name)
            .map(|value| scalar(value).ok_or(ParameterError::Text { scheme, name }))
            .transpose()
    }

    /// A parameter that is false if it is not given.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, ParameterError> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(ParameterError::Flag {
                scheme: self.scheme,
                name,
            }),
        }
    }

    /// A parameter that is one of a few words: what the word stands for.
    pub(super) fn word<T: Clone>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>, ParameterError> {
        let Some(given) = self.take(name) else {
            return Ok(None);
        };
        match words.iter().find(|(word, _)| given.as_str() == Some(word)) {
            Some((_, meaning)) => Ok(Some(meaning.clone())),
            None => Err(ParameterError::Word {
                scheme: self.scheme,
                name,
                words: words.iter().map(|(word, _)| *word).collect(),
            }),
        }
    }
}
