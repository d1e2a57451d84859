//! What is told of an error. It may be in words of the network, in which values stand, or
//! name what only a secret tells: so this is the one place that makes texts of errors, and
//! it redacts them.

use crate::error::{Error, ErrorKind, Sent, Stage, TransportError};
use crate::secrets::Redactor;

/// Why a request got no answer, and what may be told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    error: TransportError,
    /// Whether the URL of the request is a secret.
    is_in_secret: bool,
}

impl Failure {
    pub(crate) fn new(error: TransportError, is_in_secret: bool) -> Self {
        Self {
            error,
            is_in_secret,
        }
    }

    /// One of a request that was not begun.
    pub(crate) fn at_once(error: TransportError) -> Self {
        Self::new(error, false)
    }

    /// The kind, as the result has it.
    pub fn kind(&self) -> ErrorKind {
        self.error.kind()
    }

    /// What the request was at.
    pub fn stage(&self) -> Stage {
        self.error.stage()
    }

    /// Whether the request may have reached its server.
    pub fn sent(&self) -> Sent {
        self.error.sent()
    }

    /// One sentence for people.
    pub fn message(&self, redactor: &Redactor<'_>) -> String {
        let mut message = self.error.words(self.is_in_secret);
        redactor.redact(&mut message);
        message
    }

    /// What the client is told.
    pub(crate) fn code(&self, redactor: &Redactor<'_>) -> Error {
        self.error.code(|text| {
            let mut text = text.to_owned();
            redactor.redact(&mut text);
            (!self.is_in_secret).then_some(text)
        })
    }
}
