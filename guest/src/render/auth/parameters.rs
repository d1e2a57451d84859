//! The parameters of a scheme.

use http_step_json::{Map, Value};
use thiserror::Error;

use super::scalar;

/// Why the parameters of a scheme are invalid. No value is shown, since it may be a secret in the
/// wrong place.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum ParameterError {
    #[error("the parameters of `{0}` must be an object")]
    Object(&'static str),
    #[error("the parameters of `digest` must be an object or `[username, password]`")]
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
    #[error("`{name}` of `{scheme}` must be text")]
    Text {
        scheme: &'static str,
        name: &'static str,
    },
    #[error("`{name}` of `{scheme}` must be true or false")]
    Flag {
        scheme: &'static str,
        name: &'static str,
    },
    #[error("`{name}` of `{scheme}` must be one of {}", words.join(", "))]
    Word {
        scheme: &'static str,
        name: &'static str,
        words: Vec<&'static str>,
    },
    #[error("`form` of `hmac` already defines how the signature is sent; remove `{0}`")]
    BesidesForm(&'static str),
    #[error("`hmac` requires `form` or `header`")]
    NoHeader,
}

/// The remaining parameters of a scheme.
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

    /// Take a parameter. Null is the same as leaving it out.
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

    /// A boolean parameter, which is false by default.
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

    /// The value of a parameter that is one of a few words.
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
